"""What is known around runs while they move: customers, objects, facts and what happened before. Read in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.promised import book_of
from orchestrator.journeys.concern import is_named, only_of
from orchestrator.journeys.run import Event, Scene
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.object import Object
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.run import Run
    from orchestrator.release import Release
    from orchestrator.store.port import StoredEvent, Transaction

NOTHING: Mapping[str, Any] = MappingProxyType({})

EARLY_MS = 24 * 3_600_000
"""How long an event waits for the run that it belongs to (decisions, section 6)."""


@dataclass
class _Heard:
    """Events of a customer by the key of the runs that they may concern (None: all), each with its place in the past.

    `looked_at`: how many of the past were sorted in.
    """

    by_key: dict[str | None, list[tuple[int, Event]]] = field(default_factory=dict)
    looked_at: int = 0


@dataclass(kw_only=True)
class Backstage:
    """Everything that scenes are made of. `objects` and `past` grow while a batch of events is taken."""

    release: Release
    customers: Mapping[str, Customer]
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    past: dict[str, list[StoredEvent]] = field(default_factory=dict)
    engaged: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _book: FactBook | None = None
    _paths: frozenset[str] = frozenset()
    _known: dict[Instant, dict[str, Any]] = field(default_factory=dict)
    _heard: dict[tuple[str, str], _Heard] = field(default_factory=dict)

    def remember(
        self, transaction: Transaction, runs: Collection[Run], journeys: Collection[Journey], began: Iterable[Instant]
    ) -> None:
        """Read what runs of these journeys may ask about, in bulk, and nothing where none of them waits or asks.

        `runs` are those that stand somewhere, `began` when any of them or of those that begin now was begun.
        """
        heard = frozenset[str]().union(*(journey.hears for journey in journeys))
        heard |= {journey.goal.event for journey in journeys if journey.goal is not None}
        if heard:
            for stored in transaction.events.past(self.customers.keys(), heard, min(began) - EARLY_MS):
                self.past.setdefault(stored.customer_id, []).append(stored)
        references = {pair for run in runs for pair in run.objects.items()}
        references |= {pair for past in self.past.values() for one in past for pair in one.objects.items()}
        missing = references - self.objects.keys()
        if missing:
            self.objects |= transaction.events.objects(missing)
        if any(journey.asks_engagement for journey in journeys):
            self.engaged = transaction.runs.engaged({run.id for run in runs})
        self.look_up(transaction, frozenset[str]().union(*(journey.facts for journey in journeys)))

    def look_up(self, transaction: Transaction, paths: frozenset[str]) -> None:
        """Read the facts at these paths, for whoever asks about them from here on."""
        missing = paths - self._paths
        if missing:
            self._paths |= missing
            self._known.clear()
            self._book = book_of(self.release, transaction.facts.current(self.release.facts.live_paths(self._paths)))

    def scene(self, run: Run, now: Instant) -> Scene:
        """What is true around a run. `now` is business time."""
        return replace(
            self.around(run.customer_id, now, self.named(run.objects)),
            past=self._past(run),
            engaged=self.engaged.get(run.id, frozenset()),
        )

    def around(self, customer_id: str, now: Instant, objects: Mapping[str, Any] = NOTHING) -> Scene:
        """What is true around a customer who has no run yet."""
        customer = self.customers[customer_id]
        return Scene(
            now=now,
            data={**self._facts(now), **objects, "customer": profile(customer)},
            zone=zone_of(customer, self.release.project.timezone),
            is_holiday=self.release.project.calendar.is_holiday,
        )

    def event(self, stored: StoredEvent) -> Event:
        """An event as journeys see it, with its objects as they are after it."""
        return Event(
            id=stored.id,
            type=stored.type,
            at=stored.occurred_at,
            payload=stored.data,
            objects=stored.objects,
            data={**self.named(stored.objects), "customer": profile(self.customers[stored.customer_id])},
        )

    def named(self, references: Mapping[str, str]) -> dict[str, Any]:
        """Objects by kind, as conditions and messages read them."""
        found: dict[str, Any] = {}
        for kind, object_id in references.items():
            one = self.objects.get((kind, object_id))
            found[kind] = {**(one.data if one else {}), "id": object_id}
        return found

    def _facts(self, now: Instant) -> dict[str, Any]:
        """As they are in that hour, which is each run's own where a past is played."""
        if self._book is None:
            return {}
        if now not in self._known:
            self._known[now] = {"facts": self._book.nested(self._paths, {}, now)}
        return self._known[now]

    def since(self, run: Run, event_type: str) -> Sequence[Event]:
        """What happened of a type to the customer since the run began, and came before it, as far as it was read."""
        past = self.past.get(run.customer_id, ())
        return [self.event(one) for one in past if one.type == event_type and one.occurred_at >= run.started_at]

    def _past(self, run: Run) -> Sequence[Event]:
        """What happened to the customer since the run began.

        What names the run's own key counts from a day before: it may have overtaken what began the run.
        """
        journey, since = self.release.journeys[run.journey], run.started_at
        heard = self._heard_by(journey, run.customer_id)
        placed = sorted((*heard.by_key.get(None, ()), *heard.by_key.get(run.key, ())), key=lambda one: one[0])
        return [
            event
            for _, event in placed
            if event.at >= since or (event.at >= since - EARLY_MS and is_named(journey, run, event))
        ]

    def _heard_by(self, journey: Journey, customer_id: str) -> _Heard:
        """Of the customer's past, what runs of a journey listen to. Each event is looked at once, whatever they are."""
        heard, past = self._heard.setdefault((journey.id, customer_id), _Heard()), self.past.get(customer_id, ())
        for place in range(heard.looked_at, len(past)):
            if past[place].type in journey.hears:
                event = self.event(past[place])
                heard.by_key.setdefault(only_of(journey, event), []).append((place, event))
        heard.looked_at = len(past)
        return heard


def profile(customer: Customer) -> dict[str, Any]:
    """What conditions read under `customer`."""
    return {**customer.attributes, "id": customer.id}
