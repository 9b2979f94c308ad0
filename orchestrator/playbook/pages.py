"""The pages of a playbook: one that lists everything, one for each journey, and one for what no journey says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.domain.customer import Channel
from orchestrator.domain.stage import Stage
from orchestrator.journeys.asking import askings
from orchestrator.journeys.mermaid import mermaid_of
from orchestrator.playbook import course, steps
from orchestrator.playbook.copy import spoken
from orchestrator.playbook.limits import Said, limits
from orchestrator.playbook.markdown import code, plain
from orchestrator.playbook.names import Names, anchor
from orchestrator.playbook.words import STAGES
from orchestrator.previews import preview_of
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.journeys.asking import Asking
    from orchestrator.journeys.model import Journey
    from orchestrator.mapping import Persona
    from orchestrator.playbook.changes import Changes
    from orchestrator.playbook.words import Words
    from orchestrator.release import Release

INDEX, MESSAGES = "README.md", "messages.md"

WHAT_IT_IS: Final = mark(
    "Who is written to and when, in which words, and who answers for it. "
    "Made by {command} from the files of the project: change those, not this."
)
ALONE: Final = mark("Messages that no journey sends")
ALWAYS: Final = (
    mark("An address that bounced, complained or said STOP is not written to, nor who was erased."),
    mark("Who turned a topic off on a channel gets nothing of it there."),
    mark("What is paused waits. While a person has the customer, marketing to them waits."),
    mark("A message with a deadline is not sent after it, and one whose offer is sold out waits."),
)

Pages = dict[str, str]
"""Path in the playbook's folder → text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What the playbook is made of: a release, its facts at an hour, whom it is said to, and who changed what."""

    release: Release
    book: FactBook
    now: Instant
    persona: Persona
    changes: Changes


def pages_of(reading: Reading, words: Words) -> Pages:
    """All of them. The same files, hour and persona make the same bytes."""
    release = reading.release
    page = _Page(reading, words)
    journeys = sorted(release.journeys.values(), key=lambda one: (page.order(one), one.id))
    named = {one.message for journey in journeys for one in askings(journey)}
    alone = [name for name in release.messages if name not in named]
    return {
        INDEX: page.index(journeys, alone),
        **{_place(journey): page.journey(journey) for journey in journeys},
        **({MESSAGES: page.messages(alone)} if alone else {}),
    }


def _place(journey: Journey) -> str:
    return f"journeys/{journey.id}.md"


class _Page:
    def __init__(self, reading: Reading, words: Words) -> None:
        self._reading = reading
        self._release = reading.release
        self._words = words
        self._names = Names(reading.release, words)

    def order(self, journey: Journey) -> int:
        """In the order that customers go; what stands at no stage comes last."""
        return min(([*Stage].index(one) for one in self._stages(journey)), default=len(Stage))

    # --- the pages ----------------------------------------------------------------------------------------------------

    def index(self, journeys: Sequence[Journey], alone: Sequence[str]) -> str:
        translate = self._words.translate
        return _joined(
            f"# {plain(self._release.project.name)}",
            translate(WHAT_IT_IS, command=code("jogral docs build")),
            f"## {translate('Journeys')}",
            self._table_of_journeys(journeys) if journeys else translate("There are none."),
            *([f"## {translate(ALONE)}", self._table_of_messages(alone)] if alone else []),
            f"## {translate('For every message')}",
            "\n".join(f"- {translate(sentence)}" for sentence in ALWAYS),
        )

    def journey(self, journey: Journey) -> str:
        translate, names = self._words.translate, self._names
        asked = [one for one in askings(journey) if one.message in self._release.messages]
        topic = self._release.project.topics[journey.topic]
        facts = {
            translate("Owner"): plain(journey.owner),
            translate("Stage"): self._stage_words(journey),
            translate("Topic"): plain(topic.titles.get(self._words.language, topic.title)),
            translate("Goal"): self._goal(journey),
            translate("Last change"): self._changed("journeys", journey.id),
            translate("Begins when"): self._words.either(
                course.beginning(names, one) for one, _ in journey.beginnings()
            ),
            translate("How often"): course.entry(names, journey),
            translate("Ends at once when"): self._words.either(course.leavings(names, journey)),
        }
        return _joined(
            f"# {plain(journey.title)}",
            code(journey.id),
            "\n".join(f"- **{name}**: {value}" for name, value in facts.items() if value),
            f"## {translate('Map')}",
            f"```mermaid\n{mermaid_of(journey, self._words.say)}```",
            f"## {translate('Steps')}",
            *self._courses(journey),
            f"## {translate('Who may not get it, and when it waits')}",
            "\n".join(f"- {line}" for line in self._limits(journey, asked)),
            f"## {translate('What it says')}",
            *(self._copies(dict.fromkeys(one.message for one in asked)) if asked else [translate("Nothing.")]),
        )

    def messages(self, names: Sequence[str]) -> str:
        translate = self._words.translate
        return _joined(f"# {translate(ALONE)}", *self._copies(names))

    # --- their parts --------------------------------------------------------------------------------------------------

    def _table_of_journeys(self, journeys: Iterable[Journey]) -> str:
        translate = self._words.translate
        heads = (mark("Journey"), mark("Stage"), mark("Owner"), mark("Goal"), mark("Last change"))
        rows = (
            [
                f"[{plain(one.title)}]({_place(one)})",
                self._stage_words(one),
                plain(one.owner),
                self._goal(one),
                self._changed("journeys", one.id),
            ]
            for one in journeys
        )
        return _table([translate(head) for head in heads], rows)

    def _table_of_messages(self, names: Iterable[str]) -> str:
        messages = [self._release.messages[name].message for name in names]
        rows = (
            [
                f"[{plain(one.title)}]({MESSAGES}#{anchor(one.id)})",
                plain(one.owner),
                self._changed("messages", one.id),
            ]
            for one in messages
        )
        return _table(
            [self._words.translate(head) for head in (mark("Message"), mark("Owner"), mark("Last change"))], rows
        )

    def _courses(self, journey: Journey) -> Iterator[str]:
        """The steps after each beginning, under a heading where there are several."""
        several = len(journey.beginnings()) > 1
        for trigger, own in journey.beginnings():
            if several:
                yield self._words.translate("When {beginning}:", beginning=course.beginning(self._names, trigger))
            yield "\n".join(steps.told(self._names, own))

    def _limits(self, journey: Journey, asked: Iterable[Asking]) -> Iterator[str]:
        if journey.rollout is not None:
            yield self._words.translate(
                "only {share} % of customers enter, the same ones each time", share=journey.rollout
            )
        said = [
            Said(
                topic=self._release.messages[one.message].message.topic,
                purpose=self._release.purpose(self._release.messages[one.message].message.topic),
                channels=one.written_to(self._release.said_on[one.message]),
            )
            for one in asked
        ]
        yield from limits(self._release.project, said, self._words)

    def _copies(self, names: Iterable[str]) -> Iterator[str]:
        reading = self._reading
        for name in names:
            preview = preview_of(self._release, name, reading.persona, list(Channel), reading.book, reading.now)
            yield from spoken(self._names, preview, self._changed("messages", name))

    def _goal(self, journey: Journey) -> str:
        return course.aim(self._names, journey.goal) if journey.goal else ""

    def _stages(self, journey: Journey) -> set[Stage]:
        """Its own; where it says none, those of what it sends."""
        if journey.stage:
            return {journey.stage}
        known = self._release.messages
        said = (known[one.message].message.stage for one in askings(journey) if one.message in known)
        return {stage for stage in said if stage}

    def _stage_words(self, journey: Journey) -> str:
        stages = self._stages(journey)
        return ", ".join(self._words.translate(STAGES[one]) for one in Stage if one in stages)

    def _changed(self, folder: str, name: str) -> str:
        changes, translate, file = self._reading.changes, self._words.translate, f"templates/{folder}/{name}.yaml"
        if not changes.known:
            return translate("unknown, for it is not in Git")
        if file in changes.uncommitted or file not in changes.last:
            return translate("changed, not committed yet")
        change = changes.last[file]
        return translate("{who}, {day}", who=plain(change.by), day=self._words.day(change.day))


def _joined(*paragraphs: str) -> str:
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
