"""Deliveries: the queue that workers claim from, and the record of how each request ended."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, update

from orchestrator.domain.delivery import CLAIMABLE, OPEN, State
from orchestrator.domain.message import LANES, Purpose
from orchestrator.store import bulk
from orchestrator.store.port import InFlight
from orchestrator.store.promises import promises_of, replace_promises
from orchestrator.store.requests import COLUMNS, REQUEST, request_of, row_of
from orchestrator.store.tables import (
    CLAIMABLE_ROWS,
    HELD_ROWS,
    IN_FLIGHT_ROWS,
    addresses,
    decisions,
    deliveries,
    renderings,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, TextClause

    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Conclusion, NewDelivery, Sending, Settlement

_TABLE = deliveries.c
_CLAIMABLE = [state.value for state in CLAIMABLE]
_NO_CLAIMS = "[]"
_IN_FLIGHT = [State.SENDING.value, State.UNKNOWN.value]


class SqlDeliveries:
    """See `port.Deliveries`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- the queue ----------------------------------------------------------------------------------------------------

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
        due = (
            select(*REQUEST)
            .where(_claimable(lane, now=now, business_now=business_now))
            .order_by(_TABLE.due_at, _TABLE.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        requests = [request_of(row) for row in bulk.fetch(self._connection, due)]
        self._connection.execute(
            update(deliveries)
            .where(bulk.among(self._connection, _TABLE.id, [request.id for request in requests]))
            .values(lease=lease, next_action_at=lease_until, attempts=_TABLE.attempts + 1)
        )
        return requests

    def still_held(self, lease: str, delivery_ids: Collection[str]) -> set[str]:
        return self._locked(delivery_ids, lease, _CLAIMABLE)

    def begin(
        self, sendings: Sequence[Sending], *, release_id: str, at: Instant, business_at: Instant, deadline: Instant
    ) -> None:
        sending = State.SENDING.value
        bulk.update(
            self._connection,
            deliveries,
            ("state", "reason", "channel", "account", "address_id", "release_id", "sending_at", "next_action_at"),
            [
                (sending, "", one.channel, one.account, one.address_id, release_id, at, deadline, one.id)
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
        self._decided([(one.id, "send", one.trace) for one in sendings], at, business_at)

    def conclude(self, conclusions: Sequence[Conclusion], *, at: Instant, business_at: Instant) -> None:
        bulk.update(
            self._connection,
            deliveries,
            ("state", "reason", "detail", "due_at", "next_action_at", "attempts", "lease", "settled_at"),
            [
                (
                    one.state.value,
                    one.reason,
                    one.detail,
                    one.due_at,
                    at,
                    0,
                    None,
                    None if one.state in OPEN else at,
                    one.id,
                )
                for one in conclusions
            ],
        )
        self._decided([(one.id, one.state.value, one.trace) for one in conclusions], at, business_at)

    def give_back(self, lease: str, delivery_ids: Collection[str], at: Instant) -> None:
        self._connection.execute(
            update(deliveries)
            .where(bulk.among(self._connection, _TABLE.id, delivery_ids), _TABLE.lease == lease)
            .values(lease=None, next_action_at=at, attempts=_TABLE.attempts - 1)
        )

    def settle(self, lease: str, settlements: Sequence[Settlement], at: Instant, *, came_back: bool = True) -> None:
        ours = self._locked([one.id for one in settlements], lease, _IN_FLIGHT)
        attempts = {"attempts": 0} if came_back else {}
        bulk.update(
            self._connection,
            deliveries,
            (
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
                *attempts,
            ),
            [
                (
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
                    *attempts.values(),
                    one.id,
                )
                for one in settlements
                if one.id in ours
            ],
        )

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

    def in_flight(self, limit: int, *, lease: str, now: Instant, lease_until: Instant) -> list[InFlight]:
        lost = (
            select(_TABLE.id)
            .where(IN_FLIGHT_ROWS, _TABLE.next_action_at <= now, _TABLE.settled_at.is_(None))
            .order_by(_TABLE.next_action_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(
            update(deliveries)
            .where(_TABLE.id.in_(lost.scalar_subquery()))
            .values(lease=lease, next_action_at=lease_until)
            .returning(
                _TABLE.id,
                _TABLE.account,
                _TABLE.purpose,
                _TABLE.state,
                _TABLE.reason,
                _TABLE.detail,
                _TABLE.sending_at,
                _TABLE.due_at,
                _TABLE.first_call_at,
                _TABLE.calls,
            )
        )
        return [
            InFlight(delivery_id, account, Purpose(purpose), State(state), *rest)
            for delivery_id, account, purpose, state, *rest in rows
        ]

    def release_held(self, reason: str, at: Instant) -> dict[str, int]:
        # What is held was due, and keeps its place in the queue.
        lanes = self._connection.scalars(
            update(deliveries)
            .where(HELD_ROWS, _TABLE.reason == reason)
            .values(state=State.ACCEPTED.value, reason="", detail="", next_action_at=at)
            .returning(_TABLE.lane)
        )
        return dict(Counter(lanes))

    # --- looking at it ------------------------------------------------------------------------------------------------

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

    def waiting(self, lane: str, *, now: Instant, business_now: Instant) -> bool:
        found = select(_TABLE.id).where(_claimable(lane, now=now, business_now=business_now)).limit(1)
        return self._connection.scalars(found).first() is not None

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
        document = dict(row._mapping)
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
        document["decisions"] = [
            {"verdict": verdict, "trace": json.loads(trace), "at": at, "business_at": business_at}
            for verdict, trace, at, business_at in self._connection.execute(
                select(decisions.c.verdict, decisions.c.trace, decisions.c.at, decisions.c.business_at)
                .where(decisions.c.delivery_id == delivery_id)
                .order_by(decisions.c.seq)
            )
        ]
        return document

    def _count(self, *conditions: ColumnElement[bool] | TextClause) -> int:
        return self._connection.scalars(select(func.count()).select_from(deliveries).where(*conditions)).one()

    def _locked(self, delivery_ids: Collection[str], lease: str, states: Sequence[str]) -> set[str]:
        """Those that are under this lease in one of the states, locked until the commit."""
        wanted = select(_TABLE.id).where(
            bulk.among(self._connection, _TABLE.id, delivery_ids), _TABLE.lease == lease, _TABLE.state.in_(states)
        )
        return {delivery_id for (delivery_id,) in bulk.fetch(self._connection, wanted.with_for_update())}

    def _decided(self, verdicts: list[tuple[str, str, str]], at: Instant, business_at: Instant) -> None:
        bulk.insert(
            self._connection,
            decisions,
            ("delivery_id", "verdict", "trace", "at", "business_at"),
            [(*verdict, at, business_at) for verdict in verdicts],
        )


def _claimable(lane: str, *, now: Instant, business_now: Instant) -> ColumnElement[bool]:
    return and_(CLAIMABLE_ROWS, _TABLE.lane == lane, _TABLE.due_at <= business_now, _TABLE.next_action_at <= now)


def _nested(rows: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for outer, inner, count in rows:
        found.setdefault(outer, {})[inner] = count
    return found
