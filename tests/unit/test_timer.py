"""Wall times: what they mean on the days on which clocks are changed, and on all the others."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from orchestrator.domain.time import at_wall, instant, moment
from orchestrator.domain.timer import Timer, WallTime, wall_time

BRAZIL = (
    "America/Noronha", "America/Belem", "America/Fortaleza", "America/Recife", "America/Araguaina", "America/Maceio",
    "America/Bahia", "America/Sao_Paulo", "America/Campo_Grande", "America/Cuiaba", "America/Santarem",
    "America/Porto_Velho", "America/Boa_Vista", "America/Manaus", "America/Eirunepe", "America/Rio_Branco",
)  # fmt: skip
# Changes at 01:00 UTC, at 02:00, at midnight, by half an hour, and for Ramadan.
OTHERS = ("Europe/Lisbon", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca")
CHANGED_CLOCKS = {"America/Sao_Paulo", "America/Campo_Grande", "America/Cuiaba", *OTHERS}

HOURS = (time(1, 30), time(2, 30), time(9))
YEARS = (datetime(2018, 1, 1, tzinfo=UTC), datetime(2030, 12, 31, tzinfo=UTC))
NINE = datetime.fromisoformat("2026-12-01T09:00")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@cache
def changed_days(zone):
    """The days on which the clocks of a zone are changed, by asking it every day."""
    at, last = YEARS
    there = ZoneInfo(zone)
    days = set()
    while at < last:
        if at.astimezone(there).utcoffset() != (at + DAY).astimezone(there).utcoffset():
            days |= {at.astimezone(there).date(), (at + DAY).astimezone(there).date()}
        at += DAY
    return sorted(days)


def first_minute_that_shows(wall, zone):
    """Somebody looks at the clock every minute, from hours before, until it shows the wall time or is past it."""
    there = ZoneInfo(zone)
    at = (wall.replace(tzinfo=there) - timedelta(hours=5)).astimezone(UTC)
    while at.astimezone(there).replace(tzinfo=None) < wall:
        at += MINUTE
    return at


def test_clocks_were_changed_where_we_think():
    """Brazil has left its clocks alone since 2019; else the table below would prove nothing."""
    assert {zone for zone in (*BRAZIL, *OTHERS) if changed_days(zone)} == CHANGED_CLOCKS
    assert {day.year for day in changed_days("America/Sao_Paulo")} == {2018, 2019}


@pytest.mark.parametrize("zone", [*BRAZIL, *OTHERS])
def test_a_wall_time_is_when_the_clock_shows_it_first_or_has_jumped_over_it(zone):
    """On every day of a change from 2018 to 2030, and in a quiet summer, to the minute."""
    for day in [*changed_days(zone), date(2026, 7, 1)]:
        for hour in HOURS:
            wall = datetime.combine(day, hour)
            found = WallTime(wall.isoformat(), zone).instant
            assert abs(found - instant(first_minute_that_shows(wall, zone))) <= 60_000, wall


def test_an_hour_that_never_was_means_the_moment_at_which_it_was_left_out():
    """São Paulo went from 23:59 to 01:00 in 2018."""
    assert moment(WallTime("2018-11-04T00:30:00", "America/Sao_Paulo").instant, "America/Sao_Paulo") == datetime(
        2018, 11, 4, 1, tzinfo=ZoneInfo("America/Sao_Paulo")
    )


def test_an_hour_that_came_twice_means_the_first():
    """Lisbon's 01:30 in October was half past midnight in UTC, and half past one again."""
    assert WallTime("2026-10-25T01:30:00", "Europe/Lisbon").instant == instant(
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    )


def test_a_written_offset_is_an_instant_and_needs_no_zone():
    """Whoever says the offset has said it all: no new rule moves it."""
    when = wall_time(datetime.fromisoformat("2026-12-01T09:00:00-03:00"), "Europe/Lisbon")
    assert when == WallTime("2026-12-01T12:00:00", "UTC")
    assert when.instant == instant(datetime(2026, 12, 1, 12, tzinfo=UTC))


def test_a_wall_time_without_an_offset_is_read_in_the_zone():
    when = wall_time(NINE, "America/Manaus")
    assert when == WallTime("2026-12-01T09:00:00", "America/Manaus")
    assert when.instant == at_wall(NINE, "America/Manaus")


def test_a_timer_knows_that_it_was_computed_by_other_rules():
    """Which is why the wall time is kept, and not only what it came to."""
    when = WallTime("2026-12-01T09:00:00", "America/Sao_Paulo")
    assert not Timer("tmr", when, when.instant).moved
    assert Timer("tmr", when, when.instant - 3_600_000).moved
