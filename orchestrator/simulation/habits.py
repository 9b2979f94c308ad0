"""What people do in a simulation: which events happen to them, how often, and how soon.

A small model that is said aloud: the report lists every habit with its number, and `--happens` says another one. The
events are those of the journeys themselves, in the order in which their steps ask for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.domain.time import at_wall, moment
from orchestrator.journeys.steps import HandoffStep, WaitForStep, WatchStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from random import Random

    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey

HOUR_MS = 3_600_000
AWAKE = (7, 24)
"""The hours in which people begin something; what follows from it comes at any hour."""

OPENINGS = "opens"
"""The name under which `--happens` says how many of the messages sent are opened."""
OPENED = 0.4


class Role(StrEnum):
    """What an event is to the journeys."""

    BEGINS = "begins"
    SEGMENT = "segment"
    ENTERS = "enters"
    MOVES = "moves"
    REACTS = "reacts"
    LEAVES = "leaves"


@dataclass(frozen=True, kw_only=True, slots=True)
class Habit:
    """One thing that happens: an event by its type, or that somebody is in a segment, or enters it.

    `after` is the event that began the journey that asks about it, without which it cannot happen; empty for what
    begins. `share`: of a beginning, how many times it happens to each on the average; of anything else, to how many of
    those whom it can happen to (0 to 1). `hours`: how long after what it follows, on the average.
    """

    name: str
    role: Role
    share: float
    hours: float = 0.0
    after: str = ""


# What is usual, by role: how often, and how many hours later on the average.
_USUAL: Mapping[Role, tuple[float, float]] = {
    Role.BEGINS: (1.0, 0.0),
    Role.SEGMENT: (0.25, 0.0),
    Role.ENTERS: (0.25, 0.0),
    Role.MOVES: (0.9, 36.0),
    Role.REACTS: (0.15, 24.0),
    Role.LEAVES: (0.2, 24.0),
}


_BEGINNINGS = frozenset({Role.BEGINS, Role.ENTERS})


def habits_of(journeys: Sequence[Journey], said: Mapping[str, float]) -> tuple[Habit, ...]:
    """The habits of a crowd: those that are usual for these journeys, with what is said of some of them.

    An event is to the crowd what it is to the first journey that asks about it.

    Raises:
        InputError: something is said of what none of these journeys asks about.
    """
    habits: dict[str, Habit] = {}
    for journey in journeys:
        triggers = [trigger for trigger, _ in journey.beginnings()]
        begins = next(filter(None, (trigger.event or trigger.enters for trigger in triggers)), "")
        for name, role in _asked(journey):
            share, hours = _USUAL[role]
            after = "" if role in _BEGINNINGS | {Role.SEGMENT} else begins
            habits.setdefault(name, Habit(name=name, role=role, share=share, hours=hours, after=after))
    known = [*habits, OPENINGS]
    for name in said:
        if name not in known:
            raise InputError(
                'None of these journeys asks about "{name}"{hint}',
                remedy="They ask about: {known}.",
                code="unknown_habit",
                name=name,
                hint=did_you_mean(name, known),
                known=", ".join(known),
            )
    return tuple(
        replace(one, share=_fitting(one, said[one.name])) if one.name in said else one for one in habits.values()
    )


def happenings(habits: Sequence[Habit], chance: Random, start: Instant, days: int, zone: str) -> Iterator[Happened]:
    """All that happens to one customer, in order of time. `zone` is where they live.

    Each beginning has a thread of its own: what moves it on comes one after the other, and where one stays away, so do
    those after it. Reactions come meanwhile. Where only schedules begin, there is one thread.
    """
    begins = next((habit.share for habit in habits if habit.role in _BEGINNINGS), 1)
    found: list[Happened] = []
    for thread in range(_times(begins, chance)):
        found += _thread(habits, thread, chance, _awake(chance, start, days, zone))
    yield from sorted(found, key=lambda one: (one.at, one.thread))


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a type. What happens in the same thread is about the same things: one order, one cart.

    `enters`: it is no event, and the type is the name of a segment.
    """

    at: Instant
    type: str
    thread: int
    enters: bool = False


def _asked(journey: Journey) -> Iterator[tuple[str, Role]]:
    """What a journey asks about, in the order in which people come to it."""
    for place, (trigger, _) in enumerate(journey.beginnings()):
        if trigger.event is not None:
            # Of several triggers the first begins, and the others come of it, as an order is dispatched.
            yield trigger.event, Role.MOVES if place else Role.BEGINS
        if trigger.segment is not None:
            yield trigger.segment, Role.SEGMENT
        if trigger.enters is not None:
            yield trigger.enters, Role.ENTERS
    for step in journey.all_steps():
        match step:
            case WaitForStep():
                yield step.wait_for.event, Role.MOVES
            case WatchStep():
                # Of several ends the first is the usual one: a parcel is delivered, and now and then it is lost.
                yield from ((one.event, Role.REACTS) for one in (*step.watch.react, *step.watch.until[1:]))
                yield from ((one.event, Role.MOVES) for one in step.watch.until[:1])
            case HandoffStep():
                yield step.handoff.closed_by, Role.REACTS
    yield from ((one.event, Role.LEAVES) for one in journey.exit_on)
    if journey.goal is not None:
        yield journey.goal.event, Role.LEAVES


def _fitting(habit: Habit, share: float) -> float:
    if habit.role not in _BEGINNINGS and share > 1:
        raise InputError(
            '"{name}" cannot happen to more than all: {share} is not from 0 to 1.',
            code="share_too_large", name=habit.name, share=share,
        )  # fmt: skip
    return share


def _thread(habits: Iterable[Habit], thread: int, chance: Random, begun: Instant) -> Iterator[Happened]:
    happened: dict[str, Instant] = {"": begun}  # event → when; without a name, that which began the thread
    ways: dict[str, Instant | None] = {}  # beginning → how far its way has come; None where it goes no further
    first = True
    at: Instant | None
    for habit in habits:
        since = happened.get(habit.after)
        if habit.role is Role.SEGMENT or since is None:
            continue
        if habit.role in _BEGINNINGS and first:
            first, at = False, begun  # whether there is a thread at all was drawn before
        elif habit.role in {Role.MOVES, Role.REACTS}:
            way = ways.setdefault(habit.after, since)
            goes_on = way is not None and _is_so(habit, chance)
            at = _later(way, habit, chance) if goes_on and way is not None else None
            if habit.role is Role.MOVES:
                ways[habit.after] = at
        else:
            at = _later(since, habit, chance) if _is_so(habit, chance) else None
        if at is not None:
            happened[habit.name] = at
            yield Happened(at, habit.name, thread, habit.role is Role.ENTERS)


def _is_so(habit: Habit, chance: Random) -> bool:
    return chance.random() < habit.share


def _later(at: Instant, habit: Habit, chance: Random) -> Instant:
    """After a time of which short ones are more frequent than long ones."""
    return at + 1 + int(chance.expovariate(1.0) * habit.hours * HOUR_MS)


def _times(share: float, chance: Random) -> int:
    whole = int(share)
    return whole + (chance.random() < share - whole)


def _awake(chance: Random, start: Instant, days: int, zone: str) -> Instant:
    day = moment(start, zone).date() + timedelta(days=chance.randrange(days))
    hour = chance.uniform(*AWAKE)
    wall = datetime.combine(day, time()) + timedelta(hours=hour)
    return max(start, at_wall(wall, zone))
