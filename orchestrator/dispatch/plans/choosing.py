"""What becomes of people where a step is gone, as somebody says it: names are found, and what cannot be is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import InputError, NotFound, did_you_mean
from orchestrator.plans.model import Exit, Move, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.dispatch.plans.impact import Occupied
    from orchestrator.journeys.model import Journey
    from orchestrator.release import Release


def chosen(plan: Plan, after: Release, occupied: Sequence[Occupied], wanted: Sequence[str], *, leave: bool) -> Plan:
    """The same plan with where people go on.

    Args:
        plan: one that moves nobody.
        after: the release that is planned.
        occupied: where people stand and nothing will be.
        wanted: `STEP`, where it can only be about one place, or `STEP=STEP` or `JOURNEY.STEP=STEP`: from, to.
        leave: whether all others are out.

    Raises:
        InputError: it is not clear which step is meant, or nobody can go on there.
        NotFound: there is no such step.
    """
    steps = [one for one in occupied if one.step]
    moves = tuple(_move(one, after, steps) for one in wanted)
    twice = next((move for move in moves if [(one.journey, one.step) for one in moves].count(_from(move)) > 1), None)
    if twice is not None:
        raise InputError(
            "The step {journey}.{step} is moved twice.", code="moved_twice", journey=twice.journey, step=twice.step
        )
    moved = {_from(move) for move in moves}
    left = [one for one in occupied if (one.journey, one.step) not in moved] if leave else []
    exits = tuple(Exit(journey=one.journey, step=one.step) for one in left)
    return Plan(before=plan.before, after=plan.after, moves=moves, exits=exits, things=plan.things)


def _from(move: Move) -> tuple[str, str]:
    return move.journey, move.step


def _move(wanted: str, after: Release, steps: Sequence[Occupied]) -> Move:
    left, _, right = wanted.rpartition("=")
    found = [one for one in steps if left in {"", one.step, f"{one.journey}.{one.step}"}]
    if len(found) != 1:
        raise InputError(
            "It is not clear who moves to {to}: there is no step, or more than one, that is meant."
            if steps
            else "Nobody has to move to {to}: no step is gone at which anybody stands.",
            remedy="Write from where: {choices}." if steps else "Leave --move-to out.",
            code="unclear_step",
            to=right,
            choices=", ".join(f"{one.journey}.{one.step}={right}" for one in steps),
        )
    (one,) = found
    journey = after.journeys[one.journey]
    _ensure_may_go_on(journey, right)
    return Move(journey=one.journey, step=one.step, to=right)


def _ensure_may_go_on(journey: Journey, step_id: str) -> None:
    place = journey.outline.places.get(step_id)
    if place is None:
        known = [*_ways(journey)]
        raise NotFound(
            'The journey {journey} has no step "{step}"{hint}',
            remedy="There are: {known}.",
            code="unknown_step",
            journey=journey.id,
            step=step_id,
            hint=did_you_mean(step_id, known),
            known=", ".join(known),
        )
    if place.beside is not None:
        raise InputError(
            "Nobody can go on at {step}: it happens while people stand at {beside}.",
            remedy="Move them to {beside}, or to a step on the way.",
            code="step_beside",
            step=step_id,
            beside=place.beside,
        )


def _ways(journey: Journey) -> Iterator[str]:
    """The steps on the way: those at which somebody can go on."""
    return (step_id for step_id, place in journey.outline.places.items() if place.beside is None)
