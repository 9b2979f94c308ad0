"""How long a wait is: by the customer's own calendar and clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.domain.time import moment
from orchestrator.domain.timer import UTC_ZONE, WallTime
from orchestrator.journeys.steps import Wait, Weekday, spelled_out
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from orchestrator.domain.time import Instant

_DAY = timedelta(days=1)
_DAYS = {"d": 1, "w": 7}
_WEEKEND = 5
_WEEKDAYS = tuple(Weekday)


def wakes(wait: Wait, since: Instant, zone: str, is_holiday: Callable[[date], bool]) -> WallTime:
    """When a wait is over that began at `since`.

    Minutes and hours are counted on the clock, days and weeks on the calendar of `zone`: a day later is the same time
    on the next day, also where clocks changed in between. `until` and `days` then move on to the next time that fits,
    never back.
    """
    if (
        wait.duration is not None
        and wait.until is None
        and not wait.days
        and parse_duration(wait.duration).unit in "mh"
    ):
        return exactly(since + parse_duration(wait.duration).milliseconds)
    wall = _counted(wait, since, zone, is_holiday)
    if wait.until is not None:
        wanted = datetime.combine(wall.date(), time.fromisoformat(wait.until))
        wall = wanted if wanted >= wall else wanted + _DAY
    while not _fits(wait, wall, is_holiday) or WallTime(wall.isoformat(), zone).instant < since:
        wall += _DAY
    return WallTime(wall.isoformat(), zone)


def exactly(at: Instant) -> WallTime:
    """An instant, whatever clocks on walls show."""
    return WallTime(moment(at).replace(tzinfo=None).isoformat(), UTC_ZONE)


@lru_cache(maxsize=1_024)
def wait_of(duration: str) -> Wait:
    """The wait that a duration such as `60d` or `5bd` is short for."""
    return Wait.model_validate(spelled_out(duration))


def _counted(wait: Wait, since: Instant, zone: str, is_holiday: Callable[[date], bool]) -> datetime:
    wall = moment(since, zone).replace(tzinfo=None)
    if wait.duration is not None:
        span = parse_duration(wait.duration)
        if span.unit in _DAYS:
            return wall + span.count * _DAYS[span.unit] * _DAY
        return moment(since + span.milliseconds, zone).replace(tzinfo=None)
    # From a day off, the first business day is where counting starts, as where a delivery is promised.
    while wait.business_days is not None and not _is_business_day(wall, is_holiday):
        wall += _DAY
    for _ in range(wait.business_days or 0):
        wall += _DAY
        while not _is_business_day(wall, is_holiday):
            wall += _DAY
    return wall


def _fits(wait: Wait, wall: datetime, is_holiday: Callable[[date], bool]) -> bool:
    if wait.days and _WEEKDAYS[wall.weekday()] not in wait.days:
        return False
    return wait.business_days is None or _is_business_day(wall, is_holiday)


def _is_business_day(wall: datetime, is_holiday: Callable[[date], bool]) -> bool:
    return wall.weekday() < _WEEKEND and not is_holiday(wall.date())
