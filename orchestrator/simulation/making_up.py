"""What an event carries that only happens in a simulation: as its file declares it, around its examples."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestrator.domain.time import moment, rfc3339
from orchestrator.schema import VariableType
from orchestrator.simulation.payload import payload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from orchestrator.domain.object import Object
    from orchestrator.domain.time import Instant
    from orchestrator.events import EventField, EventType
    from orchestrator.simulation.habits import Happened

DAYS_AHEAD = (2, 7)
"""A day that an event names lies so many days ahead: it promises something."""

SPREAD = (0.25, 4.0)
"""A number is the example's times something between these two, so that conditions on it part people."""


def made_up(
    event_type: EventType,
    happened: Happened,
    customer_id: str,
    known: Mapping[tuple[str, str], Object],
    chance: Random,
    zone: str,
) -> dict[str, Any]:
    """The data of an event: ids of its thread, what is known of its things, and for the rest something new."""
    things = {kind: {"id": thing_id(kind, customer_id, happened.thread)} for kind in _kinds(event_type)}
    bare = payload(event_type, {}, things, {})
    learnt = {
        name
        for reference in event_type.objects(bare).items()
        if reference in known
        for name in known[reference].data
    }  # fmt: skip
    new = {
        name: value
        for name, field in event_type.data.items()
        if name not in learnt and (value := _new(field, happened.at, chance, zone)) is not None
    }
    return payload(event_type, new, things, known)


def thing_id(kind: str, customer_id: str, thread: int) -> str:
    """The id of somebody's order, cart, whatever: one of a kind in each thread."""
    return f"{kind}/{customer_id}/{thread}"


def _kinds(event_type: EventType) -> list[str]:
    named = (name.removesuffix("_id") for name in event_type.data if name.endswith("_id"))
    return [kind for kind in dict.fromkeys((event_type.via, event_type.updates, *named)) if kind is not None]


def _new(field: EventField, at: Instant, chance: Random, zone: str) -> Any:
    if field.values:
        return chance.choice(field.values)
    match field.type:
        case VariableType.DATE:
            return (moment(at, zone).date() + timedelta(days=chance.randint(*DAYS_AHEAD))).isoformat()
        case VariableType.DATETIME:
            return rfc3339(at, zone)
        case VariableType.NUMBER if isinstance(field.example, (int, float)):
            low, high = SPREAD
            return round(field.example * low * (high / low) ** chance.random(), 2)
        case VariableType.BOOLEAN:
            return chance.random() < 1 / 2
    return None
