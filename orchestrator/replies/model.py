"""The YAML of one reply: what the agent is asked, what it claims, and what is said in which state.

A variant is a message: `spoken` makes catalog messages of a reply, so that claims, strict templates, read-back, the
brand voice and `render` are the ones that campaigns have. There is no second renderer.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from orchestrator.catalog.model import (
    ChannelCopy,
    Claim,
    Content,
    EmailCopy,
    Message,
    NotAClaim,
    PublishedMessage,
    SmsCopy,
    Variable,
    WhatsAppCopy,
    refuse_clashes,
)
from orchestrator.catalog.templates import CLAIMS, RefusedTemplate, names_in
from orchestrator.domain.errors import Unfit
from orchestrator.domain.message import Purpose
from orchestrator.domain.stage import Stage
from orchestrator.expressions import Condition
from orchestrator.schema import Dotted, Identifier, Schema, VariableType

SMS_SEGMENTS_MAX = 3
"""An answer may be longer than an announcement: the customer has asked."""


class AskType(StrEnum):
    """What an agent types or chooses."""

    STRING = "string"
    DATE = "date"
    NUMBER = "number"
    CHOICE = "choice"


_TYPES = {
    AskType.STRING: VariableType.STRING,
    AskType.DATE: VariableType.DATE,
    AskType.NUMBER: VariableType.NUMBER,
    AskType.CHOICE: VariableType.STRING,
}


class Ask(Schema):
    """Something that only the agent can know. A text with it is not said before it is there."""

    label: Annotated[str, Field(min_length=1, max_length=120)]
    type: AskType = AskType.STRING
    max_length: Annotated[int, Field(ge=1, le=1_000)] = 280
    choices: tuple[Annotated[str, Field(min_length=1, max_length=280)], ...] = ()

    @model_validator(mode="after")
    def _choices_to_choose_from(self) -> Self:
        if (self.type is AskType.CHOICE) != bool(self.choices):
            raise Unfit("must say in `choices` what can be chosen, and only a choice has them")
        if len(set(self.choices)) != len(self.choices):
            raise Unfit("must not name the same choice twice")
        return self


class Variant(Schema):
    """What is said where `when` is true, or otherwise. `body` is light Markdown, without greeting and sign-off."""

    when: Condition | None = None
    otherwise: bool = False
    body: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _under_one_condition(self) -> Self:
        if (self.when is not None) == self.otherwise:
            raise Unfit("must say either when it is said, `when: …`, or that it is said otherwise, `otherwise: true`")
        return self


class Reply(Schema):
    """One reply, as its file says it. `knowledge` is the page behind it, a file under templates/."""

    kind: Literal["reply"]
    id: Identifier
    title: str
    owner: str
    topic: Identifier
    stage: Stage = Stage.SUPPORT
    tags: tuple[str, ...] = ()
    tone: str = "default"
    shortcut: Annotated[str, Field(pattern=r"^/[a-z0-9][a-z0-9_-]*$", max_length=40)]
    keywords: tuple[str, ...] = ()
    knowledge: str = ""
    ask: dict[Dotted, Ask] = {}
    variables: dict[Dotted, Variable] = {}
    claims: dict[Identifier, Claim] = {}
    not_claims: tuple[NotAClaim, ...] = ()
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_name_for_one_value(self) -> Self:
        for path in self.ask:
            if path in self.variables:
                raise Unfit('asks for "{path}", which is a variable as well: one of the two must go', path=path)
        refuse_clashes((*self.variables, *self.ask))
        return self


class PublishedReply(Schema):
    """A reply as it is answered with, and its translations by locale. `purpose` is its topic's.

    `spoken` has one message for each variant.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    reply: Reply
    purpose: Purpose | None = None
    translations: dict[str, Reply] = {}

    @cached_property
    def spoken(self) -> tuple[PublishedMessage, ...]:
        """What can be rendered, in the order of the variants."""
        elsewhere = {locale: spoken(one) for locale, one in self.translations.items()}
        return tuple(
            PublishedMessage(
                message=message,
                purpose=self.purpose,
                translations={locale: PublishedMessage(message=said[place]) for locale, said in elsewhere.items()},
            )
            for place, message in enumerate(spoken(self.reply))
        )

    def said_in(self, locale: str) -> Reply:
        """The reply as a locale has it: title, labels and words."""
        return self.translations.get(locale, self.reply)


def spoken(reply: Reply) -> tuple[Message, ...]:
    """Each variant as a message: plain text on e-mail, WhatsApp and SMS, and nothing on a lock screen.

    A variant claims what it states. WhatsApp has no template: an answer goes inside the customer's 24 hours.
    """
    variables = reply.variables | {path: _variable(ask) for path, ask in reply.ask.items()}
    return tuple(
        Message(
            kind="message",
            id=reply.id,
            title=reply.title,
            owner=reply.owner,
            topic=reply.topic,
            stage=reply.stage,
            tags=reply.tags,
            tone=reply.tone,
            variables=variables,
            claims=_stated(reply, variant.body),
            not_claims=reply.not_claims,
            content=Content(headline=reply.title, body=variant.body),
            channels=ChannelCopy(
                email=EmailCopy(subject=reply.title),
                whatsapp=WhatsAppCopy(body=variant.body),
                sms=SmsCopy(max_segments=SMS_SEGMENTS_MAX),
                push=None,
            ),
        )
        for variant in reply.variants
    )


def _variable(ask: Ask) -> Variable:
    return Variable(type=_TYPES[ask.type], example=ask.choices[0] if ask.choices else None)


def _stated(reply: Reply, body: str) -> dict[str, Claim]:
    try:
        names = {*names_in(body)}
    except RefusedTemplate:
        return reply.claims  # reading says what is wrong with it
    return {name: claim for name, claim in reply.claims.items() if CLAIMS + name in names}
