"""Tick: once a second, fire timers, call runs, ring the lanes with something due, and forget what nobody asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestrator.dispatch.fire import fire
from orchestrator.domain.message import LANES
from orchestrator.faultpoints import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.dispatch.runs.calling import Caller
    from orchestrator.dispatch.runs.scheduling import Scheduler
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Store

# First answers are kept for seven days (reliability, promise P4).
ANSWERS_KEPT_MS = 7 * 24 * 3_600_000

# Between two rounds of timers. SQLite lets whoever waits for its lock look every 25 ms at first: so long it is free.
REST_SECONDS = 0.03


class Bell(Protocol):
    """What wakes workers: `queue.Doorbell`, or nothing where there is no Redis."""

    def ring(self, lane: str) -> bool:
        """Wake a worker for a lane; False when nobody will hear it now."""
        ...

    def answers(self) -> bool | None:
        """Whether Redis can be reached; None where there is none."""
        ...


class NoBell:
    """Where no Redis is: workers find their work by polling the ledger."""

    def ring(self, lane: str) -> bool:
        """Nobody hears it."""
        del lane
        return False

    def answers(self) -> None:
        """There is nobody to ask."""


def _at_once(_seconds: float) -> bool:
    return False


def tick(
    store: Store,
    bell: Bell,
    now: Instant,
    *,
    caller: Caller | None = None,
    scheduler: Scheduler | None = None,
    rest: Callable[[float], bool] = _at_once,
    passing: Callable[[str], None] = nowhere,
) -> list[str]:
    """Fire timers that are due, call runs whose alarm is, and ring every lane that has something due; which those were.

    Args:
        store: the ledger.
        bell: what wakes workers; they begin while timers are still fired.
        now: machine time.
        caller: moves runs whose alarm is due; None where no release runs yet.
        scheduler: begins runs at the hours of schedules; None likewise.
        rest: waits for seconds between two rounds, so that others can write; True when there is to be no other round.
        passing: see `faultpoints`.
    """
    while True:
        fired = fire(store, now, passing=passing)
        if caller is not None:
            fired += caller.call(store, now, passing=passing)
        if scheduler is not None:
            fired += scheduler.fire(store, now, passing=passing)
        due = _ring(store, bell, now)
        if not fired or rest(REST_SECONDS):
            return due


def tidy(store: Store, now: Instant) -> int:
    """Forget first answers that are older than promised; how many there were."""
    with store.write() as transaction:
        return transaction.ledger.forget_answers(now - ANSWERS_KEPT_MS)


def _ring(store: Store, bell: Bell, now: Instant) -> list[str]:
    with store.read() as transaction:
        business_now = transaction.ledger.clock().now(now)
        waiting = transaction.deliveries.waiting(now=now, business_now=business_now)
    due = [lane for lane in LANES if lane in waiting]
    for lane in due:
        bell.ring(lane)
    return due
