"""What the gate says of a request: send, wait, hold or drop, and how it came to that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.customer import Address, Channel
    from orchestrator.domain.delivery import State
    from orchestrator.domain.time import Instant


@dataclass(frozen=True, slots=True)
class Send:
    """Write to this address on this channel through this account.

    A provider of templates is sent the `template` of that name, or free text where the person is `conversing` with us.
    """

    channel: Channel
    address: Address
    account: str
    conversing: bool = False
    template: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; ask again at `until` (business time). State `deferred`."""

    until: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not until somebody changes something. State `held`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Never. `state` is final: blocked, skipped, unreachable, expired or failed."""

    state: State
    reason: str


Verdict = Send | Wait | Hold | Drop


@dataclass(frozen=True, slots=True)
class Step:
    """What one gate answered, for one channel where it asks channel by channel.

    `result` is pass, next (this channel is out), wait or stop; `detail` is what it was about: words that are the same
    in any language, or a phrase.
    """

    gate: str
    result: str
    detail: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with its trace, in the order in which the gates were asked. Gates not reached are not listed.

    `reserved_day` is the customer's own date where a frequency cap counts this message, else None.
    """

    verdict: Verdict
    trace: tuple[Step, ...]
    reserved_day: str | None = None
