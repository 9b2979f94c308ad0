"""What is to happen at a local wall time: the wall and its zone are kept, the instant is worked out when it matters.

Zones change their rules, sometimes with a month's notice: whoever wanted 09:00 in São Paulo wants 09:00 by the clocks
that hang there on that day, not what a computer made of it half a year before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.domain.time import at_wall

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

UTC_ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class WallTime:
    """What a clock on a wall shows, `2026-12-01T09:00:00`, and the zone (IANA name) in which that wall stands.

    In a gap it means the first valid instant after it, in a fold the first of the two (`domain.time.at_wall`).
    """

    wall: str
    zone: str

    @property
    def instant(self) -> Instant:
        """When that is, by the zone's rules as they are known now."""
        return _instant(self.wall, self.zone)


@dataclass(frozen=True, slots=True)
class Timer:
    """One that has not fired. `due_at` is the instant that was worked out for it last (business time)."""

    id: str
    at: WallTime
    due_at: Instant

    @property
    def moved(self) -> bool:
        """Whether the zone's rules say another instant than they said before."""
        return self.at.instant != self.due_at


def wall_time(moment: datetime, zone: str) -> WallTime:
    """A date-time as somebody wrote it: with an offset it is an instant and needs no zone, without one it is a wall."""
    if moment.tzinfo is not None:
        return WallTime(moment.astimezone(UTC).replace(tzinfo=None).isoformat(), UTC_ZONE)
    return WallTime(moment.isoformat(), zone)


# A campaign is thousands of timers of one wall time and a few zones.
@lru_cache(maxsize=4_096)
def _instant(wall: str, zone: str) -> Instant:
    return at_wall(datetime.fromisoformat(wall), zone)
