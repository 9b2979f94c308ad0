"""Who wrote to us lately, and to whom a provider lets nothing more through for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from orchestrator.store import bulk
from orchestrator.store.tables import conversations, provider_caps

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant


class SqlConversations:
    """See `port.Conversations`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def heard(self, account: str, address_ids: Collection[str], at: Instant) -> None:
        bulk.upsert(
            self._connection,
            conversations,
            ("account", "address_id", "heard_at"),
            ("account", "address_id"),
            [(account, address_id, at) for address_id in sorted(set(address_ids))],
            where="excluded.heard_at > conversations.heard_at",
        )

    def open(self, address_ids: Collection[str], since: Instant) -> dict[tuple[str, str], Instant]:
        rows = _OPEN.rows(self._connection, ids=address_ids, since=since)
        return {(account, address_id): heard_at for account, address_id, heard_at in rows}

    def enough(self, address_ids: Collection[str], channel: str, until: Instant) -> None:
        bulk.upsert(
            self._connection,
            provider_caps,
            ("address_id", "channel", "until"),
            ("address_id", "channel"),
            [(address_id, channel, until) for address_id in sorted(set(address_ids))],
            where="excluded.until > provider_caps.until",
        )

    def capped(self, address_ids: Collection[str], now: Instant) -> dict[tuple[str, str], Instant]:
        rows = _CAPPED.rows(self._connection, ids=address_ids, now=now)
        return {(address_id, channel): until for address_id, channel, until in rows}


# Asked for every slice.
_HEARD, _CAP = conversations.c, provider_caps.c
_OPEN = bulk.Question(
    lambda dialect: select(_HEARD.account, _HEARD.address_id, _HEARD.heard_at).where(
        bulk.given(dialect, _HEARD.address_id, "ids"), _HEARD.heard_at > bindparam("since")
    )
)
_CAPPED = bulk.Question(
    lambda dialect: select(_CAP.address_id, _CAP.channel, _CAP.until).where(
        bulk.given(dialect, _CAP.address_id, "ids"), _CAP.until > bindparam("now")
    )
)
