"""Customers who are one, or may be."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from orchestrator.api.models.parts import Body, Document, Id, Shown
from orchestrator.store.port import MergeState  # noqa: TC001  # pydantic reads annotations


class NewMerge(Body):
    """Two customers who are one person."""

    kept: Annotated[Id, Field(description="Who stays.", examples=["cus_ana"])]
    merged: Annotated[Id, Field(description="Who becomes another name of them.", examples=["cus_01JC9ZK3"])]


class MergeShown(Document):
    """A merge: suggested, done, undone or dismissed."""

    id: str
    state: MergeState
    kept: Annotated[str, Field(description="Who stays.")]
    merged: Annotated[str, Field(description="Who is, or was to be, another name of them.")]
    reasons: Annotated[
        tuple[str, ...],
        Field(description="What spoke for it: email, phone, attribute:NAME, ids:SYSTEM=SYSTEM, or by_hand."),
    ]
    by: Annotated[str, Field(description="Who said so last.")]
    at: Shown
    ended_at: Shown | None = None


class MergesQuery(Body):
    """Which merges, and which page of them."""

    state: Annotated[MergeState | None, Field(description="Only these; without it, all.")] = None
    customer: Annotated[Id | None, Field(description="Only those of this customer.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=400, description="next_cursor of the page before.")] = None


class MergesPage(Document):
    """A page of merges, oldest first."""

    data: tuple[MergeShown, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]


class ValueShown(Document):
    """What a source said about a field of a profile."""

    field: Annotated[str, Field(description="Such as locale, emails or attributes.first_name.")]
    source: Annotated[str | None, Field(description="Which system said it; null: changed by hand.")]
    value: Any
    won: Annotated[bool, Field(description="Whether it took the place of what was there.")]
    at: Annotated[Shown | None, Field(description="When the source knew it; null where nobody wrote that down.")]


class Values(Document):
    """Everything that was said of a customer's profile, in order."""

    customer_id: str
    data: tuple[ValueShown, ...]
