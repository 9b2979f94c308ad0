"""Promises: what each message that left committed us to, one row a claim."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from orchestrator.store import bulk
from orchestrator.store.tables import promises

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Delete

    from orchestrator.store.port import Sending

# The fields of `port.Promise`, in its order.
_CLAIM = ("name", "kind", "fact", "fact_version", "value", "text", "superseded")


def replace_promises(connection: Connection, sendings: Sequence[Sending]) -> None:
    """Keep what these intents promise, and nothing that earlier tries of them did."""
    ids = [one.id for one in sendings]
    connection.execute(_earlier(connection.dialect.name), {"ids": ids})
    bulk.insert(
        connection,
        promises,
        ("delivery_id", "place", *_CLAIM),
        [(one.id, place, *promise) for one in sendings for place, promise in enumerate(one.claims)],
    )


def promises_of(connection: Connection, delivery_id: str) -> list[dict[str, Any]]:
    """What a delivery promised, as documents, in the order in which it said so."""
    rows = connection.execute(
        select(*(promises.c[name] for name in _CLAIM))
        .where(promises.c.delivery_id == delivery_id)
        .order_by(promises.c.place)
    )
    return [dict(row._mapping) for row in rows]


@cache
def _earlier(dialect: str) -> Delete:
    return delete(promises).where(bulk.given(dialect, promises.c.delivery_id, "ids"))
