"""When something happens in a scenario: so long after its start, or at an hour that is said as such."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from orchestrator.domain.errors import Unfit
from orchestrator.domain.time import at_wall, instant, moment
from orchestrator.schema import Spelled

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

MINUTE_MS = 60_000
"""Times are compared to the minute: it is what people say, and what they read."""

_OFFSET = re.compile(
    r"(?P<sign>-?)(?=[0-9])(?:(?P<w>\d{1,3})w)?(?:(?P<d>\d{1,4})d)?(?:(?P<h>\d{1,4})h)?(?:(?P<m>\d{1,5})m)?"
)
_WALL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?")


def _hour(value: Any) -> str:
    text = str(value)
    if not _is_hour(text):
        raise Unfit('must be a day and an hour such as 2026-11-23T09:00, not "{text}"', text=text)
    return text


def _when(value: Any) -> str:
    text = str(value)
    if not _OFFSET.fullmatch(text) and not _is_hour(text):
        raise Unfit(
            'must be a time after the start such as 2d1h30m, or an hour such as 2026-11-23T09:00, not "{text}"',
            text=text,
        )
    return text


def _is_hour(text: str) -> bool:
    try:
        return _WALL.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False  # such as 31 February


Hour = Annotated[str, BeforeValidator(_hour), Spelled(_WALL)]
"""A day and an hour: `2026-11-23T09:00`, on somebody's clock unless it has an offset."""

When = Annotated[str, BeforeValidator(_when), Spelled(re.compile(f"{_OFFSET.pattern}|{_WALL.pattern}"))]
"""`2d1h30m` after the start, `-3h` before it, or an `Hour`."""


def hour_of(text: str, zone: str) -> Instant:
    """The instant of an `Hour`; without an offset it is what a clock in `zone` shows."""
    wall = datetime.fromisoformat(text)
    return instant(wall) if wall.tzinfo is not None else at_wall(wall, zone)


def instant_of(text: str, start: Instant, zone: str) -> Instant:
    """The instant of a `When`.

    Weeks and days are counted on the calendar of `zone`, then hours and minutes on the clock: a day later is the same
    hour of the next day, also where clocks changed in between.
    """
    found = _OFFSET.fullmatch(text)
    if found is None:
        return hour_of(text, zone)
    sign = -1 if found["sign"] else 1
    days = sign * (7 * _number(found["w"]) + _number(found["d"]))
    minutes = sign * (60 * _number(found["h"]) + _number(found["m"]))
    wall = moment(start, zone).replace(tzinfo=None) + timedelta(days=days)
    return (at_wall(wall, zone) if days else start) + minutes * MINUTE_MS


def after_start(at: Instant, start: Instant, zone: str) -> str:
    """How long after the start an instant is, as `instant_of` reads it: `+2d1h30m`, to the minute."""
    if at < start:
        minutes = (start - at) // MINUTE_MS
        return f"-{_spelled(0, minutes)}"
    begun = moment(start, zone).replace(tzinfo=None)
    days = (moment(at, zone).replace(tzinfo=None) - begun).days
    if at_wall(begun + timedelta(days=days), zone) > at:
        days -= 1  # clocks were set back in between
    since = at_wall(begun + timedelta(days=days), zone) if days else start
    return f"+{_spelled(days, (at - since) // MINUTE_MS)}"


def _spelled(days: int, minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0m"


def _number(digits: str | None) -> int:
    return int(digits or 0)
