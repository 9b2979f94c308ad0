"""How fast a provider answers, so that a slice is no larger than what can begin within a second."""

from __future__ import annotations

from collections import deque

# Enough to see the slow twentieth, few enough to sort once a slice and to forget an hour ago.
SAMPLES_MAX = 200
SAMPLES_MIN = 20

# What nobody has called for so long (a provider that is left alone, an account that left the project) says nothing of
# today: its last slow answers must not keep everybody's slices small.
KNOWN_SECONDS = 60.0

# What a host is given before it has been measured; also what no host is given more than: three slices.
ROOM_MAX = 1_500


class Pace:
    """The last durations of one host's calls, without the time spent waiting for a connection."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._seconds: deque[float] = deque(maxlen=SAMPLES_MAX)
        self._heard_at = 0.0

    def add(self, seconds: float, now: float) -> None:
        """A call that ended at the monotonic second `now`."""
        if now - self._heard_at > KNOWN_SECONDS:
            self._seconds.clear()
        self._seconds.append(seconds)
        self._heard_at = now

    def room(self, now: float) -> int:
        """Connections, times the calls of p95 length that fit into a second; at least one call a connection."""
        if len(self._seconds) < SAMPLES_MIN or now - self._heard_at > KNOWN_SECONDS:
            return ROOM_MAX
        p95 = sorted(self._seconds)[int(len(self._seconds) * 0.95)]
        calls = max(1, int(1 / max(p95, 0.001)))
        return min(ROOM_MAX, self._connections * calls)
