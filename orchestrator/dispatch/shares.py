"""How much of its weight an account has: it loses a tenth a minute while its provider ails, and gets it back so.

Gradual both ways, so that neither a moment's trouble nor its end throws all of a channel at one provider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orchestrator.decide.routing import WHOLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from orchestrator.decide.routing import Weighted
    from orchestrator.dispatch.breaker import Breaker
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Transaction

STEP_POINTS: Final = 10
STEP_MS: Final = 60_000

# What an ailing account keeps: without a few calls nobody would notice that it is well again.
LEAST: Final = 5

# An account that nobody has heard of for so long is given more to see how it is.
UNHEARD_MS: Final = 5 * 60_000


@dataclass
class ShareKeeper:
    """What one worker makes of what it hears. However many do, an account moves once a minute."""

    _moved_at: dict[str, Instant] = field(default_factory=dict)

    def moves(
        self,
        breaker: Breaker,
        rivals: Iterable[str],
        shares: Mapping[str, int],
        closed: Collection[str],
        now: Instant,
    ) -> dict[str, int]:
        """Account → by how many points its share should move now.

        Args:
            breaker: what was heard of the accounts lately.
            rivals: those that share a channel with others.
            shares: what they have of their weight, in percent.
            closed: those that are left alone altogether.
            now: machine time.
        """
        found: dict[str, int] = {}
        for account in rivals:
            if now - self._moved_at.get(account, 0) < STEP_MS:
                continue
            share = shares.get(account, WHOLE)
            if account in closed or breaker.ails(account, now):
                points = -STEP_POINTS if share > LEAST else 0
            else:
                points = STEP_POINTS if share < WHOLE and self._may_rise(breaker, account, now) else 0
            if points:
                found[account] = points
                self._moved_at[account] = now
        return found

    def _may_rise(self, breaker: Breaker, account: str, now: Instant) -> bool:
        last = self._moved_at.setdefault(account, now - STEP_MS)
        return breaker.answers(account, now) or now - last >= UNHEARD_MS


def rivals_of(rivals: Mapping[Channel, Iterable[Weighted]]) -> set[str]:
    """Every account that shares a channel with another."""
    return {one.account for accounts in rivals.values() for one in accounts}


def write_moves(transaction: Transaction, moves: Mapping[str, int], now: Instant) -> None:
    """Move them, unless another worker did within the minute."""
    if moves:
        transaction.shares.move(moves, now, least=LEAST, unmoved_ms=STEP_MS)
