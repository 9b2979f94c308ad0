"""What the ledger does, as the core sees it: values in, values out, inside one transaction.

`SqlStore` is the implementation; the contract suite in `tests/contract` says what any other would have to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from orchestrator.channels import InboxCall
    from orchestrator.domain.customer import AddressKind, Channel, ConsentState, Customer, Standing
    from orchestrator.domain.delivery import Request, State
    from orchestrator.domain.fact import FactValue, LiveFact
    from orchestrator.domain.message import Purpose
    from orchestrator.domain.object import Object
    from orchestrator.domain.pause import Pause, PauseScope
    from orchestrator.domain.pause import Pauses as StandingPauses
    from orchestrator.domain.receipt import Receipt, ReceiptKind
    from orchestrator.domain.time import Instant
    from orchestrator.domain.timer import Timer, WallTime
    from orchestrator.journeys.advance import Run
    from orchestrator.store.evidence import Explanations

# --- values -----------------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDelivery:
    """A request to be stored. `identity` is fixed before anything is queued: the same one is never stored twice."""

    request: Request
    identity: str
    origin: str
    event_id: str | None = None
    step: str | None = None


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
    `excluded` channels, `stuck_at` (since when its account refuses), `in_doubt` (an earlier call may have arrived).
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
    excluded: tuple[Channel, ...] = ()
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
    excluded: tuple[Channel, ...]
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


class Match(NamedTuple):
    """A receipt that waits, and the delivery that it is about."""

    seq: int
    delivery_id: str
    address_id: str
    kind: ReceiptKind
    permanent: bool


@dataclass(frozen=True, slots=True)
class HeardOf:
    """A delivery that receipts speak of, locked, with those that were not applied yet, by number.

    `furthest` is the furthest that earlier ones told.
    """

    id: str
    state: State
    furthest: str
    provider_id: str | None
    channel: str
    address_id: str
    receipts: Mapping[int, Receipt]


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
    """Something a customer said about one topic on one channel, with its proof."""

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

    def in_force(self, now: Instant) -> bool:
        """Whether it opens anything: neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


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


# --- one transaction ------------------------------------------------------------------------------------------------


class Customers(Protocol):
    """Customers and their addresses."""

    def lock(self, customer_ids: Collection[str]) -> None:
        """Hold these customers until the commit, in id order: every door that changes them does the same."""
        ...

    def standings(
        self,
        customer_ids: Collection[str],
        topics: Collection[str],
        *,
        uses_since: Instant | None = None,
        kinds: Collection[str] = (),
    ) -> dict[str, Standing]:
        """What the gate needs of each; customers that do not exist are left out.

        With `uses_since` (business time) what caps count since then; with `kinds` the customers' objects of these.
        """
        ...

    def get(self, customer_id: str) -> Customer | None: ...

    def external_ids(self, customer_id: str) -> dict[str, str]: ...

    def known(self, customer_ids: Collection[str]) -> set[str]:
        """Those ids that belong to a customer."""
        ...

    def by_external_id(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """(source, external id) → customer id."""
        ...

    def by_address(self, kind: AddressKind, values: Collection[str]) -> dict[str, list[str]]:
        """Address → the customers who gave it, oldest first."""
        ...

    def holders(self, address_ids: Collection[str]) -> set[str]:
        """Every customer who has one of these addresses: whoever suppresses it locks them all."""
        ...

    def page(self, after: str, limit: int) -> list[Customer]:
        """Customers in id order, after an id."""
        ...

    def add(self, customers: Sequence[Customer], external_ids: Mapping[str, Mapping[str, str]], at: Instant) -> None:
        """New customers with their addresses; addresses that exist are shared."""
        ...

    def change(self, customer: Customer, at: Instant) -> None:
        """Overwrite a customer's profile and addresses."""
        ...

    def add_external_ids(self, customer_id: str, ids: Mapping[str, str]) -> None:
        """Further names of a customer in other systems (source → id)."""
        ...


class Consents(Protocol):
    """What customers said, and which addresses must not be written to."""

    def record(self, events: Sequence[ConsentEvent], at: Instant) -> None:
        """Append events, in order, and put each in force for its topic and channel unless something newer was said.

        A withdrawal is in force at once, whatever time it bears.
        """
        ...

    def of(self, customer_id: str) -> dict[tuple[str, str], ConsentState]: ...

    def suppress(self, address_ids: Collection[str], channel: str, reason: str, at: Instant) -> None: ...


class Events(Protocol):
    """What happened, and the objects that it changed."""

    def known(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], StoredEvent]:
        """Those of the (source, source id) pairs that were accepted before."""
        ...

    def add(self, events: Sequence[StoredEvent]) -> None: ...

    def objects(self, references: Collection[tuple[str, str]]) -> dict[tuple[str, str], Object]:
        """(kind, id) → object, for those that exist."""
        ...

    def data_of(self, references: Collection[tuple[str, str]]) -> dict[tuple[str, str], Mapping[str, Any]]:
        """(kind, id) → what is known of an object, for those that exist: all that a message may read of it."""
        ...

    def put_objects(self, objects: Sequence[Object], at: Instant) -> None: ...

    def runs(self, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the (journey, key) pairs that have a run."""
        ...

    def add_runs(self, runs: Sequence[tuple[Run, str]]) -> None:
        """Runs, each with the id of the event that started it."""
        ...

    def add_exit_marks(self, marks: Sequence[ExitMark]) -> None: ...

    def exits(self, run_ids: Collection[str]) -> dict[str, str]:
        """Run → type of the event that ended it: one that happened after the run began, under its journey's exits."""
        ...


class Deliveries(Protocol):
    """The queue and its record."""

    def add(self, deliveries: Sequence[NewDelivery], at: Instant) -> None: ...

    def claim(
        self, lane: str, limit: int, *, lease: str, now: Instant, business_now: Instant, lease_until: Instant
    ) -> list[Request]:
        """Take up to `limit` due requests under a lease; each claim counts as an attempt until it is given back."""
        ...

    def still_held(self, lease: str, delivery_ids: Collection[str]) -> set[str]:
        """Those that this lease still holds, locked until the commit."""
        ...

    def begin(self, sendings: Sequence[Sending], *, release_id: str, at: Instant, deadline: Instant) -> None:
        """Write `sending` with what will be said, what that promises, and why. The words of an earlier try are gone."""
        ...

    def conclude(self, conclusions: Sequence[Conclusion], *, release_id: str, at: Instant) -> None:
        """Write what the gate said of those that it does not send; waiting there is no attempt."""
        ...

    def give_back(self, lease: str, delivery_ids: Collection[str], until: Instant) -> None:
        """Return claims that were not used, to be taken from `until` on; their attempt does not count."""
        ...

    def forget_claim(self, lease: str, at: Instant) -> None:
        """Return whatever stands under a lease that nobody got to hold."""
        ...

    def deferred_of(self, customer_ids: Collection[str]) -> list[Deferred]:
        """What waits for the end of quiet hours or for room under a cap, of these customers."""
        ...

    def settle(self, lease: str, settlements: Sequence[Settlement], at: Instant, *, came_back: bool = True) -> None:
        """Write how calls ended, where the lease still holds. A worker that did not come back leaves its attempt."""
        ...

    def abandon(self, worker: str, at: Instant) -> int:
        """End the leases of a worker that is known to be dead; how many there were."""
        ...

    def poison(self, attempts_max: int, at: Instant) -> list[str]:
        """Quarantine rows that were claimed too often without coming back; their ids."""
        ...

    def in_flight(
        self, limit: int, *, lease: str, now: Instant, lease_until: Instant, only: Collection[str] | None = None
    ) -> list[InFlight]:
        """Take rows in `sending` or `unknown` whose time has come, under a lease of the sweep.

        With `only`: of these, and of the doubts among them also those that were to wait.
        """
        ...

    def release_held(self, reason: str, at: Instant) -> dict[str, int]:
        """Make what is held for exactly this reason claimable again; lane → how many."""
        ...

    def held_reasons(self) -> set[str]:
        """Why anything is held now."""
        ...

    def held_because(self, reason: str) -> int:
        """How many are held for exactly this reason."""
        ...

    def waiting_of(self, messages: Collection[str]) -> int:
        """How many requests for these messages are accepted, deferred or held."""
        ...

    def open_until(self, business_at: Instant) -> int:
        """How many requests are accepted, on the wire or in doubt and due by then."""
        ...

    def waiting(self, lane: str, *, now: Instant, business_now: Instant) -> bool:
        """Whether a lane has something to claim."""
        ...

    def tally(self, *, origin: str | None = None) -> dict[str, dict[str, int]]:
        """Message → state → how many."""
        ...

    def channel_tally(self) -> dict[str, dict[str, int]]:
        """Channel → state → how many; requests that chose no channel are under `none`."""
        ...

    def lane_tally(self) -> dict[str, dict[str, int]]:
        """Lane → state → how many."""
        ...

    def oldest_due(self, lane: str, *, business_now: Instant) -> Instant | None:
        """Since when the lane's oldest request that is due has been so."""
        ...

    def asked_by(self, events: Collection[tuple[str, str]]) -> dict[str, list[str]]:
        """(customer id, event id) pairs: event id → the requests that the event made."""
        ...

    def get(self, delivery_id: str) -> dict[str, Any] | None:
        """One delivery with its rendering and decisions, as a document."""
        ...


class Timers(Protocol):
    """Deliveries that are asked for later: each becomes a row of `deliveries` when its wall time comes."""

    def add(self, planned: Sequence[tuple[WallTime, NewDelivery]], at: Instant) -> None:
        """Deliveries for a wall time; a timer has the id and the identity of the delivery that it becomes."""
        ...

    def due(self, limit: int, *, business_now: Instant) -> list[Timer]:
        """Up to `limit` that are due, longest first, locked until the commit; those that others hold are left out."""
        ...

    def waiting(self, *, business_now: Instant) -> bool:
        """Whether any is due, other people's included."""
        ...

    def fire(self, timer_ids: Collection[str], at: Instant) -> None:
        """Insert what they become, unless it is there already, and mark them fired: both or none."""
        ...

    def pending_walls(self, before: Instant) -> list[tuple[WallTime, Instant]]:
        """The different wall times that are due by then, each with the instant that was worked out for it."""
        ...

    def move(self, moved: Sequence[Timer]) -> None:
        """Give these timers the instant that their zone's rules say now."""
        ...

    def move_walls(self, moved: Collection[tuple[WallTime, Instant]]) -> int:
        """The same for all timers of these wall times that were due at that instant; how many there were."""
        ...

    def get(self, timer_id: str) -> dict[str, Any] | None:
        """One that has not fired, as the delivery that it will be: a document like that of `Deliveries.get`."""
        ...


class Facts(Protocol):
    """Live values and their versions, which count from 1 for each path."""

    def lock(self, paths: Collection[str]) -> None:
        """Nobody puts these until the commit.

        Who holds a message back because of a fact takes this before reading it: else the value that would free the
        message could come between the look and the hold, and nobody would wake it again.
        """
        ...

    def current(self, paths: Collection[str] | None = None) -> dict[str, LiveFact]:
        """The newest version of each of these paths that has one; of every path without an argument."""
        ...

    def history(self, path: str, *, before: int | None = None, limit: int) -> list[LiveFact]:
        """Versions of a path, newest first; with `before`, those older than that version."""
        ...

    def put(
        self, path: str, value: FactValue, *, source: str, as_of: Instant, at: Instant, expected: int | None = None
    ) -> LiveFact:
        """Make a new version. Those who put the same path stand in line, and none overwrites another unseen.

        Raises:
            Stale: the path is not at the version `expected`; 0 stands for a path without any.
        """
        ...


class Receipts(Protocol):
    """What providers told afterwards."""

    def add(self, account: str, heard: Sequence[Receipt], at: Instant) -> None:
        """Keep what is new, parked: the same news of an account is kept once, however often it comes."""
        ...

    def matched(self, limit: int, *, since: Instant, now: Instant) -> list[Match]:
        """Up to `limit` parked since then whose delivery is known: by our reference, else by the provider's id.

        Only the account that made the last call is believed, and not while that call is on its way.
        """
        ...

    def take(self, matches: Sequence[Match], now: Instant) -> list[HeardOf]:
        """These again, by delivery and locked until the commit; those that somebody else holds are left out."""
        ...

    def progress(self, progress: Sequence[Progress]) -> None:
        """Write how far deliveries got that were sent."""
        ...

    def settle(self, proven: Sequence[Progress], at: Instant) -> None:
        """They were sent, whatever was thought before: a receipt proves it."""
        ...

    def applied(self, heard: Sequence[HeardOf], at: Instant) -> None:
        """They are parked no more."""
        ...

    def forget(self, before: Instant) -> int:
        """Drop what was parked before then and is about nothing of ours; how many there were."""
        ...


class Pauses(Protocol):
    """What was stopped by hand."""

    def active(self, business_now: Instant, customer_ids: Collection[str] = ()) -> StandingPauses:
        """What is paused now; of pauses of customers, those of these."""
        ...

    def put(self, pause: Pause) -> None:
        """Begin a pause, in place of one of the same scope and subject."""
        ...

    def lift(self, scope: PauseScope, subject: str, at: Instant) -> bool:
        """End a pause; False when there was none."""
        ...

    def page(self, after: str, limit: int, *, business_now: Instant) -> list[Pause]:
        """What is paused now, in id order, after an id."""
        ...

    def over(self, business_now: Instant) -> bool:
        """Whether the end of any is past that was not lifted."""
        ...

    def lift_over(self, business_now: Instant, at: Instant) -> list[Pause]:
        """Lift those whose end is past."""
        ...

    def lifted(self, since: Instant) -> list[Pause]:
        """Those that were lifted since (machine time)."""
        ...

    def holds(self, scope: PauseScope, subject: str, *, until: Instant | None = None) -> bool:
        """Whether anything is held that such a pause may have held; with `until`, no later than then."""
        ...

    def release(self, scope: PauseScope, subject: str, at: Instant, *, until: Instant | None = None) -> dict[str, int]:
        """Make what such a pause may have held claimable again, to be decided anew; lane → how many."""
        ...

    def all(self, *, lifted: bool = False) -> list[Pause]:
        """Every pause that was not lifted, oldest first; those that were lifted too, on demand."""
        ...


class Accounts(Protocol):
    """Accounts whose providers want to be left alone."""

    def closed(self) -> dict[str, ClosedAccount]:
        """Account → until when; also those whose time is over and that nobody has tried since."""
        ...

    def close(self, account: str, closed: ClosedAccount) -> None:
        """Leave an account alone, unless somebody did so for longer."""
        ...

    def open(self, accounts: Sequence[str]) -> None:
        """They answer again."""
        ...


class Inbox(Protocol):
    """The local inbox."""

    def put(self, calls: Sequence[InboxCall], ids: Sequence[str]) -> None: ...

    def find(self, references: Collection[str]) -> dict[str, str]:
        """Reference → entry id."""
        ...

    def page(
        self,
        *,
        before: int | None,
        limit: int,
        after: int | None = None,
        channel: str | None = None,
        customer_id: str | None = None,
        message: str | None = None,
    ) -> list[dict[str, Any]]:
        """Entries as documents, newest first, each with its `seq`; with `after`, those that came next after it."""
        ...

    def get(self, entry_id: str) -> dict[str, Any] | None: ...


class Audit(Protocol):
    """What must never be found, as questions; see `store.audit` for what each reads."""

    def newest_decision(self) -> int:
        """The number of the newest decision: a mark for the next look."""
        ...

    def broken(self, invariant: str, look: Look, limit: int) -> list[str]:
        """Up to `limit` ids of what breaks an invariant of `store.audit.QUESTIONS`."""
        ...

    def sends(self, look: Look) -> list[SentMessage]:
        """What was sent lately, each by its last decision to send."""
        ...

    def uses(self, customer_ids: Collection[str], since: Instant) -> list[SentMessage]:
        """What frequency caps count of these customers, from an instant of business time on."""
        ...

    def whereabouts(self, customer_ids: Collection[str]) -> list[Whereabouts]:
        """Where these customers live: a line for each of their phones, the preferred one first, or one without."""
        ...


class Ledger(Protocol):
    """The one row that everybody reads: the current release and business time. And what guards the doors."""

    def clock(self) -> BusinessClock: ...

    def set_clock(self, clock: BusinessClock) -> None: ...

    def release_id(self) -> str | None: ...

    def release(self, release_id: str) -> str | None:
        """A release's content."""
        ...

    def publish(self, release_id: str, content: str, at: Instant) -> None:
        """Store a release and make it current."""
        ...

    def first_answer(self, scope: str, key: str, body_hash: str, at: Instant) -> FirstAnswer | None:
        """Take an Idempotency-Key, waiting for whoever holds it; None when it is ours now."""
        ...

    def keep_answer(self, scope: str, key: str, status: int, answer: str) -> None: ...

    def forget_answers(self, before: Instant) -> int: ...

    def add_key(self, key: ApiKey, secret_hash: str) -> None: ...

    def key_by_hash(self, secret_hash: str) -> ApiKey | None: ...

    def keys(self) -> list[ApiKey]: ...

    def revoke_key(self, key_id: str, at: Instant) -> bool: ...


class Transaction(Protocol):
    """Everything that one transaction can do, by noun."""

    @property
    def customers(self) -> Customers: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def events(self) -> Events: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def timers(self) -> Timers: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def pauses(self) -> Pauses: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def explanations(self) -> Explanations: ...
    @property
    def ledger(self) -> Ledger: ...


class Store(Protocol):
    """The ledger."""

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction that commits at the end, or leaves no trace. Raises Unavailable."""
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view that changes nothing."""
        ...
