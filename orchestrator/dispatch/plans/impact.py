"""For whom a release would change something, counted in the ledger. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.dispatch.plans.standing import Standing
from orchestrator.plans.differences import What
from orchestrator.plans.steps import StepWhat, felt_as_a_whole, felt_at, steps_saying
from orchestrator.plans.words import reworded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.plans.differences import Change
    from orchestrator.plans.model import Plan
    from orchestrator.plans.steps import StepChange
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class StepPeople:
    """How many customers stand at a step that differs, and how many others may still come to it."""

    step: StepChange
    here: int
    ahead: int


@dataclass(frozen=True, kw_only=True, slots=True)
class JourneyPeople:
    """How many customers are inside a journey, and how many of them feel anything of what changes."""

    journey: str
    inside: int
    affected: int
    steps: tuple[StepPeople, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Occupied:
    """A place that is gone while customers stand there: a step, or with an empty `step` a whole journey."""

    journey: str
    step: str
    people: int
    to: str | None = None
    leaves: bool = False

    @property
    def decided(self) -> bool:
        """Whether the plan says what becomes of them."""
        return self.to is not None or self.leaves


@dataclass(frozen=True, kw_only=True, slots=True)
class Impact:
    """For whom something changes. `waiting`: message → how many that wait to be sent will have other words, or none."""

    journeys: tuple[JourneyPeople, ...]
    occupied: tuple[Occupied, ...]
    waiting: Mapping[str, int]

    @property
    def undecided(self) -> Sequence[Occupied]:
        """What keeps the plan from being carried out."""
        return [one for one in self.occupied if not one.decided]


def impact(
    transaction: Transaction, before: Release | None, after: Release, changes: Sequence[Change], plan: Plan
) -> Impact:
    """What these changes mean for people, as they stand now."""
    if before is None:
        return Impact(journeys=(), occupied=(), waiting={})
    journeys = [*_journeys(transaction, before, after, changes)]
    waiting = _waiting(transaction, reworded(before, changes))
    return Impact(
        journeys=tuple(journeys),
        occupied=tuple(occupied(transaction, before, after, plan)),
        waiting=waiting,
    )


def occupied(transaction: Transaction, before: Release, after: Release, plan: Plan) -> Iterator[Occupied]:
    """Where customers stand and nothing will be, with what the plan makes of them."""
    for name, journey in before.journeys.items():
        new = after.journeys.get(name)
        if new is journey or new == journey:
            continue
        standing = Standing.of(transaction, journey)
        if new is None:
            if standing.positions:
                yield Occupied(
                    journey=name, step="", people=transaction.runs.people(name), leaves=plan.lets_leave(name, "")
                )
            continue
        for step_id, positions in standing.gone(new).items():
            to = plan.destination(name, step_id)
            people = transaction.runs.people(name, positions)
            yield Occupied(journey=name, step=step_id, people=people, to=to, leaves=plan.lets_leave(name, step_id))


def _journeys(
    transaction: Transaction, before: Release, after: Release, changes: Sequence[Change]
) -> Iterator[JourneyPeople]:
    said = reworded(before, changes)
    changed = {one.id: one for one in changes if one.kind == "journey" and one.what is not What.ADDED}
    for name, journey in before.journeys.items():
        steps = _with_words(changed[name].steps if name in changed else (), steps_saying(journey, said))
        if name not in changed and not steps:
            continue
        inside = transaction.runs.people(name)
        if name not in after.journeys:
            yield JourneyPeople(journey=name, inside=inside, affected=inside)
            continue
        standing = Standing.of(transaction, journey)
        felt = [(step, *felt_at(step, journey, after.journeys[name])) for step in steps]
        whole = felt_as_a_whole(changed[name].values, journey) if name in changed else frozenset()
        yield JourneyPeople(
            journey=name,
            inside=inside,
            affected=standing.people(transaction, whole.union(*(here | coming for _, here, coming in felt))),
            steps=tuple(
                StepPeople(
                    step=step,
                    here=standing.people(transaction, here),
                    ahead=standing.people(transaction, here | coming) - standing.people(transaction, here),
                )
                for step, here, coming in felt
            ),
        )


def _waiting(transaction: Transaction, messages: Sequence[str]) -> Mapping[str, int]:
    """Message → how many wait: for their turn, for a better hour, or for the one that they were asked for at."""
    for_later = transaction.timers.pending_of(messages) if messages else {}
    found = {one: transaction.deliveries.waiting_of([one]) + for_later.get(one, 0) for one in messages}
    return {message: count for message, count in found.items() if count}


def _with_words(changed: Sequence[StepChange], saying: Sequence[StepChange]) -> Sequence[StepChange]:
    """A step that differs itself is told of once."""
    told = {one.was for one in changed if one.what is not StepWhat.ADDED}
    return [*changed, *(one for one in saying if one.was not in told)]
