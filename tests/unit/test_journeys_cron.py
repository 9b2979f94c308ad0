"""Schedules: when five fields of cron come next on a wall clock."""

from __future__ import annotations

from datetime import datetime

import pytest

from orchestrator.domain.time import at_wall, moment
from orchestrator.journeys.cron import fired_by, fires_after

SAO_PAULO, NEW_YORK, SANTIAGO, APIA = "America/Sao_Paulo", "America/New_York", "America/Santiago", "Pacific/Apia"


def after(cron, wall, zone=SAO_PAULO):
    found = fires_after(cron, at_wall(datetime.fromisoformat(wall), zone), zone)
    return moment(found, zone).strftime("%Y-%m-%dT%H:%M%z") if found is not None else None


@pytest.mark.parametrize(
    ("cron", "wall", "expected"),
    [
        ("0 10 * * tue", "2026-11-23T09:00", "2026-11-24T10:00-0300"),
        ("0 10 * * tue", "2026-11-24T09:59", "2026-11-24T10:00-0300"),
        ("0 10 * * tue", "2026-11-24T10:00", "2026-12-01T10:00-0300"),
        ("*/15 * * * *", "2026-11-24T23:50", "2026-11-25T00:00-0300"),
        ("0 9 1 * *", "2026-11-24T10:00", "2026-12-01T09:00-0300"),
        ("0 9 29 2 *", "2026-11-24T10:00", "2028-02-29T09:00-0300"),
        ("0 9 31 2 *", "2026-11-24T10:00", None),
    ],
)
def test_a_schedule_fires_when_the_wall_shows_it_next(cron, wall, expected):
    assert after(cron, wall) == expected


def test_a_time_that_clocks_skip_fires_once_after_the_gap():
    """New York, 14 March 2027: two o'clock is three. What fires at two and at half past two fires once."""
    assert after("30 2 * * *", "2027-03-13T12:00", NEW_YORK) == "2027-03-14T03:00-0400"
    assert after("*/30 2 * * *", "2027-03-14T01:59", NEW_YORK) == "2027-03-14T03:00-0400"
    assert after("*/30 2 * * *", "2027-03-14T03:00", NEW_YORK) == "2027-03-15T02:00-0400"


def test_a_midnight_that_is_skipped_fires_at_one():
    assert after("0 0 * * *", "2026-09-05T12:00", SANTIAGO) == "2026-09-06T01:00-0300"
    assert after("0 0 * * *", "2018-11-03T12:00", SAO_PAULO) == "2018-11-04T01:00-0200"


def test_a_time_that_clocks_show_twice_fires_the_first_time_only():
    assert after("30 1 * * *", "2026-10-31T12:00", NEW_YORK) == "2026-11-01T01:30-0400"
    assert after("30 1 * * *", "2026-11-01T01:30", NEW_YORK) == "2026-11-02T01:30-0500"
    assert after("30 23 * * *", "2019-02-16T12:00", SAO_PAULO) == "2019-02-16T23:30-0200"


def test_a_day_that_a_country_skipped_fires_when_it_is_over():
    """Samoa went to bed on 29 December 2011 and rose on the 31st."""
    assert after("0 10 30 12 *", "2011-12-29T12:00", APIA) == "2011-12-31T00:00+1400"


@pytest.mark.parametrize(("zone", "year"), [(NEW_YORK, 2026), (SANTIAGO, 2026), (SAO_PAULO, 2018), (SAO_PAULO, 2026)])
def test_a_daily_schedule_fires_once_on_every_day_of_a_year(zone, year):
    at = at_wall(datetime.fromisoformat(f"{year - 1}-12-31T12:00"), zone)
    days = []
    for _ in range(365):
        at = fires_after("30 0 * * *", at, zone)
        days.append(moment(at, zone).date())
    assert len(set(days)) == 365
    assert (days[-1] - days[0]).days == 364


@pytest.mark.parametrize("cron", ["0 10 * * tue", "30 0 * * *", "*/15 * * * *", "0 9 29 2 *"])
@pytest.mark.parametrize("day", ["2017-10-14", "2017-10-15", "2018-02-17", "2026-11-25"])
def test_the_last_hour_is_the_one_that_comes_next_after_any_moment_before_it(cron, day):
    """Forwards and backwards lead to the same hours, also where clocks change."""
    at = at_wall(datetime.fromisoformat(f"{day}T12:34"), "America/Sao_Paulo")
    last = fired_by(cron, at, "America/Sao_Paulo")

    assert last is not None
    assert last <= at
    assert fires_after(cron, last - 1, "America/Sao_Paulo") == last
    assert fired_by(cron, last, "America/Sao_Paulo") == last
    assert fires_after(cron, last, "America/Sao_Paulo") > at
