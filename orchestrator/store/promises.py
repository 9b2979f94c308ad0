"""Promises: what each message that left committed us to, one row a claim."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from orchestrator.domain.delivery import State
from orchestrator.store import bulk
from orchestrator.store.evidence import PromiseMade
from orchestrator.store.tables import deliveries, promises

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


# What the provider has, or may have: of what never left, nobody was told anything.
_TOLD = (State.SENT, State.SENDING, State.UNKNOWN)


def promises_to(connection: Connection, customer_id: str, limit: int) -> list[PromiseMade]:
    """What a customer was promised, newest first."""
    delivery = deliveries.c
    rows = connection.execute(
        select(
            promises.c.delivery_id, delivery.message, delivery.channel, delivery.objects, promises.c.kind,
            promises.c.fact, promises.c.value, promises.c.text, promises.c.superseded.label("taken_back"),
            delivery.sending_at.label("at"),
        )
        .join(deliveries, delivery.id == promises.c.delivery_id)
        .where(delivery.customer_id == customer_id, delivery.state.in_(_TOLD))
        .order_by(delivery.sending_at.desc(), promises.c.delivery_id.desc(), promises.c.place)
        .limit(limit)
    )  # fmt: skip
    return [PromiseMade(**row._mapping) for row in rows]


@cache
def _earlier(dialect: str) -> Delete:
    return delete(promises).where(bulk.given(dialect, promises.c.delivery_id, "ids"))
