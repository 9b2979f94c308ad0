"""Where runs can still come to: from each place where one may stand, the steps ahead of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.journeys.run import TRIGGER
from orchestrator.journeys.steps import STANDING, BranchStep, ExitStep, SplitStep, WaitForStep, WatchStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.outline import Place
    from orchestrator.journeys.steps import Step


def ahead(journey: Journey) -> Mapping[str, frozenset[str]]:
    """Position → the steps that a run may come to from there, those beside it included; itself never is."""
    places = journey.outline.places
    nexts = {step_id: tuple(_nexts(place)) for step_id, place in places.items()}
    nexts[TRIGGER] = tuple(steps[0].id for trigger, steps in journey.beginnings() if trigger.quiet_for)
    standing = [step_id for step_id, place in places.items() if isinstance(place.step, STANDING) and not place.beside]
    return {position: _reached(position, nexts) for position in (TRIGGER, *standing)}


def _reached(position: str, nexts: Mapping[str, Sequence[str]]) -> frozenset[str]:
    found: set[str] = set()
    open_ = list(nexts[position])
    while open_:
        step_id = open_.pop()
        if step_id not in found:
            found.add(step_id)
            open_ += nexts[step_id]
    return frozenset(found)


def _nexts(place: Place) -> Iterator[str]:
    """The steps that may come right after one."""
    step, following = place.step, [] if place.following is None else [place.following]
    match step:
        case ExitStep():
            return
        case BranchStep():
            for arm in step.branch:
                yield from _first(arm.steps) or following
            if not step.branch[-1].otherwise:
                yield from following
        case SplitStep():
            for share in step.split.values():
                yield from _first(share.steps) or following
        case WaitForStep():
            yield from (*_first(step.wait_for.on_timeout), *_then(step.wait_for.then, following), *following)
        case WatchStep():
            for reaction in step.watch.react:
                yield from _first(reaction.steps)
            yield from _then(step.watch.then, following)
            yield from following if step.watch.until else ()
        case _:
            yield from following


def _first(steps: Sequence[Step]) -> list[str]:
    return [steps[0].id] if steps else []


def _then(steps: Sequence[Step] | None, following: Sequence[str]) -> Sequence[str]:
    """How it goes on after giving up: not at all, on a way of its own, or with the next step."""
    return () if steps is None else _first(steps) or following
