"""Deliveries: the queue that workers claim from, and the record of how each request ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import CLAIMABLE, OPEN, Request, State
from orchestrator.domain.message import LANES, Purpose
from orchestrator.store import bulk
from orchestrator.store.port import InFlight
from orchestrator.store.tables import addresses, decisions, deliveries, renderings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Conclusion, NewDelivery, Sending, Settlement

_TABLE = deliveries.c
_CLAIMABLE = [state.value for state in CLAIMABLE]
_IN_FLIGHT = [State.SENDING.value, State.UNKNOWN.value]
_PURPOSES = {purpose.value: purpose for purpose in Purpose}
_CANDIDATES: dict[str, tuple[Channel, ...]] = {}

_REQUEST = (
    _TABLE.id, _TABLE.message, _TABLE.customer_id, _TABLE.topic, _TABLE.purpose, _TABLE.candidates, _TABLE.objects,
    _TABLE.data, _TABLE.locale, _TABLE.priority, _TABLE.due_at, _TABLE.not_after, _TABLE.accepted_at,
    _TABLE.first_call_at, _TABLE.attempts, _TABLE.calls,
)


class SqlDeliveries:
    """See `port.Deliveries`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- the queue ----------------------------------------------------------------------------------------------------

    def add(self, new: Sequence[NewDelivery], at: Instant) -> None:
        bulk.insert(
            self._connection,
            deliveries,
            ("id", "identity", "message", "customer_id", "topic", "purpose", "candidates", "objects", "data", "locale",
             "priority", "origin", "event_id", "run_id", "step", "state", "lane", "due_at", "not_after",
             "next_action_at", "accepted_at"),
            [_row(one, at) for one in new],
        )

    def claim(
        self, lane: str, limit: int, *, lease: str, now: Instant, business_now: Instant, lease_until: Instant
    ) -> list[Request]:
        due = (
            select(_TABLE.id)
            .where(_claimable(lane, now=now, business_now=business_now))
            .order_by(_TABLE.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = self._connection.execute(
            update(deliveries)
            .where(_TABLE.id.in_(due.scalar_subquery()))
            .values(lease=lease, next_action_at=lease_until, attempts=_TABLE.attempts + 1)
            .returning(*_REQUEST)
        )
        return sorted((_request(row) for row in taken), key=lambda request: (request.due_at, request.id))

    def still_held(self, lease: str, delivery_ids: Collection[str]) -> set[str]:
        return set(
            self._connection.scalars(
                select(_TABLE.id)
                .where(_TABLE.id.in_(list(delivery_ids)), _TABLE.lease == lease, _TABLE.state.in_(_CLAIMABLE))
                .with_for_update()
            )
        )

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
            [(one.id, one.channel, one.locale, release_id, one.content, one.claims, at) for one in sendings],
        )
        self._decided([(one.id, "send", one.trace) for one in sendings], at, business_at)

    def conclude(self, conclusions: Sequence[Conclusion], *, at: Instant, business_at: Instant) -> None:
        bulk.update(
            self._connection,
            deliveries,
            ("state", "reason", "detail", "due_at", "next_action_at", "lease", "settled_at"),
            [
                (one.state.value, one.reason, one.detail, one.due_at, at, None, None if one.state in OPEN else at,
                 one.id)
                for one in conclusions
            ],
        )
        self._decided([(one.id, one.state.value, one.trace) for one in conclusions], at, business_at)

    def give_back(self, lease: str, delivery_ids: Collection[str], at: Instant) -> None:
        self._connection.execute(
            update(deliveries)
            .where(_TABLE.id.in_(list(delivery_ids)), _TABLE.lease == lease)
            .values(lease=None, next_action_at=at, attempts=_TABLE.attempts - 1)
        )

    def settle(self, lease: str, settlements: Sequence[Settlement], at: Instant) -> None:
        ours = set(
            self._connection.scalars(
                select(_TABLE.id)
                .where(_TABLE.id.in_([one.id for one in settlements]), _TABLE.lease == lease,
                       _TABLE.state.in_(_IN_FLIGHT))
                .with_for_update()
            )
        )
        bulk.update(
            self._connection,
            deliveries,
            ("state", "reason", "detail", "provider_id", "due_at", "next_action_at", "calls", "attempts", "lease",
             "first_call_at", "settled_at"),
            [
                (one.state.value, one.reason, one.detail, one.provider_id, one.due_at, one.next_action_at, one.calls,
                 0, None, one.first_call_at, at if one.settled else None, one.id)
                for one in settlements
                if one.id in ours
            ],
        )

    def abandon(self, worker: str, at: Instant) -> int:
        ended = self._connection.execute(
            update(deliveries)
            .where(_TABLE.lease.startswith(f"{worker}/", autoescape=True), _TABLE.next_action_at > at,
                   _TABLE.state.in_([*_CLAIMABLE, *_IN_FLIGHT]))
            .values(next_action_at=at)
        )
        return ended.rowcount

    def poison(self, attempts_max: int, at: Instant) -> list[str]:
        return list(
            self._connection.scalars(
                update(deliveries)
                .where(_TABLE.state.in_(_CLAIMABLE), _TABLE.attempts > attempts_max, _TABLE.next_action_at <= at)
                .values(state=State.QUARANTINED.value, reason="poison", lease=None, settled_at=at)
                .returning(_TABLE.id)
            )
        )

    def in_flight(self, limit: int, *, lease: str, now: Instant, lease_until: Instant) -> list[InFlight]:
        lost = (
            select(_TABLE.id)
            .where(_TABLE.state.in_(_IN_FLIGHT), _TABLE.next_action_at <= now, _TABLE.settled_at.is_(None))
            .order_by(_TABLE.next_action_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(
            update(deliveries)
            .where(_TABLE.id.in_(lost.scalar_subquery()))
            .values(lease=lease, next_action_at=lease_until)
            .returning(_TABLE.id, _TABLE.account, _TABLE.purpose, _TABLE.state, _TABLE.sending_at, _TABLE.due_at,
                       _TABLE.first_call_at, _TABLE.calls)
        )
        return [
            InFlight(delivery_id, account, _PURPOSES[purpose], State(state), sending_at, due_at, first_call_at, calls)
            for delivery_id, account, purpose, state, sending_at, due_at, first_call_at, calls in rows
        ]

    # --- looking at it ------------------------------------------------------------------------------------------------

    def open_until(self, business_at: Instant) -> int:
        # Two counts, so that each reads the partial index that was made for it.
        due = select(func.count()).select_from(deliveries).where(
            _TABLE.state.in_(_CLAIMABLE), _TABLE.lane.in_(LANES), _TABLE.due_at <= business_at
        )
        in_flight = select(func.count()).select_from(deliveries).where(
            _TABLE.state.in_(_IN_FLIGHT), _TABLE.settled_at.is_(None)
        )
        return self._connection.scalars(due).one() + self._connection.scalars(in_flight).one()

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
        document["rendering"] = None if said is None else {
            "locale": said.locale,
            "release_id": said.release_id,
            "content": json.loads(said.content),
            "claims": json.loads(said.claims),
        }
        document["decisions"] = [
            {"verdict": verdict, "trace": json.loads(trace), "at": at, "business_at": business_at}
            for verdict, trace, at, business_at in self._connection.execute(
                select(decisions.c.verdict, decisions.c.trace, decisions.c.at, decisions.c.business_at)
                .where(decisions.c.delivery_id == delivery_id)
                .order_by(decisions.c.seq)
            )
        ]
        return document

    def _decided(self, verdicts: list[tuple[str, str, str]], at: Instant, business_at: Instant) -> None:
        bulk.insert(
            self._connection,
            decisions,
            ("delivery_id", "verdict", "trace", "at", "business_at"),
            [(*verdict, at, business_at) for verdict in verdicts],
        )


def _claimable(lane: str, *, now: Instant, business_now: Instant) -> ColumnElement[bool]:
    return (
        # Written out, so that the planner sees the partial index's own condition.
        _TABLE.state.in_(_CLAIMABLE)
        & (_TABLE.lane == lane)
        & (_TABLE.due_at <= business_now)
        & (_TABLE.next_action_at <= now)
    )


def _row(new: NewDelivery, at: Instant) -> tuple[Any, ...]:
    request = new.request
    return (
        request.id, new.identity, request.message, request.customer_id, request.topic, request.purpose.value,
        ",".join(request.candidates), bulk.dumps(dict(request.objects)), bulk.dumps(dict(request.data)),
        request.locale, request.priority, new.origin, new.event_id, new.run_id, new.step, State.ACCEPTED.value,
        request.purpose.value, request.due_at, request.not_after, at, request.accepted_at,
    )


def _request(row: Row[Any]) -> Request:
    (delivery_id, message, customer_id, topic, purpose, candidates, objects, data, locale, priority, due_at, not_after,
     accepted_at, first_call_at, attempts, calls) = tuple(row)
    return Request(
        id=delivery_id, message=message, customer_id=customer_id, topic=topic, purpose=_PURPOSES[purpose],
        candidates=_channels(candidates), objects=objects, data=data, locale=locale, priority=priority, due_at=due_at,
        not_after=not_after, accepted_at=accepted_at, first_call_at=first_call_at, attempts=attempts, calls=calls,
    )


def _channels(joined: str) -> tuple[Channel, ...]:
    """The same few lists come back for every row of a slice."""
    found = _CANDIDATES.get(joined)
    if found is None:
        found = _CANDIDATES[joined] = tuple(Channel(name) for name in joined.split(","))
    return found


def _nested(rows: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for outer, inner, count in rows:
        found.setdefault(outer, {})[inner] = count
    return found
