"""What is known around runs while they move: customers, objects, facts and what happened before. Read in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.promised import book_of
from orchestrator.journeys.concern import is_named
from orchestrator.journeys.run import Event, Scene
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.object import Object
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.run import Run
    from orchestrator.release import Release
    from orchestrator.store.port import StoredEvent, Transaction

EARLY_MS = 24 * 3_600_000
"""How long an event waits for the run that it belongs to (decisions, section 6)."""


@dataclass(kw_only=True)
class Backstage:
    """Everything that scenes are made of. `objects` and `past` grow while a batch of events is taken."""

    release: Release
    customers: Mapping[str, Customer]
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    past: dict[str, list[StoredEvent]] = field(default_factory=dict)
    engaged: Mapping[str, frozenset[str]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def remember(
        self,
        transaction: Transaction,
        runs: Collection[Run],
        journeys: Collection[Journey],
        began: Iterable[Instant],
        business_now: Instant,
    ) -> None:
        """Read what runs of these journeys may ask about, in bulk, and nothing where none of them waits or asks.

        `runs` are those that stand somewhere, `began` when any of them or of those that begin now was begun.
        """
        heard = frozenset[str]().union(*(journey.hears for journey in journeys))
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
        paths = frozenset[str]().union(*(journey.facts for journey in journeys))
        if paths:
            book = book_of(self.release, transaction.facts.current(self.release.facts.live_paths(paths)))
            self.facts = {"facts": book.nested(paths, {}, business_now)}

    def scene(self, run: Run, now: Instant) -> Scene:
        """What is true around a run. `now` is business time."""
        customer = self.customers[run.customer_id]
        return Scene(
            now=now,
            data={**self.facts, **self.named(run.objects), "customer": profile(customer)},
            zone=zone_of(customer, self.release.project.timezone),
            is_holiday=self.release.project.calendar.is_holiday,
            past=self._past(run),
            engaged=self.engaged.get(run.id, frozenset()),
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

    def _past(self, run: Run) -> Sequence[Event]:
        """What happened to the customer since the run began.

        What names the run's own key counts from a day before: it may have overtaken what began the run.
        """
        journey = self.release.journeys[run.journey]
        return [
            event
            for event in map(self.event, self.past.get(run.customer_id, ()))
            if event.type in journey.hears
            and event.at >= run.started_at - (EARLY_MS if is_named(journey, run, event) else 0)
        ]


def profile(customer: Customer) -> dict[str, Any]:
    """What conditions read under `customer`."""
    return {**customer.attributes, "id": customer.id}
