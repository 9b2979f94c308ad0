"""Schedules: triggers whose hour has come begin a run for everybody in their segment, some hundreds in one commit.

Each has a row that says after which time its next hour is sought, and, while it fires, whom it reached last. A round
begins runs and moves that row in one commit: whoever dies in between, and however many look at once, nobody enters
twice for an hour, and nobody is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.accept.desk import EventDesk
from orchestrator.dispatch.runs.backstage import Backstage, profile
from orchestrator.dispatch.runs.fulfil import Fulfilment
from orchestrator.dispatch.runs.moving import Moving
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.time import rfc3339
from orchestrator.faultpoints import nowhere
from orchestrator.journeys.cron import fired_by
from orchestrator.journeys.entrance import scheduled_entrance
from orchestrator.schema import parse_duration
from orchestrator.store.port import Audience, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.journeys.entrance import Entrance
    from orchestrator.journeys.model import Trigger
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

log = structlog.get_logger()

ROUND = 500
"""Customers of one transaction. On SQLite nobody else writes meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheduler:
    """Fires the schedules of one release."""

    release: Release
    clock: Clock
    origin: str = "journey"

    def fire(self, store: Store, now: Instant, limit: int = ROUND, *, passing: Callable[[str], None] = nowhere) -> int:
        """One round of each trigger whose hour has come; how many there were, 0 when none has anything left to do.

        While business time stands still somebody plays a past, and nothing of the present happens. `passing` is called
        before the commit: see `faultpoints`.
        """
        # Without the lock that a write takes: this is asked every second.
        with store.read() as transaction:
            clock = transaction.ledger.clock()
            known = transaction.schedules.all()
        if clock.frozen_at is not None:
            return 0
        business_now = clock.now(now)
        moved = {key for key in self.release.scheduled if self._next(key, known.get(key), business_now) is not None}
        gone = known.keys() - self.release.scheduled.keys()
        if gone:
            with store.write() as transaction:
                transaction.schedules.drop(gone)
        for key in sorted(moved):
            with store.write() as transaction:
                self._move(transaction, key, business_now, limit)
                passing("after_schedule")
        return len(moved)

    # which hour

    def _next(self, key: tuple[str, int], known: Schedule | None, business_now: Instant) -> Schedule | None:
        """The row as it is to be: new, firing, or past an hour that nobody was there for; None: it stays as it is."""
        trigger = self.release.scheduled[key]
        cron = trigger.schedule or ""
        if known is None or known.cron != cron:
            # What is new, or says another time, begins with the hours that are still to come.
            return Schedule(journey=key[0], beginning=key[1], cron=cron, after=business_now)
        if known.firing is not None:
            return known
        hour = fired_by(cron, business_now, self.release.project.timezone)
        if hour is None or hour <= known.after:
            return None
        if business_now - hour > parse_duration(trigger.grace).milliseconds:
            return replace(known, after=hour)
        return replace(known, firing=hour, reached="", begun=0)

    # what is done about it

    def _move(self, transaction: Transaction, key: tuple[str, int], business_now: Instant, limit: int) -> None:
        """Under the row's lock, by what it says now: somebody else may have gone further since we looked."""
        known = transaction.schedules.take(key)
        if known is None and key in transaction.schedules.all():
            return  # somebody else fires it in this moment
        after = self._next(key, known, business_now)
        if after is not None and after.firing is not None:
            after = self._round(transaction, after, after.firing, business_now, limit)
        elif after is not None and known is not None and known.cron == after.cron:
            log.warning("schedule_missed", journey=key[0], hour=rfc3339(after.after))
        if after is not None:
            transaction.schedules.put(after)

    def _round(
        self, transaction: Transaction, schedule: Schedule, hour: Instant, business_now: Instant, limit: int
    ) -> Schedule:
        """Begin runs for the next customers of the segment, as it was at the hour; the row afterwards."""
        trigger = self.release.scheduled[schedule.key]
        audience = self._audience(trigger, hour)
        found = transaction.segments.page(audience, schedule.reached, limit)
        begun = schedule.begun + self._begin(transaction, schedule, hour, found, business_now)
        if len(found) == limit:
            return replace(schedule, reached=found[-1], begun=begun)
        log.info("schedule_fired", journey=schedule.journey, hour=rfc3339(hour), begun=begun)
        return replace(schedule, after=hour, firing=None, reached="", begun=begun)

    def _audience(self, trigger: Trigger, hour: Instant) -> Audience:
        where = self.release.segments[trigger.segment or ""].where
        return Audience(where=where, now=hour, zone=self.release.project.timezone)

    def _begin(
        self, transaction: Transaction, schedule: Schedule, hour: Instant, found: Sequence[str], business_now: Instant
    ) -> int:
        """Runs for these customers, those that may not have another one left out; how many entered."""
        whose = lock_customers(transaction, found)
        # Who was merged while we waited for the lock comes with who they are now, if those are in the segment.
        standings = transaction.customers.standings({one for one in found if whose.get(one) == one}, ())
        backstage = Backstage(
            release=self.release,
            customers={customer_id: standing.customer for customer_id, standing in standings.items()},
        )
        journey = self.release.journeys[schedule.journey]
        entered: dict[str, Entrance] = {}
        for customer_id, customer in sorted(backstage.customers.items()):
            own_key = f"{rfc3339(hour)}/{customer_id}"
            entrance = scheduled_entrance(journey, schedule.beginning, profile(customer), own_key)
            if entrance.key is not None:
                entered[customer_id] = entrance
        moving = Moving(release=self.release, clock=self.clock, backstage=backstage)
        moving.last = transaction.runs.last({(journey.id, one.key or "") for one in entered.values()})
        if entered:
            backstage.remember(transaction, (), [journey], [business_now], business_now)
        fulfilment = Fulfilment(self.release, self.clock, backstage, origin=self.origin, at_event_time=False)
        for customer_id, entrance in entered.items():
            moving.begin(journey, entrance, customer_id, None, business_now)
        fulfilment.take(moving.wished)
        moving.store(transaction)
        fulfilment.store(transaction)
        if fulfilment.emitted:
            desk = EventDesk(release=self.release, clock=self.clock, origin=self.origin)
            desk.accept(transaction, fulfilment.emitted)
        return moving.begun
