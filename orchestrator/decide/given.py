"""What a decision is given beside the request and the customer: the release's rules, and how things stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.decide.recipients import EVERYBODY, Recipients
from orchestrator.domain.pause import NOTHING_PAUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from orchestrator.caps import FrequencyCap
    from orchestrator.decide.conversing import Script
    from orchestrator.decide.routing import Weighted
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.pause import Pauses
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import Obstacle
    from orchestrator.quiet_hours import QuietHours
    from orchestrator.suppress_rules import SuppressRule


def _every_day_is_ordinary(_day: date) -> bool:
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """What a release says about sending: which account carries each channel, which messages it says, and how often.

    `said_on` names the channels of each message, `journeys` those that live. `rivals` are the accounts of channels
    that several carry, each with its weight; `account_ids` are all accounts of the project, those without a weight too,
    and none where nobody has to know. Accounts that are `scripted` take templates only, outside a conversation; those
    in `browsers` push to browsers alone (true), or to apps alone.
    """

    accounts: Mapping[Channel, str]
    said_on: Mapping[str, frozenset[Channel]]
    journeys: frozenset[str] = frozenset()
    quiet_hours: tuple[QuietHours, ...] = ()
    caps: tuple[FrequencyCap, ...] = ()
    suppress_rules: tuple[SuppressRule, ...] = ()
    time_zone: str = "UTC"
    is_holiday: Callable[[date], bool] = _every_day_is_ordinary
    rivals: Mapping[Channel, tuple[Weighted, ...]] = field(default_factory=dict)
    account_ids: frozenset[str] = frozenset()
    scripted: frozenset[str] = frozenset()
    browsers: Mapping[str, bool] = field(default_factory=dict)
    recipients: Recipients = EVERYBODY


@dataclass(frozen=True, slots=True)
class Closure:
    """Until when (business time) an account is left alone, and the reason code."""

    until: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What stands in the way at one moment, beside the customer's own standing.

    `exits`: run id → type of the event that ended the run. `closed`: accounts whose providers refuse for now, and
    `shares` how much of their weight the others have at the moment, in percent. `heard`: (account, address id) → when
    the person wrote to it last; `capped`: (address id, channel) → until when a provider lets them have no more
    marketing; both in business time. `scripts`: (request id, account) → its template there.
    """

    pauses: Pauses = NOTHING_PAUSED
    exits: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, Closure] = field(default_factory=dict)
    shares: Mapping[str, int] = field(default_factory=dict)
    heard: Mapping[tuple[str, str], Instant] = field(default_factory=dict)
    capped: Mapping[tuple[str, str], Instant] = field(default_factory=dict)
    scripts: Mapping[tuple[str, str], Script] = field(default_factory=dict)


UNDISTURBED = Circumstances()


@dataclass(frozen=True, slots=True)
class Backing:
    """What stands behind the facts and deadlines that a message promises: `ends` is the last instant of the earliest.

    `obstacle` is why they cannot be promised now.
    """

    obstacle: Obstacle | None = None
    ends: Instant | None = None


NOTHING_PROMISED = Backing()
