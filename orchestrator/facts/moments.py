"""What a written date or date-time means as an instant, in the project's zone."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import Unfit
from orchestrator.domain.time import at_wall, instant, rfc3339

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

# Only years that a calendar reaches: the day after the last day of the year 9999 is an error.
_DATE = r"(?:19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_WRITTEN = re.compile(rf"{_DATE}(?:[T ]{_TIME}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?")
_DATE_LENGTH = len("2026-11-30")
_DAY = timedelta(days=1)


def as_moment(value: Any) -> str:
    """The text of a date or date-time. ValueError for anything else."""
    text = str(value)
    try:
        if _WRITTEN.fullmatch(text):
            datetime.fromisoformat(text)
            return text
    except ValueError:
        pass  # a thirteenth month: the sentence below says what is wanted
    raise Unfit('must be a date such as 2026-11-30, or one with a time, 2026-11-30T18:00, not "{text}"', text=text)


def has_time(text: str) -> bool:
    """Whether an hour is written. A plain date means a whole day."""
    return len(text) > _DATE_LENGTH


@lru_cache(maxsize=1_024)
def beginning(text: str, zone: str) -> Instant:
    """The first instant of a plain date, or the instant of a date-time; without an offset it is wall time in `zone`."""
    if not has_time(text):
        return at_wall(datetime.combine(date.fromisoformat(text), time()), zone)
    written = datetime.fromisoformat(text)
    return at_wall(written, zone) if written.tzinfo is None else instant(written)


@lru_cache(maxsize=1_024)
def end(text: str, zone: str) -> Instant:
    """The last instant that a written end includes: a plain date means through the end of that day (trap T2)."""
    if has_time(text):
        return beginning(text, zone)
    return at_wall(datetime.combine(date.fromisoformat(text) + _DAY, time()), zone) - 1


@lru_cache(maxsize=1_024)
def in_zone(text: str, zone: str) -> str:
    """A date-time as the clocks of `zone` show it, `2026-11-30T18:00:00-03:00`; a plain date stays one."""
    return rfc3339(beginning(text, zone), zone) if has_time(text) else text
