"""The desk where events come in: checked, told apart, owned, and handed to the batch that stores them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.accept.batch import Batch
from orchestrator.dispatch.accept.event import Accepted, IncomingEvent, Quarantined, Result, event_hash, reused
from orchestrator.dispatch.accept.set_aside import set_aside
from orchestrator.dispatch.accept.understood import misfit
from orchestrator.dispatch.accept.who import find_customers
from orchestrator.dispatch.runs.moving import Witness, nobody
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.errors import InputError
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.events import EventType
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

log = structlog.get_logger()

ECHOES_MAX = 8
"""How often journeys answer each other within one commit; more is no conversation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventDesk:
    """Accepts events under one release.

    `journeys` None means all. `origin` is written to every delivery. `at_event_time`: business time follows the
    events, so requests are due when their event happened (replay, demo). `witness` sees how runs move. `quarantines`:
    what is not understood is kept, instead of refused. `echoes`: how often events were said because of events by now.
    """

    release: Release
    clock: Clock
    journeys: Collection[str] | None = None
    origin: str = "event"
    at_event_time: bool = False
    witness: Witness = nobody
    quarantines: bool = False
    echoes: int = 0

    def accept(self, transaction: Transaction, incoming: Sequence[IncomingEvent]) -> list[Result]:
        """Store events and what they ask for. One result each, in order; a refused one stores nothing.

        Gather, decide, act: four reads, the pure journeys, and a few bulk writes, however many events there are.
        """
        results: dict[int, Result] = dict(self._refused(incoming))
        results |= self._repeated(transaction, incoming, results)
        echoes = _echoes(incoming, results)
        fresh = {place: event for place, event in enumerate(incoming) if place not in results | echoes}
        owners = self._owners(transaction, fresh, results)
        # Who was merged while we waited for the lock is somebody else now.
        whose = lock_customers(transaction, sorted(set(owners.values())))
        results |= {
            place: _unknown_customer(fresh[place], self.release.events[fresh[place].type])
            for place, owner in owners.items()
            if owner not in whose  # erased meanwhile
        }
        owners = {place: whose[owner] for place, owner in owners.items() if owner in whose}
        batch = self._gathered(transaction, {place: fresh[place] for place in owners}, owners)
        in_order = sorted(owners, key=lambda place: (fresh[place].occurred_at, place))
        for place in in_order:
            batch.take(place, fresh[place], owners[place])
        stored, emitted = batch.store(transaction)
        results |= stored
        if self.quarantines:
            results |= set_aside(transaction, self.release, self.clock, incoming, results)
            done = [place for place, one in results.items() if isinstance(one, Accepted)]
            transaction.quarantine.understood({(incoming[place].source, incoming[place].id) for place in done})
        self.say(transaction, emitted)
        if self.release.entered_by:
            self._notice(transaction, {owners[place]: fresh[place].occurred_at for place in in_order})
        results |= {place: _repetition(results[first]) for place, first in echoes.items()}
        return [results[place] for place in range(len(incoming))]

    def say(self, transaction: Transaction, emitted: Sequence[IncomingEvent]) -> None:
        """What runs say themselves is heard by others in the same commit, and what those say then as well."""
        if not emitted:
            return
        if self.echoes == ECHOES_MAX:
            # Journeys that begin each other by what they say would never come to an end.
            log.error("emitted_events_go_round", types=sorted({event.type for event in emitted}))
            return
        told = replace(self, echoes=self.echoes + 1).accept(transaction, emitted)
        for event, result in zip(emitted, told, strict=True):
            if isinstance(result, InputError):
                # The run went on; nobody else would ever learn of it.
                log.error("emitted_event_refused", type=event.type, code=result.code, fields=_pointers(result))

    def examine(self, transaction: Transaction, incoming: Sequence[IncomingEvent]) -> dict[int, InputError]:
        """What stands against each event now, by its place; nothing is stored. One batch, as `accept` takes it."""
        found = self._refused(incoming)
        self._owners(transaction, {place: one for place, one in enumerate(incoming) if place not in found}, found)
        return {place: one for place, one in found.items() if isinstance(one, InputError)}

    def _notice(self, transaction: Transaction, changed: Mapping[str, Instant]) -> None:
        """What happened to customers may have brought them into a segment whose members begin a journey."""
        from orchestrator.dispatch.runs.entering import Entering  # noqa: PLC0415  # its runs say events, which come here

        entering = Entering(
            release=self.release,
            clock=self.clock,
            journeys=self.journeys,
            origin=self.origin,
            at_event_time=self.at_event_time,
            witness=self.witness,
        )
        entering.notice(transaction, changed, transaction.ledger.clock().now(self.clock.now()))

    # gather

    def _refused(self, incoming: Sequence[IncomingEvent]) -> dict[int, Result]:
        found = ((place, misfit(self.release.events, event)) for place, event in enumerate(incoming))
        return {place: error for place, error in found if error is not None}

    def _repeated(
        self, transaction: Transaction, incoming: Sequence[IncomingEvent], refused: Mapping[int, Result]
    ) -> dict[int, Result]:
        """The same event again answers as the first time; another body under the same id is a mistake of its source."""
        pairs = {place: (event.source, event.id) for place, event in enumerate(incoming) if place not in refused}
        known = transaction.events.known(set(pairs.values())) if pairs else {}
        first_in_batch: dict[tuple[str, str], int] = {}
        found: dict[int, Result] = {}
        for place, pair in pairs.items():
            if pair in known:
                same = known[pair].body_hash == event_hash(incoming[place])
                found[place] = (
                    Accepted(known[pair].id, known[pair].customer_id, repeated=True) if same else reused(pair)
                )
            elif event_hash(incoming[first_in_batch.setdefault(pair, place)]) != event_hash(incoming[place]):
                found[place] = reused(pair)
        return found

    def _owners(
        self, transaction: Transaction, fresh: Mapping[int, IncomingEvent], results: dict[int, Result]
    ) -> dict[int, str]:
        """Whose each event is. One that is nobody's is refused: `unknown_customer`."""
        named = find_customers(transaction, [event.customer for event in fresh.values() if event.customer])
        objects = transaction.events.objects(
            {(kind, key) for event in fresh.values() for kind, key in self._touched(event).items()}
        )
        by_object = {reference: one.customer_id for reference, one in objects.items() if one.customer_id}
        owners: dict[int, str] = {}
        for place in sorted(fresh, key=lambda place: (fresh[place].occurred_at, place)):
            event = fresh[place]
            touched = self._touched(event).items()
            owner = (
                named.get(event.customer)
                if event.customer
                else next((by_object[pair] for pair in touched if pair in by_object), None)
            )
            if owner is None:
                results[place] = _unknown_customer(event, self.release.events[event.type])
                continue
            foreign = next((pair for pair in touched if by_object.get(pair, owner) != owner), None)
            if foreign is not None:
                results[place] = _foreign_object(*foreign)
                continue
            owners[place] = owner
            by_object |= {pair: owner for pair in touched if pair not in by_object}
        return owners

    def _gathered(
        self, transaction: Transaction, fresh: Mapping[int, IncomingEvent], owners: Mapping[int, str]
    ) -> Batch:
        """Read under lock what the journeys will see."""
        references = {(kind, key) for event in fresh.values() for kind, key in self._touched(event).items()}
        standings = transaction.customers.standings(set(owners.values()), ())
        batch = Batch(
            release=self.release,
            clock=self.clock,
            journeys=self.journeys,
            origin=self.origin,
            at_event_time=self.at_event_time,
            objects=transaction.events.objects(references),
            customers={customer_id: standing.customer for customer_id, standing in standings.items()},
            business_now=transaction.ledger.clock().now(self.clock.now()),
            witness=self.witness,
        )
        batch.look_up(transaction, {fresh[place].type for place in owners})
        return batch

    def _touched(self, event: IncomingEvent) -> dict[str, str]:
        return self.release.events[event.type].objects(event.data)


def _pointers(error: InputError) -> list[str]:
    return [one.pointer for one in error.fields]


def _unknown_customer(event: IncomingEvent, event_type: EventType) -> InputError:
    if event.customer is not None:
        template = mark("The event {type} names a customer that we do not know.")
    elif event_type.via is not None:
        template = mark("The event {type} is about an unknown {via}.")
    else:
        template = mark("The event {type} does not say whose it is.")
    return InputError.at(
        "#/customer",
        template,
        code="unknown_customer",
        remedy='Create the customer first (POST /v1/customers), or name one: "customer": {{"id": "…"}}.',
        type=event.type,
        via=event_type.via or "",
    )


def _foreign_object(kind: str, object_id: str) -> InputError:
    """One customer's order must not be told to another."""
    return InputError.at(
        "#/customer",
        'The {kind} "{object}" belongs to another customer.',
        code="foreign_object",
        remedy="Leave the customer out, or name the one whose it is.",
        kind=kind,
        object=object_id,
    )


def _echoes(incoming: Sequence[IncomingEvent], results: Mapping[int, Result]) -> dict[int, int]:
    """Events that stand in the batch twice: the later place → the first."""
    first: dict[tuple[str, str], int] = {}
    found: dict[int, int] = {}
    for place, event in enumerate(incoming):
        if place not in results and first.setdefault((event.source, event.id), place) != place:
            found[place] = first[event.source, event.id]
    return found


def _repetition(first: Result) -> Result:
    if isinstance(first, Accepted):
        return Accepted(first.event_id, first.customer_id, repeated=True)
    return replace(first, repeated=True) if isinstance(first, Quarantined) else first
