"""What the ledger is asked only to say why: requests with all that became of them, and what stood behind a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.domain.customer import ConsentState
    from orchestrator.domain.delivery import Request, State
    from orchestrator.domain.fact import LiveFact
    from orchestrator.domain.pause import Pause
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Step
    from orchestrator.store.port import StoredEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownRequest:
    """A request and where it stands. `receipt` is the furthest that came back; `key` is that of its run.

    `planned`: it was asked for later, and is a timer until then.
    """

    request: Request
    state: State
    reason: str
    detail: str
    origin: str
    step: str | None
    event_id: str | None
    key: str | None
    channel: str | None
    account: str | None
    release_id: str | None
    sending_at: Instant | None
    settled_at: Instant | None
    possible_duplicate: bool
    receipt: str
    planned: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedDecision:
    """What the gate said of a delivery, one time that it was asked. `verdict` is send, or the state that it gave."""

    seq: int
    delivery_id: str
    verdict: str
    trace: tuple[Step, ...]
    at: Instant
    business_at: Instant
    release_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedDecision:
    """A decision with what it was about; `state` is where that stands now."""

    decision: RecordedDecision
    message: str
    customer_id: str
    journey: str | None
    run_id: str | None
    step: str | None
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedDecisions:
    """Which decisions a list is about. `since` is included, `until` is not; both are machine time."""

    customer_id: str | None = None
    message: str | None = None
    journey: str | None = None
    verdict: str | None = None
    state: State | None = None
    since: Instant | None = None
    until: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentSaid:
    """Something that a customer said about a topic on a channel; `id` is the row that proves it."""

    id: str
    topic: str
    channel: str
    state: ConsentState
    legal_basis: str
    method: str
    source: str
    wording: str | None
    at: Instant
    recorded_at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Silenced:
    """An address that must not be written to on a channel, and since when."""

    address_id: str
    channel: str
    reason: str
    at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class RunBegun:
    """Which event began the run of a key."""

    id: str
    key: str
    event_id: str
    started_at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class ExitEvent:
    """An event that ended a customer's runs of a journey."""

    journey: str
    key: str
    event_id: str
    event_type: str
    at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptHeard:
    """What a provider told later."""

    kind: str
    permanent: bool
    detail: str
    at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseMade:
    """Something that a message promised to a customer: `objects` is what it was about (kind → id)."""

    delivery_id: str
    message: str
    channel: str
    objects: Mapping[str, str]
    kind: str
    fact: str
    value: str
    text: str
    taken_back: bool
    at: Instant


class Explanations(Protocol):
    """Reads of one customer or one request at a time, each by an index; lists go backwards by place."""

    def requests(self, customer_id: str, message: str, limit: int) -> list[KnownRequest]:
        """A customer's requests for a message, newest first; those that are planned too."""
        ...

    def request(self, delivery_id: str) -> KnownRequest | None: ...

    def decisions_of(self, delivery_id: str) -> list[RecordedDecision]:
        """Every decision about a request, oldest first."""
        ...

    def decided(self, seq: int) -> str | None:
        """Which delivery a decision is about."""
        ...

    def oldest_decision(self) -> int:
        """The place of the oldest decision that is kept; 1 where there is none."""
        ...

    def newest_decision(self, before: Instant | None = None) -> int:
        """The place of the newest decision, or of the newest that was made before an instant; 0 where there is none."""
        ...

    def decisions(self, wanted: WantedDecisions, *, before: int, since: int, limit: int) -> list[ListedDecision]:
        """Decisions between two places, newest first; `before` itself is not among them."""
        ...

    def consents(self, customer_id: str, topic: str) -> list[ConsentSaid]:
        """All that a customer said about a topic, in the order in which it was recorded."""
        ...

    def silenced(self, customer_id: str, address_ids: Collection[str]) -> list[Silenced]:
        """What binds this customer at these addresses."""
        ...

    def events_of(self, customer_id: str, types: Collection[str], limit: int) -> list[StoredEvent]:
        """A customer's events of these types, newest first."""
        ...

    def event(self, event_id: str) -> StoredEvent | None: ...

    def runs(self, journey: str, keys: Collection[str]) -> dict[str, RunBegun]:
        """Key → the run of it."""
        ...

    def exits(self, journey: str, customer_id: str) -> list[ExitEvent]:
        """What ended a customer's runs of a journey, oldest first."""
        ...

    def pauses_of(self, pairs: Collection[tuple[str, str]], at: Instant) -> list[Pause]:
        """Pauses of these (scope, subject) that had begun by an instant, lifted or not; newest first."""
        ...

    def facts_at(self, paths: Collection[str], at: Instant) -> dict[str, LiveFact]:
        """The version of each path that was the newest at an instant of machine time."""
        ...

    def receipts_of(self, delivery_id: str) -> list[ReceiptHeard]:
        """What a provider told of a delivery, in the order in which it happened."""
        ...

    def promised_to(self, customer_id: str, limit: int) -> list[PromiseMade]:
        """What messages that left, or may have, promised to a customer; newest first."""
        ...

    def customers_near(self, customer_id: str, limit: int) -> list[str]:
        """Ids of customers before and after this one in their order: what a misspelt one may have meant."""
        ...
