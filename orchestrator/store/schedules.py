"""Schedules: how far each trigger that fires by the clock has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from orchestrator.store import bulk
from orchestrator.store.port import Schedule
from orchestrator.store.tables import schedules

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Row

_TABLE = schedules.c
_KEY = ("journey", "beginning")
_COLUMNS = (*_KEY, "cron", "after_at", "firing_at", "reached", "begun")


class SqlSchedules:
    """See `port.Schedules`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[tuple[str, int], Schedule]:
        found = map(_schedule, self._connection.execute(select(schedules)))
        return {one.key: one for one in found}

    def take(self, key: tuple[str, int]) -> Schedule | None:
        journey, beginning = key
        wanted = select(schedules).where(_TABLE.journey == journey, _TABLE.beginning == beginning)
        row = self._connection.execute(wanted.with_for_update(skip_locked=True)).first()
        return None if row is None else _schedule(row)

    def put(self, schedule: Schedule) -> None:
        row = (
            *schedule.key,
            schedule.cron,
            schedule.after,
            schedule.firing,
            schedule.reached,
            schedule.begun,
        )
        bulk.upsert(self._connection, schedules, _COLUMNS, _KEY, [row])

    def drop(self, keys: Collection[tuple[str, int]]) -> None:
        for journey, beginning in sorted(keys):
            gone = delete(schedules).where(_TABLE.journey == journey, _TABLE.beginning == beginning)
            self._connection.execute(gone)


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        journey=row.journey,
        beginning=row.beginning,
        cron=row.cron,
        after=row.after_at,
        firing=row.firing_at,
        reached=row.reached,
        begun=row.begun,
    )
