"""Time and chance of a life that is only imagined: the hour is set, and the same seed gives the same ids."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant


class VirtualClock:
    """See `domain.time.Clock`."""

    def __init__(self, now: Instant, seed: str) -> None:
        self._now = now
        # Not for secrets: two simulations of one seed are the same to the byte.
        self._random = Random(seed)  # noqa: S311  # as said

    def now(self) -> Instant:
        """The hour that it is set to."""
        return self._now

    def set(self, now: Instant) -> None:
        """Go on to an hour. Never back."""
        self._now = max(self._now, now)

    def monotonic(self) -> float:
        """Seconds of the same time."""
        return self._now / 1000

    def entropy(self, size: int) -> bytes:
        """Bytes that a seed decides."""
        return self._random.randbytes(size)

    async def sleep(self, seconds: float) -> None:
        """Time passes at once."""
        self._now += int(seconds * 1000)
