"""Events, in our own plain form and as CloudEvents 1.0."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, RootModel, model_validator

from orchestrator.api.faults import fault
from orchestrator.api.models.parts import Body, CustomerNamed, Document, Id, Problem, Time, Word

EVENTS_MAX = 1_000

_ATTRIBUTE = re.compile(r"[a-z0-9]+", re.ASCII)
_JSON = re.compile(r"application/([\w.-]+\+)?json\s*(;.*)?", re.ASCII | re.IGNORECASE)

Data = Annotated[dict[str, Any], Field(description="What the event type declares in templates/events/<type>.yaml.")]


class Event(Body):
    """Something that happened."""

    id: Annotated[
        Word | None, Field(description="Its id in its source. Without one, the Idempotency-Key makes it.")
    ] = None
    source: Annotated[Word, Field(description="Where it comes from. (source, id) names one event for ever.")] = "api"
    type: Annotated[Word, Field(description="What happened.", examples=["order.placed"])]
    time: Annotated[Time | None, Field(description="When it happened; without it, now.")] = None
    customer: Annotated[
        CustomerNamed | None, Field(description="Whose it is. Not needed where the event's order knows it.")
    ] = None
    data: Data = {}


class CloudEvent(Body):
    """Something that happened, as CloudEvents 1.0 writes it. Extensions that we do not know are let pass."""

    model_config = ConfigDict(extra="allow")

    specversion: Annotated[Literal["1.0"], Field(description="The version of CloudEvents.")]
    id: Annotated[Word, Field(description="Its id in its source.")]
    source: Annotated[Word, Field(description="Where it comes from. (source, id) names one event for ever.")]
    type: Annotated[Word, Field(description="What happened.", examples=["order.placed"])]
    time: Annotated[Time | None, Field(description="When it happened; without it, now.")] = None
    subject: Annotated[Word | None, Field(description="Not read: what it is about stands in data.")] = None
    datacontenttype: Annotated[Word | None, Field(description="JSON, or nothing.")] = None
    dataschema: Annotated[Word | None, Field(description="Not read: the type decides what data holds.")] = None
    customerid: Annotated[Id | None, Field(description="Extension: the id of the customer whose it is.")] = None
    data: Annotated[Data | None, Field(description="What the event type declares.")] = None

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.datacontenttype is not None and not _JSON.fullmatch(self.datacontenttype):
            fault("json_data")
        for name in self.model_extra or {}:
            if name == "data_base64":
                fault("json_data")
            if not _ATTRIBUTE.fullmatch(name):
                fault("attribute_name", name=name)
        return self


class Events(RootModel[Annotated[tuple[Event, ...], Field(min_length=1, max_length=EVENTS_MAX)]]):
    """Several events: all are stored, or none."""


class CloudEvents(RootModel[Annotated[tuple[CloudEvent, ...], Field(min_length=1, max_length=EVENTS_MAX)]]):
    """Several CloudEvents: all are stored, or none."""


class OneOrMoreEvents(RootModel[Event | Events]):
    """One event, or a list."""


class AcceptedEvent(Document):
    """An event that is on disk."""

    id: Annotated[str, Field(description="Our id of it.", examples=["evt_01JC9ZK3N8Q2W4E6R8T0Y2V4X6"])]
    accepted: Annotated[Literal[True], Field(description="It is stored; nothing that it asks for can be lost.")] = True
    customer_id: Annotated[str, Field(description="Whose it is.")]
    messages: Annotated[tuple[str, ...], Field(description="What it asked for: see GET /v1/messages/{id}.")] = ()
    repeated: Annotated[bool | None, Field(description="It was known already, and asked for nothing this time.")] = None


class SetAside(Document):
    """An event that nobody understood, and that is kept until somebody mends what it names (JOGRAL_UNKNOWN_EVENTS)."""

    id: Annotated[str, Field(description="Its id in quarantine.", examples=["qev_01JC9ZK3N8Q2W4E6R8T0Y2V4X6"])]
    accepted: Annotated[Literal[False], Field(description="Nothing happens because of it, for now.")] = False
    status: Annotated[Literal["quarantined"], Field(description="It is on disk, as it came.")] = "quarantined"
    problem: Annotated[Problem, Field(description="What it would have been refused with.")]
    repeated: Annotated[bool | None, Field(description="It was in quarantine already.")] = None


class AcceptedEvents(Document):
    """The answers to a list, in its order."""

    items: tuple[AcceptedEvent | SetAside, ...]


class OneOrMoreAccepted(RootModel[AcceptedEvent | SetAside | AcceptedEvents]):
    """The answer to one event, or to a list."""


class Line(Document):
    """The answer to one line of NDJSON: the event's own, or the problem with it."""

    line: Annotated[int, Field(description="Its number, from 1.")]
    status: Annotated[int, Field(description="The HTTP status that the event alone would have had.")]
    accepted: Annotated[bool, Field(description="Whether it is stored.")]
    quarantined: Annotated[bool | None, Field(description="It is kept in quarantine; `problem` says why.")] = None
    id: Annotated[str | None, Field(description="Our id of it.")] = None
    customer_id: Annotated[str | None, Field(description="Whose it is.")] = None
    messages: Annotated[tuple[str, ...], Field(description="What it asked for.")] = ()
    repeated: Annotated[bool | None, Field(description="It was known already, and asked for nothing this time.")] = None
    problem: Annotated[Problem | None, Field(description="Why it was refused, or set aside.")] = None
