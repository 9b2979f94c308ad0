"""What a condition of a journey reads beside the data: functions of ours, and the steps that were passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import Unfit
from orchestrator.domain.time import moment, zone_info
from orchestrator.expressions import compile_expression, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.journeys.run import Event, Run, Scene

NONE_RENAMED: Mapping[str, str] = MappingProxyType({})

FUNCTIONS = ("days", "engaged")
"""Names of the functions that a condition may call beside CEL's own."""


def is_true(
    condition: str,
    run: Run,
    scene: Scene,
    names: Mapping[str, Any] | None = None,
    renamed: Mapping[str, str] = NONE_RENAMED,
) -> tuple[bool, str]:
    """Whether a condition holds for a run, and a note for the trace where that cannot be told (then it is false).

    Args:
        condition: CEL. `days(a, b)` is the whole days from b to a on the customer's calendar, `engaged("step")` whether
            message of a step was opened or clicked, `steps.<id>.event` the event that ended the wait there, `now`
            the moment.
        run: whose.
        scene: what is true around it.
        names: what the event in question brings, which wins over the scene's data; without it, `event` is what the
            last event said that moved the run.
        renamed: step ids that the journey had before, and what they are now: a run may have passed it by then.
    """
    passed = {renamed.get(step, step): {"event": dict(heard)} for step, heard in run.events.items()}
    engaged = frozenset(renamed.get(step, step) for step in scene.engaged)
    known = {"event": dict(run.event or {}), **scene.data, **(names or {})}
    return _holds(condition, known, passed, replace(scene, engaged=engaged))


def lets_in(condition: str, scene: Scene, event: Event | None = None) -> tuple[bool, str]:
    """The same where a run may begin, by an event or without one: no step has been passed yet."""
    return _holds(condition, {**scene.data, **(event.names if event is not None else {})}, {}, scene)


def _holds(condition: str, names: Mapping[str, Any], passed: Mapping[str, Any], scene: Scene) -> tuple[bool, str]:
    now = moment(scene.now).replace(tzinfo=UTC)  # the library knows fixed offsets only
    return holds(compile_expression(condition), {**names, "steps": passed, "now": now}, _functions(scene))


def _functions(scene: Scene) -> dict[str, Callable[..., Any]]:
    return {
        "days": lambda later, earlier: (_day(later, scene.zone) - _day(earlier, scene.zone)).days,
        "engaged": lambda step: step in scene.engaged,
    }


def _day(value: object, zone: str) -> date:
    """The day of a date, a time with offset, or either as text, on the calendar of a zone."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        return (value.astimezone(zone_info(zone)) if value.tzinfo is not None else value).date()
    if isinstance(value, date):
        return value
    raise Unfit('needs a date such as "2026-11-27", not {value}', value=str(value))
