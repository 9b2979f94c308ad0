"""Why a message was never requested: for every step that asks for it, what became of the events that could have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.values import look_up
from orchestrator.dispatch.explain.values import Missed, Unasked
from orchestrator.dispatch.runs.backstage import Backstage
from orchestrator.domain.pause import PauseScope
from orchestrator.expressions import operands
from orchestrator.journeys.asking import askings
from orchestrator.journeys.conditions import lets_in
from orchestrator.journeys.entrance import entrance, rolled_out
from orchestrator.journeys.run import TRIGGER, Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.asking import Asking
    from orchestrator.journeys.entrance import Entrance
    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.run import Event, Run, Scene
    from orchestrator.release import Release
    from orchestrator.store.evidence import RunBegun
    from orchestrator.store.port import StoredEvent, Transaction

EVENTS_MAX = 100
MISSED_MAX = 3


def unasked(
    transaction: Transaction, release: Release, customer: Customer, message: str, now: Instant
) -> tuple[Unasked, ...]:
    """One entry for every step of a journey that asks for the message, and trigger that leads to it.

    None at all: no journey sends it. Objects and facts are read as they are now; an event that would begin a run today
    may not have done so in its own time.
    """
    asking = [
        (journey, trigger, one)
        for journey in release.journeys.values()
        for one in askings(journey)
        if one.message == message
        for trigger in one.triggers
    ]
    types = {event for _, trigger, one in asking for event in (trigger.event, one.on) if event is not None}
    events = transaction.explanations.events_of(customer.id, types, EVENTS_MAX) if types else []
    backstage = Backstage(
        release=release,
        customers={customer.id: customer},
        objects=transaction.events.objects({pair for event in events for pair in event.objects.items()}),
    )
    backstage.look_up(transaction, frozenset[str]().union(*(journey.asked_to_begin for journey, _, _ in asking)))
    scene = backstage.around(customer.id, now)
    pauses = transaction.pauses.active(now)
    inside = transaction.memberships.since(customer.id) if release.entered_by else {}
    return tuple(
        Unasked(
            journey=journey.id,
            step=one.step,
            event_type=one.on or trigger.event,
            missed=tuple(_missed(transaction, journey, trigger, one, _told(events, trigger, one, backstage), scene)),
            pause=pauses.of(PauseScope.JOURNEY, journey.id),
            segment=trigger.enters if one.on is None else None,
            inside_since=inside.get(trigger.enters or ""),
        )
        for journey, trigger, one in asking
    )


def _told(
    events: Sequence[StoredEvent], trigger: Trigger, asking: Asking, backstage: Backstage
) -> list[tuple[StoredEvent, Event]]:
    """The newest events that could have asked, each as journeys see it."""
    wanted = asking.on or trigger.event
    ours = [event for event in events if event.type == wanted][:MISSED_MAX]
    return [(event, backstage.event(event)) for event in ours]


def _missed(
    transaction: Transaction, journey: Journey, trigger: Trigger, asking: Asking,
    told: Sequence[tuple[StoredEvent, Event]], scene: Scene,
) -> Iterator[Missed]:  # fmt: skip
    entrances = [entrance(journey, seen, f"{event.source}/{event.source_id}", scene) for event, seen in told]
    keys = {found.key for found in entrances if found.key is not None}
    begun = transaction.explanations.runs(journey.id, keys) if keys else {}
    runs = {run.id: run for run in transaction.runs.get({one.id for one in begun.values()})}
    for (event, seen), found in zip(told, entrances, strict=True):
        run = begun.get(found.key or "")
        if asking.on is not None:
            why, note = "ended_none", ""
        else:
            not_begun = _not_begun(journey, trigger, asking, seen, found, scene)
            why, note = not_begun or _begun(journey, event, run, runs)
        yield Missed(event_type=event.type, event_id=event.id, at=event.occurred_at, why=why, note=note)


def _not_begun(
    journey: Journey, trigger: Trigger, asking: Asking, seen: Event, found: Entrance, scene: Scene
) -> tuple[str, str] | None:
    """Why an event cannot begin the run that asks; None when it can."""
    at_once = trigger.quiet_for is None
    false = untrue(trigger.when, lambda part: lets_in(part, scene, seen)) if at_once and trigger.when else None
    if false is not None:
        operand, note = false
        missing = _missing(operand, {**scene.data, **seen.names}) if note else ""
        return ("operand_missing", missing) if missing else ("condition_false", note or operand)
    if not rolled_out(journey, scene.data["customer"]["id"]):
        return "not_rolled_out", f"{journey.rollout}"
    if found.key is None:
        return "key_missing", (journey.entry.key if journey.entry is not None else None) or ""
    if journey.beginnings()[found.beginning][0] is not trigger:
        return "other_steps", asking.step
    return None


def _begun(journey: Journey, event: StoredEvent, begun: RunBegun | None, runs: Mapping[str, Run]) -> tuple[str, str]:
    """What became of a run that could have asked."""
    if begun is None:
        return "would_now", ""
    if begun.event_id != event.id:
        again = journey.entry is not None and journey.entry.again_after is not None
        return "too_soon" if again else "run_exists", begun.key
    run = runs.get(begun.id)
    if run is not None and run.ended_at is None:
        return ("run_hushed", begun.id) if run.position == TRIGGER else ("run_waits", run.position or "")
    if run is not None and run.ending not in (None, Ending.FINISHED):
        return "run_ended", run.note or str(run.ending)
    return "step_new", begun.id


def untrue(when: str, ask: Callable[[str], tuple[bool, str]]) -> tuple[str, str] | None:
    """The first part of a condition that is not true, and a note where that cannot be told; None if all is true.

    `ask` says so of a condition.
    """
    true, note = ask(when)
    if true:
        return None
    for operand in operands(when):
        true, told = ask(operand)
        if not true:
            return operand, told
    return when, note


_PATH = re.compile(r"(?<![\w.\"'])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?![\w(])")


def _missing(operand: str, data: Mapping[str, Any]) -> str:
    """The first path of an operand that the data does not have."""
    return next((path for path in _PATH.findall(operand) if look_up(data, tuple(path.split("."))) is None), "")
