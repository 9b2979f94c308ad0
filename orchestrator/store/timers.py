"""Timers: deliveries that are asked for later, each with the row that it becomes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, String, cast, func, literal, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.domain.delivery import Mode
from orchestrator.domain.timer import Timer, WallTime
from orchestrator.store import bulk
from orchestrator.store.requests import COLUMNS, row_of
from orchestrator.store.tables import deliveries, timers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import NewDelivery

_TABLE = timers.c
# As the index says it: see `tables.CLAIMABLE_ROWS`.
_PENDING = text("timers.fired_at IS NULL")

# What becomes a delivery. The other kind calls a run, which is `store.runs`' business.
DELIVERY = "delivery"

# Columns of the next row that the timer has itself, and the one that firing gives; all others are in `content`.
_OF_THE_TIMER = {
    "id": _TABLE.id,
    "identity": _TABLE.identity,
    "customer_id": _TABLE.customer_id,
    "due_at": _TABLE.due_at,
    "accepted_at": _TABLE.created_at,
}
_OF_THE_FIRING = "next_action_at"
_OF_THE_CONTENT = tuple(name for name in COLUMNS if name not in {*_OF_THE_TIMER, _OF_THE_FIRING})

_INSERT: Mapping[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class SqlTimers:
    """See `port.Timers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, planned: Sequence[tuple[WallTime, NewDelivery]], at: Instant) -> None:
        bulk.insert(self._connection, timers, _COLUMNS, [_row(when, new, at) for when, new in planned])

    def add_missing(self, planned: Sequence[tuple[WallTime, NewDelivery]], at: Instant) -> None:
        bulk.insert_missing(self._connection, timers, _COLUMNS, [_row(when, new, at) for when, new in planned])

    def due(self, limit: int, *, business_now: Instant) -> list[Timer]:
        wanted = (
            select(_TABLE.id, _TABLE.wall, _TABLE.zone, _TABLE.due_at)
            .where(_PENDING, _TABLE.kind == DELIVERY, _TABLE.due_at <= business_now)
            .order_by(_TABLE.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [
            Timer(timer_id, WallTime(wall, zone), due_at)
            for timer_id, wall, zone, due_at in bulk.fetch(self._connection, wanted)
        ]

    def waiting(self, *, business_now: Instant) -> bool:
        found = select(_TABLE.id).where(_PENDING, _TABLE.due_at <= business_now).limit(1)
        return self._connection.scalars(found).first() is not None

    def pending_of(self, messages: Collection[str]) -> dict[str, int]:
        message = _TABLE.content["message"].as_string()
        counted = (
            select(message, func.count())
            .where(_PENDING, _TABLE.kind == DELIVERY, bulk.among(self._connection, message, messages))
            .group_by(message)
        )
        return dict(bulk.fetch(self._connection, counted))

    def fire(self, timer_ids: Collection[str], at: Instant) -> None:
        ours = bulk.among(self._connection, _TABLE.id, timer_ids)
        next_rows = select(*(_value(name, at) for name in COLUMNS)).where(ours)
        insert = _INSERT[self._connection.dialect.name](deliveries).on_conflict_do_nothing()
        self._connection.execute(insert.from_select(list(COLUMNS), next_rows))
        self._connection.execute(update(timers).where(ours).values(fired_at=at))

    def pending_walls(self, before: Instant) -> list[tuple[WallTime, Instant]]:
        rows = self._connection.execute(
            select(_TABLE.wall, _TABLE.zone, _TABLE.due_at).where(_PENDING, _TABLE.due_at <= before).distinct()
        )
        return [(WallTime(wall, zone), due_at) for wall, zone, due_at in rows]

    def move(self, moved: Sequence[Timer]) -> None:
        bulk.update(self._connection, timers, ("due_at",), [(timer.at.instant, timer.id) for timer in moved])

    def move_walls(self, moved: Collection[tuple[WallTime, Instant]]) -> int:
        return sum(
            self._connection.execute(
                update(timers)
                .where(_PENDING, _TABLE.due_at == before, _TABLE.wall == when.wall, _TABLE.zone == when.zone)
                .values(due_at=when.instant)
            ).rowcount
            for when, before in moved
        )

    def get(self, timer_id: str) -> dict[str, Any] | None:
        row = self._connection.execute(select(timers).where(_TABLE.id == timer_id, _PENDING)).first()
        if row is None:
            return None
        # Every column of a delivery that nobody has touched yet.
        document: dict[str, Any] = dict.fromkeys(column.name for column in deliveries.c)
        document |= {"detail": "", "reason": "", "receipt": "", "excluded": "", "calls": 0, "possible_duplicate": False}
        document |= {"mode": Mode.LIVE.value}
        document |= {"address": None, "rendering": None, "receipts": [], "decisions": []}
        document |= row.content
        return document | {name: getattr(row, column.name) for name, column in _OF_THE_TIMER.items()}


_COLUMNS = ("id", "identity", "kind", "customer_id", "wall", "zone", "due_at", "content", "created_at")


def _row(when: WallTime, new: NewDelivery, at: Instant) -> tuple[Any, ...]:
    return (
        new.request.id,
        new.identity,
        DELIVERY,
        new.request.customer_id,
        when.wall,
        when.zone,
        when.instant,
        bulk.dumps(_content(new, at)),
        new.request.accepted_at,
    )


def _content(new: NewDelivery, at: Instant) -> Mapping[str, Any]:
    """What the next row holds beside what the timer has. JSON columns are in it as they are, not as text."""
    row = dict(zip(COLUMNS, row_of(new, at), strict=True))
    return {name: json.loads(row[name]) if _is_json(name) else row[name] for name in _OF_THE_CONTENT}


def _value(name: str, at: Instant) -> ColumnElement[Any]:
    """One column of the next row, read from the timer by the database: no row passes through Python."""
    column = deliveries.c[name]
    if name in _OF_THE_TIMER:
        return _OF_THE_TIMER[name]
    if name == _OF_THE_FIRING:
        return literal(at, column.type)
    if _is_json(name):
        return _TABLE.content[name]
    word = _TABLE.content[name].as_string()
    if name == "mode":  # timers of versions that knew none have none
        return func.coalesce(word, Mode.LIVE.value)
    return word if isinstance(column.type, String) else cast(word, column.type)


def _is_json(name: str) -> bool:
    return isinstance(deliveries.c[name].type, JSON)
