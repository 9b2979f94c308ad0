"""What an event of a scenario carries: what the case says, and for the rest what is known, or what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.events import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.domain.object import Object
    from orchestrator.events import EventField, EventType


def payload(
    event_type: EventType,
    said: Mapping[str, Any],
    persona: Mapping[str, Any],
    known: Mapping[tuple[str, str], Object],
) -> dict[str, Any]:
    """The data of an event, each declared field with the first value that fits it.

    Args:
        event_type: what is declared.
        said: what the case says; None leaves a field out.
        persona: the persona's things by kind.
        known: what events have told of things by now, by (kind, id).
    """
    ids = {name: said[name] if name in said else _id_in(name, event_type, persona) for name in event_type.data}
    touched = event_type.objects({name: value for name, value in ids.items() if value is not None})
    sources: list[Mapping[str, Any]] = [
        *(known[reference].data for reference in touched.items() if reference in known),
        *(persona[kind] for kind in touched if isinstance(persona.get(kind), dict)),
    ]
    data = dict(said)
    for name, field in event_type.data.items():
        if name not in said:
            data[name] = next(_values(name, field, ids[name], sources), None)
    return {name: value for name, value in data.items() if value is not None}


def _values(name: str, field: EventField, own_id: Any, sources: list[Mapping[str, Any]]) -> Iterator[Any]:
    """What a field may be, the best first."""
    for value in (own_id, *(source.get(name) for source in sources), _plain(field.example)):
        if value is not None and fits(field, value):
            yield value


def _id_in(name: str, event_type: EventType, persona: Mapping[str, Any]) -> Any:
    """The id of the persona's thing that a field names: by `order_id`, or as the key of what the event is about."""
    kinds = [name.removesuffix("_id")] if name.endswith("_id") else []
    if event_type.key == f"data.{name}":
        kinds += [kind for kind in (event_type.updates, event_type.via) if kind is not None]
    things = (persona.get(kind) for kind in kinds)
    return next((thing["id"] for thing in things if isinstance(thing, dict) and thing.get("id") is not None), None)


def _plain(example: Any) -> Any:
    """An example as an event carries it: a list where the file has one."""
    return [dict(item) for item in example] if isinstance(example, tuple) else example
