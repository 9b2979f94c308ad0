"""The forms in which events come: one, a list, lines, and the three of CloudEvents. All become the same values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from orchestrator.api.errors import Malformed
from orchestrator.api.faults import FAULTS, as_model, refused
from orchestrator.api.models.events import EVENTS_MAX, CloudEvent, Event
from orchestrator.api.reading import JSON, header_key, key_required, parse, read_text, require_media_type, storable
from orchestrator.api.services import CALLER
from orchestrator.dispatch.accept import CustomerReference, IncomingEvent
from orchestrator.domain.errors import FieldError, InputError
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aiohttp import web

    from orchestrator.domain.time import Instant

    # A document and its place among the others → an event.
    Read = Callable[[Any, int], IncomingEvent]

LINES = ("application/x-ndjson", "application/ndjson")
CLOUD_EVENT = "application/cloudevents+json"
CLOUD_EVENTS = "application/cloudevents-batch+json"
MEDIA_TYPES = (JSON, *LINES, CLOUD_EVENT, CLOUD_EVENTS)

_BINARY = "ce-"


class Shape(Enum):
    """How many events there are, and whether one may fail alone."""

    ONE = auto()
    LIST = auto()
    LINES = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """The events of a request, in order; one that cannot be read stands there as its error.

    `places` are line numbers, or indexes of the list. `content` is what a repetition must be equal to.
    """

    shape: Shape
    events: Sequence[IncomingEvent | InputError]
    places: Sequence[int]
    content: object
    binary: bool = False


async def read_events(request: web.Request, now: Instant) -> Posted:
    """Whatever form they are in. Raises InputError where the request as a whole cannot be read."""
    media_type = require_media_type(request, MEDIA_TYPES)
    text = await read_text(request)
    reader = _Reader(now, partial(_id_by_key, request))
    if media_type in LINES:
        return reader.lines(_numbered(text))
    if media_type == JSON and any(name.lower().startswith(_BINARY) for name in request.headers):
        return reader.binary(text, request.headers)
    document = parse(text)
    if media_type == CLOUD_EVENT:
        return reader.one(document, reader.cloud)
    if media_type == CLOUD_EVENTS:
        return reader.many(document, reader.cloud)
    return reader.many(document, reader.plain) if isinstance(document, list) else reader.one(document, reader.plain)


def read_text_events(text: str, now: Instant, made_id: Callable[[int], str]) -> Iterator[Posted]:
    """The events of a file, in as many batches as it takes. CloudEvents are known by their `specversion`.

    It holds one event, a list, or one a line. Raises Malformed, InputError where it cannot be read as any of them.
    """
    reader = _Reader(now, made_id)
    try:
        document = parse(text)
    except Malformed:
        numbered = _numbered(text)
        if len(numbered) <= 1 or not _is_json(numbered[0][1]):
            raise
        for start in range(0, len(numbered), EVENTS_MAX):
            yield reader.lines(numbered[start : start + EVENTS_MAX])
    else:
        several = isinstance(document, list)
        yield reader.many(document, reader.either) if several else reader.one(document, reader.either)


def _is_json(text: str) -> bool:
    try:
        parse(text)
    except Malformed:
        return False
    return True


def _id_by_key(request: web.Request, place: int) -> str:
    """An id for an event that has none: the same key of the same caller makes the same one."""
    key = header_key(request)
    if key is None:
        raise key_required(mark('Send one, or give the event an "id".'))
    return f"{request[CALLER].id}/{key}/{place}"


def by_header(fields: Sequence[FieldError]) -> tuple[FieldError, ...]:
    """The fields of an event in binary mode: its body is the data, and its attributes are headers."""
    return tuple(
        FieldError(pointer=_by_header(field.pointer), code=field.code, template=field.template, params=field.params)
        for field in fields
    )


def _by_header(where: str) -> str:
    if where == "#/customer":
        return f"{_BINARY}customerid"
    return f"#{where[6:]}" if where.startswith("#/data") else _BINARY + where.removeprefix("#/")


class _Reader:
    """`made_id` gives an id to an event that has none, by its place."""

    def __init__(self, now: Instant, made_id: Callable[[int], str]) -> None:
        self._now = now
        self._made_id = made_id

    # --- shapes -------------------------------------------------------------------------------------------------------

    def one(self, document: Any, read: Read) -> Posted:
        return Posted(shape=Shape.ONE, events=[read(document, 0)], places=[0], content=document)

    def many(self, document: Any, read: Read) -> Posted:
        if not isinstance(document, list):
            raise _wrong("list_type")
        _require_some(len(document))
        return Posted(
            shape=Shape.LIST,
            events=[_tried(read, one, place) for place, one in enumerate(document)],
            places=range(len(document)),
            content=document,
        )

    def lines(self, numbered: Sequence[tuple[int, str]]) -> Posted:
        _require_some(len(numbered))
        return Posted(
            shape=Shape.LINES,
            events=[_tried(self.line, line, number) for number, line in numbered],
            places=[number for number, _ in numbered],
            content=[line.strip() for _, line in numbered],
        )

    def binary(self, text: str, headers: Mapping[str, str]) -> Posted:
        """CloudEvents' binary mode: attributes are headers, percent-encoded, and the body is the data."""
        attributes = {
            name.lower().removeprefix(_BINARY): unquote(value)
            for name, value in headers.items()
            if name.lower().startswith(_BINARY)
        }
        data = parse(text) if text.strip() else {}
        document = {**attributes, "data": data}
        try:
            event = self.cloud(document, 0)
        except InputError as error:
            error.fields = by_header(error.fields)
            raise
        return Posted(shape=Shape.ONE, events=[event], places=[0], content=document, binary=True)

    # --- one event ----------------------------------------------------------------------------------------------------

    def line(self, text: str, place: int) -> IncomingEvent:
        return self.either(parse(text), place)

    def either(self, document: Any, place: int) -> IncomingEvent:
        is_cloud_event = isinstance(document, dict) and "specversion" in document
        return (self.cloud if is_cloud_event else self.plain)(document, place)

    def plain(self, document: Any, place: int) -> IncomingEvent:
        event = as_model(Event, storable(document))
        event_id = event.id if event.id is not None else self._made_id(place)
        return IncomingEvent(
            source=event.source,
            id=event_id,
            type=event.type,
            occurred_at=self._now if event.time is None else event.time,
            data=event.data,
            customer=event.customer.reference if event.customer is not None else None,
            timeless=event.time is None,
        )

    def cloud(self, document: Any, _place: int) -> IncomingEvent:
        event = as_model(CloudEvent, storable(document))
        return IncomingEvent(
            source=event.source,
            id=event.id,
            type=event.type,
            occurred_at=self._now if event.time is None else event.time,
            data=event.data or {},
            customer=CustomerReference(id=event.customerid) if event.customerid is not None else None,
            timeless=event.time is None,
        )


def _numbered(text: str) -> list[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _tried(read: Read, document: Any, place: int) -> IncomingEvent | InputError:
    try:
        return read(document, place)
    except InputError as error:
        return error


def _require_some(count: int) -> None:
    if count == 0:
        raise _wrong("too_short", min_length=1)
    if count > EVENTS_MAX:
        raise InputError(
            "{count} events in one request; at most {most} are read.",
            remedy="Send them in several requests.",
            code="too_many_events",
            count=count,
            most=EVENTS_MAX,
        )


def _wrong(kind: str, **params: object) -> InputError:
    code, template = FAULTS[kind]
    return refused([FieldError(pointer="#", code=code, template=template, params=params)])
