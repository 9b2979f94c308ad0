"""What breaks for whoever asks for messages or feeds events, with the data that sufficed until now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Variable
    from orchestrator.events import EventField
    from orchestrator.release import Release

BREAKS: Mapping[str, str] = {
    "variable_required": mark("{id} needs {name} now: who does not bring it is not written to"),
    "variable_type": mark("{id} reads {name} as {after} now, not as {before}"),
    "message_removed": mark("{id} can no longer be asked for"),
    "event_removed": mark("{id} is no longer accepted"),
    "field_required": mark("{id} is not accepted without {name} any more"),
    "field_removed": mark("{id} is not accepted with {name} any more"),
    "field_type": mark("{id} reads {name} as {after} now, not as {before}"),
    "field_values": mark("{id} accepts fewer values of {name}"),
}
"""Each kind of break, in a sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """One thing that worked and will not: of which message or event type, and which variable or field of it."""

    code: str
    id: str
    name: str = ""
    before: str = ""
    after: str = ""


def breaks(before: Release | None, after: Release) -> list[Break]:
    """Everything that callers have to change before this is in force."""
    if before is None:
        return []
    return [*_in_messages(before, after), *_in_events(before, after)]


def _in_messages(before: Release, after: Release) -> Iterator[Break]:
    for name, had in sorted(before.messages.items()):
        has = after.messages.get(name)
        if has is None:
            yield Break(code="message_removed", id=name)
        else:
            yield from _in_variables(name, had.message.variables, has.message.variables)


def _in_variables(message: str, had: Mapping[str, Variable], has: Mapping[str, Variable]) -> Iterator[Break]:
    for name, variable in has.items():
        known = had.get(name)
        was_needed = known is not None and known.fallback is None
        if variable.fallback is None and not was_needed:
            yield Break(code="variable_required", id=message, name=name)
        if known is not None and known.type is not variable.type:
            yield Break(code="variable_type", id=message, name=name, before=known.type.value, after=variable.type.value)


def _in_events(before: Release, after: Release) -> Iterator[Break]:
    for name, had in sorted(before.events.items()):
        has = after.events.get(name)
        if has is None:
            yield Break(code="event_removed", id=name)
            continue
        for field in sorted(had.data.keys() - has.data.keys()):
            yield Break(code="field_removed", id=name, name=field)
        for field, now in has.data.items():
            yield from _in_field(name, field, had.data.get(field), now)


def _in_field(event: str, name: str, had: EventField | None, has: EventField) -> Iterator[Break]:
    if has.required and (had is None or not had.required):
        yield Break(code="field_required", id=event, name=name)
    if had is None:
        return
    if had.type is not has.type:
        yield Break(code="field_type", id=event, name=name, before=had.type.value, after=has.type.value)
    elif has.values and (not had.values or set(had.values) - set(has.values)):
        yield Break(code="field_values", id=event, name=name)
