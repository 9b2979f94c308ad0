"""Objects: the orders, carts and shipments that events tell us about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Object:
    """An order, a shipment: `field_times` holds the event time that each field came from."""

    kind: str
    id: str
    customer_id: str | None
    data: Mapping[str, Any]
    field_times: Mapping[str, Instant]


def updated(existing: Object, data: Mapping[str, Any], at: Instant, customer_id: str) -> Object:
    """The object after an event: for each field the newest event time wins, in whatever order events arrive."""
    newer = {name: value for name, value in data.items() if at >= existing.field_times.get(name, at)}
    return Object(
        kind=existing.kind,
        id=existing.id,
        customer_id=existing.customer_id or customer_id,
        data={**existing.data, **newer},
        field_times={**existing.field_times, **dict.fromkeys(newer, at)},
    )


def unheard_of(kind: str, object_id: str) -> Object:
    """An object before its first event."""
    return Object(kind=kind, id=object_id, customer_id=None, data={}, field_times={})
