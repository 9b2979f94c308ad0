"""Why a message was never requested: for every step that asks for it, what became of the events that could have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.values import look_up
from orchestrator.dispatch.explain.values import Missed, Unasked
from orchestrator.domain.pause import PauseScope
from orchestrator.expressions import compile_expression, holds
from orchestrator.journeys.advance import Happening, entrance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey, SendStep, Trigger
    from orchestrator.release import Release
    from orchestrator.store.evidence import RunBegun
    from orchestrator.store.port import StoredEvent, Transaction

EVENTS_MAX = 100
MISSED_MAX = 3

Objects = dict[tuple[str, str], "Mapping[str, Any]"]


def unasked(
    transaction: Transaction, release: Release, customer: Customer, message: str, now: Instant
) -> tuple[Unasked, ...]:
    """One entry for every step of a journey that asks for the message. None at all: no journey sends it.

    Objects are read as they are now; an event that would begin a run today may not have done so in its own time.
    """
    asking = [
        (journey, trigger, step)
        for journey in release.journeys.values()
        for trigger, steps in journey.beginnings()
        for step in steps
        if step.send == message
    ]
    types = {trigger.event for _, trigger, _ in asking}
    events = transaction.explanations.events_of(customer.id, types, EVENTS_MAX) if types else []
    objects: Objects = transaction.events.data_of({pair for event in events for pair in event.objects.items()})
    pauses = transaction.pauses.active(now)
    return tuple(
        Unasked(
            journey=journey.id,
            step=step.id,
            event_type=trigger.event,
            missed=_missed(transaction, journey, trigger, step, _told(events, trigger, customer, objects)),
            pause=pauses.of(PauseScope.JOURNEY, journey.id),
        )
        for journey, trigger, step in asking
    )


def _told(
    events: Sequence[StoredEvent], trigger: Trigger, customer: Customer, objects: Objects
) -> list[tuple[StoredEvent, dict[str, Any]]]:
    """The newest events of a trigger, each with what conditions read of it."""
    ours = [event for event in events if event.type == trigger.event][:MISSED_MAX]
    return [(event, _data(event, customer, objects)) for event in ours]


def _data(event: StoredEvent, customer: Customer, objects: Objects) -> dict[str, Any]:
    """As the desk gives it to journeys when an event comes in."""
    return {
        "event": {"type": event.type, **event.data},
        "customer": {**customer.attributes, "id": customer.id},
        **{kind: {**objects.get((kind, one), {}), "id": one} for kind, one in event.objects.items()},
    }


def _missed(
    transaction: Transaction,
    journey: Journey,
    trigger: Trigger,
    step: SendStep,
    told: Sequence[tuple[StoredEvent, dict[str, Any]]],
) -> tuple[Missed, ...]:
    entrances = [
        entrance(journey, Happening(key=f"{event.source}/{event.source_id}", type=event.type), data)
        for event, data in told
    ]
    keys = {found.key for found in entrances if found.key is not None}
    runs = transaction.explanations.runs(journey.id, keys) if keys else {}
    missed = []
    for (event, data), found in zip(told, entrances, strict=True):
        why, note = _why(journey, trigger, step, event, data, runs.get(found.key or ""), found.key)
        missed.append(Missed(event_type=event.type, event_id=event.id, at=event.occurred_at, why=why, note=note))
    return tuple(missed)


def _why(
    journey: Journey,
    trigger: Trigger,
    step: SendStep,
    event: StoredEvent,
    data: Mapping[str, Any],
    run: RunBegun | None,
    key: str | None,
) -> tuple[str, str]:
    if trigger.when is not None and (found := untrue(trigger.when, data)) is not None:
        operand, note = found
        missing = _missing(operand, data) if note else ""
        return ("operand_missing", missing) if missing else ("condition_false", note or operand)
    if key is None:
        return "key_missing", journey.entry.key if journey.entry is not None else ""
    if _first_that_holds(journey, event.type, data) is not trigger:
        return "other_steps", step.id
    if run is None:
        return "would_now", ""
    return ("step_new", run.id) if run.event_id == event.id else ("run_exists", key)


def _first_that_holds(journey: Journey, event_type: str, data: Mapping[str, Any]) -> Trigger | None:
    """A run takes the steps of one trigger: the first that is met."""
    met = (
        trigger
        for trigger, _ in journey.beginnings()
        if trigger.event == event_type and (trigger.when is None or holds(compile_expression(trigger.when), data)[0])
    )
    return next(met, None)


def untrue(when: str, data: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first part of a condition that is not true, and a note where that cannot be told; None if all is true."""
    true, note = holds(compile_expression(when), data)
    if true:
        return None
    for operand in operands(when):
        true, told = holds(compile_expression(operand), data)
        if not true:
            return operand, told
    return when, note


_PATH = re.compile(r"(?<![\w.\"'])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?![\w(])")


def _missing(operand: str, data: Mapping[str, Any]) -> str:
    """The first path of an operand that the data does not have."""
    return next((path for path in _PATH.findall(operand) if look_up(data, tuple(path.split("."))) is None), "")
