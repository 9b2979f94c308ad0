"""Events that nobody understood, as they came."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, tuple_

from orchestrator.store import bulk
from orchestrator.store.people_tables import quarantined_events
from orchestrator.store.port.quarantine import QuarantinedEvent, Waiting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from orchestrator.domain.time import Instant
    from orchestrator.store.port.quarantine import Chosen

_TABLE = quarantined_events.c
_CHANGING = (
    "type", "content", "timeless", "occurred_at", "received_at", "tried_at", "reason", "customer_id", "named",
)  # fmt: skip
_COLUMNS = ("id", "source", "source_id", *_CHANGING)


class SqlQuarantine:
    """See `port.Quarantine`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], QuarantinedEvent]:
        wanted = select(quarantined_events).where(tuple_(_TABLE.source, _TABLE.source_id).in_(list(pairs)))
        return {one.pair: one for one in self._read(wanted)} if pairs else {}

    def add(self, new: Sequence[QuarantinedEvent]) -> None:
        rows = [(one.id, *one.pair, *_changing(one)) for one in new]
        bulk.insert(self._connection, quarantined_events, _COLUMNS, rows)

    def put(self, changed: Sequence[QuarantinedEvent]) -> None:
        bulk.update(self._connection, quarantined_events, _CHANGING, [(*_changing(one), one.id) for one in changed])

    def get(self, event_id: str) -> QuarantinedEvent | None:
        return next(iter(self._read(select(quarantined_events).where(_TABLE.id == event_id))), None)

    def page(self, after: str, limit: int, *, of_type: str | None = None) -> list[QuarantinedEvent]:
        wanted = select(quarantined_events).where(_TABLE.id > after).order_by(_TABLE.id).limit(limit)
        return self._read(wanted if of_type is None else wanted.where(_TABLE.type == of_type))

    def chosen(self, chosen: Chosen, limit: int, *, after: tuple[Instant, str] | None = None) -> list[QuarantinedEvent]:
        in_order = (_TABLE.occurred_at, _TABLE.id)
        wanted = select(quarantined_events).where(*self._of(chosen)).order_by(*in_order).limit(limit)
        return self._read(wanted if after is None else wanted.where(tuple_(*in_order) > after))

    def remove(self, chosen: Chosen) -> int:
        return self._connection.execute(delete(quarantined_events).where(*self._of(chosen))).rowcount

    def understood(self, pairs: Collection[tuple[str, str]]) -> None:
        if pairs:
            accepted = tuple_(_TABLE.source, _TABLE.source_id).in_(list(pairs))
            self._connection.execute(delete(quarantined_events).where(accepted))

    def waiting(self) -> Waiting:
        rows = self._connection.execute(
            select(_TABLE.reason, func.count().label("count"), func.min(_TABLE.received_at).label("since"))
            .group_by(_TABLE.reason)
            .order_by(_TABLE.reason)
        ).all()
        since = min((row.since for row in rows), default=None)
        return Waiting(counts={row.reason: row._mapping["count"] for row in rows}, since=since)

    def forget(self, before: Instant) -> int:
        return self._connection.execute(delete(quarantined_events).where(_TABLE.received_at < before)).rowcount

    def _of(self, chosen: Chosen) -> Iterator[ColumnElement[bool]]:
        if chosen.ids is not None:
            yield bulk.among(self._connection, _TABLE.id, chosen.ids)
        if chosen.type is not None:
            yield _TABLE.type == chosen.type

    def _read(self, wanted: Select[tuple[object, ...]]) -> list[QuarantinedEvent]:
        return [_event(row) for row in self._connection.execute(wanted)]


def _changing(one: QuarantinedEvent) -> tuple[str | int | bool | None, ...]:
    return (
        one.type, bulk.dumps(dict(one.content)), one.timeless, one.occurred_at, one.received_at, one.tried_at,
        one.reason, one.customer_id, one.named,
    )  # fmt: skip


def _event(row: Row[tuple[object, ...]]) -> QuarantinedEvent:
    named = dict(row._mapping)
    return QuarantinedEvent(**{**named, "content": json.loads(named["content"])})
