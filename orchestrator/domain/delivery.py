"""A delivery: one request to say one message to one customer. Its states are the only list (decisions, section 1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.customer import Address, Channel
    from orchestrator.domain.message import Purpose, Rendered
    from orchestrator.domain.time import Instant


class State(StrEnum):
    """Where a delivery stands. Each request ends in exactly one final state (invariant I2)."""

    ACCEPTED = "accepted"
    SENDING = "sending"
    DEFERRED = "deferred"
    HELD = "held"
    SENT = "sent"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    FAILED = "failed"
    UNKNOWN = "unknown"
    QUARANTINED = "quarantined"


# Rows that a worker may claim; `sending` belongs to whoever holds its lease, `unknown` to the sweep.
CLAIMABLE = (State.ACCEPTED, State.DEFERRED)
OPEN = (State.ACCEPTED, State.SENDING, State.DEFERRED, State.HELD, State.UNKNOWN)
FINAL = tuple(state for state in State if state not in OPEN)


# Which message goes first where a customer can have only one of two.
PRIORITIES = ("high", "normal", "low")


class Mode(StrEnum):
    """Whom a message may reach: what the key that asked for it was made for."""

    LIVE = "live"
    """Customers."""
    TEAM = "team"
    """Addresses on the allow-list, and nobody else."""
    TEST = "test"
    """Nobody: it is put into the local inbox, and counted nowhere."""


class OutcomeKind(StrEnum):
    """What we know after a call. Only `unknown` is doubt; all others are certain."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Rejection(StrEnum):
    """What a definite refusal is about. `provider_rejected:<word>` is the reason of a delivery that ends by it."""

    ADDRESS = "address"
    """Nobody is reached there on this channel: the next channel, and the address rests."""
    CHANNEL = "channel"
    """Not on this channel now, and nothing against the address: the next channel."""
    OPTED_OUT = "opted_out"
    """The person told the provider to stop: kept as their word against marketing here; the next channel."""
    ENOUGH = "enough"
    """The provider lets this person have no more marketing for now: the next channel."""
    MESSAGE = "message"
    """What we said or how: no other channel is tried, somebody has to look."""
    POLICY = "policy"
    """The provider's rules: content, reputation, sender."""
    TEMPLATE = "template"
    """The template is not there, paused, or not what was approved."""

    @property
    def reason(self) -> str:
        """The reason code."""
        return f"provider_rejected:{self.value}"


# Refusals after which another channel may still say it.
MOVING_ON = frozenset({Rejection.ADDRESS, Rejection.CHANNEL, Rejection.OPTED_OUT, Rejection.ENOUGH})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended.

    `reason` is ours (`provider_rejected:address`, `provider_unavailable`, `timeout`); `detail` is what the provider
    said, for a person to read, or a phrase of ours; `retry_after_seconds` is what it asked for. `stopped`: the account
    itself is at fault (locked, unpaid, misconfigured), so that no other call can succeed before a person mends it.
    `gone` are the places, in `Delivery.devices`, of devices that the provider knows no more. `template`: what its
    template is by a refusal that all of its messages would get (`paused`), whoever they are to.
    """

    kind: OutcomeKind
    reason: str = ""
    provider_id: str = ""
    detail: str = ""
    retry_after_seconds: float | None = None
    stopped: bool = False
    gone: tuple[int, ...] = ()
    template: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What an adapter is given: one rendered message for one address.

    `reference` is ours and stays the same over retries: providers that can, are asked by it. `expires_at` is business
    time, None when the message never grows old. `unsubscribe_url` is where one click ends the topic (RFC 8058): every
    marketing e-mail has one, and its headers say it (`channels.one_click_headers`). `devices` are all that a push goes
    to, `address` the first of them. `conversing`: the person wrote to us lately, so that a provider of templates takes
    free text as well.
    """

    reference: str
    customer_id: str
    object_id: str
    channel: Channel
    address: Address
    purpose: Purpose
    topic: str
    rendered: Rendered
    expires_at: Instant | None = None
    unsubscribe_url: str = ""
    devices: tuple[Address, ...] = ()
    conversing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One delivery slot as the ledger holds it: somebody wants this message said to this customer.

    `candidates` are channels in order of preference, `excluded` those that are out for good, and what their provider's
    refusal was about. `journey`, `run_id` and `step` say where in which passage through a journey it is wanted.
    `objects` names what the message is about (kind → id); it is read when the message is rendered, so that what is said
    is true then. `data` adds to it and wins. `due_at` and `not_after` are business time; `first_call_at` is machine
    time. `attempts` counts claims that never came back, `calls` those that reached a provider and were refused for now;
    `tried` is the channel of the last one, and `stuck_at` (business time) since when its account has been refusing.
    `tried_account` and `tried_address_id` are that call's own. `in_doubt`: an earlier call may have arrived; `doubts`
    counts those. `mode`: whom it may reach at all.
    """

    id: str
    message: str
    customer_id: str
    topic: str
    purpose: Purpose
    candidates: tuple[Channel, ...]
    objects: Mapping[str, str]
    data: Mapping[str, Any]
    locale: str | None
    priority: str
    due_at: Instant
    not_after: Instant | None
    accepted_at: Instant
    first_call_at: Instant | None = None
    attempts: int = 0
    calls: int = 0
    journey: str | None = None
    run_id: str | None = None
    step: str | None = None
    excluded: Mapping[Channel, Rejection] = field(default_factory=dict)
    tried: Channel | None = None
    stuck_at: Instant | None = None
    in_doubt: bool = False
    doubts: int = 0
    pinned_address_id: str | None = None
    mode: Mode = Mode.LIVE
    tried_account: str | None = None
    tried_address_id: str | None = None

    @property
    def doubtful(self) -> bool:
        """Whether an earlier call may have arrived: then it is told through the same account, to the same address."""
        return self.in_doubt or self.doubts > 0

    @property
    def object_id(self) -> str:
        """The id of the object that the message is about first, or nothing."""
        return next(iter(self.objects.values()), "")
