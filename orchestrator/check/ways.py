"""Every way on which a run comes to each step of a journey: what moved it last, and what lies behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestrator.check.expressed import paths_in, without_texts
from orchestrator.check.moments import Moment, beginning, hearing
from orchestrator.check.reach import KeyPath, fields_of, kinds_of, reaches
from orchestrator.expressions import ExpressionError, operands
from orchestrator.journeys import steps as kinds
from orchestrator.journeys.naming import awaited_at, beginning_at
from orchestrator.journeys.steps import every_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from orchestrator.events import EventType
    from orchestrator.journeys.model import Journey
    from orchestrator.project import Read

    Events = Mapping[str, Read[EventType]]

WAYS_MAX = 64
"""More of them are told apart by their last event only."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a run may have come to a place.

    `event` is the type of the event that moved it last, None where only a schedule did, and `at` the step where that
    ended a wait (empty: it ended none). `kinds` are the objects that its events named, `unmet` the waits that nothing
    ended.
    """

    event: str | None
    at: str = ""
    kinds: frozenset[str] = frozenset()
    unmet: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Here:
    """What is sure or possible when a run comes to a place.

    `waits` are the waits that may lie behind it, each with the types of the events that can have ended it, and `sends`
    the ids of steps that may have sent something. `fresh` are those that sent it since the run last stood still, and
    `moments` what may have moved it here just now. `over`: no run comes here, whatever happens.
    """

    ways: tuple[Way, ...]
    waits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sends: frozenset[str] = frozenset()
    fresh: tuple[kinds.SendStep, ...] = ()
    moments: tuple[Moment, ...] = ()
    over: bool = False

    def at_once(self, *moments: Moment) -> Here:
        """Where a run comes in the very moment of something."""
        return replace(self, moments=moments)

    def moved(self, event: str, at: str, events: Events) -> Here:
        """After an event moved the run at a step."""
        read = events.get(event)
        brought = frozenset(kinds_of(read.model)) if read is not None else frozenset[str]()
        ways = tuple(dict.fromkeys(Way(event, at, way.kinds | brought, way.unmet) for way in self.ways))
        return replace(self, ways=ways)

    def gave_up(self, step: str) -> Here:
        """After a wait that nothing ended."""
        return replace(self, ways=tuple(replace(way, unmet=way.unmet | {step}) for way in self.ways))

    def stood(self) -> Here:
        """After some time at one place."""
        return replace(self, fresh=(), moments=())

    def sent(self, step: kinds.SendStep) -> Here:
        """After a message was asked for."""
        return replace(self, sends=self.sends | {step.id}, fresh=(*self.fresh, step))

    def where(self, condition: str, events: Events) -> Here:
        """Where a condition may hold: where the events are of the types that it asks for, and bring what it reads."""
        here = self
        for operand in operands(condition):
            asked = _type_asked(operand)
            here = here._narrowed(asked) if asked is not None else here._bringing(_surely_read(operand), events)
        return here.only(operands(condition))

    def where_not(self, condition: str) -> Here:
        """Where it may not hold: that is known of a condition only that asks for nothing but a type."""
        asked, here = _type_asked(condition), self.only([f"!({condition})"])
        if asked is None:
            return here
        ways = tuple(way for way in self.ways if not asked.surely(way))
        return replace(here, ways=ways, waits=self._waits(asked.step, lambda event: not asked.fits(event)))

    def only(self, conditions: Iterable[str]) -> Here:
        """Where more must be true for a run to come at once: a condition, or chance by whatever name."""
        return replace(self, moments=tuple(moment.only(conditions) for moment in self.moments))

    def _narrowed(self, asked: _TypeAsked) -> Here:
        ways = tuple(way for way in self.ways if asked.possibly(way))
        return replace(self, ways=ways, waits=self._waits(asked.step, asked.fits))

    def _waits(self, step: str, fits: Callable[[str], bool]) -> Mapping[str, frozenset[str]]:
        return {one: frozenset(filter(fits, ended)) if one == step else ended for one, ended in self.waits.items()}

    def _bringing(self, names: Sequence[str], events: Events) -> Here:
        """Where events bring what is read: a condition that misses it is false."""
        kinds_known = {"event", *(read.model.updates for read in events.values())}
        asked = [name for name in names if name.partition(".")[0] in kinds_known and "." in name]
        ways = tuple(way for way in self.ways if all(reaches(name, brought_on(way, events)) for name in asked))
        return replace(self, ways=ways)


NOWHERE = Here(ways=(), over=True)


def joined(heres: Iterable[Here]) -> Here:
    """Where several ways come together."""
    left = [here for here in heres if not here.over]
    if not left:
        return NOWHERE
    waits: dict[str, frozenset[str]] = {}
    for here in left:
        for step, ended in here.waits.items():
            waits[step] = waits.get(step, frozenset()) | ended
    return Here(
        ways=_few(tuple(dict.fromkeys(way for here in left for way in here.ways))),
        waits=waits,
        sends=frozenset[str]().union(*(here.sends for here in left)),
        fresh=tuple({step.id: step for here in left for step in here.fresh}.values()),
        moments=tuple(dict.fromkeys(moment for here in left for moment in here.moments))[:WAYS_MAX],
    )


def _few(ways: tuple[Way, ...]) -> tuple[Way, ...]:
    if len(ways) <= WAYS_MAX:
        return ways
    found: dict[str | None, frozenset[str]] = {}
    for way in ways:
        found[way.event] = found.get(way.event, frozenset()) | way.kinds
    return tuple(Way(event, "", brought) for event, brought in found.items())


def brought_on(way: Way, events: Events) -> frozenset[str]:
    """What is known on one way: the data of its last event, and the objects of all, as all events have made them."""
    read = events.get(way.event) if way.event is not None else None
    found = {f"event.{name}" for name in ("type", *read.model.data)} if read is not None else set[str]()
    for kind in way.kinds:
        found |= {f"{kind}.id"} | {f"{kind}.{name}" for name in fields_of(kind, events)}
    return frozenset(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """A step, where it stands in the file, and what is known when a run comes to it."""

    path: KeyPath
    step: kinds.Step
    here: Here


def stops(journey: Journey, events: Events) -> list[Stop]:
    """Every step of a journey with the ways that lead to it, in the order of the file."""
    walk = _Walk(journey, events)
    for place, (trigger, steps) in enumerate(journey.beginnings()):
        path: KeyPath = ("triggers", place, "steps") if journey.triggers else ("steps",)
        moment = beginning(journey, trigger, beginning_at(journey, place))
        walk.along(steps, path, begun(trigger.event, events).at_once(moment))
    return walk.stops


def begun(event: str | None, events: Events) -> Here:
    """Where a run begins: by an event, or by a schedule (None)."""
    start = Here(ways=(Way(None),))
    return start if event is None else start.moved(event, "", events)


class _Walk:
    """One walk through all lists. Each step is met once: a list is entered with all the ways that lead to it."""

    def __init__(self, journey: Journey, events: Events) -> None:
        self.journey = journey
        self.events = events
        self.stops: list[Stop] = []

    def along(self, steps: Sequence[kinds.Step], path: KeyPath, here: Here, *, aside: bool = False) -> Here:
        for number, step in enumerate(steps):
            at = (*path, number)
            self.stops.append(Stop(path=at, step=step, here=here))
            here = self._past(step, at, here, aside=aside)
        return here

    def _past(self, step: kinds.Step, path: KeyPath, here: Here, *, aside: bool) -> Here:
        """What is known after a step. `aside`: beside a place where the run stands, so that nothing stands here."""
        match step:
            case kinds.SendStep():
                here = here.sent(step)
            case kinds.WaitStep():
                here = here.stood().at_once(Moment(at=(*path, "wait"), wait=step.wait))
            case kinds.WaitForStep():
                here = self._past_wait(step, path, here.stood())
            case kinds.WatchStep():
                here = self._past_watch(step, path, here.stood())
            case kinds.HandoffStep() if not aside:
                kept, closed = here.stood(), kinds.Awaited(event=step.handoff.closed_by)
                heard = hearing(self.journey, step.id, closed, (*path, "handoff"))
                here = self._ended(step.id, [heard], kept, otherwise=kept.gave_up(step.id))
            case kinds.BranchStep():
                here = self._past_branch(step, path, here, aside=aside)
            case kinds.SplitStep():
                here = self._past_split(step, path, here, aside=aside)
            case kinds.ExitStep():
                here = NOWHERE
        return here

    def _past_wait(self, step: kinds.WaitForStep, path: KeyPath, here: Here) -> Here:
        beside = self.along(step.wait_for.on_timeout, (*path, "wait_for", "on_timeout"), here, aside=True)
        here = replace(here, sends=here.sends | beside.sends)
        given_up = self._given_up(step.wait_for.then, (*path, "wait_for", "then"), here.gave_up(step.id))
        return self._ended(step.id, self._heard(step, path), here, otherwise=given_up)

    def _past_watch(self, step: kinds.WatchStep, path: KeyPath, here: Here) -> Here:
        reacted = []
        for place, reaction in enumerate(step.watch.react):
            at = (*path, "watch", "react", place)
            heard = hearing(self.journey, step.id, reaction, at, reaction.debounce)
            reacted.append(here.moved(reaction.event, "", self.events).at_once(heard))
            self.along(reaction.steps, (*at, "steps"), reacted[-1], aside=True)
        here = replace(here, sends=here.sends | _sends(step))
        left = joined([here, *(replace(one, sends=here.sends) for one in reacted)]).stood()
        given_up = self._given_up(step.watch.then, (*path, "watch", "then"), left.gave_up(step.id))
        return self._ended(step.id, self._heard(step, path), here, otherwise=given_up)

    def _heard(self, step: kinds.Step, path: KeyPath) -> list[Moment]:
        """The events that end a wait, or a watch."""
        return [
            hearing(self.journey, step.id, awaited, at)
            for at, awaited in awaited_at(path, step)
            if "react" not in at[len(path) :]
        ]

    def _given_up(self, then: Sequence[kinds.Step] | None, path: KeyPath, here: Here) -> Here:
        """The run ends when nothing came, unless `then` says how it goes on."""
        return NOWHERE if then is None or here.over else self.along(then, path, here)

    def _ended(self, step: str, heard: Sequence[Moment], here: Here, *, otherwise: Here) -> Here:
        """After a wait that one of some events ended, or nothing did."""
        if here.over:
            return NOWHERE
        types = [moment.event or "" for moment in heard]
        met = (here.moved(event, step, self.events) for event in types)
        after = joined([*(one.at_once(moment) for one, moment in zip(met, heard, strict=True)), otherwise])
        return after if after.over else replace(after, waits={**after.waits, step: frozenset(types)})

    def _past_branch(self, step: kinds.BranchStep, path: KeyPath, here: Here, *, aside: bool) -> Here:
        ends, left = [], here
        for place, arm in enumerate(step.branch):
            inside = left if arm.when is None else left.where(arm.when, self.events)
            ends.append(self.along(arm.steps, (*path, "branch", place, "steps"), inside, aside=aside))
            left = NOWHERE if arm.when is None else left.where_not(arm.when)
        return _rejoined([*ends, left], [arm.steps for arm in step.branch], here)

    def _past_split(self, step: kinds.SplitStep, path: KeyPath, here: Here, *, aside: bool) -> Here:
        ends = []
        for name, share in step.split.items():
            inside = here.only([f"{name} at {step.id} of {self.journey.id}"])
            ends.append(self.along(share.steps, (*path, "split", name, "steps"), inside, aside=aside))
        return _rejoined(ends, [share.steps for share in step.split.values()], here)


def _rejoined(ends: Sequence[Here], lists: Sequence[Sequence[kinds.Step]], before: Here) -> Here:
    """Where all ways of a parting come together; if none of them waits or ends, all that came there go on from it."""
    after = joined(ends)
    waiting = (*kinds.STANDING, kinds.ExitStep)
    if after.over or any(isinstance(step, waiting) for steps in lists for step in every_step(steps)):
        return after
    return replace(after, moments=before.moments)


def _sends(step: kinds.WatchStep) -> frozenset[str]:
    return frozenset(
        one.id for reaction in step.watch.react for one in every_step(reaction.steps) if isinstance(one, kinds.SendStep)
    )


_TEXT = r"\"([\w.]+)\"|'([\w.]+)'"
_TYPE = re.compile(
    r"\s*(?:event|steps\.(?P<step>\w+)\.event)\.type\s*"
    rf"(?:(?P<sign>==|!=)\s*(?P<one>{_TEXT})|in\s*\[(?P<list>[^\]]*)\])\s*"
)


@dataclass(frozen=True, slots=True)
class _TypeAsked:
    """`event.type == "x"` and its like: the step that is asked about (empty: none), the types, and how."""

    step: str
    types: frozenset[str]
    positive: bool

    def fits(self, event: str) -> bool:
        return (event in self.types) is self.positive

    def surely(self, way: Way) -> bool:
        return way.at == (self.step or way.at) and way.event is not None and self.fits(way.event)

    def possibly(self, way: Way) -> bool:
        """Another event may have moved the run since the one that ended a wait."""
        return self.surely(way) or (self.step not in {"", way.at, *way.unmet})


def _type_asked(operand: str) -> _TypeAsked | None:
    found = _TYPE.fullmatch(operand)
    if found is None:
        return None
    types = frozenset(one or other for one, other in re.findall(_TEXT, found["one"] or found["list"] or ""))
    return _TypeAsked(found["step"] or "", types, found["sign"] != "!=")


# Where one of these stands, a condition may be true although something that it names is missing.
_MAY_BE_MISSING = re.compile(r"\|\||\?|\bhas\s*\(|\.\s*(?:all|exists|exists_one|existsOne|map|filter)\s*\(")
_HAS = re.compile(r"\s*has\s*\(\s*([A-Za-z_][\w.]*)\s*\)\s*")


def _surely_read(operand: str) -> tuple[str, ...]:
    """The names without which a part of a condition is false."""
    plain = without_texts(operand)
    asked = _HAS.fullmatch(plain)
    if asked is not None:
        return (asked[1],)
    if _MAY_BE_MISSING.search(plain):
        return ()
    try:
        return tuple(path for path, _ in paths_in(operand))
    except ExpressionError:  # a comment may hold the signs at which it was parted
        return ()
