"""Instants and wall times: what a clock on the wall meant, and time under a test's control."""

# ruff: noqa: DTZ001, DTZ901  # wall times have no zone: what they mean in one is the question

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.time import at_wall, instant, moment, rfc3339, zone_info
from orchestrator.testing import FakeClock

MINUTE = 60_000


def utc(*parts):
    return instant(datetime(*parts, tzinfo=UTC))


# --- wall times -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall", "means"),
    [
        (datetime(2017, 10, 14, 23, 59), utc(2017, 10, 15, 2, 59)),
        (datetime(2017, 10, 15, 0, 0), utc(2017, 10, 15, 3, 0)),  # never was: the clocks jumped to 01:00
        (datetime(2017, 10, 15, 0, 30), utc(2017, 10, 15, 3, 0)),
        (datetime(2017, 10, 15, 1, 0), utc(2017, 10, 15, 3, 0)),
        (datetime(2018, 2, 17, 23, 30), utc(2018, 2, 18, 1, 30)),  # was twice: the first
        (datetime(2018, 2, 18, 0, 0), utc(2018, 2, 18, 3, 0)),
        (datetime(2026, 11, 25, 9, 0), utc(2026, 11, 25, 12, 0)),  # Brazil has no summer time any more
    ],
)
def test_a_wall_time_in_sao_paulo_means_one_instant(wall, means):
    """In a gap the first valid instant after it, in a fold the first of two."""
    assert at_wall(wall, "America/Sao_Paulo") == means


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("America/Sao_Paulo", datetime(2017, 10, 15)),
        ("America/Sao_Paulo", datetime(2018, 2, 18)),
        ("America/New_York", datetime(2026, 3, 8, 2)),
        ("America/New_York", datetime(2026, 11, 1, 2)),
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 2)),  # half an hour
        ("Pacific/Apia", datetime(2011, 12, 30)),  # a whole day that never was
        ("America/Manaus", datetime(2026, 11, 25)),
    ],
)
def test_every_minute_around_a_change_agrees_with_a_plain_search(zone, around):
    """The first instant whose wall clock shows that time, or a later one: found by walking, minute by minute."""
    start = instant(around.replace(tzinfo=ZoneInfo(zone))) - 30 * 60 * MINUTE
    shown = [datetime.fromtimestamp((start + n * MINUTE) / 1000, ZoneInfo(zone)) for n in range(60 * 60)]

    latest = datetime.min
    first_that_reaches = {}
    for number, local in enumerate(shown):
        wall = local.replace(tzinfo=None)
        while latest < wall:
            latest = wall if number == 0 else latest + timedelta(minutes=1)
            first_that_reaches[latest] = start + number * MINUTE
    wrong = {
        wall: expected
        for wall, expected in first_that_reaches.items()
        if wall > min(first_that_reaches) and at_wall(wall, zone) != expected
    }
    assert wrong == {}


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(["America/Sao_Paulo", "America/Noronha", "Europe/Lisbon"]))
def test_what_the_wall_shows_leads_back_to_the_instant_or_to_its_first_showing(at, zone):
    local = moment(at, zone)
    assert instant(local) == at
    back = at_wall(local.replace(tzinfo=None), zone)
    assert back == at or (local.fold == 1 and back < at)


# --- instants -------------------------------------------------------------------------------------------------------


def test_a_time_without_a_zone_has_no_instant():
    with pytest.raises(ValueError, match="2026-11-25T09:00:00 has no time zone"):
        instant(datetime(2026, 11, 25, 9))


def test_an_unknown_zone_is_refused():
    with pytest.raises(ZoneInfoNotFoundError):
        zone_info("America/Sao_Paolo")


@pytest.mark.parametrize(
    ("at", "zone", "written"),
    [
        (utc(2026, 11, 25, 12, 12), "America/Sao_Paulo", "2026-11-25T09:12:00-03:00"),
        (utc(2026, 11, 25, 12, 12) + 7, "UTC", "2026-11-25T12:12:00.007+00:00"),
        (utc(2026, 11, 25, 2), "America/Manaus", "2026-11-24T22:00:00-04:00"),
    ],
)
def test_an_instant_is_written_with_its_offset(at, zone, written):
    """Milliseconds only where there are some."""
    assert rfc3339(at, zone) == written
    assert instant(datetime.fromisoformat(written)) == at


# --- a clock for tests ----------------------------------------------------------------------------------------------


def test_a_fake_clock_stands_still_until_it_is_moved():
    clock = FakeClock(datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert (clock.now(), clock.now(), clock.monotonic()) == (utc(2026, 11, 25, 12), utc(2026, 11, 25, 12), 0.0)

    assert clock.advance(hours=4, seconds=0.5) == clock.now() == utc(2026, 11, 25, 16) + 500
    assert clock.monotonic() == 4 * 3_600 + 0.5


def test_a_fake_clock_does_not_go_back():
    """A wall clock may; what the code waits for must not be tested with one that does."""
    clock = FakeClock(0)
    with pytest.raises(ValueError, match="time does not go back"):
        clock.advance(minutes=-1)


def test_sleeping_takes_no_time_of_ours_and_lets_others_run():
    clock, order = FakeClock(0), []

    async def sleeper():
        order.append("asleep")
        await clock.sleep(3_600)
        order.append("awake")

    async def other():
        order.append("other")

    async def both():
        await asyncio.gather(sleeper(), other())

    asyncio.run(both())
    assert (clock.now(), order) == (3_600_000, ["asleep", "other", "awake"])


def test_the_same_seed_gives_the_same_chance():
    first, second, other = FakeClock(0, seed=7), FakeClock(0, seed=7), FakeClock(0, seed=8)
    assert [first.entropy(10), first.entropy(4)] == [second.entropy(10), second.entropy(4)]
    assert FakeClock(0, seed=7).entropy(10) != other.entropy(10)
    assert len(first.entropy(10)) == 10
