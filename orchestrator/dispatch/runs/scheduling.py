"""Schedules: triggers whose hour has come begin a run for everybody in their segment, some hundreds in one commit.

Each has a row that says after which time its next hour is sought, and, while it fires, whom it reached last. A round
begins runs and moves that row in one commit: whoever dies in between, and however many look at once, nobody enters
twice for an hour, and nobody is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.runs.beginning import Beginning, Occasion
from orchestrator.dispatch.runs.moving import Witness, nobody
from orchestrator.domain.time import rfc3339
from orchestrator.faultpoints import nowhere
from orchestrator.journeys.cron import fired_by
from orchestrator.schema import parse_duration
from orchestrator.store.port import Audience, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.journeys.model import Trigger
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

log = structlog.get_logger()

ROUND = 500
"""Customers of one transaction. On SQLite nobody else writes meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheduler:
    """Fires the schedules of one release. `witness` sees the ways that runs take."""

    release: Release
    clock: Clock
    origin: str = "journey"
    witness: Witness = nobody

    def fire(self, store: Store, now: Instant, limit: int = ROUND, *, passing: Callable[[str], None] = nowhere) -> int:
        """One round of each trigger whose hour has come; how many there were, 0 when none has anything left to do.

        While business time stands still somebody plays a past, and nothing of the present happens. Nor does anything
        by a release that is not in force any more. `passing` is called before the commit: see `faultpoints`.
        """
        # Without the lock that a write takes: this is asked every second.
        with store.read() as transaction:
            clock = transaction.ledger.clock()
            known = transaction.schedules.all()
            overtaken = transaction.ledger.release_id() != self.release.id
        if clock.frozen_at is not None or overtaken:
            return 0
        business_now = clock.now(now)
        moved = {key for key in self.release.scheduled if self._next(key, known.get(key), business_now) is not None}
        gone = known.keys() - self.release.scheduled.keys()
        if gone:
            with store.write() as transaction:
                transaction.schedules.drop(gone)
        for key in sorted(moved):
            with store.write() as transaction:
                if not transaction.ledger.stays_in_force(self.release.id):
                    return 0
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
        occasion = occasion_of(schedule.key, hour)
        begun = schedule.begun + self._beginning.begin(transaction, occasion, found, business_now)
        if len(found) == limit:
            return replace(schedule, reached=found[-1], begun=begun)
        log.info("schedule_fired", journey=schedule.journey, hour=rfc3339(hour), begun=begun)
        return replace(schedule, after=hour, firing=None, reached="", begun=begun)

    def _audience(self, trigger: Trigger, hour: Instant) -> Audience:
        where = self.release.segments[trigger.segment or ""].where
        return Audience(where=where, now=hour, zone=self.release.project.timezone)

    @property
    def _beginning(self) -> Beginning:
        return Beginning(release=self.release, clock=self.clock, origin=self.origin, witness=self.witness)


def occasion_of(key: tuple[str, int], hour: Instant) -> Occasion:
    """An hour of a schedule: (journey, place of its trigger), and when it was to fire."""
    journey, beginning = key
    return Occasion(journey=journey, beginning=beginning, name=rfc3339(hour))
