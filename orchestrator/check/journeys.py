"""JO121 and on: every step of a journey keeps its past, sends nothing twice, and says what is meant.

Whether a run comes to it is asked by `unreached` and `timing`, what it does to other journeys by `encounters`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check import journey_rules as rules
from orchestrator.check.reach import all_read, brought_by, reaches
from orchestrator.check.ways import stops
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose
from orchestrator.journeys.asking import askings
from orchestrator.journeys.naming import awaited_at
from orchestrator.journeys.steps import BranchStep, Channels, SendStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.check.rule import Rule
    from orchestrator.check.ways import Stop
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.steps import Step
    from orchestrator.project import Read, Survey
    from orchestrator.release import Topic

RULES = (
    rules.RENAMED_TO_ITSELF,
    rules.RENAMED_FROM_ANOTHER,
    rules.SENT_TWICE,
    rules.NO_OTHERWISE,
    rules.EVERYBODYS_EVENT,
    rules.NO_GOAL,
    rules.URGENT_MARKETING,
)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with journeys, beyond names that nobody declared."""
    topics = survey.settings.model.topics if survey.settings is not None else {}
    for read in survey.journeys.values():
        walked = stops(read.model, survey.events)
        yield from _renamed(read)
        yield from _sent_twice(read, walked)
        yield from _without_otherwise(read)
        if all_read(survey, "events"):
            yield from _everybodys(read, survey)
        yield from _without_goal(read, topics)
        yield from _urgent_marketing(read, survey, topics)


# --- JO121, JO122: renaming -----------------------------------------------------------------------------------------


def _renamed(read: Read[Journey]) -> Iterator[Finding]:
    ids = {step.id for step in read.model.all_steps()}
    taken: set[str] = set()
    for path, step in read.model.placed_steps():
        if step.was is None:
            continue
        if step.was == step.id:
            yield _rename(
                read.document, path, step, rules.RENAMED_TO_ITSELF, mark('Step "{id}" was always called "{was}"'),
                mark("Take `was` away, or write the old id."),
            )  # fmt: skip
        elif step.was in ids:
            yield _rename(
                read.document, path, step, rules.RENAMED_FROM_ANOTHER, mark('"{was}" is still the id of another step'),
                mark("Take `was` away, or delete that step."),
            )  # fmt: skip
        elif step.was in taken:
            yield _rename(
                read.document, path, step, rules.RENAMED_FROM_ANOTHER, mark("Another step says `was: {was}` too"),
                mark("Leave it at the step where the people of {was} go on."),
            )  # fmt: skip
        taken.add(step.was)


def _rename(document: Document, path: KeyPath, step: Step, rule: Rule, message: str, remedy: str) -> Finding:
    return document.finding(
        (*path, "was"),
        message,
        params={"id": step.id, "was": step.was},
        code=rule.code,
        level=rule.level,
        help=remedy,
    )


# --- JO123: what is sent twice --------------------------------------------------------------------------------------


def _sent_twice(read: Read[Journey], walked: list[Stop]) -> Iterator[Finding]:
    """On one way, with no wait in between; two that stand on several channels may meet on any that both name."""
    for stop in walked:
        step = stop.step
        if not isinstance(step, SendStep):
            continue
        for earlier in stop.here.fresh:
            channel = _shared(earlier, step) if earlier.send == step.send else None
            if channel is not None:
                yield read.document.finding(
                    (*stop.path, "send"),
                    mark('Step "{earlier}" sends {message} on {channel} already')
                    if channel
                    else mark('Step "{earlier}" sends {message} already, and no time passes in between'),
                    params={"earlier": earlier.id, "message": step.send, "channel": channel},
                    code=rules.SENT_TWICE.code,
                    level=rules.SENT_TWICE.level,
                    help=mark('Name all channels in step "{earlier}", and delete this one.'),
                )
                break


def _shared(one: SendStep, other: SendStep) -> str | None:
    """A channel on which both may write; nothing in particular where the customer's preference decides for both."""
    named = [_channels(step) for step in (one, other) if isinstance(step.channels, Channels)]
    if len(named) < 2:  # noqa: PLR2004  # both
        return named[0][0] if named else ""
    return next((channel for channel in named[1] if channel in named[0]), None)


def _channels(step: SendStep) -> tuple[str, ...]:
    slots = step.channels.slots() if isinstance(step.channels, Channels) else ()
    return tuple(channel.value for _, candidates in slots for channel in candidates)


# --- JO131, JO132, JO133: what is left unsaid -----------------------------------------------------------------------


def _without_otherwise(read: Read[Journey]) -> Iterator[Finding]:
    for path, step in read.model.placed_steps():
        if isinstance(step, BranchStep) and not step.branch[-1].otherwise:
            yield read.document.finding(
                (*path, "branch"),
                mark('Step "{id}" does not say what happens when nothing fits'),
                params={"id": step.id},
                code=rules.NO_OTHERWISE.code,
                level=rules.NO_OTHERWISE.level,
                help=mark("End it with `- otherwise: true` and its steps; `steps: []` goes on with the next step."),
                on_key=True,
            )


def _everybodys(read: Read[Journey], survey: Survey) -> Iterator[Finding]:
    key = read.model.entry.key if read.model.entry is not None else None
    if key is None or key == "customer.id":
        return
    for path, step in read.model.placed_steps():
        for at, awaited in awaited_at(path, step):
            event = survey.events.get(awaited.event)
            if awaited.match is None and event is not None and not reaches(key, brought_by(event.model, survey.events)):
                yield read.document.finding(
                    (*at, "event"),
                    mark("{event} does not name {key}: it moves every run of the customer"),
                    params={"event": awaited.event, "key": key, "file": event.document.file},
                    code=rules.EVERYBODYS_EVENT.code,
                    level=rules.EVERYBODYS_EVENT.level,
                    help=mark("Say under `match` which value of the event is the key, or declare one in {file}."),
                )


def _without_goal(read: Read[Journey], topics: Mapping[str, Topic]) -> Iterator[Finding]:
    topic = topics.get(read.model.topic)
    if read.model.goal is None and topic is not None and topic.purpose is Purpose.MARKETING:
        yield read.document.finding(
            ("topic",),
            mark("Topic {topic} is marketing, and this journey has no goal"),
            params={"topic": read.model.topic},
            code=rules.NO_GOAL.code,
            level=rules.NO_GOAL.level,
            help=mark("Say what it is for: `goal: {{event: order.placed, within: 7d}}`."),
        )


# --- JO140: what may not be urgent ----------------------------------------------------------------------------------


def _urgent_marketing(read: Read[Journey], survey: Survey, topics: Mapping[str, Topic]) -> Iterator[Finding]:
    """The message's topic decides (decisions, section 5). What the journey says for all is told once."""
    told: set[KeyPath] = set()
    for asking in askings(read.model):
        path: KeyPath = ("priority",) if asking.priority is None else (*asking.path, "priority")
        message = survey.messages.get(asking.message)
        topic = topics.get(message.model.topic) if message is not None else None
        urgent = (asking.priority or read.model.priority) == "high"
        if message is None or topic is None or topic.purpose is not Purpose.MARKETING or not urgent or path in told:
            continue
        told.add(path)
        yield read.document.finding(
            path,
            mark("{message} is marketing (topic {topic}): it cannot have high priority"),
            params={"message": asking.message, "topic": message.model.topic},
            code=rules.URGENT_MARKETING.code,
            level=rules.URGENT_MARKETING.level,
            help=mark("Take `priority` away."),
        )
