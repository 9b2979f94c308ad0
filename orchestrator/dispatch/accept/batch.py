"""A batch of events: objects change, journeys begin, requests appear; then everything is written at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.accept.event import Accepted, IncomingEvent, Result, event_hash
from orchestrator.dispatch.accept.message import new_request
from orchestrator.dispatch.promised import last_instant
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.object import Object, unheard_of, updated
from orchestrator.journeys.advance import Happening, Run, advance, entrance, exits
from orchestrator.store.port import ExitMark, NewDelivery, StoredEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Clock
    from orchestrator.journeys.model import Journey
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, slots=True)
class _Entry:
    """An event that would start a run, with the data as it was in that moment."""

    place: int
    event: StoredEvent
    journey: Journey
    key: str
    data: Mapping[str, Any]


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
    _events: dict[int, StoredEvent] = field(default_factory=dict)
    _changed: dict[tuple[str, str], Object] = field(default_factory=dict)
    _entries: list[_Entry] = field(default_factory=list)
    _marks: list[ExitMark] = field(default_factory=list)

    def take(self, place: int, event: IncomingEvent, owner: str) -> None:
        """One event: its object changes, and the journeys that it may start are asked."""
        now = self.clock.now()
        event_type = self.release.events[event.type]
        touched = event_type.objects(event.data)
        if event_type.updates is not None and event_type.updates in touched:
            self._update((event_type.updates, touched[event_type.updates]), event, owner)
        stored = StoredEvent(
            id=new_id("evt", now, self.clock.entropy(ENTROPY_SIZE)),
            source=event.source,
            source_id=event.id,
            type=event.type,
            customer_id=owner,
            objects=touched,
            data=event.data,
            body_hash=event_hash(event),
            occurred_at=event.occurred_at,
            received_at=now,
        )
        self._events[place] = stored
        self._enter(place, stored)

    def store(self, transaction: Transaction) -> dict[int, Result]:
        """Start the runs that are the first of their key, write everything, and say what became of each event."""
        keys = {(entry.journey.id, entry.key) for entry in self._entries}
        taken = transaction.events.runs(keys) if keys else set()
        runs: list[tuple[Run, str]] = []
        asked: dict[int, list[NewDelivery]] = {place: [] for place in self._events}
        for entry in self._entries:
            # There is one run a key, for ever: also within the batch.
            if (entry.journey.id, entry.key) not in taken:
                taken.add((entry.journey.id, entry.key))
                run, deliveries = self._start(entry)
                runs.append((run, entry.event.id))
                asked[entry.place] += deliveries
        transaction.events.add(list(self._events.values()))
        transaction.events.put_objects(list(self._changed.values()), self.clock.now())
        transaction.events.add_runs(runs)
        transaction.events.add_exit_marks(self._marks)
        transaction.deliveries.add([one for deliveries in asked.values() for one in deliveries], self.clock.now())
        return {
            place: Accepted(event.id, event.customer_id, requests=tuple(one.request for one in asked[place]))
            for place, event in self._events.items()
        }

    def _update(self, reference: tuple[str, str], event: IncomingEvent, owner: str) -> None:
        existing = self.objects.get(reference) or unheard_of(*reference)
        self.objects[reference] = self._changed[reference] = updated(existing, event.data, event.occurred_at, owner)

    def _enter(self, place: int, event: StoredEvent) -> None:
        happening, data = _happening(event), self._data(event)
        for journey in self.release.journeys_on.get(event.type, ()):
            if self.journeys is None or journey.id in self.journeys:
                key = entrance(journey, happening, data).key
                if key is not None:
                    self._entries.append(_Entry(place, event, journey, key, data))
        for journey in self.release.journeys_ended_by.get(event.type, ()):
            self._marks += [
                ExitMark(journey.id, event.customer_id, key, event.id, event.type, event.occurred_at)
                for key in exits(journey, happening, data)
            ]

    def _start(self, entry: _Entry) -> tuple[Run, list[NewDelivery]]:
        event = entry.event
        business_now = event.occurred_at if self.at_event_time else event.received_at
        run = Run(
            id=new_id("run", event.received_at, self.clock.entropy(ENTROPY_SIZE)),
            journey=entry.journey.id,
            key=entry.key,
            customer_id=event.customer_id,
            started_at=business_now,
            position=None,
        )
        moved, wishes = advance(entry.journey, run, _happening(event), entry.data, business_now)
        deliveries = [
            NewDelivery(
                request=new_request(
                    self.release,
                    self.clock,
                    message=wish.message,
                    customer_id=event.customer_id,
                    candidates=wish.candidates,
                    objects=event.objects,
                    data={"event": dict(event.data)},
                    priority=wish.priority,
                    journey=entry.journey.id,
                    run_id=run.id,
                    due_at=business_now if self.at_event_time else None,
                    not_after=last_instant(self.release, wish.message, entry.data, business_now),
                ),
                identity=f"{entry.journey.id}/{entry.key}/{wish.step}/{wish.slot}",
                origin=self.origin,
                event_id=event.id,
                step=wish.step,
            )
            for wish in wishes
        ]
        return moved, deliveries

    def _data(self, event: StoredEvent) -> dict[str, Any]:
        """What conditions read: the event, the customer, and the objects as they are after it."""
        customer = self.customers[event.customer_id]
        found: dict[str, Any] = {
            "event": {"type": event.type, **event.data},
            "customer": {**customer.attributes, "id": customer.id},
        }
        for kind, object_id in event.objects.items():
            one = self.objects.get((kind, object_id))
            found[kind] = {**(one.data if one else {}), "id": object_id}
        return found


def _happening(event: StoredEvent) -> Happening:
    return Happening(key=f"{event.source}/{event.source_id}", type=event.type)
