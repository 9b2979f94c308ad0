"""Facts: what holds, since when and by whose word, and what a new value does."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from orchestrator.api.faults import fault
from orchestrator.api.models.parts import Body, Document, Shown, Time, Word

VALUE_LENGTH_MAX = 200


def _value(value: Any) -> Any:  # any JSON value
    if not isinstance(value, (str, int, float)):
        fault("fact_value")
    if isinstance(value, str) and len(value) > VALUE_LENGTH_MAX:
        fault("string_too_long", max_length=VALUE_LENGTH_MAX)
    return value


Value = Annotated[
    Any,
    AfterValidator(_value),
    WithJsonSchema({"type": ["string", "number", "boolean"], "maxLength": VALUE_LENGTH_MAX, "examples": [52]}),
]
"""As it would be written in YAML: a number of pieces, `129.90 BRL`, `20%`, `2026-11-30`."""


class NewValue(Body):
    """What holds from now on."""

    value: Annotated[Value, Field(description="The value, as the project's file declares it.")]
    source: Annotated[Word | None, Field(description="Who says so; without it, the name of the key.")] = None
    as_of: Annotated[Time | None, Field(description="For when it holds; without it, now.")] = None


class Effects(Document):
    """What a new value did to messages that wait."""

    held_messages: Annotated[int, Field(description="How many wait, and are held until the fact allows them.")]
    released_messages: Annotated[int, Field(description="How many were held because of it, and are decided anew.")]
    reason: Annotated[
        str, Field(description="Why they are held.", examples=["fact_unavailable:offers.banho_lume20"])
    ] = ""


class PutFact(Document):
    """A new version of a live fact."""

    path: str
    value: Value
    version: Annotated[str, Field(description="The ETag without its quotes.", examples=["v18"])]
    as_of: Shown
    effects: Effects


class FactQuery(Body):
    """What to ask a fact."""

    at: Annotated[Time | None, Field(description="When; of a delivery promise, when the order was placed.")] = None
    region: Annotated[
        Word | None,
        Field(description="Where a delivery goes: SP, or Sudeste. Without it, the slowest.", examples=["SP"]),
    ] = None


class FactShown(Document):
    """A fact as it stands."""

    path: str
    value: Annotated[Value | None, Field(description="Absent where nobody has said it yet.")] = None
    kind: Annotated[str | None, Field(description="What a claim may state from it.", examples=["price"])] = None
    owner: Annotated[str, Field(description="Who answers for it.")]
    live: Annotated[bool, Field(description="Whether it moves while we run; others change with a release.")]
    source: Annotated[str | None, Field(description="Who said it: file and line, or whoever put it.")] = None
    declared: Annotated[str, Field(description="File and line of its declaration.")]
    version: Annotated[str | None, Field(description="Of a live value: its ETag without quotes.")] = None
    as_of: Annotated[Shown | None, Field(description="Of a live value: for when it holds.")] = None
    age_seconds: Annotated[float | None, Field(description="Of a live value: how long ago that was.")] = None


class FactsQuery(Body):
    """Which page."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=400, description="next_cursor of the page before.")] = None


class FactsPage(Document):
    """A page of facts, by path."""

    data: tuple[FactShown, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]


class FactVersion(Document):
    """One version of a live value."""

    version: str
    value: Value
    source: str
    as_of: Shown
    recorded_at: Annotated[Shown, Field(description="When we heard it.")]


class FactHistory(Document):
    """A page of versions, newest first."""

    data: tuple[FactVersion, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]
