"""What differs between the steps of a journey, and at which of its positions that is felt."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from orchestrator.journeys.clocks import is_timed_anew
from orchestrator.journeys.run import TRIGGER
from orchestrator.journeys.steps import kind_of
from orchestrator.plans.ways import ahead

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.outline import Place
    from orchestrator.journeys.steps import Step
    from orchestrator.plans.differences import Value


class StepWhat(StrEnum):
    """What becomes of a step. `words`: it stays as it is, and the message that it sends changes."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"
    WORDS = "words"


@dataclass(frozen=True, kw_only=True, slots=True)
class StepChange:
    """One step that differs; `was` is its id before, None for a new one.

    `before` and `after` are the step itself, without those inside it. `timed_anew`: who stands there waits otherwise.
    """

    what: StepWhat
    id: str
    was: str | None
    kind: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    timed_anew: bool = False


def step_changes(before: Journey, after: Journey) -> tuple[StepChange, ...]:
    """The steps that differ: those that are there, in the order of the file, then those that are gone."""
    same = _same(before, after)
    had, has = before.outline.places, after.outline.places
    moved = _moved(before, after, same)
    found: list[StepChange] = []
    for step_id, place in has.items():
        was = same.get(step_id)
        if was is None:
            found.append(_change(StepWhat.ADDED, step_id, None, place.step))
            continue
        old = had[was].step
        own, new = _own(old), _own(place.step)
        if own != new or was != step_id:
            change = _change(StepWhat.CHANGED, step_id, was, place.step)
            anew = is_timed_anew(old, place.step)
            found.append(replace(change, before=own, after=new, timed_anew=anew))
        elif step_id in moved:
            found.append(_change(StepWhat.MOVED, step_id, was, place.step))
    gone = [step_id for step_id in had if step_id not in same.values()]
    return (*found, *(_change(StepWhat.REMOVED, step_id, step_id, had[step_id].step) for step_id in gone))


def steps_saying(journey: Journey, messages: Collection[str]) -> tuple[StepChange, ...]:
    """The steps of a journey that send any of these messages."""
    return tuple(_change(StepWhat.WORDS, step.id, step.id, step) for step in journey.sends() if step.send in messages)


def becomes(step_id: str, before: Journey, after: Journey) -> Place | None:
    """What a step is in another release of its journey, whichever of the two was written first; None: it is gone.

    It is the same one under another id where the one that was written later says what it `was`.
    """
    found = after.outline.find(step_id)
    was = before.outline.places[step_id].step.was
    return found if found is not None or was in before.outline.places else after.outline.places.get(was or "")


def felt_at(change: StepChange, before: Journey, after: Journey | None) -> tuple[frozenset[str], frozenset[str]]:
    """Where people feel a change, as positions before it: at the step itself, and on the way to it.

    Whoever has passed it feels nothing. The way is the new one, for runs follow it live; to what is gone it is the
    old one.
    """
    standing = ahead(before)
    here = frozenset({change.was} & standing.keys()) if change.was is not None else frozenset[str]()
    if after is None or change.what is StepWhat.REMOVED:
        return here, frozenset(position for position, steps in standing.items() if change.id in steps) - here
    ways = ahead(after)
    coming = {position for position in standing if change.id in ways.get(_now(position, before, after), frozenset())}
    return here, frozenset(coming) - here


def felt_as_a_whole(values: Sequence[Value], journey: Journey) -> frozenset[str]:
    """Where people feel what a journey says outside of its steps: what ends or ranks a run concerns all inside.

    How one begins concerns those who wait for silence before it does.
    """
    roots = {re.split(r"[.\[]", value.path, maxsplit=1)[0] for value in values}
    if roots & {"exit_on", "goal", "priority", "entry"}:
        return frozenset(ahead(journey))
    return frozenset({TRIGGER}) if roots & {"trigger", "triggers"} else frozenset()


def _now(position: str, before: Journey, after: Journey) -> str:
    """A position as it is called now."""
    has = becomes(position, before, after) if position in before.outline.places else None
    return position if has is None else has.step.id


def _same(before: Journey, after: Journey) -> Mapping[str, str]:
    """Step of the new journey → the old one that it is."""
    had, has = before.outline.places, after.outline.places
    now = {was: becomes(was, before, after) for was in had}
    renamed = {place.step.id: was for was, place in now.items() if place is not None}
    return renamed | {step_id: step_id for step_id in has if step_id in had}


def _change(what: StepWhat, step_id: str, was: str | None, step: Step) -> StepChange:
    return StepChange(what=what, id=step_id, was=was, kind=kind_of(step) or "")


def _own(step: Step) -> Mapping[str, Any]:
    """A step without those inside it, and without the id that it had before: that is history."""
    document = step.model_dump(mode="json", by_alias=True, exclude={"was"})
    for path, inner, _ in step.lists():
        if inner:
            _empty(document, path)
    return document


def _empty(document: Any, path: Sequence[str | int]) -> None:
    *way, last = path
    for key in way:
        document = document[key]
    document[last] = "steps"


def _moved(before: Journey, after: Journey, same: Mapping[str, str]) -> frozenset[str]:
    """Steps that stand in another list than before, or in another order in it."""
    now = {was: step_id for step_id, was in same.items()}
    lists = {_renamed(holder, now): [now[one] for one in ids if one in now] for holder, ids in _lists(before)}
    moved: set[str] = set()
    for holder, ids in _lists(after):
        there, here = lists.get(holder, []), [one for one in ids if one in same]
        matches = SequenceMatcher(None, there, here, autojunk=False).get_matching_blocks()
        kept = {here[match.b + number] for match in matches for number in range(match.size)}
        moved |= set(here) - kept
    return frozenset(moved)


_Holder = tuple[str, tuple[str | int, ...]]


def _renamed(holder: _Holder, now: Mapping[str, str]) -> _Holder:
    return now.get(holder[0], holder[0]), holder[1]


def _lists(journey: Journey) -> Iterator[tuple[_Holder, list[str]]]:
    """Every list of steps: the step that holds it and where, and the ids in it."""
    for number, (_, steps) in enumerate(journey.beginnings()):
        yield ("", (number,)), [step.id for step in steps]
    for step in journey.all_steps():
        for path, inner, _ in step.lists():
            yield (step.id, path), [one.id for one in inner]
