"""Events in quarantine: what waits, and which of it is to be accepted or thrown away."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from orchestrator.api.faults import fault
from orchestrator.api.models.parts import Body, Document, Problem, Shown, Word

IDS_MAX = 200

EventId = Annotated[str, Field(pattern="^qev_[0-9A-Z]{26}$", examples=["qev_01JC9ZK3N8Q2W4E6R8T0Y2V4X6"])]


class QuarantineQuery(Body):
    """Which events, and which page of them."""

    type: Annotated[Word | None, Field(description="Only those of this type.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=400, description="next_cursor of the page before.")] = None


class QuarantinedShown(Document):
    """An event that waits to be understood."""

    id: str
    source: str
    source_id: Annotated[str, Field(description="Its id in its source.")]
    type: str
    occurred_at: Shown
    received_at: Shown
    tried_at: Annotated[Shown, Field(description="When it was last tried, and not understood.")]
    problem: Annotated[
        Problem | None, Field(description="What stands against it now; missing: a retry would accept it.")
    ] = None


class QuarantinedWhole(QuarantinedShown):
    """The same with all that it says."""

    customer: Annotated[dict[str, Any] | None, Field(description="Whom it names.")] = None
    data: dict[str, Any]


class QuarantinePage(Document):
    """A page of events in quarantine, in the order in which they came."""

    data: tuple[QuarantinedShown, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]


class Chosen(Body):
    """Which events of the quarantine, said in exactly one way."""

    ids: Annotated[tuple[EventId, ...] | None, Field(min_length=1, max_length=IDS_MAX, description="These.")] = None
    type: Annotated[Word | None, Field(description="Those of this type.")] = None
    all: Annotated[Literal[True] | None, Field(description="All of them.")] = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        if sum(one is not None for one in (self.ids, self.type, self.all)) != 1:
            fault("chosen_once")
        return self


class Retry(Chosen):
    """Events that may be understood by now."""

    cursor: Annotated[
        str | None, Field(max_length=400, description="next_cursor of the round before, with the same choice.")
    ] = None


class RetriedEvent(Document):
    """What became of one of them."""

    id: Annotated[str, Field(description="Its id in quarantine.")]
    accepted: bool
    event_id: Annotated[str | None, Field(description="Our id of it, now that it is stored.")] = None
    customer_id: Annotated[str | None, Field(description="Whose it is.")] = None
    problem: Annotated[Problem | None, Field(description="Why it still waits, or was let go of.")] = None


class RetriedEvents(Document):
    """A round, in the order in which they happened."""

    items: tuple[RetriedEvent, ...]
    next_cursor: Annotated[str | None, Field(description="Where the next round begins; null after the last.")]


class Discarded(Document):
    """What was thrown away."""

    discarded: Annotated[int, Field(description="How many events.")]
