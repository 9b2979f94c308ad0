"""Whether an event is the business of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.journeys.model import Exit, Goal, Journey
    from orchestrator.journeys.run import Event, Run
    from orchestrator.journeys.steps import Awaited


def is_of(journey: Journey, awaited: Awaited, event: Event, run: Run) -> bool:
    """Whether an event is of the type that is waited for, and of this run.

    By `match` if that is said. Else, where the event names the journey's own key, it must be the run's: what happens
    to another order of the customer moves that order's run. An event that names no key is everybody's.
    """
    if awaited.event != event.type:
        return False
    if awaited.match is not None:
        return _has_key(run, event, awaited.match)
    key = journey.entry.key if journey.entry is not None else None
    return key is None or look_up(event.names, key) is None or _has_key(run, event, key)


def only_of(journey: Journey, event: Event) -> str | None:
    """The key of the runs of its customer that an event can be of any interest to; None: of all of them.

    Somebody with thousands of orders has as many runs, and most events are about one.
    """
    key = journey.entry.key if journey.entry is not None else None
    if key is None or event.type in journey.heard_by_all:
        return None
    named = look_up(event.names, key)
    return None if named is None else str(named)


def ends(leaving: Exit | Goal, event: Event, run: Run) -> bool:
    """Whether an event ends a run, or is what it is for: any of its customer, unless `match` narrows it."""
    if leaving.event != event.type:
        return False
    return leaving.match is None or _has_key(run, event, leaving.match)


def is_named(journey: Journey, run: Run, event: Event) -> bool:
    """Whether an event names the run's own key: it is of this run, not only of its customer."""
    key = journey.entry.key if journey.entry is not None else None
    return key is not None and _has_key(run, event, key)


def look_up(data: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where there is none."""
    place: Any = data
    for part in path.split("."):
        if not isinstance(place, dict) or part not in place:
            return None
        place = place[part]
    return place


def _has_key(run: Run, event: Event, path: str) -> bool:
    found = look_up(event.names, path)
    return found is not None and str(found) == run.key
