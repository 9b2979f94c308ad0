"""Time that stands still until it is moved, and chance that a seed decides."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator.domain.time import instant

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

_MILLISECOND = timedelta(milliseconds=1)


class FakeClock:
    """A `domain.time.Clock` under a test's control. Threads may share it.

    Args:
        now: where time stands: an aware datetime, or milliseconds since 1970.
        seed: the same seed gives the same entropy, and with it the same ids and the same back-off.
    """

    def __init__(self, now: datetime | Instant, *, seed: int = 0) -> None:
        self._started_at = self._now = instant(now) if isinstance(now, datetime) else now
        self._chance = random.Random(seed)  # noqa: S311  # chance that a test can repeat is the point

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> Instant:
        """Let time pass; the instant that it is now. Both `now` and `monotonic` move, so it cannot go back."""
        passed = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if passed < timedelta(0):
            raise ValueError("time does not go back")
        self._now += passed // _MILLISECOND
        return self._now

    def now(self) -> Instant:
        """Machine time, in milliseconds since 1970."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return (self._now - self._started_at) / 1000

    def entropy(self, size: int) -> bytes:
        """The next `size` bytes of the seed's sequence."""
        return self._chance.randbytes(size)

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once, and give way to others."""
        self.advance(seconds=seconds)
        await asyncio.sleep(0)
