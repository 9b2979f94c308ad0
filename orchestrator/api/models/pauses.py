"""Pauses: what was stopped by hand, by whom, and until when."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from orchestrator.api.faults import fault
from orchestrator.api.models.parts import Body, Document, Shown, Time, Word
from orchestrator.domain.pause import PauseScope  # noqa: TC001  # pydantic reads annotations

Reason = Annotated[str, Field(max_length=500)]


class PauseNamed(Body):
    """What is paused."""

    scope: Annotated[
        PauseScope,
        Field(description="What kind of thing; all is the kill switch. A customer's pause stops marketing only."),
    ]
    subject: Annotated[
        Word | None,
        Field(
            description="Which one: the channel, or an id; of a step, `journey/step`. Not with the scope all.",
            examples=["sms"],
        ),
    ] = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.subject is None) != (self.scope == "all"):
            fault("subject_unless_all")
        return self


class NewPause(PauseNamed):
    """Something that is to stop."""

    reason: Annotated[Reason, Field(description="Why, for whoever finds it.")] = ""
    until: Annotated[Time | None, Field(description="When it ends by itself; without it, when somebody lifts it.")] = (
        None
    )


class PauseShown(Document):
    """A pause that stands."""

    id: str
    scope: PauseScope
    subject: str | None = None
    reason: str
    by: Annotated[str, Field(description="Who paused it: the name of the key, or cli.")]
    at: Shown
    until: Shown | None = None


class Resumed(Document):
    """What going on did."""

    was_paused: Annotated[bool, Field(description="False: there was nothing to lift.")]
    released_messages: Annotated[int, Field(description="How many were held for it, and are decided anew.")]


class PausesQuery(Body):
    """Which page."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=400, description="next_cursor of the page before.")] = None


class PausesPage(Document):
    """A page of pauses, oldest first."""

    data: tuple[PauseShown, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]
