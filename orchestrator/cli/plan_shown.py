"""A plan in words: what differs, for whom, what breaks, what comes next, and what has to be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.cli.waterfall import show_waterfall
from orchestrator.domain.time import rfc3339
from orchestrator.plans.breaking import BREAKS
from orchestrator.plans.differences import values_between
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from orchestrator.cli.planned import Planned
    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.plans.changing import Changed
    from orchestrator.dispatch.plans.foreseeing import Hour
    from orchestrator.dispatch.plans.impact import Impact, StepPeople
    from orchestrator.plans.breaking import Break
    from orchestrator.plans.differences import Change, Value

SHOWN_MAX = 6
"""Values of one thing that are named; the others are counted."""

SCALAR_MAX = 32
"""Longer values are named without what they say."""

SIGNS = {"added": ("+", GOOD), "changed": ("~", STRONG), "removed": ("-", BAD)}

KINDS: Mapping[str, str] = {
    "project": mark("project"),
    "voice": mark("voice"),
    "message": mark("message"),
    "reply": mark("reply"),
    "journey": mark("journey"),
    "segment": mark("segment"),
    "event": mark("event"),
    "offer": mark("offer"),
    "delivery": mark("delivery"),
    "policy": mark("policy"),
    "places": mark("lines"),
    "wording": mark("wording"),
}

STEPS: Mapping[str, str] = {
    "added": mark("new"),
    "changed": mark("changed"),
    "moved": mark("at another place"),
    "removed": mark("gone"),
    "words": mark("its message has other words"),
}


def show(terminal: Terminal, found: Planned) -> None:
    """Everything, for a person who has to decide."""
    if not found.changes_anything:
        terminal.say("Nothing would change: the files say what is in force.")
        return
    if found.plan.before is None:
        terminal.say("Nothing is in force yet.")
    else:
        terminal.say("Comparing {after} with {before}, which is in force.", **found.plan.model_dump(include=_NAMES))
    terminal.show("")
    for change in found.changes:
        _show_change(terminal, change)
    _show_breaks(terminal, found.breaks)
    _show_impact(terminal, found.impact)
    for hour in found.hours:
        _show_hour(terminal, hour, found.zone)
    terminal.show("")
    terminal.say("{add} to add, {change} to change, {remove} to remove.", **found.summary)


def tell_done(terminal: Terminal, name: str, release: str, done: Changed | None) -> None:
    """What came of a plan."""
    counts = {"moved": 0, "ended": 0, "timed_anew": 0}
    if done is not None:
        counts = {"moved": done.moved, "ended": done.ended, "timed_anew": done.timed_anew}
    terminal.document(name, ok=True, release=release, changed=done is not None, **counts)
    if done is None:
        terminal.say("{release} is in force already.", release=release)
        return
    terminal.say("{release} is in force.", release=release)
    for sentence, count in (
        (mark("Runs that were moved, and go on from there: {count}"), done.moved),
        (mark("Runs that are over, because where they stood is gone: {count}"), done.ended),
        (mark("Runs that wait by the new times: {count}"), done.timed_anew),
    ):
        if count:
            terminal.say(sentence, count=f"{count:,}")


_NAMES = {"before", "after"}


def _show_change(terminal: Terminal, change: Change) -> None:
    kind = terminal.words(KINDS[change.kind])
    sign, style = SIGNS[change.what.value]
    terminal.show(
        (f"  {sign} ", style), f"{kind:<10}", (f"{change.id:<24}", STRONG), _in_short(terminal, change.values)
    )
    for step in change.steps:
        values = _own_values(step.before, step.after)
        told = _in_short(terminal, values) or terminal.words(STEPS[step.what.value])
        terminal.show("      ", (f"{step.id:<24}", STRONG), f"{step.kind:<10}", (told, DIM))


def _own_values(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Sequence[Value]:
    return () if before is None or after is None else values_between(before, after)


def _in_short(terminal: Terminal, values: Sequence[Value]) -> str:
    told = ", ".join(_one_in_short(value) for value in values[:SHOWN_MAX])
    more = len(values) - SHOWN_MAX
    return f"{told} {terminal.words('and {more} more', more=more)}" if more > 0 else told


def _one_in_short(value: Value) -> str:
    before, after = ("-" if one is None else str(one) for one in (value.before, value.after))
    return f"{value.path}: {before} → {after}" if max(len(before), len(after)) <= SCALAR_MAX else value.path


def _show_breaks(terminal: Terminal, breaks: Iterable[Break]) -> None:
    for place, one in enumerate(breaks):
        if not place:
            terminal.show("")
            terminal.say("What breaks for whoever asks for messages or feeds events:")
        words = {"id": one.id, "name": one.name, "before": one.before, "after": one.after}
        terminal.show(("  ! ", BAD), terminal.words(BREAKS[one.code], **words))


def _show_impact(terminal: Terminal, impact: Impact) -> None:
    for one in impact.journeys:
        if not one.inside:
            continue
        terminal.show("")
        terminal.say(
            "{journey}: people inside: {inside}, of whom this concerns: {affected}",
            journey=one.journey, inside=f"{one.inside:,}", affected=f"{one.affected:,}",
        )  # fmt: skip
        for people in one.steps:
            _show_step(terminal, people)
    for message, count in impact.waiting.items():
        terminal.say("{message}: wait to be sent, and follow the change: {count}", message=message, count=f"{count:,}")
    for occupied in impact.occupied:
        words = {
            "place": ".".join(filter(None, (occupied.journey, occupied.step))),
            "people": f"{occupied.people:,}",
            "to": occupied.to,
        }
        sentence, style = (
            (mark("{place} is gone; who stands there goes on at {to}: {people}"), DIM) if occupied.to
            else (mark("{place} is gone; who stands there is out: {people}"), DIM) if occupied.leaves
            else (mark("{place} is gone, and people stand there: {people}. Say --move-to STEP, or --exit"), BAD)
            if occupied.step
            else (mark("{place} is gone, and people are inside: {people}. Say --exit"), BAD)
        )  # fmt: skip
        terminal.show(("  ✖ " if style == BAD else "  → ", style), terminal.words(sentence, **words))


def _show_hour(terminal: Terminal, hour: Hour, zone: str) -> None:
    terminal.show("")
    terminal.say("{journey}, next at {at}:", journey=hour.journey, at=rfc3339(hour.at, zone))
    show_waterfall(terminal, hour.segment, hour.waterfall)


def _show_step(terminal: Terminal, people: StepPeople) -> None:
    told = terminal.words(
        "stand there: {here}, may still come to it: {ahead}", here=f"{people.here:,}", ahead=f"{people.ahead:,}"
    )
    what = terminal.words(STEPS[people.step.what.value])
    new_times = terminal.words("new times apply to them") if people.step.timed_anew and people.here else ""
    terminal.show(
        "      ", (f"{people.step.id:<24}", STRONG), what, (f"  {told}  ", DIM), (new_times, STRONG)
    )  # fmt: skip
