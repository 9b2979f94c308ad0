"""Fire: timers whose wall time has come become deliveries, thousands in one statement, each once.

Whichever processes fire, and however often one dies between two statements: a timer and the delivery that it becomes
have one identity, and both are written in one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from orchestrator.faultpoints import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Store

log = structlog.get_logger()

# What one transaction fires. On SQLite nobody else writes meanwhile: it takes about a tenth of a second.
ROUND = 4_000

# No zone ever moved its clocks by more than a day: who looks two days ahead, every hour, is never late.
LOOK_AHEAD_MS = 48 * 3_600_000


def fire(store: Store, now: Instant, limit: int = ROUND, *, passing: Callable[[str], None] = nowhere) -> int:
    """One round: fire what is due; how many timers were looked at, 0 when none is left for us.

    `passing` is called before the commit: see `faultpoints`.
    """
    if not _something_due(store, now):
        return 0
    with store.write() as transaction:
        business_now = transaction.ledger.clock().now(now)
        due = transaction.timers.due(limit, business_now=business_now)
        moved = [timer for timer in due if timer.moved]
        if moved:
            transaction.timers.move(moved)
        transaction.timers.fire([timer.id for timer in due if timer.at.instant <= business_now], now)
        passing("after_fire")
    return len(due)


def recompute(store: Store, now: Instant) -> int:
    """Work out anew when timers are due whose time is near, because zones change their rules; how many were moved.

    A round does so for what it fires, which is too late for a timer that is due earlier than was thought.
    """
    with store.read() as transaction:
        business_now = transaction.ledger.clock().now(now)
        near = transaction.timers.pending_walls(business_now + LOOK_AHEAD_MS)
    moved = [(at, due_at) for at, due_at in near if at.instant != due_at]
    if not moved:
        return 0
    with store.write() as transaction:
        count = transaction.timers.move_walls(moved)
    log.warning("timers_moved", timers=count, zones=sorted({at.zone for at, _ in moved}))
    return count


def _something_due(store: Store, now: Instant) -> bool:
    """Without the lock that a write takes: this is asked every second."""
    with store.read() as transaction:
        return transaction.timers.waiting(business_now=transaction.ledger.clock().now(now))
