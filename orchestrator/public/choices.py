"""What one person receives: topics by channels, as the gate would answer today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.consent import STOP, refusal, silence
from orchestrator.dispatch.consents import PERSON
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import PauseScope
from orchestrator.public.person import reached_on
from orchestrator.public.words import Own, in_language, topic_called
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.customer import Channel, Standing
    from orchestrator.domain.pause import Pause
    from orchestrator.domain.time import Instant
    from orchestrator.public.person import Person
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
    """All of them. `pause` is the one that stands for this person, whoever set it; `may_begin`: see `Person`."""

    topics: tuple[Choice, ...]
    pause: Pause | None
    may_begin: bool

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

NOTES = {
    "consent_pending": PENDING,
    f"suppressed:{STOP}": mark("you asked us to stop there"),
    "suppressed:bounce": mark("our messages come back from there"),
    "suppressed:complaint": mark("you marked our messages as unwanted"),
    "suppressed:manual": mark("we do not write there any more"),
    "suppressed:wrong_person": mark("somebody there told us that it is not yours"),
    "suppressed:erased": mark("we do not write there any more"),
}
"""What the gate's refusal of a channel means to the person. Of others the box says enough: it is off."""

# What a new yes of the person's own ends. Anything else is not theirs to lift here.
_THEIRS = frozenset({f"suppressed:{STOP}"})


def choices_of(transaction: Transaction, release: Release, person: Person, language: str, now: Instant) -> Choices:
    """What a person receives at an instant of machine time."""
    customer, topics = person.customer, release.project.topics
    standing = transaction.customers.standings([customer.id], topics)[customer.id]
    business_now = transaction.ledger.clock().now(now)
    return Choices(
        topics=tuple(
            _choice(release, standing, name, topic, language, may_begin=person.may_begin)
            for name, topic in topics.items()
            if name not in _fixed(release)
        ),
        pause=transaction.pauses.active(business_now, [customer.id]).of(PauseScope.CUSTOMER, customer.id),
        may_begin=person.may_begin,
    )


def _fixed(release: Release) -> set[str]:
    """Topics of what answers the person's own acts here: switched off, they could not even confirm a yes."""
    named = release.project.consents
    messages = (named.confirmation, named.opt_out, named.choices) if named is not None else ()
    return {release.messages[one].message.topic for one in messages if one in release.messages}


def _choice(  # which, of whom, for which reader
    release: Release, standing: Standing, name: str, topic: Topic, language: str, *, may_begin: bool
) -> Choice:
    boxes = tuple(_boxes(release, standing, name, topic, may_begin=may_begin))
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


def _boxes(release: Release, standing: Standing, name: str, topic: Topic, *, may_begin: bool) -> Iterator[Box]:
    for channel in reached_on(release, standing.customer):
        silent = silence(standing, channel, topic.purpose)
        against = silent or refusal(standing, name, topic.purpose, channel) or ""
        yield Box(
            topic=name,
            channel=channel,
            on=not against,
            free=not against or (may_begin and (not silent or silent in _THEIRS)),
            note=NOTES.get(against, ""),
        )


def _newest_wording(release: Release, topic: str) -> str:
    """The version that asks for a topic today: of several, the one that is declared last."""
    return next((name for name, one in reversed(release.wordings.items()) if one.topic == topic), "")
