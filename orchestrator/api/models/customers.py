"""Customers as callers describe them, and as we show them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from orchestrator.api.models.parts import (
    Body,
    Document,
    Email,
    Id,
    Locale,
    Phone,
    PushToken,
    Shown,
    Time,
    TimeZone,
    Word,
)
from orchestrator.dispatch.consents import WhyNot  # noqa: TC001  # pydantic reads annotations
from orchestrator.domain.customer import Channel, ConsentState  # noqa: TC001  # pydantic reads annotations

ADDRESSES_MAX = 20
CONSENTS_MAX = 200

Name = Annotated[str, Field(max_length=80, pattern="^[a-z][a-z0-9_]*$")]


class ConsentSaid(Body):
    """What the customer said about a topic on a channel. LGPD art. 8 wants it proven."""

    topic: Annotated[Word, Field(description="A topic of templates/project.yaml.", examples=["offers"])]
    channel: Annotated[Channel, Field(description="Where.")]
    state: Annotated[ConsentState, Field(description="What they said.")]
    method: Annotated[str, Field(max_length=200, description="How they said it, such as double_opt_in.")] = ""
    source: Annotated[str, Field(max_length=200, description="Where they said it, such as checkout.")] = ""
    wording: Annotated[
        Word | None,
        Field(description="The words that they agreed to, such as optin_ofertas@4; where a topic rests on consent."),
    ] = None
    evidence: Annotated[dict[str, Any], Field(description="The proof: form, IP address, user agent…")] = {}
    at: Annotated[Time | None, Field(description="When they said it; without it, now.")] = None


class CustomerChanged(Body):
    """What changes. What is not given stays as it is; a list replaces the addresses of its kind."""

    external_ids: Annotated[
        dict[Word, Word], Field(description="Their ids in other systems, by system.", examples=[{"shop": "4711"}])
    ] = {}
    locale: Annotated[Locale | None, Field(description="The language they read.")] = None
    time_zone: Annotated[TimeZone | None, Field(description="Where they live; without it, by area code.")] = None
    attributes: Annotated[
        dict[Name, Any],
        Field(
            description="What copy may say of them, as customer.<name>; null takes one away.",
            examples=[{"first_name": "Ana"}],
        ),
    ] = {}
    emails: Annotated[tuple[Email, ...] | None, Field(max_length=ADDRESSES_MAX, description="Best one first.")] = None
    phones: Annotated[tuple[Phone, ...] | None, Field(max_length=ADDRESSES_MAX, description="Best one first.")] = None
    push_tokens: Annotated[
        tuple[PushToken, ...] | None, Field(max_length=ADDRESSES_MAX, description="One a device.")
    ] = None
    email: Annotated[Email | None, Field(description="Short for a list of one.")] = None
    phone: Annotated[Phone | None, Field(description="Short for a list of one.")] = None
    push_token: Annotated[PushToken | None, Field(description="Short for a list of one.")] = None
    source: Annotated[
        str,
        Field(
            max_length=200,
            description="The system that says this: `identity.sources` of the project ranks them. Without it, by hand.",
            examples=["crm"],
        ),
    ] = ""
    consents: Annotated[
        tuple[ConsentSaid, ...], Field(max_length=CONSENTS_MAX, description="Needs the scope consents:write too.")
    ] = ()

    def addresses(self, one: str, many: str) -> tuple[str, ...] | None:
        """The addresses of a kind: the list, or the one. None when neither was given."""
        single: str | None = getattr(self, one)
        listed: tuple[str, ...] | None = getattr(self, many)
        if single is None:
            return listed
        return (single, *(value for value in listed or () if value != single))


class NewCustomer(CustomerChanged):
    """Somebody whom we did not know."""

    id: Annotated[Id | None, Field(description="Their id here; without it we make one.", examples=["cus_ana"])] = None


class CustomersQuery(Body):
    """Which page of customers."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=200, description="next_cursor of the page before.")] = None


class ConsentShown(Document):
    """What is in force for a topic on a channel."""

    topic: str
    channel: str
    state: ConsentState
    not_sent: Annotated[
        str | None,
        Field(
            description="Why nothing of it is sent although they agreed: a reason code, such as suppressed:bounce.",
            examples=["suppressed:bounce"],
        ),
    ] = None


class ConsentLeftOut(Document):
    """What was not recorded: it is for nobody but the person to say."""

    topic: str
    channel: str
    why: Annotated[
        WhyNot,
        Field(
            description="stopped: they said STOP there; outdated: they have said something else since then; "
            "refused: they said no, and this comes out of a file."
        ),
    ]
    since: Annotated[Shown | None, Field(description="When they said STOP, or what they said since.")] = None


class CustomerListed(Document):
    """A customer in a list. Addresses are masked unless the key has the scope customers:read_addresses."""

    id: str
    locale: str | None = None
    time_zone: str | None = None
    attributes: dict[str, Any]
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    push_tokens: tuple[str, ...] = ()


class CustomerShown(CustomerListed):
    """A customer with what only one at a time is read for."""

    external_ids: dict[str, str]
    consents: tuple[ConsentShown, ...]
    left_out: Annotated[
        tuple[ConsentLeftOut, ...] | None,
        Field(description="Of the consents of the body, what only an act of the person's own can bring."),
    ] = None


class CustomersPage(Document):
    """A page of customers, in id order."""

    data: tuple[CustomerListed, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]
