"""Accept: what comes in is validated, told apart from what came before, and on disk before anybody hears yes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import normalise
from orchestrator.domain.customer import AddressKind, Channel
from orchestrator.domain.delivery import Request
from orchestrator.domain.errors import Conflict, FieldError, InputError, NotFound, Overtaken, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.object import Object, unheard_of, updated
from orchestrator.events import faults
from orchestrator.journeys.advance import Happening, Run, advance, entrance
from orchestrator.store.port import NewDelivery, StoredEvent
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.events import EventType
    from orchestrator.journeys.model import Channels, Journey
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction


# --- once: the Idempotency-Key ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotencyKey:
    """A caller's promise that the same key means the same wish. `scope` keeps callers apart."""

    scope: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door answers, in the form in which it is kept for a repetition."""

    status: int
    document: Mapping[str, Any]
    replayed: bool = False


def once(store: Store, clock: Clock, key: IdempotencyKey | None, work: Callable[[Transaction], Answer]) -> Answer:
    """Do the work and keep its answer, in one transaction; under a key that was used, give the first answer again.

    What another transaction stored at the same moment is found by a second try, so `work` may be called twice.

    Raises:
        Conflict: the key was used with another body (`idempotency_key_reused`).
    """
    try:
        return _once(store, clock, key, work)
    except Overtaken:
        return _once(store, clock, key, work)


def _once(store: Store, clock: Clock, key: IdempotencyKey | None, work: Callable[[Transaction], Answer]) -> Answer:
    with store.write() as transaction:
        if key is None:
            return work(transaction)
        first = transaction.ledger.first_answer(key.scope, key.key, key.body_hash, clock.now())
        if first is None:
            answer = work(transaction)
            transaction.ledger.keep_answer(
                key.scope, key.key, answer.status, json.dumps(answer.document, ensure_ascii=False)
            )
            return answer
    if first.body_hash != key.body_hash:
        raise Conflict(
            "This Idempotency-Key was used with another body.",
            remedy="Send the first body again, or take a new key.",
            code="idempotency_key_reused",
        )
    return Answer(first.status, json.loads(first.answer), replayed=True)


def body_hash(body: object) -> str:
    """The same JSON gives the same hash, in whatever order its keys come."""
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


# --- events -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerReference:
    """How an event names a customer. Exactly one is given; `external` is (source, id)."""

    id: str | None = None
    email: str | None = None
    phone: str | None = None
    external: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IncomingEvent:
    """An event as a door read it. (source, id) is what makes it the same event.

    `timeless`: its source did not say when it happened, so `occurred_at` is when we heard of it.
    """

    source: str
    id: str
    type: str
    occurred_at: Instant
    data: Mapping[str, Any]
    customer: CustomerReference | None = None
    timeless: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that is on disk. `repeated`: it was already, and asked for nothing this time."""

    event_id: str
    customer_id: str
    repeated: bool = False
    requests: tuple[Request, ...] = ()


Result = Accepted | InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class EventDesk:
    """Accepts events under one release.

    `journeys` None means all. `origin` is written to every delivery. `at_event_time`: business time follows the
    events, so requests are due when their event happened (replay, demo).
    """

    release: Release
    clock: Clock
    journeys: Collection[str] | None = None
    origin: str = "event"
    at_event_time: bool = False

    def accept(self, transaction: Transaction, incoming: Sequence[IncomingEvent]) -> list[Result]:
        """Store events and what they ask for. One result each, in order; a refused one stores nothing.

        Gather, decide, act: four reads, the pure journeys, and a few bulk writes, however many events there are.
        """
        results: dict[int, Result] = dict(self._refused(incoming))
        results |= self._repeated(transaction, incoming, results)
        echoes = _echoes(incoming, results)
        fresh = {place: event for place, event in enumerate(incoming) if place not in results | echoes}
        owners = self._owners(transaction, fresh, results)
        transaction.customers.lock(sorted(set(owners.values())))
        batch = self._gathered(transaction, {place: fresh[place] for place in owners}, owners)
        for place in sorted(owners, key=lambda place: (fresh[place].occurred_at, place)):
            results[place] = batch.apply(self, fresh[place], owners[place])
        batch.write(transaction, self.clock.now())
        results |= {place: _repetition(results[first]) for place, first in echoes.items()}
        return [results[place] for place in range(len(incoming))]

    # gather

    def _refused(self, incoming: Sequence[IncomingEvent]) -> dict[int, Result]:
        found: dict[int, Result] = {}
        for place, event in enumerate(incoming):
            event_type = self.release.events.get(event.type)
            if event_type is None:
                found[place] = InputError(
                    'Unknown event type "{type}"{hint}',
                    code="unknown_event_type",
                    fields=[_unknown("#/type", "unknown_event_type", event.type, self.release.events)],
                    type=event.type,
                    hint=did_you_mean(event.type, self.release.events),
                )
                continue
            wrong = list(faults(event_type, event.data))
            if wrong:
                found[place] = InputError(
                    "{count} problems in {type}: {pointer} {first}",
                    code="invalid_event",
                    fields=wrong,
                    count=len(wrong),
                    type=event.type,
                    pointer=wrong[0].pointer,
                    first=wrong[0],
                )
                continue
            unfit = _unfit_address(event.customer)
            if unfit is not None:
                found[place] = unfit
        return found

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
                same = known[pair].body_hash == _event_hash(incoming[place])
                found[place] = (
                    Accepted(known[pair].id, known[pair].customer_id, repeated=True) if same else _reused(pair)
                )
            elif _event_hash(incoming[first_in_batch.setdefault(pair, place)]) != _event_hash(incoming[place]):
                found[place] = _reused(pair)
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
            owners[place] = owner
            by_object |= {pair: owner for pair in touched if pair not in by_object}
        return owners

    def _gathered(
        self, transaction: Transaction, fresh: Mapping[int, IncomingEvent], owners: Mapping[int, str]
    ) -> _Batch:
        """Read under lock what the journeys will see."""
        references = {(kind, key) for event in fresh.values() for kind, key in self._touched(event).items()}
        standings = transaction.customers.standings(set(owners.values()), ())
        return _Batch(
            objects=transaction.events.objects(references),
            customers={customer_id: standing.customer for customer_id, standing in standings.items()},
            runs=transaction.events.runs,
        )

    def _touched(self, event: IncomingEvent) -> dict[str, str]:
        return self.release.events[event.type].objects(event.data)

    def journeys_for(self, event_type: str) -> list[Journey]:
        """The journeys that an event of this type may start."""
        return [
            journey
            for journey in self.release.journeys_on.get(event_type, ())
            if self.journeys is None or journey.id in self.journeys
        ]


@dataclass
class _Batch:
    """What a batch of events has read, and what it will write."""

    objects: dict[tuple[str, str], Object]
    customers: Mapping[str, Customer]
    runs: Callable[[Collection[tuple[str, str]]], set[tuple[str, str]]]
    _events: list[StoredEvent] = field(default_factory=list)
    _changed: dict[tuple[str, str], Object] = field(default_factory=dict)
    _started: list[tuple[Run, str]] = field(default_factory=list)
    _keys: set[tuple[str, str]] = field(default_factory=set)
    _deliveries: list[NewDelivery] = field(default_factory=list)

    def apply(self, desk: EventDesk, event: IncomingEvent, owner: str) -> Accepted:
        """One event: the objects change, journeys begin, requests appear."""
        now = desk.clock.now()
        event_type = desk.release.events[event.type]
        touched = event_type.objects(event.data)
        if event_type.updates in touched:
            self._update((event_type.updates or "", touched[event_type.updates or ""]), event, owner)
        stored = StoredEvent(
            id=new_id("evt", now, desk.clock.entropy(ENTROPY_SIZE)),
            source=event.source,
            source_id=event.id,
            type=event.type,
            customer_id=owner,
            objects=touched,
            data=event.data,
            body_hash=_event_hash(event),
            occurred_at=event.occurred_at,
            received_at=now,
        )
        self._events.append(stored)
        deliveries = [
            delivery for journey in desk.journeys_for(event.type) for delivery in self._start(desk, journey, stored)
        ]
        self._deliveries += deliveries
        return Accepted(stored.id, owner, requests=tuple(delivery.request for delivery in deliveries))

    def write(self, transaction: Transaction, at: Instant) -> None:
        """Everything at once."""
        transaction.events.add(self._events)
        transaction.events.put_objects(list(self._changed.values()), at)
        transaction.events.add_runs(self._started)
        transaction.deliveries.add(self._deliveries, at)

    def _update(self, reference: tuple[str, str], event: IncomingEvent, owner: str) -> None:
        existing = self.objects.get(reference) or unheard_of(*reference)
        self.objects[reference] = self._changed[reference] = updated(existing, event.data, event.occurred_at, owner)

    def _start(self, desk: EventDesk, journey: Journey, event: StoredEvent) -> list[NewDelivery]:
        happening = Happening(key=f"{event.source}/{event.source_id}", type=event.type)
        data = self._data(event)
        entered = entrance(journey, happening, data)
        if entered.key is None or not self._first(journey.id, entered.key):
            return []
        business_now = event.occurred_at if desk.at_event_time else event.received_at
        run = Run(
            id=new_id("run", event.received_at, desk.clock.entropy(ENTROPY_SIZE)),
            journey=journey.id,
            key=entered.key,
            customer_id=event.customer_id,
            started_at=business_now,
            position=None,
        )
        moved, wishes = advance(journey, run, happening, data, business_now)
        self._started.append((moved, event.id))
        return [
            NewDelivery(
                request=_request(
                    desk.release,
                    desk.clock,
                    message=wish.message,
                    customer_id=event.customer_id,
                    candidates=wish.candidates,
                    objects=event.objects,
                    data={"event": dict(event.data)},
                    priority=wish.priority,
                    due_at=business_now if desk.at_event_time else None,
                ),
                identity=f"{journey.id}/{entered.key}/{wish.step}/{wish.slot}",
                origin=desk.origin,
                event_id=event.id,
                run_id=run.id,
                step=wish.step,
            )
            for wish in wishes
        ]

    def _first(self, journey: str, key: str) -> bool:
        """Whether a journey has no run of this key yet: there is one a key, for ever."""
        pair = (journey, key)
        if pair in self._keys or self.runs([pair]):
            return False
        self._keys.add(pair)
        return True

    def _data(self, event: StoredEvent) -> dict[str, Any]:
        customer = self.customers[event.customer_id]
        found: dict[str, Any] = {
            "event": {"type": event.type, **event.data},
            "customer": {**customer.attributes, "id": customer.id},
        }
        for kind, object_id in event.objects.items():
            one = self.objects.get((kind, object_id))
            found[kind] = {**(one.data if one else {}), "id": object_id}
        return found


# --- a message that somebody asks for ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedMessage:
    """A message that a door asks for directly. `objects` names what it is about (kind → id)."""

    message: str
    customer_id: str
    channels: Channels
    objects: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    locale: str | None = None
    not_after: Instant | None = None


def accept_message(
    transaction: Transaction, release: Release, clock: Clock, wanted: WantedMessage, *, identity: str, origin: str
) -> list[Request]:
    """Store one request for every slot that was asked for.

    Raises:
        NotFound: no such message or customer. InputError: the message says nothing on a channel that was asked for.
    """
    if wanted.message not in release.messages:
        raise NotFound(
            'There is no message "{message}"{hint}',
            code="unknown_message",
            fields=[_unknown("#/message", "unknown_message", wanted.message, release.messages)],
            message=wanted.message,
            hint=did_you_mean(wanted.message, release.messages),
        )
    transaction.customers.lock([wanted.customer_id])
    if not transaction.customers.known([wanted.customer_id]):
        raise NotFound(
            'There is no customer "{customer}".',
            remedy="Create them first: POST /v1/customers.",
            code="unknown_customer",
            customer=wanted.customer_id,
        )
    silent = [
        channel
        for _, channels in wanted.channels.slots()
        for channel in channels
        if channel not in release.said_on[wanted.message]
    ]
    if silent:
        raise InputError(
            '"{message}" is not said on {channel}.',
            remedy="It is said on: {known}.",
            code="silent_channel",
            message=wanted.message,
            channel=silent[0].value,
            known=", ".join(sorted(channel.value for channel in release.said_on[wanted.message])),
        )
    _refuse_foreign_objects(transaction, wanted)
    deliveries = [
        NewDelivery(
            request=_request(
                release,
                clock,
                message=wanted.message,
                customer_id=wanted.customer_id,
                candidates=candidates,
                objects=wanted.objects,
                data=wanted.data,
                locale=wanted.locale,
                not_after=wanted.not_after,
            ),
            identity=f"{identity}/{slot}",
            origin=origin,
        )
        for slot, candidates in wanted.channels.slots()
    ]
    transaction.deliveries.add(deliveries, clock.now())
    return [delivery.request for delivery in deliveries]


def _refuse_foreign_objects(transaction: Transaction, wanted: WantedMessage) -> None:
    """One customer's order must not be told to another, and a misspelt id must not become a failed message."""
    found = transaction.events.objects(set(wanted.objects.items()))
    for kind, object_id in wanted.objects.items():
        one = found.get((kind, object_id))
        # What the request says itself needs no object behind it.
        known = one is not None or kind in wanted.data
        if not known or (one is not None and one.customer_id not in (None, wanted.customer_id)):
            params = {"kind": kind, "object": object_id}
            template = mark('This customer has no {kind} "{object}".')
            pointer = f"#/objects/{kind}"
            raise InputError(
                template,
                code="unknown_object",
                fields=[FieldError(pointer=pointer, code="unknown_object", template=template, params=params)],
                **params,
            )


def _request(  # noqa: PLR0913  # a request has that many sides, and all of them are named
    release: Release,
    clock: Clock,
    *,
    message: str,
    customer_id: str,
    candidates: tuple[Channel, ...],
    objects: Mapping[str, str],
    data: Mapping[str, Any],
    locale: str | None = None,
    priority: str = "normal",
    due_at: Instant | None = None,
    not_after: Instant | None = None,
) -> Request:
    now = clock.now()
    topic = release.messages[message].message.topic
    return Request(
        id=new_id("msg", now, clock.entropy(ENTROPY_SIZE)),
        message=message,
        customer_id=customer_id,
        topic=topic,
        purpose=release.purpose(topic),
        candidates=candidates,
        objects=objects,
        data=data,
        locale=locale,
        priority=priority,
        due_at=now if due_at is None else due_at,
        not_after=not_after,
        accepted_at=now,
    )


# --- who an event is about --------------------------------------------------------------------------------------------


def find_customers(transaction: Transaction, references: Sequence[CustomerReference]) -> dict[CustomerReference, str]:
    """Each reference → customer id, one query a kind. A shared address names the customer who has had it longest."""
    known = transaction.customers.known({one.id for one in references if one.id})
    external = transaction.customers.by_external_id({one.external for one in references if one.external})
    emails = _by_address(transaction, AddressKind.EMAIL, [one.email for one in references if one.email])
    phones = _by_address(transaction, AddressKind.PHONE, [one.phone for one in references if one.phone])
    found: dict[CustomerReference, str] = {}
    for one in references:
        owner = (
            (one.id if one.id in known else None)
            or (external.get(one.external) if one.external else None)
            or (emails.get(one.email) if one.email else None)
            or (phones.get(one.phone) if one.phone else None)
        )
        if owner:
            found[one] = owner
    return found


def _by_address(transaction: Transaction, kind: AddressKind, values: Sequence[str]) -> dict[str, str]:
    if not values:
        return {}
    normal = {value: normalise(kind, value) for value in values}
    owners = transaction.customers.by_address(kind, set(normal.values()))
    return {value: owners[stored][0] for value, stored in normal.items() if stored in owners}


def _unfit_address(reference: CustomerReference | None) -> InputError | None:
    """What is wrong with the address that an event names its customer by, if it names one so."""
    given = ((AddressKind.EMAIL, reference.email), (AddressKind.PHONE, reference.phone)) if reference else ()
    for kind, value in given:
        try:
            if value:
                normalise(kind, value)
        except InputError as error:
            pointer = f"#/customer/{kind.value}"
            error.fields = (
                FieldError(pointer=pointer, code=error.code, template=error.template, params=error.params),
            )
            return error
    return None


def _unknown_customer(event: IncomingEvent, event_type: EventType) -> InputError:
    if event.customer is not None:
        template = mark("The event {type} names a customer that we do not know.")
    elif event_type.via is not None:
        template = mark("The event {type} is about an unknown {via}.")
    else:
        template = mark("The event {type} does not say whose it is.")
    params: dict[str, str] = {"type": event.type, "via": event_type.via or ""}
    return InputError(
        template,
        remedy='Create the customer first (POST /v1/customers), or name one: "customer": {{"id": "…"}}.',
        code="unknown_customer",
        fields=[FieldError(pointer="#/customer", code="unknown_customer", template=template, params=params)],
        **params,
    )


def _unknown(pointer: str, code: str, word: str, known: Iterable[str]) -> FieldError:
    params = {"word": word, "hint": did_you_mean(word, known)}
    return FieldError(pointer=pointer, code=code, template='Unknown "{word}"{hint}', params=params)


def _event_hash(event: IncomingEvent) -> str:
    at = None if event.timeless else event.occurred_at
    return body_hash({"type": event.type, "at": at, "data": dict(event.data)})


def _echoes(incoming: Sequence[IncomingEvent], results: Mapping[int, Result]) -> dict[int, int]:
    """Events that stand in the batch twice: the later place → the first."""
    first: dict[tuple[str, str], int] = {}
    found: dict[int, int] = {}
    for place, event in enumerate(incoming):
        if place not in results and first.setdefault((event.source, event.id), place) != place:
            found[place] = first[event.source, event.id]
    return found


def _repetition(first: Result) -> Result:
    return Accepted(first.event_id, first.customer_id, repeated=True) if isinstance(first, Accepted) else first


def _reused(pair: tuple[str, str]) -> Conflict:
    return Conflict(
        'The event id "{id}" of source "{source}" was used with another body.',
        remedy="An id names one event for ever: take a new one.",
        code="event_id_reused",
        source=pair[0],
        id=pair[1],
    )
