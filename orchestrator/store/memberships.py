"""Memberships: the segments that begin journeys, compared with who was in them, by the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, select

from orchestrator.store import bulk
from orchestrator.store.port import Watch
from orchestrator.store.segments import fitting
from orchestrator.store.tables import customers, segment_members, watches

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Row

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Audience

_MEMBERS = segment_members.c


class SqlMemberships:
    """See `port.Memberships`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def watches(self) -> dict[str, Watch]:
        return {row.segment: _watch(row) for row in self._connection.execute(select(watches))}

    def take(self, segment: str) -> Watch | None:
        wanted = select(watches).where(watches.c.segment == segment)
        row = self._connection.execute(wanted.with_for_update(skip_locked=True)).first()
        return None if row is None else _watch(row)

    def put(self, watch: Watch) -> None:
        journeys = bulk.dumps(sorted(watch.journeys))
        row = (watch.segment, watch.filter, journeys, watch.reached, watch.looked_at)
        columns = ("segment", "filter", "journeys", "reached", "looked_at")
        bulk.upsert(self._connection, watches, columns, ("segment",), [row])

    def end(self, segments: Collection[str]) -> None:
        for table in (segment_members, watches):
            self._connection.execute(delete(table).where(table.c.segment.in_(sorted(segments))))

    def changed(self, segment: str, audience: Audience, after: str, limit: int) -> list[str]:
        known = exists().where(_of(segment), _MEMBERS.customer_id == customers.c.id)
        differs = known != fitting(self._connection, audience)
        wanted = select(customers.c.id).where(differs, customers.c.id > after)
        return list(self._connection.scalars(wanted.order_by(customers.c.id).limit(limit)))

    def members(self, segment: str, customer_ids: Collection[str]) -> set[str]:
        theirs = bulk.among(self._connection, _MEMBERS.customer_id, customer_ids)
        return set(self._connection.scalars(select(_MEMBERS.customer_id).where(_of(segment), theirs)))

    def since(self, customer_id: str) -> dict[str, Instant]:
        wanted = select(_MEMBERS.segment, _MEMBERS.entered_at).where(_MEMBERS.customer_id == customer_id)
        return {row.segment: row.entered_at for row in self._connection.execute(wanted)}

    def add(self, segment: str, customer_ids: Collection[str], at: Instant) -> None:
        rows = [(segment, customer_id, at) for customer_id in sorted(customer_ids)]
        bulk.insert_missing(self._connection, segment_members, ("segment", "customer_id", "entered_at"), rows)

    def remove(self, segment: str, customer_ids: Collection[str]) -> None:
        theirs = bulk.among(self._connection, _MEMBERS.customer_id, customer_ids)
        self._connection.execute(delete(segment_members).where(_of(segment), theirs))


def _of(segment: str) -> ColumnElement[bool]:
    return _MEMBERS.segment == segment


def _watch(row: Row[Any]) -> Watch:
    return Watch(
        segment=row.segment,
        filter=row.filter,
        journeys=frozenset(row.journeys),
        looked_at=row.looked_at,
        reached=row.reached,
    )
