"""Deliveries as a queue: workers claim and begin; settling is in `in_flight`, looking in `delivery_record`."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, or_, select, update

from orchestrator.domain.delivery import CLAIMABLE, OPEN, Mode, State
from orchestrator.domain.message import LANES, Purpose
from orchestrator.domain.said import kept
from orchestrator.store import bulk
from orchestrator.store.in_flight import DeliveriesInFlight
from orchestrator.store.port import Deferred
from orchestrator.store.promises import replace_promises
from orchestrator.store.requests import COLUMNS, REQUEST, request_of, row_of
from orchestrator.store.tables import (
    CLAIMABLE_ROWS,
    DEFERRED_ROWS,
    HELD_ROWS,
    decisions,
    deliveries,
    renderings,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Update

    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Conclusion, NewDelivery, Sending

_TABLE = deliveries.c
_CLAIMABLE = [state.value for state in CLAIMABLE]
_NO_CLAIMS = "[]"
# Reasons to wait that are about the customer's peace: there a newer message takes the place of an older one.
_REPLACEABLE = ("quiet_hours:", "frequency_cap:")


class SqlDeliveries(DeliveriesInFlight):
    """See `port.Deliveries`."""

    def add(self, new: Sequence[NewDelivery], at: Instant) -> None:
        bulk.insert(
            self._connection,
            deliveries,
            COLUMNS,
            [row_of(one, at) for one in new],
        )

    def add_missing(self, new: Sequence[NewDelivery], at: Instant) -> None:
        bulk.insert_missing(self._connection, deliveries, COLUMNS, [row_of(one, at) for one in new])

    def claim(
        self, lane: str, limit: int, *, lease: str, now: Instant, business_now: Instant, lease_until: Instant
    ) -> list[Request]:
        requests = [
            request_of(row)
            for row in _DUE.rows(self._connection, lane=lane, now=now, business_now=business_now, most=limit)
        ]
        self._connection.execute(
            _taken(self._connection.dialect.name),
            {"ids": [request.id for request in requests], "taken_by": lease, "taken_until": lease_until},
        )
        return requests

    def still_held(self, lease: str, delivery_ids: Collection[str]) -> set[str]:
        return self._locked(delivery_ids, lease, _CLAIMABLE)

    def waiting(self, *, now: Instant, business_now: Instant) -> set[str]:
        found = self._connection.execute(_ANY_DUE, {"now": now, "business_now": business_now}).one()
        return {lane for lane, due_at in zip(LANES, found, strict=True) if due_at is not None}

    def begin(self, sendings: Sequence[Sending], *, release_id: str, at: Instant, deadline: Instant) -> None:
        sending = State.SENDING.value
        bulk.update(
            self._connection,
            deliveries,
            (
                "state",
                "reason",
                "channel",
                "account",
                "address_id",
                "release_id",
                "sending_at",
                "next_action_at",
                "reserved_at",
                "reserved_day",
            ),
            [
                (
                    sending,
                    "",
                    one.channel,
                    one.account,
                    one.address_id,
                    release_id,
                    at,
                    deadline,
                    None if one.reserved_day is None else one.business_at,
                    one.reserved_day,
                    one.id,
                )
                for one in sendings
            ],
        )
        bulk.upsert(
            self._connection,
            renderings,
            ("delivery_id", "channel", "locale", "release_id", "content", "claims", "at"),
            ("delivery_id",),
            [(one.id, one.channel, one.locale, release_id, one.content, _NO_CLAIMS, at) for one in sendings],
            letters=True,
        )
        replace_promises(self._connection, sendings)
        self._decided([(one.id, "send", one.trace, at, one.business_at, release_id) for one in sendings])

    def conclude(self, conclusions: Sequence[Conclusion], *, release_id: str, at: Instant) -> None:
        bulk.update(
            self._connection,
            deliveries,
            ("state", "reason", "detail", "due_at", "stuck_at", "next_action_at", "attempts", "lease", "settled_at"),
            [
                (
                    one.state.value,
                    one.reason,
                    kept(one.detail),
                    one.due_at,
                    one.stuck_at,
                    at,
                    0,
                    None,
                    None if one.state in OPEN else at,
                    one.id,
                )
                for one in conclusions
            ],
        )
        self._decided([(one.id, one.state.value, one.trace, at, one.business_at, release_id) for one in conclusions])

    def give_back(self, lease: str, delivery_ids: Collection[str], until: Instant) -> None:
        self._connection.execute(
            update(deliveries)
            .where(bulk.among(self._connection, _TABLE.id, delivery_ids), _TABLE.lease == lease)
            .values(lease=None, next_action_at=until, attempts=_TABLE.attempts - 1)
        )

    def forget_claim(self, lease: str, at: Instant) -> None:
        self._connection.execute(
            update(deliveries)
            .where(CLAIMABLE_ROWS, _TABLE.lease == lease)
            .values(lease=None, next_action_at=at, attempts=_TABLE.attempts - 1)
        )

    def deferred_of(self, customer_ids: Collection[str]) -> list[Deferred]:
        wanted = select(
            _TABLE.id,
            _TABLE.customer_id,
            _TABLE.topic,
            _TABLE.purpose,
            _TABLE.message,
            _TABLE.objects,
            _TABLE.reason,
            _TABLE.accepted_at,
            _TABLE.mode,
        ).where(
            DEFERRED_ROWS,
            bulk.among(self._connection, _TABLE.customer_id, customer_ids),
            _TABLE.mode != Mode.TEST.value,  # nothing takes the place of a test, nor a test that of anything
            or_(*(_TABLE.reason.startswith(code) for code in _REPLACEABLE)),
        )
        return [
            Deferred(delivery, customer, topic, Purpose(purpose), message, objects, reason, at, Mode(mode))
            for delivery, customer, topic, purpose, message, objects, reason, at, mode in bulk.fetch(
                self._connection, wanted
            )
        ]

    def poison(self, attempts_max: int, at: Instant) -> list[str]:
        return list(
            self._connection.scalars(
                update(deliveries)
                .where(CLAIMABLE_ROWS, _TABLE.attempts > attempts_max, _TABLE.next_action_at <= at)
                .values(state=State.QUARANTINED.value, reason="poison", lease=None, settled_at=at)
                .returning(_TABLE.id)
            )
        )

    def release_held(self, reason: str, at: Instant) -> dict[str, int]:
        # What is held was due, and keeps its place in the queue.
        lanes = self._connection.scalars(
            update(deliveries)
            .where(HELD_ROWS, _TABLE.reason == reason)
            .values(state=State.ACCEPTED.value, reason="", detail="", next_action_at=at)
            .returning(_TABLE.lane)
        )
        return dict(Counter(lanes))

    def _decided(self, rows: list[tuple[Any, ...]]) -> None:
        columns = ("delivery_id", "verdict", "trace", "at", "business_at", "release_id")
        bulk.insert(self._connection, decisions, columns, rows)


# --- asked for every slice --------------------------------------------------------------------------------------------

_CLAIMABLE_NOW = and_(
    CLAIMABLE_ROWS,
    _TABLE.due_at <= bindparam("business_now"),
    _TABLE.next_action_at <= bindparam("now"),
)

# Each the first of its index: asked whether there is any, PostgreSQL reads the table from its start, past all that is
# settled.
_ANY_DUE = select(
    *(
        select(_TABLE.due_at)
        .where(_TABLE.lane == lane, _CLAIMABLE_NOW)
        .order_by(_TABLE.due_at)
        .limit(1)
        .scalar_subquery()
        for lane in LANES
    )
)

_DUE = bulk.Question(
    lambda _: (
        select(*REQUEST)
        .where(_TABLE.lane == bindparam("lane"), _CLAIMABLE_NOW)
        # Nothing more: a campaign of a million rows that are due in one moment must not be sorted at every claim.
        .order_by(_TABLE.due_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
)


@cache
def _taken(dialect: str) -> Update:
    return (
        update(deliveries)
        .where(bulk.given(dialect, _TABLE.id, "ids"))
        .values(lease=bindparam("taken_by"), next_action_at=bindparam("taken_until"), attempts=_TABLE.attempts + 1)
    )
