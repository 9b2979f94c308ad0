"""Decisions: what the gate said, each time that it was asked, with its steps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestrator.api.models.messages import ReasonShown, StepShown  # noqa: TC001  # pydantic reads annotations
from orchestrator.api.models.parts import Body, Document, Id, Shown, Time, Word
from orchestrator.domain.delivery import State  # noqa: TC001  # pydantic reads annotations


class DecisionsQuery(Body):
    """Which decisions, and which page of them."""

    customer_id: Annotated[Id | None, Field(description="About this customer.")] = None
    message: Annotated[Word | None, Field(description="About this message.", examples=["cart_offer"])] = None
    journey: Annotated[Word | None, Field(description="About what this journey wanted.")] = None
    reason: Annotated[
        Word | None,
        Field(
            description="With this reason, whole or up to its colon.",
            examples=["frequency_cap", "frequency_cap:marketing_dia"],
        ),
    ] = None
    state: Annotated[State | None, Field(description="About requests that stand there now.")] = None
    since: Annotated[Time | None, Field(description="Made then or later.")] = None
    until: Annotated[Time | None, Field(description="Made before then.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=200, description="next_cursor of the page before.")] = None


class DecisionListed(Document):
    """One time that the gate was asked about a request."""

    id: Annotated[str, Field(description="For jogral explain.", examples=["dec_1204"])]
    message_id: Annotated[str, Field(description="The request. See GET /v1/messages/{id}.")]
    message: str
    customer_id: str
    journey: Annotated[str | None, Field(description="The journey that wanted it, if one did.")] = None
    run_id: str | None = None
    step: str | None = None
    verdict: Annotated[str, Field(description="send, or the state that it was given.", examples=["deferred"])]
    reason: Annotated[ReasonShown | None, Field(description="Why it was not sent; absent where it was.")] = None
    state: Annotated[State, Field(description="Where the request stands now.")]
    at: Annotated[Shown, Field(description="When.")]
    business_at: Annotated[Shown, Field(description="For which hour; it differs only where time was moved.")]
    release_id: Annotated[str | None, Field(description="The rules in force.")] = None
    trace: Annotated[tuple[StepShown, ...], Field(description="The gates in the order in which they were asked.")]


class DecisionsPage(Document):
    """A page of decisions, newest first. One may hold fewer than asked for, or none, and have a next page."""

    data: tuple[DecisionListed, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]
