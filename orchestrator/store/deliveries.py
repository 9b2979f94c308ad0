"""Deliveries as a queue: workers claim, begin and settle; looking at them is in `delivery_record`."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, or_, select, update

from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import CLAIMABLE, OPEN, State
from orchestrator.domain.message import LANES, Purpose
from orchestrator.store import bulk
from orchestrator.store.delivery_record import DeliveryRecord
from orchestrator.store.port import Deferred, InFlight
from orchestrator.store.promises import replace_promises
from orchestrator.store.requests import COLUMNS, REQUEST, channels_of, request_of, row_of
from orchestrator.store.tables import (
    CLAIMABLE_ROWS,
    DEFERRED_ROWS,
    HELD_ROWS,
    IN_FLIGHT_ROWS,
    decisions,
    deliveries,
    renderings,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Update

    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Conclusion, NewDelivery, Sending, Settlement

_TABLE = deliveries.c
_CLAIMABLE = [state.value for state in CLAIMABLE]
_NO_CLAIMS = "[]"
_IN_FLIGHT = [State.SENDING.value, State.UNKNOWN.value]
# Reasons to wait that are about the customer's peace: there a newer message takes the place of an older one.
_REPLACEABLE = ("quiet_hours:", "frequency_cap:")


class SqlDeliveries(DeliveryRecord):
    """See `port.Deliveries`."""

    def add(self, new: Sequence[NewDelivery], at: Instant) -> None:
        bulk.insert(
            self._connection,
            deliveries,
            COLUMNS,
            [row_of(one, at) for one in new],
        )

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
                    one.detail,
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
        ).where(
            DEFERRED_ROWS,
            bulk.among(self._connection, _TABLE.customer_id, customer_ids),
            or_(*(_TABLE.reason.startswith(code) for code in _REPLACEABLE)),
        )
        return [
            Deferred(delivery_id, customer_id, topic, Purpose(purpose), *rest)
            for delivery_id, customer_id, topic, purpose, *rest in bulk.fetch(self._connection, wanted)
        ]

    def settle(self, lease: str, settlements: Sequence[Settlement], at: Instant, *, came_back: bool = True) -> None:
        ours = self._locked([one.id for one in settlements], lease, _IN_FLIGHT)
        held = [one for one in settlements if one.id in ours]
        ended = ("attempts",) if came_back else ()
        bulk.update(
            self._connection,
            deliveries,
            (*_SETTLED, *ended),
            [(*_settled(one, at), *(0 for _ in ended), one.id) for one in held if one.state is State.SENT],
        )
        # Nearly all were sent; only of the others there is more to say.
        bulk.update(
            self._connection,
            deliveries,
            (*_SETTLED, "excluded", "stuck_at", "possible_duplicate", "doubts", *ended),
            [
                (
                    *_settled(one, at),
                    ",".join(one.excluded),
                    one.stuck_at,
                    one.in_doubt,
                    one.doubts,
                    *(0 for _ in ended),
                    one.id,
                )
                for one in held
                if one.state is not State.SENT
            ],
        )
        self._release([one.id for one in held if one.released])

    def abandon(self, worker: str, at: Instant) -> int:
        ended = self._connection.execute(
            update(deliveries)
            .where(
                _TABLE.lease.startswith(f"{worker}/", autoescape=True),
                _TABLE.next_action_at > at,
                _TABLE.state.in_([*_CLAIMABLE, *_IN_FLIGHT]),
            )
            .values(next_action_at=at)
        )
        return ended.rowcount

    def poison(self, attempts_max: int, at: Instant) -> list[str]:
        return list(
            self._connection.scalars(
                update(deliveries)
                .where(CLAIMABLE_ROWS, _TABLE.attempts > attempts_max, _TABLE.next_action_at <= at)
                .values(state=State.QUARANTINED.value, reason="poison", lease=None, settled_at=at)
                .returning(_TABLE.id)
            )
        )

    def in_flight(
        self, limit: int, *, lease: str, now: Instant, lease_until: Instant, only: Collection[str] | None = None
    ) -> list[InFlight]:
        lost = (
            select(
                _TABLE.id,
                _TABLE.lease,
                _TABLE.account,
                _TABLE.channel,
                _TABLE.candidates,
                _TABLE.excluded,
                _TABLE.topic,
                _TABLE.purpose,
                _TABLE.state,
                _TABLE.reason,
                _TABLE.detail,
                _TABLE.sending_at,
                _TABLE.due_at,
                _TABLE.first_call_at,
                _TABLE.calls,
                _TABLE.stuck_at,
                _TABLE.possible_duplicate,
                _TABLE.doubts,
            )
            .where(IN_FLIGHT_ROWS, _TABLE.settled_at.is_(None), *self._whose_time_has_come(now, only))
            .order_by(_TABLE.next_action_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(lost).all()
        self._connection.execute(
            update(deliveries)
            .where(bulk.among(self._connection, _TABLE.id, [row.id for row in rows]))
            .values(lease=lease, next_action_at=lease_until)
        )
        return [_in_flight(row) for row in rows]

    def _whose_time_has_come(self, now: Instant, only: Collection[str] | None) -> list[ColumnElement[bool]]:
        come = _TABLE.next_action_at <= now
        if only is None:
            return [come]
        return [or_(come, _TABLE.state == State.UNKNOWN.value), bulk.among(self._connection, _TABLE.id, only)]

    def release_held(self, reason: str, at: Instant) -> dict[str, int]:
        # What is held was due, and keeps its place in the queue.
        lanes = self._connection.scalars(
            update(deliveries)
            .where(HELD_ROWS, _TABLE.reason == reason)
            .values(state=State.ACCEPTED.value, reason="", detail="", next_action_at=at)
            .returning(_TABLE.lane)
        )
        return dict(Counter(lanes))

    def _locked(self, delivery_ids: Collection[str], lease: str, states: Sequence[str]) -> set[str]:
        """Those that are under this lease in one of the states, locked until the commit."""
        rows = _LEASED.rows(self._connection, ids=delivery_ids, by=lease, states=states)
        return {delivery_id for (delivery_id,) in rows}

    def _release(self, delivery_ids: Sequence[str]) -> None:
        """They certainly did not arrive: frequency caps count them no more."""
        if delivery_ids:
            self._connection.execute(
                update(deliveries)
                .where(bulk.among(self._connection, _TABLE.id, delivery_ids))
                .values(reserved_at=None, reserved_day=None)
            )

    def _decided(self, rows: list[tuple[Any, ...]]) -> None:
        columns = ("delivery_id", "verdict", "trace", "at", "business_at", "release_id")
        bulk.insert(self._connection, decisions, columns, rows)


_SETTLED = (
    "state",
    "reason",
    "detail",
    "provider_id",
    "due_at",
    "next_action_at",
    "calls",
    "lease",
    "first_call_at",
    "settled_at",
)


def _settled(one: Settlement, at: Instant) -> tuple[Any, ...]:
    """A settlement as the columns of _SETTLED."""
    return (
        one.state.value,
        one.reason,
        one.detail,
        one.provider_id,
        one.due_at,
        one.next_action_at,
        one.calls,
        None,
        one.first_call_at,
        at if one.settled else None,
    )


def _in_flight(row: Any) -> InFlight:
    return InFlight(
        id=row.id,
        lease=row.lease,
        account=row.account,
        tried=Channel(row.channel),
        candidates=channels_of(row.candidates),
        excluded=channels_of(row.excluded),
        topic=row.topic,
        purpose=Purpose(row.purpose),
        state=State(row.state),
        reason=row.reason,
        detail=row.detail,
        sending_at=row.sending_at,
        due_at=row.due_at,
        first_call_at=row.first_call_at,
        calls=row.calls,
        stuck_at=row.stuck_at,
        in_doubt=row.possible_duplicate,
        doubts=row.doubts,
    )


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

_LEASED = bulk.Question(
    lambda dialect: (
        select(_TABLE.id)
        .where(
            bulk.given(dialect, _TABLE.id, "ids"),
            _TABLE.lease == bindparam("by"),
            bulk.given(dialect, _TABLE.state, "states"),
        )
        .with_for_update()
    )
)


@cache
def _taken(dialect: str) -> Update:
    return (
        update(deliveries)
        .where(bulk.given(dialect, _TABLE.id, "ids"))
        .values(lease=bindparam("taken_by"), next_action_at=bindparam("taken_until"), attempts=_TABLE.attempts + 1)
    )
