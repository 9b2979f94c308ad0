"""How fast a provider answers, as far as anybody knows today."""

from __future__ import annotations

from orchestrator.transport.pace import KNOWN_SECONDS, ROOM_MAX, SAMPLES_MIN, Pace


def slow(pace, *, at):
    """As many slow answers as say something."""
    for _ in range(SAMPLES_MIN):
        pace.add(15.0, at)


def test_a_slow_host_keeps_slices_small_while_it_is_called():
    """One call at a time for each of its connections."""
    pace = Pace(5)
    slow(pace, at=1_000.0)
    assert pace.room(1_000.0 + KNOWN_SECONDS) == 5


def test_a_host_that_nobody_calls_keeps_nobody_elses_slices_small():
    """It was left alone, or its account has left the project; what it was like then is forgotten when it comes back."""
    pace = Pace(5)
    slow(pace, at=1_000.0)
    later = 1_000.0 + KNOWN_SECONDS + 1
    assert pace.room(later) == ROOM_MAX
    pace.add(0.01, later)
    assert pace.room(later) == ROOM_MAX
