"""Data subjects' requests: what people ask about their own data, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from orchestrator.api.faults import fault
from orchestrator.api.models.parts import Body, CustomerNamed, Document, Email, Id, Locale, Phone, Shown, TimeZone
from orchestrator.domain.privacy import RequestKind, RequestState, WaitsFor  # noqa: TC001  # pydantic reads annotations

Told = Annotated[str, Field(min_length=1, max_length=500)]
Attribute = Annotated[str, Field(max_length=80, pattern="^[a-z][a-z0-9_]*$")]


class Correction(Body):
    """What a profile should hold. What is not given stays as it is; a list replaces the addresses of its kind."""

    attributes: Annotated[dict[Attribute, Any] | None, Field(description="By name; null takes one away.")] = None
    locale: Annotated[Locale | None, Field(description="The language they read.")] = None
    time_zone: Annotated[TimeZone | None, Field(description="Where they live.")] = None
    emails: Annotated[tuple[Email, ...] | None, Field(max_length=20, description="Best one first.")] = None
    phones: Annotated[tuple[Phone, ...] | None, Field(max_length=20, description="Best one first.")] = None


class NewPrivacyRequest(Body):
    """A request of a person about their own data."""

    kind: Annotated[RequestKind, Field(description="What they ask for.")]
    customer: Annotated[
        CustomerNamed | None, Field(description="Who asks. An address that nobody has is no mistake.")
    ] = None
    user_id: Annotated[
        Id | None,
        Field(description="Or the id by which a messaging service calls them, as a forwarded text names it.",
              examples=["BR.13491208655302741918"]),
    ] = None  # fmt: skip
    locale: Annotated[Locale | None, Field(description="The language that they are answered in.")] = None
    changes: Annotated[Correction | None, Field(description="What a correction should change.")] = None
    text: Annotated[Told | None, Field(description="What they wrote about it.")] = None
    vouched: Annotated[
        Told | None,
        Field(description="How you made sure whose request it is. Without it, a link to their address has to prove it.",
              examples=["ticket 8841, ID shown"]),
    ] = None  # fmt: skip

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if (self.customer is None) == (self.user_id is None):
            fault("person_named_once")
        return self


class PrivacyRequestMoved(Body):
    """The end of a request."""

    state: Annotated[Literal["done", "refused"], Field(description="Carry it out, or refuse it.")]
    customer_id: Annotated[
        Id | None, Field(description="Whose it is, where several customers have the address that asked.")
    ] = None
    changes: Annotated[Correction | None, Field(description="What a correction changes, as you approve it.")] = None
    reason: Annotated[Told | None, Field(description="Why it is refused; it is kept.")] = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if (self.state == "refused") != (self.reason is not None):
            fault("reason_if_refused")
        return self


class PrivacyRequestShown(Document):
    """A request, and what came of it."""

    id: str
    kind: RequestKind
    state: RequestState
    waits_for: Annotated[
        WaitsFor | None, Field(description="Whose turn it is: proof of the address, a person here, or the timer.")
    ] = None
    customer_ids: Annotated[tuple[str, ...], Field(description="Whom it may be about; nobody once they are erased.")]
    contact: Annotated[str | None, Field(description="The address that asked, masked; absent once it has ended.")] = (
        None
    )
    opened_by: str
    opened_at: Shown
    verified_at: Shown | None = None
    due_at: Annotated[Shown, Field(description="When the shop means to be done.")]
    legal_due_at: Annotated[Shown, Field(description="When the law wants it done (LGPD art. 19).")]
    completed_at: Shown | None = None
    details: Annotated[dict[str, Any], Field(description="What was asked for beside the kind; gone once it has ended.")]
    result: Annotated[dict[str, Any], Field(description="What came of it; of an erasure, its certificate.")]


class PrivacyRequestsQuery(Body):
    """Which requests, and which page of them."""

    state: Annotated[RequestState | None, Field(description="Those that have come this far.")] = None
    kind: Annotated[RequestKind | None, Field(description="Those of this kind.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=400, description="next_cursor of the page before.")] = None


class PrivacyRequestsPage(Document):
    """A page of requests, oldest first."""

    data: tuple[PrivacyRequestShown, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]


class PrivacyExport(Document):
    """Everything that the ledger holds about a person, table by table."""

    made_at: Shown
    controller: str
    contact: str | None = None
    customers: tuple[str, ...]
    tables: dict[str, list[dict[str, Any]]]
