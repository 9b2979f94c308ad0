"""The YAML of one message: variables, claims, content, and how each of the four channels says it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from orchestrator.catalog.claimed import Claimed, claimed_by
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Unfit, Word, mark
from orchestrator.domain.fact import FACTS
from orchestrator.domain.message import Purpose
from orchestrator.domain.stage import Stage
from orchestrator.schema import ClockDuration, Dotted, Identifier, Schema, Typed, nest, parse_duration

if TYPE_CHECKING:
    from collections.abc import Collection

LINKS: Final = "links"
"""Under which copy finds the links that Jogral makes: see `catalog.links`."""

# First words of a name that no variable can have.
RESERVED = {
    "claims": Word(mark("the claims themselves")),
    LINKS: Word(mark("links, which Jogral makes itself")),
    **dict.fromkeys(FACTS, Word(mark("facts, which only claims can state"))),
}


class Variable(Typed):
    """A value that the data must bring. Without `fallback` its absence stops the message.

    A `list` says in `of` what each of its items holds; an e-mail's own body goes through it with {% for %}.
    """

    fallback: str | int | float | None = None
    example: str | int | float | bool | tuple[dict[Identifier, str | int | float | bool], ...] | None = None


class Claim(Schema):
    """A value that we commit to, and the fact (`offers.kit.price`) or variable (`order.total`) it is read from.

    `superseded` marks one that is named only to be taken back (the old date of a late order).
    """

    kind: ClaimKind
    from_: Annotated[str, Field(alias="from")]
    superseded: bool = False


class CallToAction(Schema):
    """The one thing that the reader may want to do."""

    label: str
    url: str


class Content(Schema):
    """What is said, before a channel gives it its shape. `body` is light Markdown."""

    headline: str
    body: str
    cta: CallToAction | None = None


class EmailCopy(Schema):
    """E-mail. A `body` of its own replaces content.body, greeting and sign-off."""

    subject: str
    preheader: str = ""
    body: str | None = None
    layout: Identifier = "transactional"


class TemplateName(Schema):
    """The approved WhatsApp template that carries the text outside the 24-hour window.

    `ttl`: for how long Meta tries to reach a phone that is off; 30 days where it is not said.
    """

    name: Identifier
    category: Literal["utility", "marketing", "authentication"]
    language: str
    ttl: ClockDuration | None = None

    @property
    def ttl_seconds(self) -> int | None:
        """`ttl` in seconds, as Meta takes it."""
        return parse_duration(self.ttl).milliseconds // 1000 if self.ttl is not None else None


class HeaderCopy(Schema):
    """What stands above the text on WhatsApp: a picture, a film or a file, by its address. A file has a name."""

    type: Literal["image", "video", "document"]
    url: str
    filename: str | None = None


class ButtonCopy(Schema):
    """A button: `url` opens a page, `quick_reply` answers and may emit an event."""

    type: Literal["url", "quick_reply"]
    label: Annotated[str, Field(max_length=25)]
    url: str | None = None
    emit: Dotted | None = None


class WhatsAppCopy(Schema):
    """WhatsApp. Without a `body` it says the greeting and content.body."""

    template: TemplateName | None = None
    header: HeaderCopy | None = None
    body: str | None = None
    buttons: tuple[ButtonCopy, ...] = ()


class SmsCopy(Schema):
    """SMS. The voice's prefix always comes first."""

    body: str | None = None
    max_segments: Annotated[int, Field(ge=1, le=10)] = 1


class PushCopy(Schema):
    """Push notification: what fits on a lock screen, and the page that it opens."""

    title: str
    body: str
    url: str = ""


class ChannelCopy(Schema):
    """Every channel, present or explicitly null: silence is a decision."""

    email: EmailCopy | None
    whatsapp: WhatsAppCopy | None
    sms: SmsCopy | None
    push: PushCopy | None

    def on(self, channel: Channel) -> EmailCopy | WhatsAppCopy | SmsCopy | PushCopy | None:
        """What one channel has of its own; None where the message is silent."""
        copy: EmailCopy | WhatsAppCopy | SmsCopy | PushCopy | None = getattr(self, channel.value)
        return copy


NotAClaim = Annotated[str, Field(min_length=1, max_length=200)]
"""Words that only look like a promise, as copy says them: "100% algodão". Neither check nor read-back hears one."""


class Message(Schema):
    """One message, as its file says it."""

    kind: Literal["message"]
    id: Identifier
    title: str
    owner: str
    topic: Identifier
    stage: Stage | None = None
    tags: tuple[str, ...] = ()
    tone: str = "default"
    variables: dict[Dotted, Variable] = {}
    claims: dict[Identifier, Claim] = {}
    not_claims: tuple[NotAClaim, ...] = ()
    content: Content
    channels: ChannelCopy

    @model_validator(mode="after")
    def _no_name_inside_another(self) -> Self:
        refuse_clashes(self.variables)
        return self

    @property
    def said_on(self) -> tuple[Channel, ...]:
        """The channels that it has copy for."""
        return tuple(channel for channel in Channel if self.channels.on(channel) is not None)


def refuse_clashes(paths: Collection[str]) -> None:
    """Data is nested by its dots: `order.number` cannot be a value and hold `order.number.short` as well. Unfit."""
    for path in paths:
        parts = path.split(".")
        if parts[0] in RESERVED:
            raise Unfit(
                'declares the variable "{path}", but names under {first} are {reserved}',
                path=path,
                first=parts[0],
                reserved=RESERVED[parts[0]],
            )
        for length in range(1, len(parts)):
            holder = ".".join(parts[:length])
            if holder in paths:
                raise Unfit('declares "{holder}" and "{path}": one value cannot hold another', holder=holder, path=path)


class PublishedMessage(Schema):
    """A message as it is rendered, with its translations by locale. `purpose` is its topic's.

    `letter` is the e-mail's HTML with its places still open, laid out and inlined once when the project was read:
    sending needs neither the layout nor the libraries that apply it. `footer` is what stands under its text part.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    message: Message
    letter: str = ""
    footer: str = ""
    purpose: Purpose | None = None
    translations: dict[str, PublishedMessage] = {}

    @cached_property
    def claimed(self) -> Claimed:
        """Where its claims are read from."""
        return claimed_by(self.message.claims.values())

    # It is itself and nothing else: identity makes it a cheap key for what is prepared from it once.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def example_data(message: Message) -> dict[str, Any]:
    """The examples of a message's variables, nested as data is: what a preview without a persona shows."""
    nested: dict[str, Any] = {}
    for path, variable in message.variables.items():
        value = variable.example if variable.example is not None else variable.fallback
        if value is not None:
            nest(nested, path, value)
    return nested
