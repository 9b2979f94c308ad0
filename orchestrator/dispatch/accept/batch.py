"""A batch of events: objects change, runs begin and move, requests appear; then everything is written at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.dispatch.accept.event import Accepted, IncomingEvent, Result, event_hash
from orchestrator.dispatch.runs.backstage import Backstage
from orchestrator.dispatch.runs.fulfil import Fulfilment
from orchestrator.dispatch.runs.moving import Moving, Witness, nobody
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.object import Object, unheard_of, updated
from orchestrator.journeys.concern import look_up
from orchestrator.journeys.entrance import Entrance, entrance
from orchestrator.store.port import ExitMark, StoredEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.run import Event
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, slots=True)
class _Happened:
    """An event with its objects as they were after it, the journeys that it may start, and when (business time)."""

    place: int
    stored: StoredEvent
    event: Event
    at: Instant
    entries: tuple[tuple[Journey, Entrance], ...]


@dataclass(kw_only=True)
class Batch:
    """What a batch of events has read, and what it will write. Events are taken in the order in which they happened."""

    release: Release
    clock: Clock
    journeys: Collection[str] | None
    origin: str
    at_event_time: bool
    objects: dict[tuple[str, str], Object]
    customers: Mapping[str, Customer]
    business_now: Instant
    witness: Witness = nobody
    _happened: list[_Happened] = field(default_factory=list)
    _changed: dict[tuple[str, str], Object] = field(default_factory=dict)
    _marks: list[ExitMark] = field(default_factory=list)

    def look_up(self, transaction: Transaction, types: Collection[str]) -> None:
        """Read what triggers ask about when events of these types come in."""
        asking = (journey for name in types for journey in self.release.journeys_on.get(name, ()))
        self._backstage.look_up(transaction, frozenset[str]().union(*(journey.asked_to_begin for journey in asking)))

    def take(self, place: int, incoming: IncomingEvent, owner: str) -> None:
        """One event: its object changes, and the journeys that it may start are asked."""
        now = self.clock.now()
        event_type = self.release.events[incoming.type]
        touched = event_type.objects(incoming.data)
        if event_type.updates is not None and event_type.updates in touched:
            self._update((event_type.updates, touched[event_type.updates]), incoming, owner)
        stored = StoredEvent(
            id=new_id("evt", now, self.clock.entropy(ENTROPY_SIZE)),
            source=incoming.source,
            source_id=incoming.id,
            type=incoming.type,
            customer_id=owner,
            objects=touched,
            data=incoming.data,
            body_hash=event_hash(incoming),
            occurred_at=incoming.occurred_at,
            received_at=now,
        )
        event = self._backstage.event(stored)
        at = stored.occurred_at if self.at_event_time else self.business_now
        self._happened.append(_Happened(place, stored, event, at, tuple(self._entries(stored, event, at))))
        self._marks += self._exit_marks(event, owner)

    def store(self, transaction: Transaction) -> tuple[dict[int, Result], list[IncomingEvent]]:
        """Move runs, write everything, and say what became of each event; and the events that runs emitted."""
        moving = self._gathered(transaction)
        fulfilment = Fulfilment(
            self.release, self.clock, self._backstage, origin=self.origin, at_event_time=self.at_event_time
        )
        asked: dict[int, tuple[Request, ...]] = {}
        for one in self._happened:
            if one.stored.type in self.release.closing:
                fulfilment.close(one.stored.customer_id, one.stored.type, one.at)
            moving.hear(one.event, one.stored.customer_id, one.at)
            for journey, entered in one.entries:
                moving.begin(journey, entered, one.stored.customer_id, one.event, one.at)
            self._backstage.past.setdefault(one.stored.customer_id, []).append(one.stored)
            before = len(fulfilment.deliveries)
            fulfilment.take(moving.wished)
            moving.wished.clear()
            asked[one.place] = tuple(delivery.request for delivery in fulfilment.deliveries[before:])
        transaction.events.add([one.stored for one in self._happened])
        transaction.events.put_objects(list(self._changed.values()), self.clock.now())
        moving.store(transaction)
        transaction.events.add_exit_marks(self._marks)
        fulfilment.store(transaction)
        results: dict[int, Result] = {
            one.place: Accepted(one.stored.id, one.stored.customer_id, requests=asked[one.place])
            for one in self._happened
        }
        return results, fulfilment.emitted

    # gather

    @cached_property
    def _backstage(self) -> Backstage:
        return Backstage(release=self.release, customers=self.customers, objects=self.objects)

    def _gathered(self, transaction: Transaction) -> Moving:
        """Read what the runs of these customers need. Where no journey waits for anything, that is little."""
        moving = Moving(release=self.release, clock=self.clock, backstage=self._backstage, witness=self.witness)
        moving.last = transaction.runs.last(
            {
                (journey.id, entered.key or "", one.stored.customer_id)
                for one in self._happened
                for journey, entered in one.entries
            }
        )
        types = {one.stored.type for one in self._happened}
        customers = {one.stored.customer_id for one in self._happened}
        hearing = {journey.id for name in types for journey in self.release.journeys_hearing.get(name, ())}
        if hearing:
            moving.stand(transaction.runs.standing(customers, hearing))
        aims = {
            journey.id: journey.goal.milliseconds
            for name in types
            for journey in self.release.journeys_aiming_at.get(name, ())
            if journey.goal is not None
        }
        if aims:
            since = min(one.stored.occurred_at for one in self._happened) - max(aims.values())
            moving.aim(transaction.runs.aiming(customers, aims.keys(), since))
        journeys = {run.journey for run in moving.standing}
        journeys |= {journey.id for one in self._happened for journey, _ in one.entries}
        found = [self.release.journeys[name] for name in sorted(journeys)]
        waiting = [journey for journey in found if journey.stands or journey.facts or journey.goal is not None]
        if waiting:
            began = [run.started_at for run in moving.standing] + [one.stored.occurred_at for one in self._happened]
            self._backstage.remember(transaction, moving.standing, waiting, began)
        return moving

    # what each event means

    def _update(self, reference: tuple[str, str], event: IncomingEvent, owner: str) -> None:
        existing = self.objects.get(reference) or unheard_of(*reference)
        self.objects[reference] = self._changed[reference] = updated(existing, event.data, event.occurred_at, owner)

    def _entries(self, stored: StoredEvent, event: Event, at: Instant) -> Iterator[tuple[Journey, Entrance]]:
        for journey in self.release.journeys_on.get(event.type, ()):
            if self.journeys is None or journey.id in self.journeys:
                own_key = f"{stored.source}/{stored.source_id}"
                entered = entrance(journey, event, own_key, self._backstage.around(stored.customer_id, at))
                if entered.key is not None:
                    yield journey, entered

    def _exit_marks(self, event: Event, owner: str) -> Iterator[ExitMark]:
        """Marks for the gate: what an ended run still has waiting is not sent. An empty key means every run."""
        for journey in self.release.journeys_ended_by.get(event.type, ()):
            for one in journey.exit_on:
                if one.event == event.type:
                    key = "" if one.match is None else look_up(event.names, one.match)
                    if key is not None:
                        yield ExitMark(journey.id, owner, str(key), event.id, event.type, event.at)
