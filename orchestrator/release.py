"""A release: everything that a project says, read, checked and laid out, as one document in the ledger.

Workers read releases and never YAML: what was checked is what is sent, a slice never mixes two, and an old delivery
can always say which words it had. The id is a hash of the content, so the same files are the same release.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from orchestrator.caps import FrequencyCap
from orchestrator.catalog.locales import negotiate
from orchestrator.catalog.model import PublishedMessage
from orchestrator.catalog.voice import Voice
from orchestrator.decide.routing import Weighted
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Purpose
from orchestrator.events import EventType
from orchestrator.facts.calendar import Calendar
from orchestrator.facts.model import Amount
from orchestrator.facts.sheet import FactSheet
from orchestrator.identity import IdentitySettings
from orchestrator.journeys.model import Journey
from orchestrator.journeys.steps import HandoffStep
from orchestrator.quiet_hours import QuietHours
from orchestrator.replies.model import PublishedReply
from orchestrator.schema import Identifier, Schema
from orchestrator.segments.model import Segment
from orchestrator.suppress_rules import SuppressRule
from orchestrator.wordings import Locale, Wording, WordingId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from orchestrator.journeys.model import Trigger


SPEAKING_TEMPLATES = frozenset({"whatsapp_cloud"})
"""Adapters whose providers take templates; a simulation knows them by name, because it makes no adapter."""

REACHING_BROWSERS = {"push_web": True, "push_fcm": False}
"""Adapters that push to browsers alone, or to apps alone; known by name for the same reason."""


class Account(Schema):
    """One provider account. Every further key is a setting of its adapter.

    `per_second` is how many calls each worker may begin in a second, where the provider allows no more. `sender` is
    the number or the name that customers see: adapters that take one are given it, and others know it themselves.
    """

    model_config = ConfigDict(extra="allow")

    id: Identifier
    adapter: str
    weight: Annotated[int, Field(ge=0)] = 100
    per_second: Annotated[float, Field(gt=0)] | None = None
    sender: str | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What the file says to the adapter."""
        return dict(self.model_extra or {})


class ChannelSettings(Schema):
    """How a channel is sent. `cost` is what one message costs, or one segment of an SMS; previews say it."""

    from_: Annotated[str | None, Field(alias="from")] = None
    reply_to: str | None = None
    accounts: tuple[Account, ...] = ()
    cost: Annotated[Amount | None, Field(exclude_if=lambda cost: cost is None)] = None


class Topic(Schema):
    """What a customer can turn on and off. `titles` are what other languages call it: `en: Offers and news`."""

    title: str
    titles: Annotated[dict[Locale, str], Field(exclude_if=lambda titles: not titles)] = {}
    purpose: Purpose
    legal_basis: Literal["consent", "contract", "legitimate_interest", "legal_duty"]
    opt_in: Literal["single", "double"] | None = None
    on_doubt: Literal["resend", "stop"] | None = None

    @property
    def double(self) -> bool:
        """Whether who opts in is asked once more, at the address that it is about."""
        return self.opt_in == "double"


class ConsentMessages(Schema):
    """The messages that answer what people say about consent.

    `confirmation` asks for a double opt-in, at the address that it is about; `opt_out` says that a STOP was heard;
    `choices` shows whoever asks in a text for what a text cannot give where they choose, or ask for their data.
    """

    confirmation: Identifier | None = None
    opt_out: Identifier | None = None
    choices: Annotated[Identifier | None, Field(exclude_if=lambda choices: choices is None)] = None


class Holidays(Schema):
    """Whose holidays are not business days."""

    country: str
    subdivision: str | None = None


class AuditRules(Schema):
    """What is asked of those who look at people's data."""

    reasons: Literal["optional", "required"] = "optional"


class PrivacyRules(Schema):
    """How people's requests about their data are answered (LGPD art. 18).

    `verification` and `completed` are messages of the project: the link that proves an address, and the one to what
    came of the request. The law gives 15 days for a full statement.
    """

    controller: str
    dpo: str | None = None
    notice_url: str | None = None
    due_days: Annotated[int, Field(ge=1, le=15)] = 3
    verification: Identifier | None = None
    completed: Identifier | None = None


class Forwarding(Schema):
    """Who answers what people write and nobody automatic deals with: by mail, by a webhook of theirs, or both."""

    email: Annotated[str | None, Field(pattern=r"^[^@\s]+@[^@\s]+$")] = None
    webhook: Annotated[str | None, Field(pattern=r"^https://[^\s]+$")] = None


class InboundRules(Schema):
    """What becomes of what people write to us.

    `teams` answer those who are handed off to them; `forward` is for everybody else.
    """

    forward: Forwarding = Forwarding()
    teams: Annotated[dict[Identifier, Forwarding], Field(exclude_if=lambda teams: not teams)] = {}

    def answered_by(self, team: str | None) -> Forwarding:
        """Where the words of somebody go who is handed off to a team, or to none."""
        return self.teams.get(team, self.forward) if team is not None else self.forward


class ProjectFile(Schema):
    """`templates/project.yaml`."""

    kind: Literal["project"]
    name: str
    locale: str
    timezone: str
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    holidays: Holidays | None = None
    channels: dict[Channel, ChannelSettings]
    topics: dict[Identifier, Topic]
    quiet_hours: tuple[QuietHours, ...] = ()
    frequency_caps: tuple[FrequencyCap, ...] = ()
    suppress_rules: tuple[SuppressRule, ...] = ()
    identity: Annotated[IdentitySettings | None, Field(exclude_if=lambda settings: settings is None)] = None
    consents: Annotated[ConsentMessages | None, Field(exclude_if=lambda messages: messages is None)] = None
    audit: Annotated[AuditRules | None, Field(exclude_if=lambda rules: rules is None)] = None
    privacy: Annotated[PrivacyRules | None, Field(exclude_if=lambda rules: rules is None)] = None
    inbound: Annotated[InboundRules | None, Field(exclude_if=lambda rules: rules is None)] = None

    @property
    def known_by(self) -> IdentitySettings:
        """What makes two customers one, and whose word about them weighs more; without a word nothing does."""
        return self.identity or IdentitySettings()

    @property
    def calendar(self) -> Calendar:
        """Whose holidays count; without any, only weekends do."""
        return Calendar(self.holidays.country, self.holidays.subdivision) if self.holidays else Calendar()


class Release(Schema):
    """What runs."""

    model_config = ConfigDict(ignored_types=(cached_property,))

    project: ProjectFile
    voice: Voice
    messages: dict[Identifier, PublishedMessage]
    journeys: dict[Identifier, Journey]
    events: dict[str, EventType]
    facts: FactSheet = FactSheet()
    replies: dict[Identifier, PublishedReply] = {}
    wordings: dict[WordingId, Wording] = {}
    segments: dict[Identifier, Segment] = {}

    @model_serializer(mode="wrap")
    def _without_what_nobody_wrote(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A project without replies, wordings or segments is the release that it was before there were any."""
        content: dict[str, Any] = serialize(self)
        for name in ("replies", "wordings", "segments"):
            if not getattr(self, name):
                del content[name]
        return content

    @cached_property
    def content(self) -> str:
        """The document, as the ledger keeps it."""
        return self.model_dump_json(by_alias=True)

    @cached_property
    def id(self) -> str:
        """`rel_` and sixteen hex digits of the content's SHA-256."""
        return f"rel_{hashlib.sha256(self.content.encode()).hexdigest()[:16]}"

    def purpose(self, topic: str) -> Purpose:
        """Why messages of a topic are sent."""
        return self.project.topics[topic].purpose

    def on_doubt(self, topic: str) -> Literal["resend", "stop"]:
        """What happens to a message of which nobody can say whether it arrived. Marketing is never said twice."""
        said = self.project.topics[topic].on_doubt
        return said or ("resend" if self.purpose(topic) is Purpose.TRANSACTIONAL else "stop")

    def locale_of(self, message: str, wanted: str | None) -> str:
        """The language in which a message is said to somebody who wants it in another, or has not said."""
        return negotiate(wanted or "", self.messages[message].translations, self.voice.locale)

    @cached_property
    def said_on(self) -> dict[str, frozenset[Channel]]:
        """Message → the channels that it has copy for."""
        return {name: frozenset(published.message.said_on) for name, published in self.messages.items()}

    @cached_property
    def emitted(self) -> frozenset[str]:
        """The events that buttons of these messages say: no other payload of a tap means anything."""
        copies = (published.message.channels.whatsapp for published in self.messages.values())
        return frozenset(button.emit for copy in copies if copy is not None for button in copy.buttons if button.emit)

    @cached_property
    def journeys_on(self) -> dict[str, list[Journey]]:
        """Event type → the journeys that it may start."""
        return _by_type(
            (journey, {trigger.event for trigger, _ in journey.beginnings() if trigger.event is not None})
            for journey in self.journeys.values()
        )

    @cached_property
    def scheduled(self) -> dict[tuple[str, int], Trigger]:
        """(journey, place of the trigger) → the triggers that fire by the clock for a segment that there is."""
        return {
            (journey.id, place): trigger
            for journey in self.journeys.values()
            for place, (trigger, _) in enumerate(journey.beginnings())
            if trigger.segment in self.segments
        }

    @cached_property
    def entered_by(self) -> dict[Identifier, list[Journey]]:
        """Segment → the journeys that somebody begins who becomes a member of it; of segments that there are."""
        found = _by_type(
            (journey, {trigger.enters for trigger, _ in journey.beginnings() if trigger.enters in self.segments})
            for journey in self.journeys.values()
        )
        return dict(sorted(found.items()))

    @cached_property
    def filters(self) -> dict[Identifier, str]:
        """Each of those segments → what it says, in few letters: another filter has others."""
        says = {name: self.segments[name].where.model_dump_json(by_alias=True) for name in self.entered_by}
        return {
            name: hashlib.sha256(f"{self.project.timezone} {filter_}".encode()).hexdigest()[:16]
            for name, filter_ in says.items()
        }

    @cached_property
    def journeys_ended_by(self) -> dict[str, list[Journey]]:
        """Event type → the journeys of which it may end runs."""
        return _by_type((journey, {one.event for one in journey.exit_on}) for journey in self.journeys.values())

    @cached_property
    def journeys_hearing(self) -> dict[str, list[Journey]]:
        """Event type → the journeys of which it may move a run that stands somewhere."""
        return _by_type((journey, journey.hears) for journey in self.journeys.values() if journey.stands)

    @cached_property
    def journeys_aiming_at(self) -> dict[str, list[Journey]]:
        """Event type → the journeys whose goal it is."""
        return _by_type((one, {one.goal.event}) for one in self.journeys.values() if one.goal is not None)

    @cached_property
    def closing(self) -> frozenset[str]:
        """Types of the events that end a hand-off to a person."""
        return frozenset(
            step.handoff.closed_by
            for journey in self.journeys.values()
            for step in journey.all_steps()
            if isinstance(step, HandoffStep)
        )

    @cached_property
    def accounts(self) -> dict[Channel, Account]:
        """Channel → the account that carries it, the first with weight; `rivals` are all, where there are several."""
        return {
            channel: next(account for account in settings.accounts if account.weight)
            for channel, settings in self.project.channels.items()
            if any(account.weight for account in settings.accounts)
        }

    @cached_property
    def account_ids(self) -> frozenset[str]:
        """Every account, those without a weight too."""
        return frozenset(one.id for settings in self.project.channels.values() for one in settings.accounts)

    @cached_property
    def rivals(self) -> dict[Channel, tuple[Weighted, ...]]:
        """Channel → its accounts with their weights, where there are several that have some."""
        shared = {
            channel: tuple(Weighted(account.id, account.weight) for account in settings.accounts if account.weight)
            for channel, settings in self.project.channels.items()
        }
        return {channel: accounts for channel, accounts in shared.items() if len(accounts) > 1}

    @cached_property
    def scripted(self) -> frozenset[str]:
        """Accounts of WhatsApp's own, which takes templates outside a conversation, by the names of their adapters."""
        settings = self.project.channels.get(Channel.WHATSAPP)
        accounts = settings.accounts if settings is not None else ()
        return frozenset(account.id for account in accounts if account.adapter in SPEAKING_TEMPLATES)

    @cached_property
    def browsers(self) -> dict[str, bool]:
        """Accounts that push to browsers alone (true) or to apps alone, by the names of their adapters."""
        settings = self.project.channels.get(Channel.PUSH)
        accounts = settings.accounts if settings is not None else ()
        return {one.id: REACHING_BROWSERS[one.adapter] for one in accounts if one.adapter in REACHING_BROWSERS}

    @cached_property
    def limits(self) -> dict[str, float]:
        """Account → calls a second, of those that have a limit."""
        accounts = (account for settings in self.project.channels.values() for account in settings.accounts)
        return {account.id: account.per_second for account in accounts if account.per_second is not None}


def read_release(content: str) -> Release:
    """A release as the ledger keeps it."""
    return Release.model_validate_json(content)


def _by_type(listening: Iterable[tuple[Journey, Collection[str]]]) -> dict[str, list[Journey]]:
    found: dict[str, list[Journey]] = {}
    for journey, event_types in listening:
        for event_type in sorted(event_types):
            found.setdefault(event_type, []).append(journey)
    return found
