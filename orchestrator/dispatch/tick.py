"""Tick: once a second, ring the lanes that have something due, and throw away what nobody will ask for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestrator.domain.message import LANES

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Store

# First answers are kept for seven days (reliability, promise P4).
ANSWERS_KEPT_MS = 7 * 24 * 3_600_000


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


def tick(store: Store, bell: Bell, now: Instant) -> list[str]:
    """Ring every lane that has something due; which those were."""
    with store.read() as transaction:
        business_now = transaction.ledger.clock().now(now)
        due = [lane for lane in LANES if transaction.deliveries.waiting(lane, now=now, business_now=business_now)]
    for lane in due:
        bell.ring(lane)
    return due


def tidy(store: Store, now: Instant) -> int:
    """Forget first answers that are older than promised; how many there were."""
    with store.write() as transaction:
        return transaction.ledger.forget_answers(now - ANSWERS_KEPT_MS)
