"""What one person receives: topics by channels, as the gate would answer today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.consent import STOP, refusal, suppression
from orchestrator.dispatch.consents import PERSON
from orchestrator.domain.customer import ADDRESS_KINDS, Channel
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import PauseScope
from orchestrator.public.person import reached_on
from orchestrator.public.words import Own, in_language, topic_called
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.customer import Customer, Standing
    from orchestrator.domain.pause import Pause
    from orchestrator.domain.time import Instant
    from orchestrator.release import Release, Topic
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A topic on a channel. `free`: the person can change it here. `note` says what stands in its way, if anything."""

    topic: str
    channel: Channel
    on: bool
    free: bool = True
    note: str = ""

    @property
    def name(self) -> str:
        """What the form calls it."""
        return f"{self.topic}.{self.channel}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A topic with its boxes. `wording` is the version of `words`, which whoever ticks one of them agrees to."""

    id: str
    title: Own
    marketing: bool
    boxes: tuple[Box, ...]
    wording: str = ""
    words: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """All of them. `pause` is the one that stands for this person, whoever set it."""

    topics: tuple[Choice, ...]
    pause: Pause | None

    @property
    def marketing(self) -> tuple[Choice, ...]:
        """What is sent only to whoever agreed."""
        return tuple(one for one in self.topics if one.marketing)

    @property
    def service(self) -> tuple[Choice, ...]:
        """What belongs to what they buy."""
        return tuple(one for one in self.topics if not one.marketing)

    @property
    def on_a_break(self) -> bool:
        """Whether they have paused our marketing themselves."""
        return self.pause is not None and self.pause.by == PERSON

    @property
    def waiting(self) -> tuple[Box, ...]:
        """What they have agreed to, and still have to confirm."""
        return tuple(box for one in self.topics for box in one.boxes if box.note == PENDING)


PENDING = mark("waiting for your confirmation")

# What the gate's refusal of a channel means to the person. Of others the box says enough: it is off.
_NOTES = {
    "consent_pending": PENDING,
    f"suppressed:{STOP}": mark("you asked us to stop there"),
    "suppressed:bounce": mark("our messages come back from there"),
    "suppressed:complaint": mark("you marked our messages as unwanted"),
    "suppressed:manual": mark("we do not write there any more"),
    "suppressed:erased": mark("we do not write there any more"),
}

# What a new yes of the person's own ends. Anything else is not theirs to lift here.
_THEIRS = frozenset({f"suppressed:{STOP}"})


def choices_of(transaction: Transaction, release: Release, customer: Customer, language: str, now: Instant) -> Choices:
    """What a person receives at an instant of machine time."""
    topics = release.project.topics
    standing = transaction.customers.standings([customer.id], topics)[customer.id]
    business_now = transaction.ledger.clock().now(now)
    return Choices(
        topics=tuple(
            _choice(release, standing, name, topic, language)
            for name, topic in topics.items()
            if name not in _fixed(release)
        ),
        pause=transaction.pauses.active(business_now, [customer.id]).of(PauseScope.CUSTOMER, customer.id),
    )


def _fixed(release: Release) -> set[str]:
    """Topics of what answers the person's own acts here: switched off, they could not even confirm a yes."""
    named = release.project.consents
    messages = (named.confirmation, named.opt_out) if named is not None else ()
    return {release.messages[one].message.topic for one in messages if one in release.messages}


def _choice(release: Release, standing: Standing, name: str, topic: Topic, language: str) -> Choice:
    boxes = tuple(_boxes(release, standing, name, topic))
    wording = _newest_wording(release, name)
    texts = release.wordings[wording].texts if wording else {}
    return Choice(
        id=name,
        title=topic_called(release, name, language),
        marketing=topic.purpose is Purpose.MARKETING,
        boxes=boxes,
        wording=wording,
        words=in_language(texts, language, release.project.locale),
    )


def _boxes(release: Release, standing: Standing, name: str, topic: Topic) -> Iterator[Box]:
    for channel in reached_on(release, standing.customer):
        silence = _silence(standing, channel, topic.purpose)
        against = silence or refusal(standing, name, topic.purpose, channel) or ""
        yield Box(
            topic=name,
            channel=channel,
            on=not against,
            free=not silence or silence in _THEIRS,
            note=_NOTES.get(against, ""),
        )


def _silence(standing: Standing, channel: Channel, purpose: Purpose) -> str:
    """Why no address of the channel may be written to; nothing where one may."""
    reasons = [
        suppression(standing, address, channel, purpose)
        for address in standing.customer.addresses
        if address.kind is ADDRESS_KINDS[channel]
    ]
    return "" if None in reasons else next(filter(None, reasons), "")


def _newest_wording(release: Release, topic: str) -> str:
    """The version that asks for a topic today: of several, the one that is declared last."""
    return next((name for name, one in reversed(release.wordings.items()) if one.topic == topic), "")
