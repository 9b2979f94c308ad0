"""Support replies: what there is, what one says to a customer, and sending it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestrator.api.faults import fault
from orchestrator.api.models.parts import Body, CustomerNamed, Document, Id, Locale, Shown, Word
from orchestrator.domain.claim import ClaimKind  # noqa: TC001  # pydantic reads annotations
from orchestrator.domain.customer import Channel  # noqa: TC001  # pydantic reads annotations
from orchestrator.domain.stage import Stage  # noqa: TC001  # pydantic reads annotations
from orchestrator.replies.model import AskType  # noqa: TC001  # pydantic reads annotations

Text = Annotated[str, Field(min_length=1, max_length=4_000)]
Value = Annotated[str, Field(max_length=1_000)] | int | float | bool


# --- what there is ----------------------------------------------------------------------------------------------------


class RepliesQuery(Body):
    """Which replies, and which page of them."""

    q: Annotated[
        str,
        Field(max_length=200, description="A shortcut such as /onde, or words. The best match comes first."),
    ] = ""
    locale: Annotated[Locale | None, Field(description="The language to search in; the voice's without it.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=400, description="next_cursor of the page before.")] = None


class AskShown(Document):
    """Something that the agent has to say."""

    path: Annotated[str, Field(description="Its name under `ask`.", examples=["ticket.next_step"])]
    label: Annotated[str, Field(description="The question, in the language that was searched in.")]
    type: AskType
    max_length: Annotated[int | None, Field(description="Of a text: how long it may be.")] = None
    choices: Annotated[tuple[str, ...], Field(description="Of a choice: what can be chosen.")] = ()


class ReplyShown(Document):
    """A reply that there is."""

    id: Annotated[str, Field(examples=["onde_esta_meu_pedido"])]
    title: str
    shortcut: Annotated[str, Field(examples=["/onde"])]
    keywords: tuple[str, ...]
    topic: str
    stage: Stage
    owner: str
    knowledge: Annotated[str | None, Field(description="The page that it stands on, under templates/.")] = None
    ask: Annotated[tuple[AskShown, ...], Field(description="What only the agent can know.")] = ()


class RepliesPage(Document):
    """A page of replies, the best match first."""

    data: tuple[ReplyShown, ...]
    next_cursor: Annotated[str | None, Field(description="For ?cursor=; null on the last page.")]


# --- what one says ----------------------------------------------------------------------------------------------------


class WantedReply(Body):
    """A reply to a customer, about something of theirs."""

    customer_id: Annotated[Id | None, Field(description="Whom it answers, by our id.")] = None
    customer: Annotated[CustomerNamed | None, Field(description="Whom it answers, named in another way.")] = None
    channel: Annotated[Channel, Field(description="Where the customer asked.")]
    order_id: Annotated[
        Id | None, Field(description="The order that it is about: short for `objects`.", examples=["ord_10234"])
    ] = None
    objects: Annotated[
        dict[Id, Id],
        Field(description="What it is about, by kind. What goes by the same id is read too.", max_length=10),
    ] = {}
    ask: Annotated[
        dict[Word, Value], Field(description="What the agent says, by the path that asks for it.", max_length=50)
    ] = {}
    locale: Annotated[Locale | None, Field(description="The language to answer in; the customer's without it.")] = None
    text: Annotated[
        Text | None, Field(description="The agent's own words instead. They are compared with the facts.")
    ] = None

    @model_validator(mode="after")
    def _to_somebody(self) -> Self:
        if (self.customer_id is None) == (self.customer is None):
            fault("customer_named_once")
        if self.order_id is not None and "order" in self.objects:
            fault("order_named_once")
        return self

    @property
    def about(self) -> dict[str, str]:
        """What it is about, by kind."""
        return self.objects if self.order_id is None else {"order": self.order_id, **self.objects}


class WantedSending(WantedReply):
    """The same, to be sent."""

    reason: Annotated[
        str,
        Field(max_length=500, description="Why the text says something else than the facts do. It is recorded."),
    ] = ""


class MissingShown(Document):
    """What has to be known before anything can be said."""

    path: Annotated[str, Field(examples=["ticket.next_step"])]
    label: str
    why: Annotated[str, Field(description="In the caller's language.")]


class ReplyClaim(Document):
    """A promise that the reply makes by itself."""

    name: str
    kind: ClaimKind
    value: Annotated[str, Field(description="Canonical, such as 2026-11-27.")]
    text: Annotated[str, Field(description="As the customer reads it.")]
    fact: Annotated[str, Field(description="Where the value came from.")]
    age_seconds: Annotated[float | None, Field(description="How long the value has been what it is.")] = None


class ContradictionShown(Document):
    """Where the words promise something else than the facts do."""

    claim: Annotated[str, Field(description="Empty: nothing in the reply claims such a thing.")]
    kind: ClaimKind
    wrote: Annotated[str, Field(description="Empty: the promise was left out.")]
    fact: Annotated[str, Field(description="Empty: no fact of the reply says that.")]
    detail: Annotated[str, Field(description="In the caller's language.")]


class PromiseShown(Document):
    """What this customer was promised before, on whichever channel."""

    when: Shown
    channel: Channel
    message: str
    message_id: Annotated[str, Field(description="See GET /v1/messages/{id}.")]
    kind: ClaimKind
    value: str
    text: Annotated[str, Field(description="As the customer read it.")]
    fact: str
    status: Annotated[
        Literal["current", "superseded"],
        Field(description="superseded: the facts, or a later message, say something else of the same thing."),
    ]


class WarningShown(Document):
    """What is advised against, and not forbidden: by the brand voice, or for words in another language."""

    rule: Annotated[str, Field(description="The voice's own name for it.", examples=["no_exclamation", "language"])]
    code: Annotated[str, Field(examples=["BV160", "other_language"])]
    message: str


class RenderedReply(Document):
    """What the customer would read, and what the agent should know before sending it."""

    reply: str
    variant: Annotated[int, Field(description="Which of the reply's variants fits, from 0.")]
    channel: Channel
    locale: str
    text: Annotated[str, Field(description="Empty while something is missing: nothing has a hole in it.")]
    missing: tuple[MissingShown, ...]
    would_send: Annotated[
        bool | None,
        Field(description="Whether it would leave if it were sent now; null where nobody is written to, as a persona."),
    ]
    reason: Annotated[
        str, Field(description="Why not, by its stable code; see reasons of messages.", examples=["consent_withdrawn"])
    ]
    why: Annotated[str, Field(description="The same in the caller's language.")]
    claims: Annotated[tuple[ReplyClaim, ...], Field(description="As far as they are known.")]
    contradictions: Annotated[
        tuple[ContradictionShown, ...],
        Field(description="Shown beside what is missing, too: both can be mended at once."),
    ]
    already_promised: Annotated[tuple[PromiseShown, ...], Field(description="Newest first.")]
    warnings: tuple[WarningShown, ...]


class SentReply(Document):
    """A reply that was asked for."""

    id: Annotated[str, Field(description="See GET /v1/messages/{id}.", examples=["msg_01JC9ZK3N8Q2W4E6R8T0Y2V4X6"])]
    state: Annotated[Literal["accepted"], Field(description="It is stored, and waits for a worker.")] = "accepted"
    channel: Channel
    contradictions: Annotated[
        tuple[ContradictionShown, ...], Field(description="What was sent nevertheless, for the reason that was given.")
    ] = ()
