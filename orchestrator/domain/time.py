"""Instants, and the one object through which time and chance enter.

Two clocks (decisions, section 6). *Machine time* paces leases, deadlines and back-off and never moves. *Business time*
decides what is due, quiet hours, caps and expiry: machine time plus an offset that the ledger holds, which a replay
or a demo drives from barrier to barrier.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

# Milliseconds since 1970-01-01T00:00:00Z: one integer column on every database, compared without conversion.
Instant = int

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Time and chance. Real in `app`, fake in `orchestrator.testing`."""

    def now(self) -> Instant:
        """Machine time."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for deadlines inside one process."""
        ...

    def entropy(self, size: int) -> bytes:
        """`size` random bytes."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Give way to others for at least `seconds`."""
        ...


def instant(moment: datetime) -> Instant:
    """The instant of an aware datetime. A naive one has no instant: ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - _EPOCH) // _MILLISECOND


def moment(at: Instant, zone: str = "UTC") -> datetime:
    """The wall time of an instant in a zone (IANA name)."""
    return datetime.fromtimestamp(at / 1000, tz=zone_info(zone))


def at_wall(wall: datetime, zone: str) -> Instant:
    """The instant of a wall time without a zone. In a gap the first valid instant after it, in a fold the first of two.

    Brazil's clocks jumped at midnight until 2019: 2017-10-15 00:30 never was in São Paulo, and means 01:00.
    """
    local = wall.replace(tzinfo=zone_info(zone))
    first, second = instant(local.replace(fold=0)), instant(local.replace(fold=1))
    if first <= second:
        return first
    # A gap: the two readings stand on either side of the jump, and the jump is what both look for.
    before, after = second, first
    while after - before > 1:
        middle = (before + after) // 2
        jumped = moment(middle, zone).utcoffset() != moment(second, zone).utcoffset()
        before, after = (before, middle) if jumped else (middle, after)
    return after


@lru_cache(maxsize=512)
def zone_info(name: str) -> ZoneInfo:
    """The zone of an IANA name. Unknown names raise zoneinfo.ZoneInfoNotFoundError, a KeyError."""
    return ZoneInfo(name)


def rfc3339(at: Instant, zone: str = "UTC") -> str:
    """`2026-11-25T09:12:00-03:00`, with milliseconds only where there are some."""
    wall = moment(at, zone)
    return wall.isoformat(timespec="milliseconds" if at % 1000 else "seconds")
