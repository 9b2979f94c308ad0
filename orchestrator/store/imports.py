"""Files of customers, and how much of each is in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from orchestrator.store import bulk
from orchestrator.store.people_tables import imports
from orchestrator.store.port import ImportRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from orchestrator.domain.time import Instant

_TABLE = imports.c


class SqlImports:
    """See `port.Imports`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, new: ImportRun) -> ImportRun:
        bulk.insert_missing(
            self._connection,
            imports,
            ("id", "digest", "file_name", "position", "counts", "by", "started_at", "ended_at"),
            [(
                new.id, new.digest, new.file_name, new.position, bulk.dumps(dict(new.counts)), new.by, new.started_at,
                new.ended_at,
            )],
        )  # fmt: skip
        return _run(self._connection.execute(select(imports).where(_TABLE.digest == new.digest)).one())

    def hold(self, import_id: str) -> ImportRun:
        return _run(self._connection.execute(select(imports).where(_TABLE.id == import_id).with_for_update()).one())

    def advance(
        self, import_id: str, *, position: int, counts: Mapping[str, Any], ended_at: Instant | None = None
    ) -> None:
        self._connection.execute(
            update(imports)
            .where(_TABLE.id == import_id)
            .values(position=position, counts=dict(counts), ended_at=ended_at)
        )


def _run(row: Row[Any]) -> ImportRun:
    return ImportRun(
        id=row.id,
        digest=row.digest,
        file_name=row.file_name,
        position=row.position,
        counts=row.counts,
        by=row.by,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
