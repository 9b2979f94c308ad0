"""JO120 and on: every step of a journey can be reached, keeps its past, and sends nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check import journey_rules as rules
from orchestrator.check.reach import all_read, brought_by, reaches
from orchestrator.check.ways import stops
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose
from orchestrator.journeys.asking import askings
from orchestrator.journeys.naming import awaited_at, beginning_at
from orchestrator.journeys.steps import BranchStep, Channels, SendStep, WatchStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.check.rule import Rule
    from orchestrator.check.ways import Stop
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.steps import Awaited, Step
    from orchestrator.project import Read, Survey
    from orchestrator.release import Topic

RULES = (
    rules.UNREACHED,
    rules.RENAMED_TO_ITSELF,
    rules.RENAMED_FROM_ANOTHER,
    rules.SENT_TWICE,
    rules.STEP_AFTER_THE_END,
    rules.NEVER_HEARD,
    rules.WAITS_FOR_NOTHING,
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
        yield from _unreached(read)
        yield from _behind_a_key(read)
        yield from _after_the_end(read, walked)
        yield from _never_heard(read)
        yield from _renamed(read)
        yield from _sent_twice(read, walked)
        yield from _without_otherwise(read)
        if all_read(survey, "events"):
            yield from _everybodys(read, survey)
        yield from _without_goal(read, topics)
        yield from _urgent_marketing(read, survey, topics)


# --- JO120, JO130: what is never reached ----------------------------------------------------------------------------


def _unreached(read: Read[Journey]) -> Iterator[Finding]:
    before: list[Trigger] = []
    for place, (trigger, _) in enumerate(read.model.beginnings()):
        wins = next((one for one in before if _takes_all(one, trigger)), None)
        if wins is not None:
            line = read.document.finding((*beginning_at(read.model, before.index(wins)), "event"), "", code="").line
            yield read.document.finding(
                (*beginning_at(read.model, place), "event"),
                mark("This trigger never fires: the one on line {line} takes every {event} first"),
                params={"line": line, "event": trigger.event},
                code=rules.UNREACHED.code,
                level=rules.UNREACHED.level,
                help=mark("Put it above that one, or give that one a `when` of its own."),
            )
        before.append(trigger)


def _takes_all(one: Trigger, other: Trigger) -> bool:
    """Whether a trigger takes every event that another one would. A silence that begins takes all of them."""
    if one.event is None or one.event != other.event:
        return False
    return one.quiet_for is not None or one.when in (None, other.when)


def _behind_a_key(read: Read[Journey]) -> Iterator[Finding]:
    """One run a key, for ever: with `again_after` an event of later may well begin another."""
    entry = read.model.entry
    first, *later = read.model.beginnings()
    if entry is None or entry.key is None or entry.again_after is not None:
        return
    for place, (trigger, _) in enumerate(later, start=1):
        if trigger.event is not None and trigger.event != first[0].event is not None:
            yield read.document.finding(
                (*beginning_at(read.model, place), "event"),
                mark("{key} lets one event in: after {first}, this {event} of the same {key} starts nothing"),
                params={"key": entry.key, "first": first[0].event, "event": trigger.event},
                code=rules.WAITS_FOR_NOTHING.code,
                level=rules.WAITS_FOR_NOTHING.level,
                help=mark("Take `entry` away, so that each event is a run of its own, or write a second journey."),
            )
            return


# --- JO124, JO125: what comes too late ------------------------------------------------------------------------------


def _after_the_end(read: Read[Journey], walked: list[Stop]) -> Iterator[Finding]:
    """The first of each list that no run reaches: that those behind and inside it are not either is no news."""
    over = {stop.path for stop in walked if stop.here.over}
    for stop in walked:
        *holder, number = stop.path
        if stop.path in over and int(number) > 0 and (*holder, int(number) - 1) not in over:
            yield read.document.finding(
                (*stop.path, "id"),
                mark('No run comes to step "{id}": whichever way it goes, it is over before'),
                params={"id": stop.step.id},
                code=rules.STEP_AFTER_THE_END.code,
                level=rules.STEP_AFTER_THE_END.level,
                help=mark("Move it up, or let the wait before it go on with `then: []`."),
            )


def _never_heard(read: Read[Journey]) -> Iterator[Finding]:
    exits = {leaving.event: ("exit_on", place, "event") for place, leaving in enumerate(read.model.exit_on)}
    for path, step in read.model.placed_steps():
        ends = _ends_of(path, step)
        for at, awaited in awaited_at(path, step):
            ended = next((end for one, end in ends if at[-2] == "react" and _comes_first(one, awaited)), None)
            if ended is not None:
                yield _too_late(
                    read.document, at, awaited.event, ended,
                    mark("This reaction never happens: {event} ends the watch first, on line {line}"),
                    mark("Do it after the watch, where `steps.{step}.event.type` tells what ended it."), step,
                )  # fmt: skip
            elif awaited.event in exits:
                yield _too_late(
                    read.document, at, awaited.event, exits[awaited.event],
                    mark("Nobody hears this {event}: it ends the run first, under exit_on on line {line}"),
                    mark("Take one of the two away."), step,
                )  # fmt: skip


def _ends_of(path: KeyPath, step: Step) -> list[tuple[Awaited, KeyPath]]:
    if not isinstance(step, WatchStep):
        return []
    return [(one, (*path, "watch", "until", place, "event")) for place, one in enumerate(step.watch.until)]


def _comes_first(end: Awaited, reaction: Awaited) -> bool:
    """Whether an end takes every event that a reaction is for."""
    return (end.event, end.match) == (reaction.event, reaction.match) and end.when in (None, reaction.when)


def _too_late(
    document: Document, path: KeyPath, event: str, first: KeyPath, message: str, remedy: str, step: Step
) -> Finding:
    return document.finding(
        (*path, "event"),
        message,
        params={"event": event, "line": document.finding(first, "", code="").line, "step": step.id},
        code=rules.NEVER_HEARD.code,
        level=rules.NEVER_HEARD.level,
        help=remedy,
    )


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
