"""The only state machine: a run, and something that happened, give the run as it goes on and what it wishes for.

Pure: the caller stores the run and turns wishes into requests, in one transaction. Waiting steps will join here as
further kinds of position and of happening; nothing outside this module moves a run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestrator.expressions import compile_expression, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.domain.customer import Channel
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey, SendStep


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """An event as a journey sees it. `key` is unique for its source: `wms/88121`."""

    key: str
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One passage of one customer through one journey. `position` is the step where it stands, None once it ended."""

    id: str
    journey: str
    key: str
    customer_id: str
    started_at: Instant
    position: str | None
    ended_at: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a step asks for: one message on the first of `candidates` that works. `slot` names it within the step."""

    step: str
    slot: str
    message: str
    candidates: tuple[Channel, ...]
    priority: str


@dataclass(frozen=True, slots=True)
class Entrance:
    """Whether an event starts a run: its key when it does, else why not (empty when the event is another's)."""

    key: str | None
    note: str = ""


def entrance(journey: Journey, happening: Happening, data: Mapping[str, Any]) -> Entrance:
    """Whether an event starts a run of a journey, and under which key."""
    note = ""
    for trigger, _ in journey.beginnings():
        if trigger.event != happening.type:
            continue
        if trigger.when is not None:
            true, note = holds(compile_expression(trigger.when), data)
            if not true:
                note = note or f"{trigger.when} is false"
                continue
        if journey.entry is None:
            return Entrance(happening.key)
        key = _lookup(data, journey.entry.key)
        return Entrance(str(key)) if key is not None else Entrance(None, f"{journey.entry.key} is missing")
    return Entrance(None, note)


def advance(
    journey: Journey, run: Run, happening: Happening, data: Mapping[str, Any], now: Instant
) -> tuple[Run, tuple[Wish, ...]]:
    """Take a run as far as it goes without waiting.

    Args:
        journey: the journey as it is now; a run follows it live.
        run: where the customer stands; a new run stands nowhere yet.
        happening: what moved it.
        data: objects, customer and event, for conditions.
        now: business time.

    Returns:
        The run afterwards, and the wishes of the steps that it passed, in order.
    """
    steps = _steps_after(journey, run, happening, data)
    wishes = tuple(
        Wish(step=step.id, slot=slot, message=step.send, candidates=candidates, priority=step.priority)
        for step in steps
        for slot, candidates in step.channels.slots()
    )
    return replace(run, position=None, ended_at=now), wishes


def _steps_after(journey: Journey, run: Run, happening: Happening, data: Mapping[str, Any]) -> Iterable[SendStep]:
    if run.ended_at is not None:
        return ()
    for trigger, steps in journey.beginnings():
        if trigger.event == happening.type and (
            trigger.when is None or holds(compile_expression(trigger.when), data)[0]
        ):
            return steps
    return ()


def exits(journey: Journey, happening: Happening, data: Mapping[str, Any]) -> Iterable[str]:
    """The keys of the runs that an event ends; an empty one stands for every run of the customer."""
    for one in journey.exit_on:
        if one.event == happening.type:
            key = "" if one.match is None else _lookup(data, one.match)
            if key is not None:
                yield str(key)


def _lookup(data: Mapping[str, Any], path: str) -> Any:
    place: Any = data
    for part in path.split("."):
        if not isinstance(place, dict) or part not in place:
            return None
        place = place[part]
    return place
