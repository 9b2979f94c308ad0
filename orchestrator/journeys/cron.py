"""Schedules: five fields of cron, read on a wall clock. The one module that touches the cron library."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from croniter import CroniterBadDateError, croniter
from pydantic import AfterValidator

from orchestrator.domain.errors import Unfit
from orchestrator.domain.time import at_wall, moment

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

_FIELDS = 5
_YEARS = 5
# The library's own additions, by which it chooses a time: another one whenever it is asked.
_CHOSEN = re.compile(r"(?:^|[\s,])[rh]", re.IGNORECASE)


def _cron(text: str) -> str:
    if len(text.split()) != _FIELDS or _CHOSEN.search(text) or not croniter.is_valid(text):
        raise Unfit('must be five fields of cron, such as "0 10 * * tue": minute hour day month weekday')
    if fires_after(text, 0, "UTC") is None:
        raise Unfit("never comes: no month of these has such a day")
    return text


Cron = Annotated[str, AfterValidator(_cron)]
"""`0 10 * * tue`: minute, hour, day of month, month, day of week."""


def fires_after(cron: str, at: Instant, zone: str) -> Instant | None:
    """The first instant after `at` at which the wall clock of a zone shows what a schedule says.

    A time that clocks skip means the first instant after the gap, one that they show twice the first of the two, as
    everywhere here. None when it never comes within five years (31 February).
    """
    wall = moment(at, zone).replace(tzinfo=None)
    walls = croniter(cron, wall - timedelta(hours=3), ret_type=datetime, max_years_between_matches=_YEARS)
    try:
        while (due := at_wall(walls.get_next(), zone)) <= at:
            pass
    except CroniterBadDateError:
        return None
    return due


def fired_by(cron: str, at: Instant, zone: str) -> Instant | None:
    """The last instant up to and with `at` of which the same is true."""
    wall = moment(at, zone).replace(tzinfo=None)
    walls = croniter(cron, wall + timedelta(hours=3), ret_type=datetime, max_years_between_matches=_YEARS)
    try:
        while (due := at_wall(walls.get_prev(), zone)) > at:
            pass
    except CroniterBadDateError:
        return None
    return due
