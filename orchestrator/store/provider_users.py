"""Scoped ids, and the addresses of whoever providers call by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from orchestrator.store import bulk
from orchestrator.store.tables import provider_users

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from orchestrator.domain.time import Instant


class SqlProviderUsers:
    """See `port.ProviderUsers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def address_of(self, account: str, user_id: str) -> str | None:
        wanted = select(provider_users.c.address_id).where(*_named(account, user_id))
        return self._connection.scalars(wanted).first()

    def called(self, user_id: str) -> set[str]:
        wanted = select(provider_users.c.address_id).where(provider_users.c.user_id == user_id)
        return set(self._connection.scalars(wanted))

    def put(self, account: str, user_id: str, address_id: str, at: Instant) -> None:
        bulk.upsert(
            self._connection,
            provider_users,
            ("account", "user_id", "address_id", "at"),
            ("account", "user_id"),
            [(account, user_id, address_id, at)],
            where="excluded.at >= provider_users.at",
        )

    def end(self, account: str, user_id: str) -> None:
        self._connection.execute(delete(provider_users).where(*_named(account, user_id)))


def _named(account: str, user_id: str) -> tuple[ColumnElement[bool], ...]:
    return provider_users.c.account == account, provider_users.c.user_id == user_id
