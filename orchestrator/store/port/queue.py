"""What happened, what is to be sent because of it, when, and what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.delivery import Request
    from orchestrator.domain.object import Object
    from orchestrator.domain.receipt import Receipt
    from orchestrator.domain.time import Instant
    from orchestrator.domain.timer import Timer, WallTime
    from orchestrator.store.port.values import (
        Conclusion,
        Deferred,
        ExitMark,
        HeardOf,
        InFlight,
        Match,
        NewDelivery,
        Progress,
        Sending,
        Settlement,
        StoredEvent,
    )


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

    def past(self, customer_ids: Collection[str], types: Collection[str], since: Instant) -> list[StoredEvent]:
        """Events of these customers and types that happened since then, oldest first."""
        ...

    def add_exit_marks(self, marks: Sequence[ExitMark]) -> None: ...

    def exits(self, run_ids: Collection[str]) -> dict[str, str]:
        """Run → type of the event that ended it: one that happened after the run began, under its journey's exits."""
        ...


class Deliveries(Protocol):
    """The queue and its record."""

    def add(self, deliveries: Sequence[NewDelivery], at: Instant) -> None: ...

    def add_missing(self, deliveries: Sequence[NewDelivery], at: Instant) -> None:
        """Add those whose identity is new; what was asked for before is not asked for twice."""
        ...

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

    def waiting(self, *, now: Instant, business_now: Instant) -> set[str]:
        """The lanes that have something to claim."""
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

    def next_due(self, journeys: Collection[str]) -> Instant | None:
        """When the first request of these journeys comes due that waits for its hour (business time)."""
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

    def add_missing(self, planned: Sequence[tuple[WallTime, NewDelivery]], at: Instant) -> None:
        """Those whose identity is new, among timers that have fired too."""
        ...

    def due(self, limit: int, *, business_now: Instant) -> list[Timer]:
        """Up to `limit` that are due, longest first, locked until the commit; those that others hold are left out.

        Alarms of runs are timers too, but not these: see `Runs.due_alarms`.
        """
        ...

    def waiting(self, *, business_now: Instant) -> bool:
        """Whether any is due, other people's included."""
        ...

    def pending_of(self, messages: Collection[str]) -> dict[str, int]:
        """Message → how many of these wait for their hour; those of which none does are left out."""
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


class Receipts(Protocol):
    """What providers told afterwards."""

    def add(self, account: str, heard: Sequence[Receipt], at: Instant) -> None:
        """Keep what is new, parked: the same news of an account is kept once, however often it comes."""
        ...

    def add_applied(self, told: Mapping[str, Sequence[Receipt]], at: Instant) -> None:
        """Keep what is told of test messages, by delivery, as news that needs nothing done about it any more."""
        ...

    def matched(self, limit: int, *, since: Instant, now: Instant) -> list[Match]:
        """Up to `limit` parked since then whose delivery is known: by our reference, else by the provider's id.

        Only the account that made the last call is believed, and not while that call is on its way.
        """
        ...

    def take(self, matches: Sequence[Match], now: Instant) -> list[HeardOf]:
        """These again, by delivery and locked until the commit; those that somebody else holds are left out."""
        ...

    def whose(self, account: str, provider_id: str) -> str | None:
        """The customer to whom an account sent what its provider calls so."""
        ...

    def answered(self, account: str, about: str) -> tuple[str, str] | None:
        """The message that is called so, by us or by an account's provider, and the id of the address it went to."""
        ...

    def failed_calls(self, delivery_id: str) -> set[str]:
        """The provider's ids of the calls for a delivery that failed, by the receipts that were applied."""
        ...

    def told_lost(self, delivery_ids: Collection[str]) -> set[str]:
        """Those of which a receipt that was applied says that they bounced, or failed."""
        ...

    def told_left(self, delivery_ids: Collection[str]) -> set[str]:
        """Those of which a receipt that was applied proves that they left."""
        ...

    def take_back(self, delivery_ids: Collection[str], at: Instant) -> None:
        """What the provider took is in doubt again, for whoever settles it in this transaction."""
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
