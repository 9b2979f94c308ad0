"""The alarms of a step at which a run stands: their names, and how long each waits from when the run came there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.journeys.run import Alarm
from orchestrator.journeys.steps import HandoffStep, WaitForStep, WaitStep, WatchStep
from orchestrator.journeys.waiting import wait_of, wakes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from orchestrator.journeys.run import Run
    from orchestrator.journeys.steps import Step, Wait

WAKE, HANDED_OFF, TIMEOUT, GIVE_UP, END = "wake", "handed_off", "timeout", "give_up", "end"


def clocks(step: Step) -> Mapping[str, Wait]:
    """Alarm → its wait; none where nobody stands."""
    match step:
        case WaitStep():
            return {WAKE: step.wait}
        case HandoffStep():
            return {HANDED_OFF: wait_of(step.handoff.at_most)}
        case WatchStep():
            return {END: wait_of(step.watch.duration)}
        case WaitForStep():
            timeout = {TIMEOUT: step.wait_for.timeout} if step.wait_for.timeout is not None else {}
            return {GIVE_UP: wait_of(step.wait_for.give_up)} | timeout
    return {}


def is_timed_anew(before: Step, after: Step) -> bool:
    """Whether who stands at a step waits otherwise than before. One that became another kind is come to anew."""
    return type(before) is type(after) and clocks(before) != clocks(after)


def timed_anew(before: Step, after: Step, run: Run, zone: str, is_holiday: Callable[[date], bool]) -> Run:
    """A run that stands at a step whose times changed: each is counted anew from when the run came there.

    One whose time is past by now is due at once. One that rang already does not ring again.
    """
    moves = run.moves + 1
    had, alarms = clocks(before), dict(run.alarms)
    for name in had.keys() - clocks(after).keys():
        alarms.pop(name, None)
    for name, wait in clocks(after).items():
        rang = name in had and name not in run.alarms
        if wait != had.get(name) and not rang:
            alarms[name] = Alarm(wakes(wait, run.since, zone, is_holiday), moves)
    return run if alarms == run.alarms else replace(run, alarms=alarms, moves=moves)
