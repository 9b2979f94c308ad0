"""Journeys as rules read them: what is known when an event has happened, and where its steps stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.journeys.steps import UpdateStep
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.events import EventType
    from orchestrator.project import Read, Survey

KeyPath = tuple[str | int, ...]

# What everybody's profile may hold; a shop has more, and its personas and mappings show which.
_ATTRIBUTES = frozenset({"id", "first_name", "last_name", "full_name", "orders_count"})

# The profile itself: the gate reads it, and copy never sees it (see dispatch's data_for).
_NOT_FOR_COPY = frozenset({"email", "phone", "push_token", "locale", "timezone"})


def all_read(survey: Survey, *folders: str) -> bool:
    """Whether every file of some folders could be read. Where one could not, what it declares must not be missed."""
    prefixes = tuple(f"templates/{folder}/" for folder in folders)
    return not any(finding.level == "error" and finding.file.startswith(prefixes) for finding in survey.findings)


def brought_by(event: EventType, events: Mapping[str, Read[EventType]]) -> frozenset[str]:
    """The names that an event brings: its own data, and the objects that it touches as all events have made them."""
    found = {f"event.{name}" for name in ("type", *event.data)}
    for kind in kinds_of(event):
        found |= {f"{kind}.id"} | {f"{kind}.{name}" for name in fields_of(kind, events)}
    return frozenset(found)


def kinds_of(event: EventType) -> tuple[str, ...]:
    """The kinds of object that an event touches: the one that it updates, and the one that knows the customer."""
    own = (event.updates,) if event.updates and event.key else ()
    return tuple(dict.fromkeys(kind for kind in (*own, event.via) if kind))


def fields_of(kind: str, events: Mapping[str, Read[EventType]]) -> frozenset[str]:
    """What an object of a kind may hold: the data of every event that updates one."""
    return frozenset(name for read in events.values() if read.model.updates == kind for name in read.model.data)


def values_of(kind: str, field: str, events: Mapping[str, Read[EventType]]) -> tuple[str, ...]:
    """What a field of an object can be at all; nothing where an event may set it to anything."""
    setting = [
        read.model.data[field] for read in events.values() if read.model.updates == kind and field in read.model.data
    ]
    if not all(one.values and one.type is VariableType.STRING for one in setting):
        return ()
    return tuple(dict.fromkeys(value for one in setting for value in one.values))


def attributes_of(survey: Survey) -> frozenset[str]:
    """What `customer.` may read: the usual names, and those that a persona, a mapping or a step gives somebody."""
    shown = {name for persona in survey.personas.values() for name in persona.model.customer}
    told = {name for mapping in survey.mappings.values() for name in mapping.model.customer.attributes}
    told |= {name for sheet in survey.sheets.values() for name in sheet.model.attributes()}
    told |= {
        path.removeprefix("customer.")
        for read in survey.journeys.values()
        for step in read.model.all_steps()
        if isinstance(step, UpdateStep)
        for path in step.update
    }
    return frozenset(f"customer.{name}" for name in _ATTRIBUTES | told | (shown - _NOT_FOR_COPY))


def reaches(path: str, known: frozenset[str]) -> bool:
    """Whether a path is known, or lies inside a value that is."""
    parts = path.split(".")
    return any(".".join(parts[:length]) in known for length in range(1, len(parts) + 1))
