"""Where a journey names events: what starts it, what it waits for, what ends it, and what it says itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.journeys.steps import EmitStep, HandoffStep, WaitForStep, WatchStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.steps import Awaited, Step

KeyPath = tuple[str | int, ...]


def beginning_at(journey: Journey, place: int) -> KeyPath:
    """Where a beginning stands: the one trigger, or its place in the list."""
    return ("triggers", place) if journey.triggers else ("trigger",)


def events_named(journey: Journey) -> Iterator[tuple[KeyPath, str]]:
    """Every type of event that a journey names, with its path."""
    for place, (trigger, _) in enumerate(journey.beginnings()):
        if trigger.event is not None:
            yield (*beginning_at(journey, place), "event"), trigger.event
    for place, leaving in enumerate(journey.exit_on):
        yield ("exit_on", place, "event"), leaving.event
    if journey.goal is not None:
        yield ("goal", "event"), journey.goal.event
    for path, step in journey.placed_steps():
        match step:
            case WaitForStep() | WatchStep():
                yield from (((*at, "event"), one.event) for at, one in awaited_at(path, step))
            case HandoffStep():
                yield (*path, "handoff", "closed_by"), step.handoff.closed_by
            case EmitStep():
                yield (*path, "emit", "event"), step.emit.event


def awaited_at(path: KeyPath, step: Step) -> Iterator[tuple[KeyPath, Awaited]]:
    """What a step waits for, or reacts to, each with its path."""
    match step:
        case WaitForStep():
            yield (*path, "wait_for"), step.wait_for
        case WatchStep():
            for key, several in (("until", step.watch.until), ("react", step.watch.react)):
                for place, one in enumerate(several):
                    yield (*path, "watch", key, place), one
