"""What must never be found in the ledger: one question an invariant, each answered with the ids that break it.

A question is about what stands open now, by the partial index that is as small as what is open, or about what happened
lately: decisions after a mark, by their primary key, and from there each delivery by its own. So a ledger of ten
million rows is asked as quickly as one of ten thousand. With `Look.everything` it goes back to the beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, cast, exists, func, literal, or_, select, text, union

from orchestrator import consent
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.delivery import FINAL, State
from orchestrator.domain.message import LANES, Purpose
from orchestrator.store import bulk
from orchestrator.store.people_tables import merges
from orchestrator.store.port import MergeState, SentMessage, Whereabouts
from orchestrator.store.silence import bound
from orchestrator.store.tables import (
    CLAIMABLE_ROWS,
    IN_FLIGHT_ROWS,
    addresses,
    consent_events,
    customer_addresses,
    customers,
    decisions,
    deliveries,
    inbox,
    receipts,
    renderings,
    suppressions,
    timers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy.sql.selectable import CompoundSelect, Subquery

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Look

    Ids = Select[Any] | CompoundSelect[Any]

_TABLE = deliveries.c
# As their indexes say it: see `tables.CLAIMABLE_ROWS`.
_PARKED_RECEIPTS = text("receipts.applied_at IS NULL")
_WAITING_TIMERS = text("timers.fired_at IS NULL")

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

# How long anything may be late (reliability, promise P11), and how long a doubt and a stray receipt may last.
OVERDUE_MS = 5 * MINUTE_MS
UNKNOWN_MS = 72 * HOUR_MS + 10 * MINUTE_MS
PARKED_MS = 24 * HOUR_MS + 10 * MINUTE_MS

# How many of the newest rows are looked at where no decision leads to them.
NEWEST = 20_000


class SqlAudit:
    """See `port.Audit`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest_decision(self) -> int:
        return self._connection.scalars(select(func.max(decisions.c.seq))).one() or 0

    def broken(self, invariant: str, look: Look, limit: int) -> list[str]:
        found = QUESTIONS[invariant](look).limit(limit)
        return list(dict.fromkeys(map(str, self._connection.scalars(found))))

    def sends(self, look: Look) -> list[SentMessage]:
        recent = _recent(look)
        rows = self._connection.execute(
            select(*_SENT, recent.c.business_at).join(recent, _sent_by(recent)).where(~_merged_since())
        )
        return [SentMessage._make(row) for row in rows.all()]

    def uses(self, customer_ids: Collection[str], since: Instant) -> list[SentMessage]:
        rows = self._connection.execute(
            select(*_SENT, _TABLE.reserved_at).where(
                bulk.among(self._connection, _TABLE.customer_id, customer_ids),
                _TABLE.reserved_at >= since,
            )
        )
        return [SentMessage._make(row) for row in rows.all()]

    def whereabouts(self, customer_ids: Collection[str]) -> list[Whereabouts]:
        rows = self._connection.execute(
            select(customers.c.id, customers.c.time_zone, customers.c.updated_at, addresses.c.id, addresses.c.value)
            .outerjoin(customer_addresses, customer_addresses.c.customer_id == customers.c.id)
            .outerjoin(
                addresses,
                and_(addresses.c.id == customer_addresses.c.address_id, addresses.c.kind == AddressKind.PHONE.value),
            )
            .where(bulk.among(self._connection, customers.c.id, customer_ids))
            .order_by(customers.c.id, customer_addresses.c.rank)
        )
        return [Whereabouts._make(row) for row in rows.all()]


_SENT = (
    _TABLE.id,
    _TABLE.customer_id,
    _TABLE.purpose,
    _TABLE.topic,
    _TABLE.channel,
    _TABLE.priority,
    _TABLE.release_id,
    _TABLE.due_at,
    _TABLE.sending_at,
    _TABLE.reserved_at,
    _TABLE.reserved_day,
)


# --- what happened lately -------------------------------------------------------------------------------------------


def _recent(look: Look) -> Subquery:
    """Decisions to send after the mark: a range of the primary key."""
    return (
        select(decisions.c.delivery_id, decisions.c.at, decisions.c.business_at)
        .where(decisions.c.seq > look.after, decisions.c.verdict == "send")
        .subquery("recent")
    )


def _sent_lately(look: Look, *columns: Any) -> Select[Any]:
    """Deliveries by the last of their decisions to send, and each by its primary key."""
    recent = _recent(look)
    return select(*(columns or (_TABLE.id,))).join(recent, _sent_by(recent))


def _sent_by(recent: Subquery) -> ColumnElement[bool]:
    """By the last decision, whose time is that of the intent; earlier ones are older.

    Said as an equation, PostgreSQL expected one row where there are thousands, and read whole tables for each.
    """
    return and_(recent.c.delivery_id == _TABLE.id, recent.c.at >= _TABLE.sending_at)


def _merged_since() -> ColumnElement[bool]:
    """Two customers became the one who has this: what the other had said, and was sent, was not this one's then."""
    return exists().where(
        merges.c.kept_id == _TABLE.customer_id,
        merges.c.state == MergeState.DONE.value,
        merges.c.at >= _TABLE.sending_at,
    )


# Receipts that say that a message got there.
_ARRIVED = ("sent", "delivered", "read", "clicked")


def _sent_twice(look: Look) -> Ids:
    """What we can see of it: two in our own inbox, receipts under two names, an end that was begun again.

    A resend in doubt says so (`possible_duplicate`), and is no surprise.
    """
    # Pairs and no groups: to group by delivery, SQLite would walk through all of them.
    first, second = inbox.alias("first"), inbox.alias("second")
    in_the_inbox = (
        _sent_lately(look)
        .join(first, first.c.reference == _TABLE.id)
        .join(second, and_(second.c.reference == _TABLE.id, second.c.seq > first.c.seq))
        .where(_TABLE.possible_duplicate.is_(False))
    )
    one, other = receipts.alias("one"), receipts.alias("other")
    by_receipts = (
        _sent_lately(look)
        .join(one, and_(one.c.delivery_id == _TABLE.id, one.c.kind.in_(_ARRIVED)))
        .join(other, and_(other.c.delivery_id == _TABLE.id, other.c.kind.in_(_ARRIVED)))
        .where(_TABLE.possible_duplicate.is_(False), other.c.provider_id > one.c.provider_id)
    )
    begun_again = select(_TABLE.id).where(
        IN_FLIGHT_ROWS, _TABLE.state == State.SENDING.value, _TABLE.settled_at.is_not(None)
    )
    return union(in_the_inbox, by_receipts, begun_again)


def _marketing_resent_in_doubt(look: Look) -> Ids:
    """Marketing stops where it is in doubt."""
    return _sent_lately(look).where(_TABLE.purpose == Purpose.MARKETING.value, _TABLE.possible_duplicate.is_(True))


def _sent_after_opt_out(look: Look) -> Ids:
    """An intent that is younger than a withdrawal of its topic and channel which nothing had overruled by then.

    What overrules it is a grant that was recorded later and is not older than it (`consents._IN_FORCE`); of several
    withdrawals the last counts.
    """
    later = consent_events.alias("later")
    overruled = select(later.c.seq).where(
        later.c.customer_id == consent_events.c.customer_id,
        later.c.topic == consent_events.c.topic,
        later.c.channel == consent_events.c.channel,
        later.c.seq > consent_events.c.seq,
        later.c.recorded_at <= _TABLE.sending_at,
        or_(later.c.state == "withdrawn", and_(later.c.state == "granted", later.c.at >= consent_events.c.at)),
    )
    overruled_by_then = exists(overruled.correlate(consent_events, deliveries))
    # No join: a planner would begin with all withdrawals that were ever made.
    forbidden = exists().where(
        consent_events.c.customer_id == _TABLE.customer_id,
        consent_events.c.topic == _TABLE.topic,
        consent_events.c.channel == _TABLE.channel,
        consent_events.c.state == "withdrawn",
        consent_events.c.recorded_at < _TABLE.sending_at,
        ~overruled_by_then,
    )
    return _sent_lately(look).where(forbidden, ~_merged_since())


def _sent_to_suppressed(look: Look) -> Ids:
    """An intent that is younger than the suppression of its address; a STOP forbids marketing only."""
    forbidden = exists().where(
        suppressions.c.address_id == _TABLE.address_id,
        suppressions.c.channel == _TABLE.channel,
        suppressions.c.at < _TABLE.sending_at,
        or_(_TABLE.purpose == Purpose.MARKETING.value, suppressions.c.reason != consent.STOP),
        bound(_TABLE.customer_id, _TABLE.sending_at),
    )
    return _sent_lately(look).where(forbidden)


def _ended_without_reason(look: Look) -> Ids:
    """Whatever was not sent says why."""
    ends = [state.value for state in FINAL if state is not State.SENT]
    return (
        select(_TABLE.id)
        .join(decisions, decisions.c.delivery_id == _TABLE.id)
        .where(decisions.c.seq > look.after, decisions.c.verdict != "send", _TABLE.state.in_(ends), _TABLE.reason == "")
    )


# --- the newest rows ------------------------------------------------------------------------------------------------


def _newest(look: Look) -> Subquery:
    """The newest deliveries: a range of the primary key, because ids sort by the time they were made."""
    wanted = select(_TABLE.id, _TABLE.state, _TABLE.lane, _TABLE.reason).order_by(_TABLE.id.desc())
    return (wanted if look.everything else wanted.limit(NEWEST)).subquery("newest")


def _not_in_the_sum(look: Look) -> Ids:
    """Requested is the sum of the states, lane by lane: a state or lane that is none would be in no sum."""
    newest = _newest(look)
    return select(newest.c.id).where(
        or_(newest.c.state.not_in([state.value for state in State]), newest.c.lane.not_in(LANES))
    )


def _sent_without_decision(look: Look) -> Ids:
    """Nothing leaves without the gate: what was sent was decided and rendered."""
    newest = _newest(look)
    decided = exists().where(decisions.c.delivery_id == newest.c.id)
    rendered = exists().where(renderings.c.delivery_id == newest.c.id)
    return select(newest.c.id).where(newest.c.state == State.SENT.value, or_(~decided, ~rendered))


def _fired_for_nothing(look: Look) -> Ids:
    """A timer that fired has made its delivery, under its own id."""
    wanted = select(timers.c.id, timers.c.fired_at).order_by(timers.c.id.desc())
    newest = (wanted if look.everything else wanted.limit(NEWEST)).subquery("newest")
    return select(newest.c.id).where(newest.c.fired_at.is_not(None), ~exists().where(_TABLE.id == newest.c.id))


# --- what stands open now -------------------------------------------------------------------------------------------


def _overdue_on_the_wire(look: Look) -> Ids:
    """The sweep takes every call and every doubt whose time has come."""
    return select(_TABLE.id).where(
        IN_FLIGHT_ROWS, _TABLE.next_action_at < look.now - OVERDUE_MS, _TABLE.settled_at.is_(None)
    )


def _overdue_in_the_queue(look: Look) -> Ids:
    """Due for long, while nobody decides anything: a long queue that moves is no fault."""
    newest = select(decisions.c.at).order_by(decisions.c.seq.desc()).limit(1).scalar_subquery()
    return select(_TABLE.id).where(
        CLAIMABLE_ROWS,
        _TABLE.lane.in_(LANES),
        _TABLE.due_at < look.business_now - OVERDUE_MS,
        _TABLE.next_action_at < look.now - OVERDUE_MS,
        func.coalesce(newest, 0) < look.now - OVERDUE_MS,
    )


def _sending_without_rendering(look: Look) -> Ids:
    """The words stand in the ledger before the first byte leaves."""
    del look
    return select(_TABLE.id).where(
        IN_FLIGHT_ROWS,
        _TABLE.state == State.SENDING.value,
        ~exists().where(renderings.c.delivery_id == _TABLE.id),
    )


def _doubt_too_old(look: Look) -> Ids:
    """A doubt that nothing settled in 72 hours is closed as one."""
    return select(_TABLE.id).where(
        IN_FLIGHT_ROWS,
        _TABLE.state == State.UNKNOWN.value,
        _TABLE.settled_at.is_(None),
        _TABLE.sending_at < look.now - UNKNOWN_MS,
    )


def _receipt_without_delivery(look: Look) -> Ids:
    """News that nobody could place for a day."""
    return select(literal("receipt ") + cast(receipts.c.seq, String)).where(
        _PARKED_RECEIPTS, receipts.c.received_at < look.now - PARKED_MS
    )


def _timer_overdue(look: Look) -> Ids:
    """The timer fires once a second."""
    return select(timers.c.id).where(_WAITING_TIMERS, timers.c.due_at < look.business_now - OVERDUE_MS)


QUESTIONS: Mapping[str, Callable[[Look], Ids]] = {
    "sent_twice": _sent_twice,
    "marketing_resent_in_doubt": _marketing_resent_in_doubt,
    "sent_after_opt_out": _sent_after_opt_out,
    "sent_to_suppressed": _sent_to_suppressed,
    "ended_without_reason": _ended_without_reason,
    "sent_without_decision": _sent_without_decision,
    "not_in_the_sum": _not_in_the_sum,
    "fired_for_nothing": _fired_for_nothing,
    "overdue_on_the_wire": _overdue_on_the_wire,
    "overdue_in_the_queue": _overdue_in_the_queue,
    "sending_without_rendering": _sending_without_rendering,
    "doubt_too_old": _doubt_too_old,
    "receipt_without_delivery": _receipt_without_delivery,
    "timer_overdue": _timer_overdue,
}
