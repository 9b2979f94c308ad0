"""What providers tell by themselves: news of messages, what people write, and news of templates and addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.calls import HttpCall
    from orchestrator.domain.receipt import Receipt
    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A request that came to `/hooks/{account}`, as it came: nobody has looked at it yet.

    Header names are lower-case; `body` are the bytes that were signed. `url` is the whole address as the provider
    called it: the public one, not what a proxy in front of us made of it; some sign it. `documents` are what
    `Received.needs` asked for, by URL.
    """

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = field(default="", repr=False)
    documents: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class InboundKind(StrEnum):
    """What came. Only words and choices are read; of the rest is known that it came, and it opens the conversation."""

    TEXT = "text"
    CHOICE = "choice"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundMessage:
    """What somebody wrote to us.

    `event_key` is the provider's id of it. `sender` is the address as the provider writes it, empty where it names the
    person by `user_id` only (a WhatsApp business-scoped id: it is no phone and never becomes one). `choice` is the
    payload of a tapped button, which is ours; `text` its label. `about` is the provider's id of the message that it
    answers. `opt_out`: the provider took it for an opt-out itself, and has stopped there. `by_hand`: a person wrote it;
    what may be a machine's ends things, and means nothing else. `subject` stands above the text of a letter, where its
    writer has put it there.
    """

    event_key: str
    kind: InboundKind
    at: Instant
    sender: str = field(default="", repr=False)
    user_id: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    choice: str = ""
    about: str = ""
    opt_out: bool = False
    by_hand: bool = True
    subject: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preference:
    """What somebody told the provider of all marketing of this account: `wanted` false ends it, as a STOP does."""

    event_key: str
    at: Instant
    wanted: bool
    sender: str = field(default="", repr=False)
    user_id: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateNews:
    """What the provider decided about a template: only what it said is filled.

    `status` and `quality` are its own words in lower case (`approved`, `paused`; `green`, `red`), `category` is
    `marketing`, `utility` or `authentication`.
    """

    name: str
    language: str
    at: Instant
    template_id: str = ""
    status: str = ""
    category: str = ""
    quality: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserNews:
    """By which scoped id the provider calls the person behind a phone; `former` is the id or phone that ended."""

    user_id: str = field(repr=False)
    phone: str = field(default="", repr=False)
    former: str = field(default="", repr=False)
    at: Instant = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What a genuine notice said.

    `passed_over` counts news that is about nothing of ours, and `unknown` are the words of that news: the provider's
    own, as it wrote them. `alarms` are sentences about the account itself, for whoever runs it. `needs` is what has to
    be fetched before the notice can be verified: then it says nothing else yet, and is read again with
    `Notice.documents`. `calls` are what the provider wants to be asked afterwards (to confirm a subscription). `reply`
    is what the provider wants to read. `linked` is news that names its message by nothing but a link of ours, with that
    link's token, which only we can read.
    """

    receipts: tuple[Receipt, ...] = ()
    linked: tuple[tuple[str, Receipt], ...] = ()
    inbound: tuple[InboundMessage, ...] = ()
    preferences: tuple[Preference, ...] = ()
    templates: tuple[TemplateNews, ...] = ()
    users: tuple[UserNews, ...] = ()
    alarms: tuple[str, ...] = ()
    needs: HttpCall | None = None
    calls: tuple[HttpCall, ...] = ()
    passed_over: int = 0
    unknown: tuple[str, ...] = ()
    reply: str = ""
    reply_type: str = "text/plain"


def no_callbacks() -> NotFound:
    """What `receive` raises where the provider tells nothing by itself."""
    return NotFound(
        "This account takes no callbacks.",
        remedy="Its adapter hears nothing, or its recipe has no receipts: see docs/how-to/use-any-http-api.md.",
        code="no_callbacks",
    )
