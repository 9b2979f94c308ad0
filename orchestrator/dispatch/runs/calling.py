"""Calling: runs whose alarm is due are moved, hundreds in one transaction, each once.

Whichever processes call, and however often one dies between two statements: an alarm goes in the commit in which its
run moves, and who comes second finds it gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.accept.desk import EventDesk
from orchestrator.dispatch.runs.backstage import Backstage
from orchestrator.dispatch.runs.fulfil import Fulfilment
from orchestrator.dispatch.runs.moving import Moving, Witness, nobody
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.errors import Overtaken, Unavailable
from orchestrator.faultpoints import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import DueAlarm, Store, Transaction

log = structlog.get_logger()

ROUND = 500
"""Alarms of one transaction. On SQLite nobody else writes meanwhile."""

AGAIN_MS = 10 * 60_000
"""After this a run is called again that could not move."""


class _Stuck(Exception):
    """Undoes a round in which something went wrong. Whose fault it was is found out one by one."""

    def __init__(self, due: Sequence[DueAlarm]) -> None:
        super().__init__()
        self.due = due


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Moves runs under one release.

    `at_alarm_time`: business time follows the alarms (replay, demo, tests). `witness` sees how runs move.
    """

    release: Release
    clock: Clock
    journeys: Collection[str] | None = None
    origin: str = "journey"
    at_alarm_time: bool = False
    witness: Witness = nobody

    def call(self, store: Store, now: Instant, limit: int = ROUND, *, passing: Callable[[str], None] = nowhere) -> int:
        """One round: call what is due; how many alarms were looked at, 0 when none is left for us.

        While business time stands still somebody plays a past, and calls runs at its hours; nobody else does.
        `passing` is called before the commit: see `faultpoints`.
        """
        # Without the lock that a write takes: this is asked every second.
        with store.read() as transaction:
            business = transaction.ledger.clock()
            played = business.frozen_at is not None
            if played or not transaction.runs.due_alarms(1, business_now=business.now(now)):
                return 0
        try:
            with store.write() as transaction:
                due, business_now = self._due(transaction, now, limit)
                try:
                    self.move(transaction, due, business_now)
                except Exception as error:
                    raise _Stuck(due) from error
                passing("after_call")
        except _Stuck as stuck:
            for alarm in stuck.due:
                self._call_alone(store, alarm)
            return len(stuck.due)
        return len(due)

    def move(self, transaction: Transaction, due: Sequence[DueAlarm], business_now: Instant) -> list[Request]:
        """Move the runs of alarms that are due, unless somebody else did since they were read; what they ask for."""
        whose = lock_customers(transaction, sorted({alarm.customer_id for alarm in due}))
        # Of two who were made two again while we waited, one is not locked: their turn comes.
        ours = transaction.runs.still_due(due, {*whose, *whose.values()})
        return self._move(transaction, ours, business_now) if ours else []

    def _due(self, transaction: Transaction, now: Instant, limit: int) -> tuple[Sequence[DueAlarm], Instant]:
        """What is due, and the business time. Nothing under another release than the one in force, or in a past."""
        business = transaction.ledger.clock()
        if business.frozen_at is not None or not transaction.ledger.stays_in_force(self.release.id):
            return (), 0
        # Rounds before this one, and the wait for the lock, took their time.
        business_now = business.now(max(now, self.clock.now()))
        return transaction.runs.due_alarms(limit, business_now=business_now), business_now

    def _call_alone(self, store: Store, alarm: DueAlarm) -> None:
        """One alarm of a round in which something went wrong: with whom it did is called again later."""
        try:
            with store.write() as transaction:
                self.move(transaction, [alarm], transaction.ledger.clock().now(self.clock.now()))
        except Exception as error:  # whatever is wrong with one run, it is that run's
            if isinstance(error, Unavailable) and not isinstance(error, Overtaken):
                raise
            with store.write() as transaction:
                again = transaction.ledger.clock().now(self.clock.now()) + AGAIN_MS
                transaction.runs.move_alarms({alarm.id: again})
            log.exception("run_cannot_move", run=alarm.run_id, alarm=alarm.name, again=AGAIN_MS)

    def _move(self, transaction: Transaction, due: Sequence[DueAlarm], business_now: Instant) -> list[Request]:
        # A zone may have changed its rules since the instant was worked out: then it is not time yet.
        early = [alarm for alarm in due if alarm.at.instant > business_now]
        ripe = [alarm for alarm in due if alarm.at.instant <= business_now]
        if early:
            transaction.runs.move_alarms({alarm.id: alarm.at.instant for alarm in early})
        moving = self._gathered(transaction, ripe)
        fulfilment = Fulfilment(
            self.release, self.clock, moving.backstage, origin=self.origin, at_event_time=self.at_alarm_time
        )
        for alarm in ripe:
            moving.ring(alarm, alarm.at.instant if self.at_alarm_time else business_now)
            fulfilment.take(moving.wished)
            moving.wished.clear()
        transaction.runs.drop_alarms([alarm.id for alarm in ripe])
        moving.store(transaction)
        fulfilment.store(transaction)
        desk = EventDesk(
            release=self.release, clock=self.clock, origin=self.origin, at_event_time=self.at_alarm_time,
            witness=self.witness,
        )  # fmt: skip
        desk.say(transaction, fulfilment.emitted)
        return [delivery.request for delivery in fulfilment.deliveries]

    def _gathered(self, transaction: Transaction, due: Sequence[DueAlarm]) -> Moving:
        runs = transaction.runs.get({alarm.run_id for alarm in due})
        standings = transaction.customers.standings({run.customer_id for run in runs}, ())
        backstage = Backstage(
            release=self.release,
            customers={customer_id: standing.customer for customer_id, standing in standings.items()},
        )
        names = {run.journey for run in runs} & self.release.journeys.keys()
        journeys = [self.release.journeys[name] for name in sorted(names)]
        backstage.remember(transaction, runs, journeys, [run.started_at for run in runs])
        moving = Moving(release=self.release, clock=self.clock, backstage=backstage, witness=self.witness)
        moving.stand(runs)
        return moving
