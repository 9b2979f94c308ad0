"""Quiet hours: when a message must not disturb, and the exact instant at which it may go.

A rule is made of windows: one for each local day on which its `from` falls, and one for each whole holiday. Wall times
become instants as everywhere (`at_wall`): one that the clocks skip is the first instant after the gap. One that comes
twice begins at its first showing and ends at its last, so that nobody's clock ever shows quiet hours while we write.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Unfit, did_you_mean
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import Instant, at_wall, instant, moment, zone_info
from orchestrator.schema import ClockDuration, Identifier, Schema, Spelled, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

_WALL_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_END_OF_DAY = "24:00"
_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60

# Where quiet hours never end, a message is asked about again after so long, and `check` has said so before (CO155).
HORIZON_MS = 60 * 86_400_000

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _wall_time(value: str) -> str:
    if not _WALL_TIME.fullmatch(value):
        raise Unfit('must be a time of day such as "21:00", not "{text}"', text=value)
    return value


def _closing_time(value: str) -> str:
    return value if value == _END_OF_DAY else _wall_time(value)


def _zone(value: str) -> str:
    if value not in ("customer", "project"):
        try:
            zone_info(value)
        except (KeyError, ValueError, OSError) as error:
            known = {"customer", "project", *available_timezones()}
            raise Unfit(
                'is neither customer nor project nor a time zone that exists: "{name}"{hint}',
                name=value,
                hint=did_you_mean(value, known),
            ) from error
    return value


WallTime = Annotated[str, AfterValidator(_wall_time), Spelled(_WALL_TIME)]
"""A time of day, in quotes: `"21:00"`."""

ClosingTime = Annotated[str, AfterValidator(_closing_time), Spelled(re.compile(f"{_WALL_TIME.pattern}|{_END_OF_DAY}"))]
"""A time of day, or `"24:00"` for the end of the day."""


class QuietHours(Schema):
    """When not to disturb. Without `purposes`, `topics` or `channels` it concerns all of them.

    `days` are those on which `from` falls; `holidays: quiet` makes the whole of each holiday quiet as well. `spread`
    lets customers go one after the other within that time after the opening.
    """

    id: Identifier
    purposes: tuple[Purpose, ...] = ()
    topics: tuple[Identifier, ...] = ()
    channels: tuple[Channel, ...] = ()
    from_: Annotated[WallTime, Field(alias="from")]
    to: ClosingTime
    days: tuple[Weekday, ...] = WEEKDAYS
    holidays: Literal["ordinary", "quiet"] = "ordinary"
    timezone: Annotated[str, AfterValidator(_zone)] = "customer"
    on_block: Literal["defer", "drop"] = "defer"
    spread: ClockDuration | None = None

    @field_validator("to")
    @classmethod
    def _another_time(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("from_"):
            raise Unfit('is when it begins; a whole day is from "00:00" to "24:00"')
        return value

    @field_validator("days")
    @classmethod
    def _some_day(cls, value: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if not value:
            raise Unfit("must name at least one day, or be left out for all of them")
        return value

    @field_validator("spread")
    @classmethod
    def _within_the_opening(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or not {"from_", "to"} <= info.data.keys():
            return value
        open_minutes = _open_minutes(info.data["from_"], info.data["to"])
        if open_minutes and _minutes(value) >= open_minutes:
            raise Unfit("must be shorter than the {open} minutes between two nights", open=open_minutes)
        return value

    def __hash__(self) -> int:
        """By its id: rules are looked up by the thousand, and equal ones have equal ids."""
        return hash(self.id)

    def concerns(self, purpose: Purpose, topic: str, channel: Channel) -> bool:
        """Whether such messages wait for it."""
        return (
            (not self.purposes or purpose in self.purposes)
            and (not self.topics or topic in self.topics)
            and (not self.channels or channel in self.channels)
        )

    def zone(self, customer: str, project: str) -> str:
        """Whose clock it goes by."""
        return {"customer": customer, "project": project}.get(self.timezone, self.timezone)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A rule that is in force now, the zone that it goes by, and the first instant at which none is."""

    rule: QuietHours
    zone: str
    until: Instant


def quiet(  # what is asked about, and whose clocks it goes by
    rules: tuple[QuietHours, ...],
    *,
    purpose: Purpose,
    topic: str,
    channel: Channel,
    now: Instant,
    zone: str,
    project_zone: str,
    is_holiday: Callable[[date], bool],
) -> Quiet | None:
    """Whether a message must wait, or None. Of several rules in force one that drops is told, else the first.

    Args:
        rules: all of the project.
        purpose: why the message is sent.
        topic: what it is about.
        channel: where it would go.
        now: business time.
        zone: the customer's time zone.
        project_zone: the project's.
        is_holiday: whether a date is a public holiday of the project's country. Answers are remembered by it.
    """
    concerned = _concerned(rules, purpose, topic, channel)
    return _in_force(concerned, now, zone, project_zone, is_holiday) if concerned else None


def spread_ms(rule: QuietHours, customer_id: str) -> int:
    """How long after the opening a customer's turn is: always the same, so that what competes comes due together."""
    if rule.spread is None:
        return 0
    return _turn(customer_id) * _minutes(rule.spread) * 60_000 >> _TURN_BITS


@lru_cache(maxsize=1_024)
def _concerned(rules: tuple[QuietHours, ...], purpose: Purpose, topic: str, channel: Channel) -> tuple[QuietHours, ...]:
    return tuple(rule for rule in rules if rule.concerns(purpose, topic, channel))


@lru_cache(maxsize=4_096)
def _in_force(
    rules: tuple[QuietHours, ...], now: Instant, zone: str, project_zone: str, is_holiday: Callable[[date], bool]
) -> Quiet | None:
    """All messages of a slice ask at the same instant, in the few zones of their customers."""
    zoned = [(rule, rule.zone(zone, project_zone)) for rule in rules]
    in_force = [one for one in zoned if _ends(*one, now, is_holiday) is not None]
    if not in_force:
        return None
    rule, its_zone = next((one for one in in_force if one[0].on_block == "drop"), in_force[0])
    return Quiet(rule, its_zone, _opening(zoned, now, is_holiday))


def _opening(zoned: list[tuple[QuietHours, str]], now: Instant, is_holiday: Callable[[date], bool]) -> Instant:
    at = now
    while at < now + HORIZON_MS:
        ends = [end for one in zoned if (end := _ends(*one, at, is_holiday)) is not None]
        if not ends:
            break
        at = max(ends)
    return at


def _ends(rule: QuietHours, zone: str, now: Instant, is_holiday: Callable[[date], bool]) -> Instant | None:
    """When the last of a rule's windows that hold an instant ends; None where no window holds it."""
    today = moment(now, zone).date()
    # A night may have begun yesterday; and where clocks go back over midnight, tomorrow has been there before.
    days = (today - _DAY, today, today + _DAY)
    windows = [_night(rule, zone, day) for day in days if WEEKDAYS[day.weekday()] in rule.days]
    if rule.holidays == "quiet":
        windows += [_whole(zone, day) for day in days if is_holiday(day)]
    return max((end for begin, end in windows if begin <= now < end), default=None)


@lru_cache(maxsize=4_096)
def _night(rule: QuietHours, zone: str, day: date) -> tuple[Instant, Instant]:
    """The window that begins on a local day."""
    begin = datetime.combine(day, time.min) + timedelta(minutes=_minute(rule.from_))
    end = datetime.combine(day, time.min) + timedelta(minutes=_minute(rule.to))
    return at_wall(begin, zone), _at_last(end if end > begin else end + _DAY, zone)


@lru_cache(maxsize=1_024)
def _whole(zone: str, day: date) -> tuple[Instant, Instant]:
    midnight = datetime.combine(day, time.min)
    return at_wall(midnight, zone), _at_last(midnight + _DAY, zone)


def _at_last(wall: datetime, zone: str) -> Instant:
    """As `at_wall`, but the second of the two instants where a wall time comes twice."""
    return max(at_wall(wall, zone), instant(wall.replace(tzinfo=zone_info(zone), fold=1)))


def _open_minutes(begin: str, end: str) -> int:
    """From the end of a night to the next, on a day without a clock change; 0 where nights are whole days."""
    return (_minute(begin) - _minute(end)) % _DAY_MINUTES


def _minute(wall: str) -> int:
    """Of the day: `"21:00"` is 1260."""
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=256)
def _minutes(duration: str) -> int:
    return parse_duration(duration).milliseconds // 60_000


_TURN_BITS = 32


@lru_cache(maxsize=4_096)
def _turn(customer_id: str) -> int:
    """A number below 2³² that is always the same for a customer."""
    return int.from_bytes(hashlib.blake2b(customer_id.encode(), digest_size=_TURN_BITS // 8).digest(), "big")
