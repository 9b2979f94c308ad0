"""JO120, JO124, JO125, JO129, JO130: every trigger, way and step of a journey is reached by somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check import journey_rules as rules
from orchestrator.check.implied import implies
from orchestrator.check.ways import stops
from orchestrator.domain.errors import mark
from orchestrator.journeys.naming import awaited_at, beginning_at
from orchestrator.journeys.steps import BranchStep, WatchStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.check.ways import Stop
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.steps import Awaited, Step
    from orchestrator.project import Read, Survey

RULES = (
    rules.UNREACHED,
    rules.STEP_AFTER_THE_END,
    rules.NEVER_HEARD,
    rules.NOBODYS_WAY,
    rules.WAITS_FOR_NOTHING,
)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything in a journey that stands there for nobody."""
    for read in survey.journeys.values():
        yield from _unreached(read)
        yield from _behind_a_key(read)
        yield from _nobodys_way(read)
        yield from _after_the_end(read, stops(read.model, survey.events))
        yield from _never_heard(read)
        yield from _second_exit(read)


# --- JO120, JO129, JO130: what is never reached ---------------------------------------------------------------------


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
    return one.quiet_for is not None or implies(other.when, one.when)


def _nobodys_way(read: Read[Journey]) -> Iterator[Finding]:
    """An arm whose condition holds only where that of an arm before it does."""
    for path, step in read.model.placed_steps():
        arms = [arm.when for arm in step.branch if arm.when is not None] if isinstance(step, BranchStep) else []
        for place, when in enumerate(arms):
            wins = next((number for number, earlier in enumerate(arms[:place]) if implies(when, earlier)), None)
            if wins is not None:
                first = (*path, "branch", wins, "when")
                yield read.document.finding(
                    (*path, "branch", place, "when"),
                    mark(
                        "Nobody goes this way: whoever fits here fits the condition on line {line}, which comes first"
                    ),
                    params={"line": read.document.finding(first, "", code="").line},
                    code=rules.NOBODYS_WAY.code,
                    level=rules.NOBODYS_WAY.level,
                    help=mark("Put this way above that one: the narrower condition comes first."),
                )


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
    return (end.event, end.match) == (reaction.event, reaction.match) and implies(reaction.when, end.when)


def _second_exit(read: Read[Journey]) -> Iterator[Finding]:
    exits = read.model.exit_on
    for place, leaving in enumerate(exits):
        same = [number for number, one in enumerate(exits[:place]) if one.event == leaving.event]
        wins = next((number for number in same if exits[number].match in (None, leaving.match)), None)
        if wins is not None:
            first = ("exit_on", wins, "event")
            yield read.document.finding(
                ("exit_on", place, "event"),
                mark("This exit never happens: the one on line {line} ends the run on every {event} first"),
                params={"event": leaving.event, "line": read.document.finding(first, "", code="").line},
                code=rules.NEVER_HEARD.code,
                level=rules.NEVER_HEARD.level,
                help=mark("Take one of the two away, or put the one with `match` first."),
            )


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
