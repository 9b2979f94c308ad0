"""What people wrote to us: each text once, however often a provider tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from orchestrator.store import bulk
from orchestrator.store.people_tables import inbound_texts
from orchestrator.store.port.inbound import KeptText

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Row

    from orchestrator.domain.time import Instant


class SqlInbound:
    """See `port.Inbound`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, source: str, source_id: str) -> KeptText | None:
        wanted = select(inbound_texts).where(inbound_texts.c.source == source, inbound_texts.c.source_id == source_id)
        row = self._connection.execute(wanted).first()
        return None if row is None else _text(row)

    def add(self, text: KeptText) -> None:
        bulk.insert(
            self._connection,
            inbound_texts,
            ("id", "source", "source_id", "channel", "address_id", "text", "reading", "at", "received_at", "user_id"),
            [
                (
                    text.id,
                    text.source,
                    text.source_id,
                    text.channel,
                    text.address_id or None,
                    text.text,
                    bulk.dumps(dict(text.reading)),
                    text.at,
                    text.received_at,
                    text.user_id or None,
                )
            ],
        )

    def get(self, text_id: str) -> KeptText | None:
        row = self._connection.execute(select(inbound_texts).where(inbound_texts.c.id == text_id)).first()
        return None if row is None else _text(row)

    def waiting(self, source: str, user_id: str) -> list[KeptText]:
        wanted = (
            select(inbound_texts)
            .where(inbound_texts.c.user_id == user_id, inbound_texts.c.source == source)
            .order_by(inbound_texts.c.at, inbound_texts.c.id)
            .with_for_update()
        )
        return [_text(row) for row in self._connection.execute(wanted)]

    def waits(self, source: str, user_id: str) -> bool:
        wanted = select(inbound_texts.c.id).where(inbound_texts.c.user_id == user_id, inbound_texts.c.source == source)
        return self._connection.scalars(wanted.limit(1)).first() is not None

    def call(self, source: str, former: str, user_id: str) -> None:
        if former and user_id:
            waiting = (inbound_texts.c.user_id == former, inbound_texts.c.source == source)
            self._connection.execute(update(inbound_texts).where(*waiting).values(user_id=user_id))

    def forget(self, text_id: str) -> None:
        self._connection.execute(delete(inbound_texts).where(inbound_texts.c.id == text_id))

    def lately(self, address_ids: Collection[str], channel: str, since: Instant) -> list[KeptText]:
        wanted = (
            select(inbound_texts)
            .where(
                bulk.among(self._connection, inbound_texts.c.address_id, address_ids),
                inbound_texts.c.channel == channel,
                inbound_texts.c.received_at >= since,
            )
            .order_by(inbound_texts.c.received_at.desc(), inbound_texts.c.id.desc())
        )
        return [_text(row) for row in self._connection.execute(wanted)]


def _text(row: Row[Any]) -> KeptText:
    return KeptText(
        id=row.id,
        source=row.source,
        source_id=row.source_id,
        channel=row.channel,
        address_id=row.address_id or "",
        text=row.text,
        reading=row.reading,
        at=row.at,
        received_at=row.received_at,
        user_id=row.user_id or "",
    )
