"""Looking at deliveries: how many stand where, and everything about one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from orchestrator.domain.message import LANES
from orchestrator.domain.said import read
from orchestrator.store import bulk
from orchestrator.store.promises import promises_of
from orchestrator.store.tables import (
    CLAIMABLE_ROWS,
    HELD_ROWS,
    IN_FLIGHT_ROWS,
    addresses,
    decisions,
    deliveries,
    receipts,
    renderings,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, TextClause

    from orchestrator.domain.time import Instant

_TABLE = deliveries.c


class DeliveryRecord:
    """The reading half of `port.Deliveries`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def held_reasons(self) -> set[str]:
        return set(self._connection.scalars(select(_TABLE.reason).where(HELD_ROWS).distinct()))

    def held_because(self, reason: str) -> int:
        return self._count(HELD_ROWS, _TABLE.reason == reason)

    def waiting_of(self, messages: Collection[str]) -> int:
        ours = bulk.among(self._connection, _TABLE.message, messages)
        return self._count(CLAIMABLE_ROWS, _TABLE.lane.in_(LANES), ours) + self._count(HELD_ROWS, ours)

    def open_until(self, business_at: Instant) -> int:
        # Two counts, so that each reads the partial index that was made for it.
        due = self._count(CLAIMABLE_ROWS, _TABLE.lane.in_(LANES), _TABLE.due_at <= business_at)
        return due + self._count(IN_FLIGHT_ROWS, _TABLE.settled_at.is_(None))

    def next_due(self, journeys: Collection[str]) -> Instant | None:
        # By lane, as the index has it.
        first = select(func.min(_TABLE.due_at)).where(
            CLAIMABLE_ROWS, _TABLE.lane.in_(LANES), bulk.among(self._connection, _TABLE.journey, journeys)
        )
        found: Instant | None = self._connection.scalars(first).one()
        return found

    def tally(self, *, origin: str | None = None) -> dict[str, dict[str, int]]:
        wanted = select(_TABLE.message, _TABLE.state, func.count()).group_by(_TABLE.message, _TABLE.state)
        if origin is not None:
            wanted = wanted.where(_TABLE.origin == origin)
        return _nested(self._connection.execute(wanted.order_by(_TABLE.message, _TABLE.state)))

    def channel_tally(self) -> dict[str, dict[str, int]]:
        channel = func.coalesce(_TABLE.channel, "none")
        wanted = select(channel, _TABLE.state, func.count()).group_by(channel, _TABLE.state)
        return _nested(self._connection.execute(wanted.order_by(channel, _TABLE.state)))

    def lane_tally(self) -> dict[str, dict[str, int]]:
        wanted = select(_TABLE.lane, _TABLE.state, func.count()).group_by(_TABLE.lane, _TABLE.state)
        return _nested(self._connection.execute(wanted.order_by(_TABLE.lane, _TABLE.state)))

    def oldest_due(self, lane: str, *, business_now: Instant) -> Instant | None:
        due = select(func.min(_TABLE.due_at)).where(CLAIMABLE_ROWS, _TABLE.lane == lane, _TABLE.due_at <= business_now)
        found: Instant | None = self._connection.scalars(due).one()
        return found

    def asked_by(self, events: Collection[tuple[str, str]]) -> dict[str, list[str]]:
        # By customer as well, because that is what the index is of.
        rows = self._connection.execute(
            select(_TABLE.event_id, _TABLE.id)
            .where(
                _TABLE.customer_id.in_({owner for owner, _ in events}),
                _TABLE.event_id.in_({event_id for _, event_id in events}),
            )
            .order_by(_TABLE.id)
        )
        found: dict[str, list[str]] = {}
        for event_id, delivery_id in rows:
            found.setdefault(event_id, []).append(delivery_id)
        return found

    def get(self, delivery_id: str) -> dict[str, Any] | None:
        row = self._connection.execute(
            select(deliveries, addresses.c.value.label("address"))
            .outerjoin(addresses, addresses.c.id == _TABLE.address_id)
            .where(_TABLE.id == delivery_id)
        ).first()
        if row is None:
            return None
        document = {**row._mapping, "detail": read(row.detail)}
        said = self._connection.execute(select(renderings).where(renderings.c.delivery_id == delivery_id)).first()
        document["rendering"] = (
            None
            if said is None
            else {
                "locale": said.locale,
                "release_id": said.release_id,
                "content": json.loads(said.content),
                "claims": promises_of(self._connection, delivery_id),
            }
        )
        document["receipts"] = [
            dict(row._mapping)
            for row in self._connection.execute(
                select(receipts.c.kind, receipts.c.permanent, receipts.c.detail, receipts.c.at)
                .where(receipts.c.delivery_id == delivery_id)
                .order_by(receipts.c.at, receipts.c.seq)
            )
        ]
        document["decisions"] = [
            {
                "verdict": verdict,
                "trace": [{name: read(words) for name, words in step.items()} for step in json.loads(trace)],
                "at": at,
                "business_at": business_at,
                "release_id": release_id,
            }
            for verdict, trace, at, business_at, release_id in self._connection.execute(
                select(
                    decisions.c.verdict,
                    decisions.c.trace,
                    decisions.c.at,
                    decisions.c.business_at,
                    decisions.c.release_id,
                )
                .where(decisions.c.delivery_id == delivery_id)
                .order_by(decisions.c.seq)
            )
        ]
        return document

    def _count(self, *conditions: ColumnElement[bool] | TextClause) -> int:
        return self._connection.scalars(select(func.count()).select_from(deliveries).where(*conditions)).one()


def _nested(rows: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for outer, inner, count in rows:
        found.setdefault(outer, {})[inner] = count
    return found
