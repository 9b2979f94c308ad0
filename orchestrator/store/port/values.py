"""What goes into the ledger and comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from orchestrator.domain.delivery import Mode
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.audit_chain import ChainEntry
    from orchestrator.domain.customer import Channel, ConsentState
    from orchestrator.domain.delivery import Rejection, Request, State
    from orchestrator.domain.receipt import Receipt, ReceiptKind
    from orchestrator.domain.time import Instant
    from orchestrator.domain.timer import WallTime


@dataclass(frozen=True, kw_only=True, slots=True)
class BusinessClock:
    """How business time runs: machine time plus an offset, or standing still at one instant."""

    offset_ms: int = 0
    frozen_at: Instant | None = None

    def now(self, machine: Instant) -> Instant:
        """Business time at an instant of machine time."""
        return self.frozen_at if self.frozen_at is not None else machine + self.offset_ms

    @property
    def moved(self) -> bool:
        """Whether it differs from the wall clock; then only local accounts may send."""
        return self.offset_ms != 0 or self.frozen_at is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEvent:
    """An event as it was accepted."""

    id: str
    source: str
    source_id: str
    type: str
    customer_id: str
    objects: Mapping[str, str]
    data: Mapping[str, Any]
    body_hash: str
    occurred_at: Instant
    received_at: Instant


@dataclass(frozen=True, slots=True)
class ExitMark:
    """An event that ends runs of a journey: the one with this key, or every one of the customer where it is empty."""

    journey: str
    customer_id: str
    key: str
    event_id: str
    event_type: str
    at: Instant


class LastRun(NamedTuple):
    """The last run of a key, as who may start the next one asks. `number` counts them.

    `entered` is false of one that waited for a silence and was not wanted at its end, and where only others have had
    one: it forbids no other.
    """

    number: int
    started_at: Instant
    ended_at: Instant | None
    entered: bool = True


class DueAlarm(NamedTuple):
    """An alarm of a run whose time has come: `name` and `set` as in `journeys.run.Alarm`."""

    id: str
    run_id: str
    name: str
    set: int
    customer_id: str
    at: WallTime
    due_at: Instant

    @classmethod
    def of(cls, alarm_id: str, customer_id: str, at: WallTime, due_at: Instant) -> DueAlarm:
        """From its id: `alarm/<run>/<name>/<set>`."""
        _, run_id, name, setting = alarm_id.split("/")
        return cls(alarm_id, run_id, name, int(setting), customer_id, at, due_at)


_Wish = TypeVar("_Wish")


@dataclass(frozen=True, kw_only=True, slots=True)
class Told(Generic[_Wish]):
    """What a step of a run told a team about a customer. `identity` is fixed: the same is never told twice."""

    id: str
    identity: str
    wish: _Wish
    run_id: str
    customer_id: str
    at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDelivery:
    """A request to be stored. `identity` is fixed before anything is queued: the same one is never stored twice."""

    request: Request
    identity: str
    origin: str
    event_id: str | None = None

    @property
    def step(self) -> str | None:
        """The step of a journey that wants it."""
        return self.request.step


class Promise(NamedTuple):
    """A claim as it was sent. `fact_version` is the version of the live fact that it was read from, if it was one."""

    name: str
    kind: str
    fact: str
    fact_version: int | None
    value: str
    text: str
    superseded: bool


@dataclass(frozen=True, slots=True)
class Sending:
    """The intent to send, written under the customer's lock: after its commit the call is made.

    `reserved_day` is the customer's date where a frequency cap counts it, else None.
    """

    id: str
    channel: str
    account: str
    address_id: str
    locale: str
    content: str
    claims: tuple[Promise, ...]
    trace: str
    business_at: Instant
    reserved_day: str | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A delivery that the gate does not send: final, deferred or held."""

    id: str
    state: State
    reason: str
    detail: str
    due_at: Instant
    trace: str
    business_at: Instant
    stuck_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a call ended. `due_at` and `next_action_at` matter only while the state is open.

    `settled`: nothing more will be done about it. It is true of every final state, and of an `unknown` that grew old.
    `released`: it certainly did not arrive, so frequency caps count it no more. The rest is for whoever tries again:
    `excluded` channels and why, `stuck_at` (since when its account refuses), `in_doubt` (an earlier call may have
    arrived).
    """

    id: str
    state: State
    reason: str
    detail: str
    provider_id: str | None
    due_at: Instant
    next_action_at: Instant
    first_call_at: Instant | None
    calls: int
    settled: bool
    released: bool = False
    excluded: Mapping[Channel, Rejection] = field(default_factory=dict)
    stuck_at: Instant | None = None
    in_doubt: bool = False
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class InFlight:
    """A delivery whose lease ended while it was being sent: whether it left is not known.

    `lease` is the one that ended; None for a doubt, whose worker came back and said so.
    """

    id: str
    lease: str | None
    account: str
    tried: Channel
    candidates: tuple[Channel, ...]
    excluded: Mapping[Channel, Rejection]
    topic: str
    purpose: Purpose
    state: State
    reason: str
    detail: str
    sending_at: Instant
    due_at: Instant
    first_call_at: Instant | None
    calls: int
    stuck_at: Instant | None
    in_doubt: bool
    doubts: int
    address_id: str | None = None
    mode: Mode = Mode.LIVE


@dataclass(frozen=True, slots=True)
class Deferred:
    """A delivery that waits for quiet hours to end or for room under a cap, as far as a newer one may replace it."""

    id: str
    customer_id: str
    topic: str
    purpose: Purpose
    message: str
    objects: Mapping[str, str]
    reason: str
    accepted_at: Instant
    mode: Mode = Mode.LIVE


class Match(NamedTuple):
    """A receipt that waits, and the delivery that it is about."""

    seq: int
    delivery_id: str
    address_id: str | None
    kind: ReceiptKind
    permanent: bool
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class HeardOf:
    """A delivery that receipts speak of, locked, with those that were not applied yet, by number.

    `furthest` is the furthest that earlier ones told; `address_id` is None where its customer was erased. `account` is
    who made the last call. `doubts` counts the calls that may have arrived: each was one of its own for the provider;
    `calls` counts all that were answered, or might have been. `elsewhere`: whether there are channels that no refusal
    has excluded, other than the one of the last call.
    """

    id: str
    state: State
    furthest: str
    provider_id: str | None
    channel: str
    address_id: str | None
    receipts: Mapping[int, Receipt]
    account: str = ""
    doubts: int = 0
    calls: int = 0
    purpose: Purpose = Purpose.MARKETING
    first_call_at: Instant | None = None
    elsewhere: bool = False


class Progress(NamedTuple):
    """How far a delivery got. `provider_id` is the provider's own name for it, once anybody told."""

    id: str
    receipt: str
    provider_id: str | None


@dataclass(frozen=True, slots=True)
class ClosedAccount:
    """An account that is left alone until an instant of machine time. `times`: how often in a row it was closed."""

    until: Instant
    reason: str
    times: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentEvent:
    """Something a customer said about one topic on one channel, with its proof. `actor` is who told us."""

    id: str
    customer_id: str
    topic: str
    channel: str
    state: ConsentState
    legal_basis: str
    method: str
    source: str
    wording: str | None
    evidence: Mapping[str, Any]
    at: Instant
    actor: str = ""


class Stop(NamedTuple):
    """That somebody said STOP at an address, and when a customer who has it came back by their own act."""

    at: Instant
    returned_at: Instant | None


class KeptConsent(NamedTuple):
    """What was said, its number in the record, and when it came there (machine time)."""

    seq: int
    event: ConsentEvent
    recorded_at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptWording:
    """The words of a version, by language, as people agreed to them. `digest` is that of topic and texts."""

    id: str
    topic: str
    texts: Mapping[str, str]
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRun:
    """A file of customers: `position` is how many of its rows are in, `digest` what it and its mapping say together."""

    id: str
    digest: str
    file_name: str
    position: int
    counts: Mapping[str, Any]
    by: str
    started_at: Instant
    ended_at: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstAnswer:
    """What was answered under an Idempotency-Key, and to which body."""

    body_hash: str
    status: int
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """A key as it is listed; the secret itself is never stored."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: Instant
    revoked_at: Instant | None
    expires_at: Instant | None = None
    mode: Mode = Mode.LIVE

    def in_force(self, now: Instant) -> bool:
        """Whether it opens anything: neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainQuery:
    """Which entries of the audit chain: newest first, before a number. `kind` may be a family, such as `consent`."""

    limit: int
    before: int | None = None
    customer_id: str | None = None
    kind: str | None = None
    by: str | None = None
    since: Instant | None = None
    until: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SaidByCustomer:
    """All that one customer said of consent, and what the audit chain holds of it, both in the order of their record.

    `in_force` is (topic, channel) → state and the event that it rests on; `merged`: others are one with them, or were.
    """

    customer_id: str
    events: tuple[ConsentEvent, ...]
    entries: tuple[ChainEntry, ...]
    in_force: Mapping[tuple[str, str], tuple[ConsentState, str]]
    merged: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How far an audit looks back: at decisions after a mark and the newest rows, or at `everything`."""

    now: Instant
    business_now: Instant
    after: int = 0
    everything: bool = False


class SentMessage(NamedTuple):
    """A delivery as the auditor sees it. `at` is business time: when it was decided, or counted by a cap."""

    id: str
    customer_id: str
    purpose: str
    topic: str
    channel: str
    priority: str
    release_id: str | None
    due_at: Instant
    sending_at: Instant
    reserved_at: Instant | None
    reserved_day: str | None
    at: Instant


class Whereabouts(NamedTuple):
    """A customer's own zone, when their profile was changed last (machine time), and one of their phones."""

    customer_id: str
    time_zone: str | None
    updated_at: Instant
    address_id: str | None
    phone: str | None
