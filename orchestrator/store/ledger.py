"""The one row that everybody reads, the releases, and what guards the doors: keys and first answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select, update

from orchestrator.domain.delivery import Mode
from orchestrator.store import bulk
from orchestrator.store.port import ApiKey, BusinessClock, FirstAnswer
from orchestrator.store.tables import api_keys, idempotency, ledger, releases

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

_ROW = 1

# Asked for every slice: built once.
_CLOCK = select(ledger.c.offset_ms, ledger.c.frozen_at)
_RELEASE_ID = select(ledger.c.release_id)


class SqlLedger:
    """See `port.Ledger`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- business time and releases -----------------------------------------------------------------------------------

    def clock(self) -> BusinessClock:
        row = self._connection.execute(_CLOCK).first()
        return BusinessClock() if row is None else BusinessClock(offset_ms=row.offset_ms, frozen_at=row.frozen_at)

    def set_clock(self, clock: BusinessClock) -> None:
        self._ensure_row()
        self._connection.execute(update(ledger).values(offset_ms=clock.offset_ms, frozen_at=clock.frozen_at))

    def release_id(self) -> str | None:
        return self._connection.scalars(_RELEASE_ID).first()

    def lock_release(self) -> str | None:
        self._ensure_row()
        return self._connection.scalars(_RELEASE_ID.with_for_update()).first()

    def stays_in_force(self, release_id: str) -> bool:
        return self._connection.scalars(_RELEASE_ID.with_for_update(read=True)).first() == release_id

    def release(self, release_id: str) -> str | None:
        return self._connection.scalars(select(releases.c.content).where(releases.c.id == release_id)).first()

    def publish(self, release_id: str, content: str, at: Instant) -> None:
        self._ensure_row()
        bulk.insert_missing(self._connection, releases, ("id", "content", "published_at"), [(release_id, content, at)])
        self._connection.execute(update(ledger).values(release_id=release_id))

    def published(self) -> list[tuple[str, Instant]]:
        kept = select(releases.c.id, releases.c.published_at).order_by(releases.c.published_at, releases.c.id)
        return [(release_id, at) for release_id, at in self._connection.execute(kept)]

    def _ensure_row(self) -> None:
        bulk.insert_missing(self._connection, ledger, ("id", "offset_ms"), [(_ROW, 0)])

    # --- first answers ------------------------------------------------------------------------------------------------

    def first_answer(self, scope: str, key: str, body_hash: str, at: Instant) -> FirstAnswer | None:
        ours = self._connection.exec_driver_sql(*self._take(scope, key, body_hash, at)).rowcount == 1
        if ours:
            return None
        row = self._connection.execute(
            select(idempotency.c.body_hash, idempotency.c.status, idempotency.c.answer).where(
                idempotency.c.scope == scope, idempotency.c.key == key
            )
        ).one()
        return FirstAnswer(body_hash=row.body_hash, status=row.status, answer=row.answer)

    def _take(self, scope: str, key: str, body_hash: str, at: Instant) -> tuple[str, tuple[object, ...]]:
        """On PostgreSQL the second to come waits here until the first commits, and then finds its answer."""
        place = "?" if self._connection.dialect.name == "sqlite" else "%s"
        places = ", ".join([place] * 6)
        sql = (
            "INSERT INTO idempotency (scope, key, body_hash, status, answer, at) "  # noqa: S608  # placeholders only
            f"VALUES ({places}) ON CONFLICT DO NOTHING"
        )
        return sql, (scope, key, body_hash, 0, "", at)

    def keep_answer(self, scope: str, key: str, status: int, answer: str) -> None:
        self._connection.execute(
            update(idempotency)
            .where(idempotency.c.scope == scope, idempotency.c.key == key)
            .values(status=status, answer=answer)
        )

    def forget_answers(self, before: Instant) -> int:
        return self._connection.execute(delete(idempotency).where(idempotency.c.at < before)).rowcount

    # --- API keys -----------------------------------------------------------------------------------------------------

    def add_key(self, key: ApiKey, secret_hash: str) -> None:
        bulk.insert(
            self._connection,
            api_keys,
            ("id", "name", "secret_hash", "scopes", "created_at", "expires_at", "mode"),
            [
                (
                    key.id,
                    key.name,
                    secret_hash,
                    bulk.dumps(list(key.scopes)),
                    key.created_at,
                    key.expires_at,
                    key.mode.value,
                )
            ],
        )

    def key_by_hash(self, secret_hash: str) -> ApiKey | None:
        return next(iter(self._keys(secret_hash)), None)

    def keys(self) -> list[ApiKey]:
        return self._keys(None)

    def revoke_key(self, key_id: str, at: Instant) -> bool:
        changed = self._connection.execute(
            update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=at)
        )
        return changed.rowcount == 1

    def _keys(self, secret_hash: str | None) -> list[ApiKey]:
        columns = api_keys.c
        wanted = select(
            columns.id,
            columns.name,
            columns.scopes,
            columns.created_at,
            columns.revoked_at,
            columns.expires_at,
            columns.mode,
        ).order_by(columns.created_at, columns.id)
        if secret_hash is not None:
            wanted = wanted.where(api_keys.c.secret_hash == secret_hash)
        return [
            ApiKey(
                id=key_id,
                name=name,
                scopes=tuple(scopes),
                created_at=created_at,
                revoked_at=revoked_at,
                expires_at=expires_at,
                mode=Mode(mode),
            )
            for key_id, name, scopes, created_at, revoked_at, expires_at, mode in self._connection.execute(wanted)
        ]
