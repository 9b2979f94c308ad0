"""Two customers become one, and two again: every table whose rows name a customer, and what happens to them then.

A test holds the list against the schema: a new table with a customer in it is named here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, insert, literal, select, text, tuple_, update

from orchestrator.domain.pause import OF_A_CUSTOMER
from orchestrator.domain.timer import WallTime
from orchestrator.store.people_tables import profile_values, quarantined_events
from orchestrator.store.port import DueAlarm
from orchestrator.store.runs import ALARM
from orchestrator.store.tables import (
    CLAIMABLE_ROWS,
    alerts,
    consent_events,
    customer_ids,
    customers,
    deliveries,
    events,
    exit_marks,
    handoffs,
    inbox,
    objects,
    pauses,
    runs,
    segment_members,
    timers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Table
    from sqlalchemy.sql.dml import ReturningUpdate

    from orchestrator.domain.time import Instant

    Keys = Sequence[Sequence[Any]]

# Values in one statement: databases take so many parameters and no more.
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class _Follower:
    """A table whose rows go where their customer goes, and what tells one row from another."""

    table: Table
    owner: Column[str]
    key: tuple[Column[Any], ...]


_FOLLOWERS = (
    _Follower(customer_ids, customer_ids.c.customer_id, (customer_ids.c.source, customer_ids.c.external_id)),
    _Follower(consent_events, consent_events.c.customer_id, (consent_events.c.seq,)),
    _Follower(profile_values, profile_values.c.customer_id, (profile_values.c.seq,)),
    _Follower(objects, objects.c.customer_id, (objects.c.kind, objects.c.id)),
    _Follower(events, events.c.customer_id, (events.c.id,)),
    _Follower(exit_marks, exit_marks.c.customer_id, (exit_marks.c.journey, exit_marks.c.key, exit_marks.c.event_id)),
    _Follower(runs, runs.c.customer_id, (runs.c.id,)),
    _Follower(timers, timers.c.customer_id, (timers.c.id,)),
    _Follower(alerts, alerts.c.customer_id, (alerts.c.id,)),
    _Follower(handoffs, handoffs.c.customer_id, (handoffs.c.id,)),
    # The caps come with them: what a customer has had are the messages themselves.
    _Follower(deliveries, deliveries.c.customer_id, (deliveries.c.id,)),
    _Follower(inbox, inbox.c.customer_id, (inbox.c.seq,)),
    _Follower(quarantined_events, quarantined_events.c.customer_id, (quarantined_events.c.id,)),
)

FOLLOWING = frozenset({one.table.name for one in _FOLLOWERS} | {pauses.name, segment_members.name})
"""Tables whose rows follow."""

ANSWERED_FOR = frozenset({"customer_addresses", "consent_state", "merges"})
"""Tables of which `dispatch.identity` says what becomes of them."""

STAYING = frozenset({"audit_entries", "privacy_requests", "returns"})
"""Tables that say whom something was about when it was written: records, and who came back to an address by their own
act, which nobody who becomes one with them has done."""


def take_over(connection: Connection, kept_id: str, merged_id: str, at: Instant) -> dict[str, Any]:
    """See `port.Identity`."""
    forget_claims(connection, merged_id, at)
    moved = {
        one.table.name: _all(connection, update(one.table).where(one.owner == merged_id).values(_owned(one, kept_id))
                             .returning(*one.key))
        for one in _FOLLOWERS
    }  # fmt: skip
    _be_where_they_are(connection, kept_id, merged_id)
    connection.execute(delete(segment_members).where(segment_members.c.customer_id == merged_id))
    moved["lifted"] = _lift_shorter_pause(connection, kept_id, merged_id, at)
    moved["pauses"] = _all(
        connection,
        update(pauses).where(_OF_A_CUSTOMER, pauses.c.subject == merged_id).values(subject=kept_id)
        .returning(pauses.c.id),
    )  # fmt: skip
    moved["customers"] = _all(
        connection,
        update(customers).where(customers.c.merged_into == merged_id).values(merged_into=kept_id)
        .returning(customers.c.id),
    )  # fmt: skip
    connection.execute(update(customers).where(customers.c.id == merged_id).values(merged_into=kept_id, updated_at=at))
    return moved


def give_back(connection: Connection, moved: Mapping[str, Any], kept_id: str, merged_id: str, at: Instant) -> None:
    """See `port.Identity`."""
    forget_claims(connection, kept_id, at)
    for one in _FOLLOWERS:
        for theirs in _among(one.key, moved[one.table.name]):
            connection.execute(update(one.table).where(one.owner == kept_id, theirs).values(_owned(one, merged_id)))
    _give_back_what_came_of_it(connection, moved, kept_id, merged_id)
    _be_where_they_are(connection, merged_id, kept_id)
    for theirs in _among((pauses.c.id,), moved["pauses"]):
        connection.execute(update(pauses).where(theirs).values(subject=merged_id))
    _pause_again(connection, moved["lifted"])
    for theirs in _among((customers.c.id,), moved["customers"]):
        connection.execute(update(customers).where(theirs).values(merged_into=merged_id))
    connection.execute(update(customers).where(customers.c.id == merged_id).values(merged_into=None, updated_at=at))


def forget_claims(connection: Connection, customer_id: str, at: Instant) -> None:
    """A worker may hold some that it has decided for the one who they were: it finds them gone, and they come again."""
    connection.execute(
        update(deliveries)
        .where(CLAIMABLE_ROWS, deliveries.c.customer_id == customer_id, deliveries.c.lease.is_not(None))
        .values(lease=None, next_action_at=at, attempts=deliveries.c.attempts - 1)
    )


def _owned(one: _Follower, customer_id: str) -> dict[str, str]:
    return {one.owner.name: customer_id}


def _give_back_what_came_of_it(connection: Connection, moved: Mapping[str, Any], kept_id: str, merged_id: str) -> None:
    """Messages that a timer or a run of theirs has asked for since, and that have not gone."""
    for theirs in (*_among((deliveries.c.id,), moved["timers"]), *_among((deliveries.c.run_id,), moved["runs"])):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.customer_id == kept_id, deliveries.c.settled_at.is_(None), theirs)
            .values(customer_id=merged_id)
        )
    _give_back_alarms(connection, {run_id for (run_id,) in moved["runs"]}, kept_id, merged_id)


def _give_back_alarms(connection: Connection, run_ids: set[str], kept_id: str, merged_id: str) -> None:
    """Those that runs of theirs have set since: with them alone they are called."""
    alarms = connection.execute(
        select(timers.c.id, timers.c.wall, timers.c.zone, timers.c.due_at).where(
            timers.c.customer_id == kept_id, timers.c.kind == ALARM
        )
    )
    due = (DueAlarm.of(row.id, kept_id, WallTime(row.wall, row.zone), row.due_at) for row in alarms)
    for theirs in _among((timers.c.id,), [[alarm.id] for alarm in due if alarm.run_id in run_ids]):
        connection.execute(update(timers).where(theirs).values(customer_id=merged_id))


def _be_where_they_are(connection: Connection, customer_id: str, other_id: str) -> None:
    """Whoever becomes one with somebody, or two again, enters no segment by that: where one was, so was the other.

    Where it is not so, the next look at the segment takes them out.
    """
    known = select(segment_members.c.segment).where(segment_members.c.customer_id == customer_id)
    theirs = select(segment_members.c.segment, literal(customer_id), segment_members.c.entered_at).where(
        segment_members.c.customer_id == other_id, segment_members.c.segment.not_in(known)
    )
    connection.execute(insert(segment_members).from_select(["segment", "customer_id", "entered_at"], theirs))


# --- pauses -----------------------------------------------------------------------------------------------------------

_OF_A_CUSTOMER = pauses.c.scope.in_(OF_A_CUSTOMER)
# As the index says it: see `tables.CLAIMABLE_ROWS`.
_STANDING = text("pauses.lifted_at IS NULL")


def _lift_shorter_pause(connection: Connection, kept_id: str, merged_id: str, at: Instant) -> Keys:
    """Of two of a scope that stand, the longer one stays: (the one that was lifted, the one that stays) each."""
    standing = connection.execute(
        select(pauses.c.id, pauses.c.scope)
        .where(_OF_A_CUSTOMER, _STANDING, pauses.c.subject.in_([kept_id, merged_id]))
        # One without an end is the longest.
        .order_by(pauses.c.until.is_(None), pauses.c.until, pauses.c.id)
    ).all()
    lifted = []
    for scope in OF_A_CUSTOMER:
        both = [row.id for row in standing if row.scope == scope.value]
        if len(both) == len((kept_id, merged_id)):
            lifted.append(both)
    connection.execute(update(pauses).where(pauses.c.id.in_([shorter for shorter, _ in lifted])).values(lifted_at=at))
    return lifted


def _pause_again(connection: Connection, lifted: Keys) -> None:
    """Unless somebody has gone on since: then both of them have."""
    longer = pauses.alias("longer")
    for shorter_id, longer_id in lifted:
        stands = select(longer.c.id).where(longer.c.id == longer_id, longer.c.lifted_at.is_(None))
        connection.execute(update(pauses).where(pauses.c.id == shorter_id, exists(stands)).values(lifted_at=None))


# --- rows by their keys -----------------------------------------------------------------------------------------------


def _all(connection: Connection, changing: ReturningUpdate[Any]) -> Keys:
    """The keys of the rows that were changed, as JSON holds them."""
    return [list(row) for row in connection.execute(changing)]


def _among(columns: tuple[Column[Any], ...], keys: Keys) -> Iterator[ColumnElement[bool]]:
    """Conditions that together name the rows with these keys."""
    for start in range(0, len(keys), _MOST):
        yield tuple_(*columns).in_([tuple(key) for key in keys[start : start + _MOST]])
