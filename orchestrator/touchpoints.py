"""Every place where a customer reads us, by stage and channel: what is missing, and what is there twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from orchestrator.catalog.folding import fold
from orchestrator.check.wording import CLAIMS, heard_on, readings
from orchestrator.domain.customer import Channel
from orchestrator.domain.stage import Stage
from orchestrator.journeys.asking import askings, written_to
from orchestrator.journeys.steps import PARTING, STANDING, ExitStep, SendStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.catalog.model import Claim, Message
    from orchestrator.journeys.asking import Asking
    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.steps import Step
    from orchestrator.release import Release


class TouchpointKind(StrEnum):
    """Where it comes from."""

    MESSAGE = "message"
    REPLY = "reply"
    STEP = "step"


@dataclass(frozen=True, kw_only=True, slots=True)
class Touchpoint:
    """A message, a reply or a journey's step on one channel, with what it claims there.

    A step has the stage of its journey, or of the message that it `sends` where its journey says none; the owner of
    its journey; and the `event` that starts it.
    """

    kind: TouchpointKind
    id: str
    title: str
    channel: Channel
    stage: Stage | None
    owner: str
    topic: str
    claims: Mapping[str, Claim]
    sends: str = ""
    event: str = ""

    @property
    def text(self) -> str:
        """The message or reply whose words are read here."""
        return self.sends or self.id


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A stage at which a channel of the project says nothing."""

    stage: Stage
    channel: Channel


@dataclass(frozen=True, kw_only=True, slots=True)
class Duplicate:
    """Touchpoints of which a customer may need only one.

    `event`: it makes each of them write. `words`: all say the same. `facts`: messages of one `stage` state them all.
    """

    why: Literal["event", "words", "facts"]
    channel: Channel
    ids: tuple[str, ...]
    event: str = ""
    stage: Stage | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Touchpoints:
    """All of a project. `channels` are those that it sends on."""

    channels: tuple[Channel, ...]
    items: tuple[Touchpoint, ...]
    duplicates: tuple[Duplicate, ...]

    @cached_property
    def matrix(self) -> Mapping[Stage, Mapping[Channel, int]]:
        """How many messages and replies are read at each stage on each channel, however many steps carry them."""
        read: set[tuple[Stage | None, Channel, str]] = {(item.stage, item.channel, item.text) for item in self.items}
        counted = Counter((stage, channel) for stage, channel, _ in read)
        return {stage: {channel: counted[stage, channel] for channel in self.channels} for stage in Stage}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Stage by stage, in the order that a customer goes."""
        return tuple(
            Gap(stage=stage, channel=channel)
            for stage, counts in self.matrix.items()
            for channel, count in counts.items()
            if not count
        )


def touchpoints_of(release: Release) -> Touchpoints:
    """What a release can say, to whom it concerns."""
    texts = [*_texts(release)]
    items = (
        *(item for text in texts for item in _said(text)),
        *(item for journey in release.journeys.values() for item in _steps(release, journey)),
    )
    return Touchpoints(
        channels=tuple(channel for channel in Channel if channel in release.project.channels),
        items=items,
        duplicates=(*_of_one_event(release), *_in_the_same_words(texts), *_of_the_same_facts(items)),
    )


# --- items ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Text:
    """What is said under one id: a message, or every variant of a reply."""

    kind: TouchpointKind
    id: str
    variants: tuple[Message, ...]


def _texts(release: Release) -> Iterator[_Text]:
    for name, published in release.messages.items():
        yield _Text(kind=TouchpointKind.MESSAGE, id=name, variants=(published.message,))
    for name, reply in release.replies.items():
        yield _Text(kind=TouchpointKind.REPLY, id=name, variants=tuple(one.message for one in reply.spoken))


def _said(text: _Text) -> Iterator[Touchpoint]:
    first = text.variants[0]
    for channel in Channel:
        if any(channel in one.said_on for one in text.variants):
            claims = {name: claim for one in text.variants for name, claim in _claims_on(channel, one).items()}
            yield Touchpoint(
                kind=text.kind, id=text.id, title=first.title, channel=channel, stage=first.stage,
                owner=first.owner, topic=first.topic, claims=claims,
            )  # fmt: skip


def _claims_on(channel: Channel, message: Message) -> dict[str, Claim]:
    """Those that are stated there, in the order in which they are declared."""
    stated = {one.name for _, text in heard_on(channel, message) for one in readings(text)}
    return {name: claim for name, claim in message.claims.items() if CLAIMS + name in stated}


def _steps(release: Release, journey: Journey) -> Iterator[Touchpoint]:
    for asking in askings(journey):
        message = release.messages[asking.message].message
        for channel in asking.written_to(release.said_on[asking.message]):
            yield Touchpoint(
                kind=TouchpointKind.STEP, id=f"{journey.id}/{asking.step}", title=journey.title, channel=channel,
                stage=journey.stage or message.stage, owner=journey.owner, topic=message.topic,
                claims=_claims_on(channel, message), sends=asking.message, event=_started_by(asking),
            )  # fmt: skip


def _started_by(asking: Asking) -> str:
    """The events that lead to it, several as a list; none where it is a schedule or a segment."""
    return ", ".join(dict.fromkeys(trigger.event for trigger in asking.triggers if trigger.event is not None))


# --- duplicates -----------------------------------------------------------------------------------------------------


def _of_one_event(release: Release) -> Iterator[Duplicate]:
    """Steps that one event sets off together: of one trigger, or of journeys whose conditions do not part them.

    Only those that come before the first wait or parting: what a run asks for later it asks for at another time.
    """
    known: dict[tuple[str, Channel], list[tuple[Journey, Trigger, str]]] = {}
    for journey in release.journeys.values():
        for trigger, steps in journey.beginnings():
            if trigger.event is None or trigger.quiet_for is not None:
                continue
            for step in _at_once(steps):
                for channel in _channels(release, step):
                    known.setdefault((trigger.event, channel), []).append((journey, trigger, step.id))
    for (event, channel), found in known.items():
        together = [one for one in found if any(_both_run(one, other) for other in found if other is not one)]
        if together:
            ids = tuple(f"{journey.id}/{step}" for journey, _, step in together)
            yield Duplicate(why="event", channel=channel, ids=ids, event=event)


def _at_once(steps: Sequence[Step]) -> Iterator[SendStep]:
    for step in steps:
        if isinstance(step, SendStep):
            yield step
        elif isinstance(step, (*STANDING, *PARTING, ExitStep)):
            return


def _channels(release: Release, step: SendStep) -> tuple[Channel, ...]:
    """Where a step may write, and its message has words."""
    return written_to(step.channels, release.said_on[step.send])


def _both_run(one: tuple[Journey, Trigger, str], other: tuple[Journey, Trigger, str]) -> bool:
    """Within a journey the first trigger that fits takes the event."""
    if one[0] is other[0]:
        return one[1] is other[1]
    return one[1].when is None or other[1].when is None or one[1].when == other[1].when


def _in_the_same_words(texts: Sequence[_Text]) -> Iterator[Duplicate]:
    for channel in Channel:
        known: dict[str, list[str]] = {}
        for text in texts:
            known.setdefault(_words_on(channel, text), []).append(text.id)
        for words, ids in known.items():
            if words and ids[1:]:
                yield Duplicate(why="words", channel=channel, ids=tuple(ids))


def _words_on(channel: Channel, text: _Text) -> str:
    said = " ".join(words for one in text.variants for _, words in heard_on(channel, one))
    return " ".join(fold(said).split())


def _of_the_same_facts(items: Sequence[Touchpoint]) -> Iterator[Duplicate]:
    """Messages that promise one thing at one stage. Replies may: each is said only to somebody who asked."""
    stating: dict[tuple[Stage, Channel, str], list[str]] = {}
    for item in items:
        if item.stage is None or item.kind is TouchpointKind.REPLY:
            continue
        for fact in dict.fromkeys(claim.from_ for claim in item.claims.values() if not claim.superseded):
            stating.setdefault((item.stage, item.channel, fact), []).append(item.text)
    alike: dict[tuple[Stage, Channel, tuple[str, ...]], list[str]] = {}
    for (stage, channel, fact), texts in stating.items():
        alike.setdefault((stage, channel, tuple(dict.fromkeys(texts))), []).append(fact)
    for (stage, channel, ids), facts in alike.items():
        if ids[1:]:
            yield Duplicate(why="facts", channel=channel, ids=ids, stage=stage, facts=tuple(facts))
