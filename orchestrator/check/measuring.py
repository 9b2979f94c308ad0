"""JO138, JO141, JO142: a goal that is counted, and a test that can be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check.measuring_rules import AFTER_THE_GOAL, NO_HOLDOUT, NOTHING_TO_COMPARE
from orchestrator.check.ways import stops
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose
from orchestrator.journeys.steps import SendStep, SplitStep, WaitForStep, WatchStep, every_step, heard_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.errors import Finding
    from orchestrator.journeys.model import Journey
    from orchestrator.project import Read, Survey

RULES = (AFTER_THE_GOAL, NO_HOLDOUT, NOTHING_TO_COMPARE)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that makes a figure of a journey say nothing, or something else than is meant."""
    for read in survey.journeys.values():
        yield from _after_the_goal(read, survey)
        yield from _splits(read)


# --- JO138: written to all the same ---------------------------------------------------------------------------------


def _after_the_goal(read: Read[Journey], survey: Survey) -> Iterator[Finding]:
    """Where time passes before a message, the goal may have been reached; a wait for it is a way to tell as well."""
    journey, topics = read.model, survey.settings.model.topics if survey.settings is not None else {}
    if journey.goal is None or journey.goal.event in {leaving.event for leaving in journey.exit_on} | _heard(journey):
        return
    for stop in stops(journey, survey.events):
        message = survey.messages.get(stop.step.send) if isinstance(stop.step, SendStep) else None
        topic = topics.get(message.model.topic) if message is not None else None
        if message is None or topic is None or topic.purpose is not Purpose.MARKETING or stop.here.over:
            continue
        if not any(moment.is_at_once for moment in stop.here.moments):
            line = read.document.finding((*stop.path, "send"), "", code="").line
            yield read.document.finding(
                ("goal", "event"),
                mark("Who has reached the goal is sent {message} all the same, on line {line}"),
                params={"message": message.model.id, "line": line, "event": journey.goal.event},
                code=AFTER_THE_GOAL.code,
                level=AFTER_THE_GOAL.level,
                help=mark("End their runs: `exit_on: [{{event: {event}}}]`."),
            )
            return


def _heard(journey: Journey) -> frozenset[str]:
    """What the steps themselves listen to."""
    waiting = (step for step in journey.all_steps() if isinstance(step, (WaitForStep, WatchStep)))
    return frozenset[str]().union(*(heard_at(step) for step in waiting))


# --- JO141, JO142: splits -------------------------------------------------------------------------------------------


def _splits(read: Read[Journey]) -> Iterator[Finding]:
    for path, step in read.model.placed_steps():
        if not isinstance(step, SplitStep) or step.metric is None:
            continue
        if read.model.goal is None:
            yield read.document.finding(
                (*path, "metric"),
                mark("This journey has no goal by which its ways could be compared"),
                code=NOTHING_TO_COMPARE.code,
                level=NOTHING_TO_COMPARE.level,
                help=mark("Say what it is for: `goal: {{event: order.placed, within: 7d}}`."),
            )
        behind = _sent_behind(read.model, step)
        for name, share in step.split.items():
            if behind is not None and not share.steps:
                yield read.document.finding(
                    (*path, "split", name),
                    mark('"{name}" is sent {message} by step "{step}" behind the split, as all are'),
                    params={"name": name, "message": behind.send, "step": behind.id},
                    code=NO_HOLDOUT.code,
                    level=NO_HOLDOUT.level,
                    help=mark("Move that step into the ways that shall be written to, or end this one with an exit."),
                    on_key=True,
                )


def _sent_behind(journey: Journey, split: SplitStep) -> SendStep | None:
    """The first step behind a split that sends something to whoever comes there."""
    following = journey.outline.places[split.id].following
    while following is not None:
        place = journey.outline.places[following]
        found = next((step for step in every_step([place.step]) if isinstance(step, SendStep)), None)
        if found is not None:
            return found
        following = place.following
    return None
