"""Shares of accounts, moved by whoever sees them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, literal, select, update

from orchestrator.store import bulk
from orchestrator.store.tables import account_shares

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant

_TABLE = account_shares.c
_COLUMNS = ("account", "share", "changed_at")

WHOLE = 100
"""The share of an account that was never moved."""


class SqlShares:
    """See `port.Shares`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def current(self) -> dict[str, int]:
        return {row.account: row.share for row in self._connection.execute(_CURRENT)}

    def move(self, by: Mapping[str, int], at: Instant, *, least: int, unmoved_ms: int) -> None:
        # In one order for everybody. A row that is made now was last changed long ago.
        rows = [(account, WHOLE, 0) for account in sorted(by)]
        bulk.insert_missing(self._connection, account_shares, _COLUMNS, rows)
        for account, points in sorted(by.items()):
            moved = _TABLE.share + points
            within = case((moved < least, literal(least)), (moved > WHOLE, literal(WHOLE)), else_=moved)
            self._connection.execute(
                update(account_shares)
                .where(_TABLE.account == account, _TABLE.changed_at <= at - unmoved_ms)
                .values(share=within, changed_at=at)
            )

    def restore(self, accounts: Mapping[str, int], at: Instant) -> None:
        rows = [(account, share, at) for account, share in sorted(accounts.items())]
        bulk.upsert(self._connection, account_shares, _COLUMNS, ("account",), rows)


_CURRENT = select(_TABLE.account, _TABLE.share)
