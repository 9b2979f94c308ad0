"""The local inbox: what the outbox adapter delivered, kept so that it can be looked at."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from orchestrator.store import bulk
from orchestrator.store.tables import deliveries, inbox

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Row

    from orchestrator.channels import InboxCall


class SqlInbox:
    """See `port.Inbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, calls: Sequence[InboxCall], ids: Sequence[str]) -> None:
        bulk.insert(
            self._connection,
            inbox,
            ("id", "reference", "message", "customer_id", "object_id", "channel", "address", "content", "at"),
            [
                (
                    entry_id,
                    call.entry.reference,
                    call.entry.rendered.message,
                    call.entry.customer_id,
                    call.entry.object_id,
                    call.entry.channel.value,
                    call.entry.address,
                    bulk.dumps(asdict(call.entry.rendered)),
                    call.at,
                )
                for entry_id, call in zip(ids, calls, strict=True)
            ],
        )

    def find(self, references: Collection[str]) -> dict[str, str]:
        rows = self._connection.execute(
            select(inbox.c.reference, inbox.c.id).where(inbox.c.reference.in_(list(references)))
        )
        return {row.reference: row.id for row in rows}

    def page(
        self,
        *,
        before: int | None,
        limit: int,
        after: int | None = None,
        channel: str | None = None,
        customer_id: str | None = None,
        message: str | None = None,
    ) -> list[dict[str, Any]]:
        # The entries nearest to `after` are the oldest of those that follow it.
        order = inbox.c.seq.desc() if after is None else inbox.c.seq.asc()
        wanted = _KEPT.order_by(order).limit(limit)
        if before is not None:
            wanted = wanted.where(inbox.c.seq < before)
        if after is not None:
            wanted = wanted.where(inbox.c.seq > after)
        for column, value in (
            (inbox.c.channel, channel),
            (inbox.c.customer_id, customer_id),
            (inbox.c.message, message),
        ):
            if value is not None:
                wanted = wanted.where(column == value)
        found = [_document(row) for row in self._connection.execute(wanted)]
        return found if after is None else found[::-1]

    def get(self, entry_id: str) -> dict[str, Any] | None:
        row = self._connection.execute(_KEPT.where(inbox.c.id == entry_id)).first()
        return None if row is None else _document(row)


# With the mode of the key that asked for it; a rehearsal's delivery is in no ledger.
_KEPT = select(inbox, deliveries.c.mode).outerjoin(deliveries, deliveries.c.id == inbox.c.reference)


def _document(row: Row[Any]) -> dict[str, Any]:
    document = dict(row._mapping)
    return document | {"content": json.loads(document["content"])}
