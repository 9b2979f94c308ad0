"""Schedules: five fields of cron, read on a wall clock. The one module that touches the cron library."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from croniter import croniter
from pydantic import AfterValidator

from orchestrator.domain.errors import Unfit
from orchestrator.domain.time import at_wall, moment

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

_FIELDS = 5
_FAR = timedelta(days=366 * 5)


def _cron(text: str) -> str:
    if len(text.split()) != _FIELDS or not croniter.is_valid(text):
        raise Unfit('must be five fields of cron, such as "0 10 * * tue": minute hour day month weekday')
    return text


Cron = Annotated[str, AfterValidator(_cron)]
"""`0 10 * * tue`: minute, hour, day of month, month, day of week."""


def fires_after(cron: str, at: Instant, zone: str) -> Instant | None:
    """The first instant after `at` at which the wall clock of a zone shows what a schedule says.

    A time that clocks skip means the first instant after the gap, one that they show twice the first of the two, as
    everywhere here. None when it never comes within five years (31 February).
    """
    wall = moment(at, zone).replace(tzinfo=None)
    walls = croniter(cron, wall - timedelta(hours=3), ret_type=datetime)
    while (wall_time := walls.get_next()) - wall < _FAR:
        due = at_wall(wall_time, zone)
        if due > at:
            return due
    return None
