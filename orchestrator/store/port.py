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
    from orchestrator.domain.customer import AddressKind, ConsentState, Customer, Standing
    from orchestrator.domain.delivery import Request, State
    from orchestrator.domain.fact import FactValue, LiveFact
    from orchestrator.domain.message import Purpose
    from orchestrator.domain.object import Object
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.advance import Run

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


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDelivery:
    """A request to be stored. `identity` is fixed before anything is queued: the same one is never stored twice."""

    request: Request
    identity: str
    origin: str
    event_id: str | None = None
    run_id: str | None = None
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
    """The intent to send, written under the customer's lock: after its commit the call is made."""

    id: str
    channel: str
    account: str
    address_id: str
    locale: str
    content: str
    claims: tuple[Promise, ...]
    trace: str


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A delivery that the gate does not send: final, deferred or held."""

    id: str
    state: State
    reason: str
    detail: str
    due_at: Instant
    trace: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a call ended. `due_at` and `next_action_at` matter only while the state is open.

    `settled`: nothing more will be done about it. It is true of every final state, and of an `unknown` that grew old.
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


@dataclass(frozen=True, slots=True)
class InFlight:
    """A delivery whose lease ended while it was being sent: whether it left is not known."""

    id: str
    account: str
    purpose: Purpose
    state: State
    reason: str
    detail: str
    sending_at: Instant
    due_at: Instant
    first_call_at: Instant | None
    calls: int


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


# --- one transaction ------------------------------------------------------------------------------------------------


class Customers(Protocol):
    """Customers and their addresses."""

    def lock(self, customer_ids: Collection[str]) -> None:
        """Hold these customers until the commit, in id order: every door that changes them does the same."""
        ...

    def standings(self, customer_ids: Collection[str], topics: Collection[str]) -> dict[str, Standing]:
        """What the gate needs of each; customers that do not exist are left out."""
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

    def begin(
        self, sendings: Sequence[Sending], *, release_id: str, at: Instant, business_at: Instant, deadline: Instant
    ) -> None:
        """Write `sending` with what will be said, what that promises, and why. The words of an earlier try are gone."""
        ...

    def conclude(self, conclusions: Sequence[Conclusion], *, at: Instant, business_at: Instant) -> None:
        """Write what the gate said of those that it does not send; waiting there is no attempt."""
        ...

    def give_back(self, lease: str, delivery_ids: Collection[str], at: Instant) -> None:
        """Return claims that were not used; their attempt does not count."""
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

    def in_flight(self, limit: int, *, lease: str, now: Instant, lease_until: Instant) -> list[InFlight]:
        """Take rows in `sending` or `unknown` whose time has come, under a lease of the sweep."""
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
    def facts(self) -> Facts: ...
    @property
    def inbox(self) -> Inbox: ...
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
