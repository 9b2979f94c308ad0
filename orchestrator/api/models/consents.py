"""What customers agreed to and refused, as callers tell it and as we show it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from orchestrator.api.faults import fault
from orchestrator.api.models.customers import ConsentLeftOut, ConsentShown
from orchestrator.api.models.parts import Body, CustomerNamed, Document, Id, Shown, Time, Word
from orchestrator.domain.customer import Channel, ConsentState

EVIDENCE_EXAMPLE = {"form": "rodape", "ip": "203.0.113.9", "user_agent": "…"}


class NewConsent(Body):
    """What a customer said about a topic, and how we know (LGPD art. 8 §2)."""

    customer_id: Annotated[Id | None, Field(description="Who said it, by our id.", examples=["cus_ana"])] = None
    customer: Annotated[CustomerNamed | None, Field(description="Who said it, named in another way.")] = None
    topic: Annotated[
        Word | None,
        Field(
            description="A topic of templates/project.yaml. Without it, and withdrawn: all marketing.",
            examples=["offers"],
        ),
    ] = None
    channels: Annotated[
        tuple[Channel, ...] | None,
        Field(min_length=1, description="Where. Without it, and withdrawn: everywhere.", examples=[["email"]]),
    ] = None
    state: Annotated[
        ConsentState,
        Field(description="A topic with double opt-in is pending until its address confirms it."),
    ]
    method: Annotated[Word, Field(description="How they said it, such as form or double_opt_in.", examples=["form"])]
    source: Annotated[Word, Field(description="Where they said it, such as checkout.", examples=["checkout"])] = "api"
    wording: Annotated[
        Word | None,
        Field(
            description="The words that they agreed to; a topic that rests on consent needs them.",
            examples=["optin_ofertas@4"],
        ),
    ] = None
    evidence: Annotated[
        dict[str, Any],
        Field(
            description="What else shows it: form, IP address, user agent. A double opt-in that was confirmed "
            "elsewhere says when under confirmed_at.",
            examples=[EVIDENCE_EXAMPLE],
        ),
    ] = {}
    at: Annotated[Time | None, Field(description="When they said it; without it, now.")] = None

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if (self.customer_id is None) == (self.customer is None):
            fault("customer_named_once")
        return self

    @model_validator(mode="after")
    def _grants_say_for_what(self) -> Self:
        if self.state is not ConsentState.WITHDRAWN and (self.topic is None or self.channels is None):
            fault("consent_named")
        return self


class ConsentRecorded(ConsentShown):
    """An event that was recorded."""

    id: Annotated[str, Field(description="The proof of it, such as con_01J….", examples=["con_01JC9"])]


class ConsentAccepted(Document):
    """What was recorded, what was not, and what is in force now."""

    customer_id: str
    recorded: tuple[ConsentRecorded, ...]
    left_out: Annotated[
        tuple[ConsentLeftOut, ...],
        Field(description="What only an act of the person's own can bring, such as one on their preference page."),
    ] = ()
    confirm_by: Annotated[
        Shown | None, Field(description="Until when the person can confirm it, where it is pending.")
    ] = None
    consents: Annotated[tuple[ConsentShown, ...], Field(description="All that is in force now.")]


class ConsentsQuery(Body):
    """Which page of what a customer said."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=200, description="next_cursor of the page before.")] = None


class ConsentSaidShown(ConsentRecorded):
    """Something that a customer said, with its proof."""

    in_force: Annotated[bool, Field(description="Whether the state of its topic and channel rests on it.")]
    legal_basis: str
    method: str
    source: str
    actor: Annotated[str, Field(description="Who told us: person, key:…, cli:…, import:…, provider:….")]
    wording: str | None = None
    evidence: Annotated[
        dict[str, Any] | None, Field(description="Only for keys with the scope customers:read_addresses.")
    ] = None
    at: Annotated[Shown, Field(description="When they said it.")]
    recorded_at: Annotated[Shown, Field(description="When we heard it.")]


class WordingShown(Document):
    """The words of a version, by language."""

    topic: str
    texts: dict[str, str]


class ConsentsPage(Document):
    """What a customer said, newest record first, and the words that it names."""

    data: tuple[ConsentSaidShown, ...]
    wordings: Annotated[dict[str, WordingShown], Field(description="The words that these rest on.")]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]
