"""Live facts: the newest version of each, and every one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, String, bindparam, func, insert, select

from orchestrator.domain.errors import Stale
from orchestrator.domain.fact import LiveFact
from orchestrator.store import bulk
from orchestrator.store.tables import current_facts, facts

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Select

    from orchestrator.domain.fact import FactValue
    from orchestrator.domain.time import Instant

# PostgreSQL's advisory locks are pairs of numbers: this one says that the other is the hash of a fact's path. SQLite
# needs none: its write transaction excludes all others.
_LOCK_CLASS = 0x666163


class SqlFacts:
    """See `port.Facts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, paths: Collection[str]) -> None:
        # Not the rows themselves: a fact that nobody put yet has none.
        if paths and self._connection.dialect.name != "sqlite":
            # In one order for everybody, so that two who want the same two do not wait for each other.
            each = func.unnest(bindparam(None, sorted(paths), ARRAY(String))).column_valued("path")
            self._connection.execute(select(func.pg_advisory_xact_lock_shared(_LOCK_CLASS, func.hashtext(each))))

    def current(self, paths: Collection[str] | None = None) -> dict[str, LiveFact]:
        wanted = _versions().join(
            current_facts, (current_facts.c.path == facts.c.path) & (current_facts.c.version == facts.c.version)
        )
        if paths is not None:
            wanted = wanted.where(bulk.among(self._connection, current_facts.c.path, paths))
        return {one.path: one for one in self._read(wanted.order_by(facts.c.path))}

    def history(self, path: str, *, before: int | None = None, limit: int) -> list[LiveFact]:
        wanted = _versions().where(facts.c.path == path)
        if before is not None:
            wanted = wanted.where(facts.c.version < before)
        return self._read(wanted.order_by(facts.c.version.desc()).limit(limit))

    def put(
        self, path: str, value: FactValue, *, source: str, as_of: Instant, at: Instant, expected: int | None = None
    ) -> LiveFact:
        if self._connection.dialect.name != "sqlite":
            self._connection.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, func.hashtext(path))))
        newest = select(current_facts.c.version).where(current_facts.c.path == path)
        found = self._connection.scalars(newest).first() or 0
        if expected not in (None, found):
            raise Stale(
                "{path} is at v{found} now.",
                remedy="Read it again, and decide on the value that it has.",
                path=path,
                found=found,
            )
        version = found + 1
        bulk.upsert(self._connection, current_facts, ("path", "version"), ("path",), [(path, version)])
        new = LiveFact(path=path, value=value, version=version, source=source, as_of=as_of, recorded_at=at)
        self._connection.execute(
            insert(facts).values(path=path, version=version, value=value, source=source, as_of=as_of, recorded_at=at)
        )
        return new

    def _read(self, wanted: Select[Any]) -> list[LiveFact]:
        return [LiveFact(**row._mapping) for row in self._connection.execute(wanted)]


def _versions() -> Select[Any]:
    return select(facts.c.path, facts.c.version, facts.c.value, facts.c.source, facts.c.as_of, facts.c.recorded_at)
