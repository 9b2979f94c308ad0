"""How long a wait is: on the clock, on the customer's calendar, over holidays, and where clocks change."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.domain.time import at_wall, instant, moment
from orchestrator.journeys.steps import Wait, Weekday, spelled_out
from orchestrator.journeys.waiting import exactly, wait_of, wakes
from tests.playing import DAY, HOUR, MINUTE, MONDAY, SAO_PAULO

NEW_YORK, SANTIAGO, LORD_HOWE = "America/New_York", "America/Santiago", "Australia/Lord_Howe"
ZONES = (SAO_PAULO, NEW_YORK, SANTIAGO, LORD_HOWE, "America/Manaus", "Europe/Lisbon", "Africa/Casablanca", "UTC")

HOLIDAYS = frozenset(map(date.fromisoformat, ("2026-11-20", "2026-12-25", "2027-01-01")))  # Friday, Friday, Friday


def woken(wait, wall, zone=SAO_PAULO):
    """What the wall and the offset show when a wait is over that began at a wall time."""
    since = at_wall(datetime.fromisoformat(wall), zone)
    found = wakes(Wait.model_validate(spelled_out(wait)), since, zone, HOLIDAYS.__contains__)
    return moment(found.instant, zone).strftime("%a %m-%d %H:%M %z")


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ("90m", "Mon 11-23 10:30 -0300"),
        ("36h", "Tue 11-24 21:00 -0300"),
        ("1d", "Tue 11-24 09:00 -0300"),
        ("2w", "Mon 12-07 09:00 -0300"),
        ("1bd", "Tue 11-24 09:00 -0300"),
        ("5bd", "Mon 11-30 09:00 -0300"),
        ({"until": "10:00"}, "Mon 11-23 10:00 -0300"),
        ({"until": "09:00"}, "Mon 11-23 09:00 -0300"),
        ({"until": "08:59"}, "Tue 11-24 08:59 -0300"),
        ({"days": ["mon"]}, "Mon 11-23 09:00 -0300"),
        ({"days": ["sun", "sat"]}, "Sat 11-28 09:00 -0300"),
        ({"until": "08:00", "days": ["mon"]}, "Mon 11-30 08:00 -0300"),
        ({"for": "1d", "until": "10:00"}, "Tue 11-24 10:00 -0300"),
        ({"for": "1d", "until": "08:00"}, "Wed 11-25 08:00 -0300"),
        ({"for": "1d", "until": "08:00", "days": ["tue", "thu"]}, "Thu 11-26 08:00 -0300"),
        ({"for": "20h", "until": "06:00"}, "Tue 11-24 06:00 -0300"),
        ({"for": "1h", "days": ["tue"]}, "Tue 11-24 10:00 -0300"),
        ({"business_days": 1, "until": "08:00"}, "Wed 11-25 08:00 -0300"),
        ({"business_days": 4, "until": "08:00"}, "Mon 11-30 08:00 -0300"),
        ({"business_days": 1, "days": ["sat", "fri"]}, "Fri 11-27 09:00 -0300"),
    ],
)
def test_a_wait_from_monday_at_nine(wait, expected):
    assert woken(wait, "2026-11-23T09:00") == expected


@pytest.mark.parametrize(
    ("wait", "wall", "expected"),
    [
        ("1bd", "2026-11-19T15:00", "Mon 11-23 15:00 -0300"),  # Thursday, and Friday is a holiday
        ("1bd", "2026-11-20T15:00", "Tue 11-24 15:00 -0300"),  # on the holiday itself: Monday is where it starts
        ("1bd", "2026-11-21T15:00", "Tue 11-24 15:00 -0300"),
        ("2bd", "2026-12-24T15:00", "Tue 12-29 15:00 -0300"),
        ({"business_days": 1, "until": "10:00"}, "2026-12-23T15:00", "Mon 12-28 10:00 -0300"),
        ({"until": "10:00", "days": ["fri"]}, "2026-12-23T15:00", "Fri 12-25 10:00 -0300"),  # days are days
    ],
)
def test_business_days_go_around_holidays_and_weekends(wait, wall, expected):
    assert woken(wait, wall) == expected


def test_from_a_day_off_business_days_are_counted_as_in_promises():
    from orchestrator.facts.calendar import Calendar  # noqa: PLC0415  # named where the two are compared

    weekends = Calendar()
    for day in range(1, 8):
        since = at_wall(datetime(2026, 11, day, 12), SAO_PAULO)  # noqa: DTZ001  # a wall has no zone
        for count in (1, 2, 5):
            found = wakes(Wait(business_days=count), since, SAO_PAULO, weekends.is_holiday)
            assert datetime.fromisoformat(found.wall).date() == weekends.add_business_days(date(2026, 11, day), count)


@pytest.mark.parametrize(
    ("zone", "wait", "wall", "expected"),
    [
        # New York falls back on 1 November 2026 and springs forward on 14 March 2027.
        (NEW_YORK, "1d", "2026-10-31T12:00", "Sun 11-01 12:00 -0500"),
        (NEW_YORK, "24h", "2026-10-31T12:00", "Sun 11-01 11:00 -0500"),
        (NEW_YORK, "1d", "2026-10-31T01:30", "Sun 11-01 01:30 -0400"),
        (NEW_YORK, "1d", "2027-03-13T02:30", "Sun 03-14 03:00 -0400"),
        (NEW_YORK, {"until": "02:30"}, "2027-03-14T01:00", "Sun 03-14 03:00 -0400"),
        (NEW_YORK, {"for": "2h", "until": "04:00"}, "2027-03-14T01:00", "Sun 03-14 04:00 -0400"),
        # Chile skips the midnight of 6 September 2026, and shows the last hour of 4 April twice.
        (SANTIAGO, "1d", "2026-09-05T00:30", "Sun 09-06 01:00 -0300"),
        (SANTIAGO, "24h", "2026-09-05T00:30", "Sun 09-06 01:30 -0300"),
        (SANTIAGO, {"until": "00:00"}, "2026-09-05T12:00", "Sun 09-06 01:00 -0300"),
        (SANTIAGO, "1d", "2026-04-03T23:30", "Sat 04-04 23:30 -0300"),
        # Brazil's last summer time ended on 16 February 2019 at midnight; in October 2018 it had begun at one.
        (SAO_PAULO, "1d", "2018-11-03T00:30", "Sun 11-04 01:00 -0200"),
        (SAO_PAULO, "1d", "2019-02-16T12:00", "Sun 02-17 12:00 -0300"),
        (SAO_PAULO, "24h", "2019-02-16T12:00", "Sun 02-17 11:00 -0300"),
        (SAO_PAULO, "1d", "2019-11-02T12:00", "Sun 11-03 12:00 -0300"),
        # Half an hour, and the other half of the world.
        (LORD_HOWE, "1d", "2026-10-03T02:15", "Sun 10-04 02:30 +1100"),
    ],
)
def test_a_wait_where_clocks_change(zone, wait, wall, expected):
    assert woken(wait, wall, zone) == expected


def test_a_wait_that_begins_in_an_hour_that_comes_twice_never_ends_before_it_began():
    """It is half past one for the second time. "01:45" was, an hour ago, and is tomorrow."""
    second = instant(datetime.fromisoformat("2026-11-01T01:30-05:00"))
    found = wakes(Wait(until="01:45"), second, NEW_YORK, HOLIDAYS.__contains__)
    assert moment(found.instant, NEW_YORK).isoformat() == "2026-11-02T01:45:00-05:00"


def test_minutes_and_hours_are_an_instant_and_days_a_wall():
    """A zone that changes its rules moves what was said in days, and not what was said in hours."""
    assert wakes(Wait(duration="24h"), MONDAY, SAO_PAULO, HOLIDAYS.__contains__) == exactly(MONDAY + DAY)
    by_days = wakes(Wait(duration="1d"), MONDAY, SAO_PAULO, HOLIDAYS.__contains__)
    assert (by_days.wall, by_days.zone) == ("2026-11-24T09:00:00", SAO_PAULO)


def test_a_duration_is_a_wait():
    assert wait_of("5bd") == Wait(business_days=5)
    assert wait_of("60d") == Wait(duration="60d")


WAITS = st.one_of(
    st.builds(
        Wait,
        duration=st.sampled_from(["1m", "90m", "1h", "25h", "1d", "3d", "1w"]),
        until=st.sampled_from([None, "00:00", "02:30", "10:00", "23:59"]),
        days=st.lists(st.sampled_from(Weekday), unique=True, max_size=7).map(tuple),
    ),
    st.builds(
        Wait,
        business_days=st.integers(1, 20),
        until=st.sampled_from([None, "00:00", "02:30", "10:00", "23:59"]),
        days=st.lists(st.sampled_from(list(Weekday)[:5]), unique=True, max_size=5).map(tuple),
    ),
    st.builds(Wait, until=st.sampled_from(["00:00", "01:30", "02:30", "10:00", "23:59"])),
)
SINCE = st.integers(
    instant(datetime.fromisoformat("2018-01-01T00:00Z")), instant(datetime.fromisoformat("2030-01-01T00:00Z"))
)


@given(wait=WAITS, since=SINCE, zone=st.sampled_from(ZONES))
@example(wait=Wait(duration="1d"), since=instant(datetime.fromisoformat("2026-11-01T05:30Z")), zone=NEW_YORK)
def test_a_wait_ends_after_it_began_and_on_a_day_that_fits(wait, since, zone):
    found = wakes(wait, since, zone, HOLIDAYS.__contains__)
    shown = datetime.fromisoformat(found.wall)
    assert found.instant >= since
    assert found.instant <= since + 60 * DAY
    if wait.days:
        assert list(Weekday)[shown.weekday()] in wait.days
    if wait.business_days is not None:
        assert shown.weekday() < 5
        assert shown.date() not in HOLIDAYS
    if wait.until is not None:
        assert shown.strftime("%H:%M") == wait.until


@given(since=SINCE, longer=st.integers(1, 3 * DAY // MINUTE), zone=st.sampled_from(ZONES))
def test_who_came_later_is_called_later_or_at_the_same_time(since, longer, zone):
    """By hours as by days; an hour that comes twice is why it may be the same."""
    for wait in (Wait(duration="5h"), Wait(duration="2d"), Wait(duration="1d", until="10:00")):
        first = wakes(wait, since, zone, HOLIDAYS.__contains__).instant
        second = wakes(wait, since + longer * MINUTE, zone, HOLIDAYS.__contains__).instant
        assert second >= first - HOUR
