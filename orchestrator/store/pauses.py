"""What was stopped by hand, and accounts whose providers want to be left alone."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, literal, or_, select, text, true, update

from orchestrator.domain.delivery import State
from orchestrator.domain.pause import HELD_AS, NOTHING_PAUSED, OF_A_CUSTOMER, Pause, Pauses, PauseScope
from orchestrator.store import bulk
from orchestrator.store.port import ClosedAccount
from orchestrator.store.tables import DEFERRED_ROWS, HELD_ROWS, closed_accounts, deliveries, pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause

    from orchestrator.domain.time import Instant

_TABLE = pauses.c
# As the index says it: see `tables.CLAIMABLE_ROWS`.
_STANDING = text("pauses.lifted_at IS NULL")


class SqlPauses:
    """See `port.Pauses`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def active(self, business_now: Instant, customer_ids: Collection[str] = ()) -> Pauses:
        asked = {"now": business_now, "ids": customer_ids}
        found = [_pause(row) for row in self._connection.execute(_active(self._connection.dialect.name), asked)]
        return Pauses({(one.scope.value, one.subject): one for one in found}) if found else NOTHING_PAUSED

    def put(self, pause: Pause) -> None:
        self.lift(pause.scope, pause.subject, pause.at)
        bulk.insert(
            self._connection,
            pauses,
            ("id", "scope", "subject", "reason", "by", "at", "until"),
            [(pause.id, pause.scope.value, pause.subject, pause.reason, pause.by, pause.at, pause.until)],
        )

    def lift(self, scope: PauseScope, subject: str, at: Instant) -> bool:
        lifted = self._connection.execute(
            update(pauses).where(_STANDING, _TABLE.scope == scope.value, _TABLE.subject == subject).values(lifted_at=at)
        )
        return lifted.rowcount == 1

    def page(self, after: str, limit: int, *, business_now: Instant) -> list[Pause]:
        now = or_(_TABLE.until.is_(None), _TABLE.until > business_now)
        wanted = select(pauses).where(_STANDING, now, _TABLE.id > after).order_by(_TABLE.id).limit(limit)
        return [_pause(row) for row in self._connection.execute(wanted)]

    def over(self, business_now: Instant) -> bool:
        found = select(_TABLE.id).where(_STANDING, _TABLE.until <= business_now).limit(1)
        return self._connection.scalars(found).first() is not None

    def next_end(self, journeys: Collection[str]) -> Instant | None:
        held = and_(
            deliveries.c.customer_id == _TABLE.subject,
            HELD_ROWS,
            deliveries.c.reason == HELD_AS[PauseScope.HANDOFF],
            deliveries.c.journey.in_(sorted(journeys)),
        )
        ends = select(func.min(_TABLE.until)).join(deliveries, held)
        found: Instant | None = self._connection.scalar(ends.where(_STANDING, _TABLE.scope == PauseScope.HANDOFF.value))
        return found

    def lift_over(self, business_now: Instant, at: Instant) -> list[Pause]:
        lifted = update(pauses).where(_STANDING, _TABLE.until <= business_now).values(lifted_at=at).returning(pauses)
        return [_pause(row) for row in self._connection.execute(lifted)]

    def lifted(self, since: Instant) -> list[Pause]:
        return self._select(_TABLE.lifted_at >= since)

    def holds(self, scope: PauseScope, subject: str, *, until: Instant | None = None) -> bool:
        held = select(deliveries.c.id).where(*_held_by(scope, subject, until)).limit(1)
        return self._connection.scalars(held).first() is not None

    def release(
        self,
        scope: PauseScope,
        subject: str,
        at: Instant,
        *,
        until: Instant | None = None,
        due_at: Instant | None = None,
    ) -> dict[str, int]:
        # What is held was due, and keeps its place in the queue.
        due = {} if due_at is None else {"due_at": due_at}
        lanes = self._connection.scalars(
            update(deliveries)
            .where(*_held_by(scope, subject, until))
            .values(state=State.ACCEPTED.value, reason="", detail="", next_action_at=at, **due)
            .returning(deliveries.c.lane)
        )
        return dict(Counter(lanes))

    def all(self, *, lifted: bool = False) -> list[Pause]:
        return self._select() if lifted else self._select(_STANDING)

    def _select(self, *conditions: Any) -> list[Pause]:
        wanted = select(pauses).where(*conditions).order_by(_TABLE.at, _TABLE.id)
        return [_pause(row) for row in self._connection.execute(wanted)]


# Scope → which of the rows that are held by a pause such a one may have held. One that another pause holds as well
# is held again when it is decided anew; of an account it is not written which rows would have gone through it.
_HELD_BY: Mapping[PauseScope, Callable[[str], ColumnElement[bool]]] = {
    PauseScope.ALL: lambda _: true(),
    PauseScope.CHANNEL: lambda subject: (
        literal(",").concat(deliveries.c.candidates).concat(",").contains(f",{subject},", autoescape=True)
    ),
    PauseScope.ACCOUNT: lambda _: true(),
    PauseScope.JOURNEY: lambda subject: deliveries.c.journey == subject,
    PauseScope.STEP: lambda subject: (
        (deliveries.c.journey == subject.partition("/")[0]) & (deliveries.c.step == subject.partition("/")[2])
    ),
    PauseScope.MESSAGE: lambda subject: deliveries.c.message == subject,
    PauseScope.CUSTOMER: lambda subject: deliveries.c.customer_id == subject,
    PauseScope.HANDOFF: lambda subject: deliveries.c.customer_id == subject,
}


def _held_by(scope: PauseScope, subject: str, until: Instant | None) -> list[ColumnElement[bool] | TextClause]:
    conditions: list[ColumnElement[bool] | TextClause] = [HELD_ROWS]
    conditions += [deliveries.c.reason == HELD_AS[scope], _HELD_BY[scope](subject)]
    if until is not None:
        conditions.append(deliveries.c.next_action_at <= until)
    return conditions


@cache
def _active(dialect: str) -> Select[Any]:
    return (
        select(pauses)
        .where(
            _STANDING,
            or_(_TABLE.until.is_(None), _TABLE.until > bindparam("now")),
            or_(_TABLE.scope.not_in(OF_A_CUSTOMER), bulk.given(dialect, _TABLE.subject, "ids")),
        )
        .order_by(_TABLE.at, _TABLE.id)
    )


def _pause(row: Row[Any]) -> Pause:
    return Pause(**{**row._mapping, "scope": PauseScope(row.scope)})


class SqlAccounts:
    """See `port.Accounts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def closed(self) -> dict[str, ClosedAccount]:
        rows = self._connection.execute(_CLOSED)
        return {account: ClosedAccount(until, reason, times) for account, until, reason, times in rows}

    def close(self, account: str, closed: ClosedAccount) -> None:
        bulk.upsert(
            self._connection,
            closed_accounts,
            ("account", "until", "reason", "times"),
            ("account",),
            [(account, closed.until, closed.reason, closed.times)],
            where="excluded.until > closed_accounts.until",
        )

    def open(self, accounts: Sequence[str]) -> None:
        self._connection.execute(closed_accounts.delete().where(closed_accounts.c.account.in_(list(accounts))))

    def wake(self, at: Instant, business_now: Instant) -> dict[str, int]:
        lanes = self._connection.scalars(
            update(deliveries)
            .where(DEFERRED_ROWS, deliveries.c.reason.in_(_PROVIDERS), deliveries.c.next_action_at <= at)
            .values(due_at=business_now)
            .returning(deliveries.c.lane)
        )
        return dict(Counter(lanes))


# Why the gate puts off what it may send, where the account is left alone. What has a back-off of its own keeps it.
_PROVIDERS = ("provider_unavailable", "rate_limit")


_CLOSED = select(closed_accounts.c.account, closed_accounts.c.until, closed_accounts.c.reason, closed_accounts.c.times)
