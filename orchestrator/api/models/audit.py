"""The audit log: who did what, and whose data they looked at."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from orchestrator.api.models.parts import Body, Document, Id, Shown, Time, Word


class AuditQuery(Body):
    """Which entries, and which page of them."""

    customer_id: Annotated[Id | None, Field(description="About this customer.")] = None
    kind: Annotated[
        Word | None,
        Field(description="Of this kind, or of this family.", examples=["customer.read", "consent"]),
    ] = None
    by: Annotated[Word | None, Field(description="What they did.", examples=["key:key_01JC…", "cli:bia"])] = None
    since: Annotated[Time | None, Field(description="Written then or later.")] = None
    until: Annotated[Time | None, Field(description="Written before then.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=200, description="next_cursor of the page before.")] = None


class AuditEntry(Document):
    """One thing that somebody did."""

    id: Annotated[int, Field(description="Its number: entries are written in this order.")]
    place: Annotated[int | None, Field(description="Its place in the chain; absent for a few seconds.")] = None
    kind: Annotated[str, Field(description="What was done.", examples=["consent.withdrawn"])]
    at: Annotated[Shown, Field(description="When.")]
    by: Annotated[
        str | None, Field(description="Who did it: person, key:…, cli:…, import:…, provider:…; absent once erased.")
    ] = None
    customer_id: Annotated[str | None, Field(description="Whom it was about.")] = None
    details: Annotated[dict[str, Any], Field(description="What its kind tells, such as the reason of a read.")]
    erased: Annotated[bool, Field(description="What it said went with the person whom it was about.")] = False


class AuditPage(Document):
    """A page of the audit log, newest first."""

    data: tuple[AuditEntry, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]
