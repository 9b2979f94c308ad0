"""What is on its way: settled under its lease, or found again when whoever sent it never came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, update

from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import CLAIMABLE, Mode, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.said import kept, read
from orchestrator.store import bulk
from orchestrator.store.delivery_record import DeliveryRecord
from orchestrator.store.port import InFlight
from orchestrator.store.requests import channels_of, exclusions_of, joined_exclusions
from orchestrator.store.tables import IN_FLIGHT_ROWS, deliveries

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Settlement

_TABLE = deliveries.c
_IN_FLIGHT = [State.SENDING.value, State.UNKNOWN.value]
_LEASABLE = [*(state.value for state in CLAIMABLE), *_IN_FLIGHT]


class DeliveriesInFlight(DeliveryRecord):
    """The part of `port.Deliveries` that comes after a call."""

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
                    joined_exclusions(one.excluded),
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
                _TABLE.state.in_(_LEASABLE),
            )
            .values(next_action_at=at)
        )
        return ended.rowcount

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
                _TABLE.mode,
                _TABLE.address_id,
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
        kept(one.detail),
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
        excluded=exclusions_of(row.excluded),
        topic=row.topic,
        purpose=Purpose(row.purpose),
        state=State(row.state),
        reason=row.reason,
        detail=read(row.detail),
        sending_at=row.sending_at,
        due_at=row.due_at,
        first_call_at=row.first_call_at,
        calls=row.calls,
        stuck_at=row.stuck_at,
        in_doubt=row.possible_duplicate,
        doubts=row.doubts,
        mode=Mode(row.mode),
        address_id=row.address_id,
    )


# Asked for every slice.
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
