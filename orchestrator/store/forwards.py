"""Forwards of what people wrote. See `port.Forwards`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text, update

from orchestrator.store import bulk
from orchestrator.store.port.forwards import Forward, ForwardState
from orchestrator.store.tables import forwards, handoffs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant

_TABLE = forwards.c
# As the index says it: see `tables.CLAIMABLE_ROWS`.
_OPEN = text("forwards.state = 'open'")
_DETAIL_LENGTH = 300


class SqlForwards:
    """See `port.Forwards`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, wanted: Sequence[Forward]) -> None:
        bulk.insert_missing(
            self._connection,
            forwards,
            ("id", "inbound_id", "route", "state", "attempts", "detail", "next_action_at", "at"),
            [(one.id, one.inbound_id, one.route, ForwardState.OPEN.value, 0, "", one.at, one.at) for one in wanted],
        )

    def waiting(self, now: Instant) -> bool:
        wanted = select(_TABLE.id).where(_OPEN, _TABLE.next_action_at <= now).limit(1)
        return self._connection.scalars(wanted).first() is not None

    def handed_to(self, customer_ids: Collection[str], business_now: Instant) -> str | None:
        theirs = (
            bulk.among(self._connection, handoffs.c.customer_id, customer_ids),
            handoffs.c.closed_at.is_(None),
            handoffs.c.until > business_now,
        )
        newest = select(handoffs.c.team).where(*theirs).order_by(handoffs.c.at.desc(), handoffs.c.id).limit(1)
        return self._connection.scalars(newest).first()

    def due(self, limit: int, now: Instant, until: Instant) -> list[Forward]:
        wanted = (
            select(_TABLE.id, _TABLE.inbound_id, _TABLE.route, _TABLE.at, _TABLE.attempts)
            .where(_OPEN, _TABLE.next_action_at <= now)
            .order_by(_TABLE.next_action_at, _TABLE.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(wanted).all()
        if rows:
            ours = bulk.among(self._connection, _TABLE.id, [row.id for row in rows])
            taken = update(forwards).where(ours).values(next_action_at=until, attempts=_TABLE.attempts + 1)
            self._connection.execute(taken)
        return [
            Forward(id=row.id, inbound_id=row.inbound_id, route=row.route, at=row.at, attempts=row.attempts + 1)
            for row in rows
        ]

    def end(self, forward_id: str, state: ForwardState, detail: str) -> None:
        ended = {"state": state.value, "detail": detail[:_DETAIL_LENGTH]}
        self._connection.execute(update(forwards).where(_TABLE.id == forward_id).values(ended))

    def put_off(self, forward_id: str, until: Instant, detail: str) -> None:
        later = {"next_action_at": until, "detail": detail[:_DETAIL_LENGTH]}
        open_still = (_TABLE.id == forward_id, _TABLE.state == ForwardState.OPEN.value)
        self._connection.execute(update(forwards).where(*open_still).values(later))

    def tally(self) -> dict[str, int]:
        rows = self._connection.execute(select(_TABLE.state, func.count()).group_by(_TABLE.state))
        return {row[0]: row[1] for row in rows}

    def oldest(self) -> Instant | None:
        oldest = select(_TABLE.at).where(_OPEN).order_by(_TABLE.at).limit(1)
        return self._connection.scalars(oldest).first()
