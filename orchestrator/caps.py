"""Frequency caps: how many messages are enough, and when there may be one more.

What is counted are the messages themselves (`CapUse`), with the date that the customer had when each was sent. Pure,
and asked twice for every message: what a cap says is taken apart once, and who has had nothing yet costs one look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Unfit
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import at_wall, moment
from orchestrator.schema import ClockDuration, Identifier, Schema, parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.customer import CapUse
    from orchestrator.domain.time import Instant

When = TypeVar("When", int, str)

_DAY_MS = 86_400_000
_YEAR_MS = 366 * _DAY_MS
_WHOLE_DAYS = ("d", "w")

# Two places of the world differ by up to 26 hours in what they call today.
_FARTHEST_DATES_MS = 26 * 3_600_000


def _within_a_year(per: str) -> str:
    if parse_duration(per).milliseconds > _YEAR_MS:
        raise Unfit("can look back one year at most, 366d")
    return per


class FrequencyCap(Schema):
    """How much is enough. Without `purposes`, `channels` or `topics` it counts all of them; `limit: 0` is never.

    `calendar_day` counts the customer's own dates: `per: 1d` is today, `per: 7d` today and the six days before.
    `rolling` counts back from now.
    """

    id: Identifier
    purposes: tuple[Purpose, ...] = ()
    channels: tuple[Channel, ...] = ()
    topics: tuple[Identifier, ...] = ()
    limit: Annotated[int, Field(ge=0)]
    per: Annotated[ClockDuration, AfterValidator(_within_a_year)]
    window: Literal["calendar_day", "rolling"]
    on_block: Literal["defer", "drop", "next_channel"] = "defer"

    @field_validator("window")
    @classmethod
    def _of_whole_days(cls, value: str, info: ValidationInfo) -> str:
        per = info.data.get("per")
        if value == "calendar_day" and per is not None and parse_duration(per).unit not in _WHOLE_DAYS:
            raise Unfit("counts whole days: write per: 1d, 7d or 2w, or window: rolling")
        return value

    def __hash__(self) -> int:
        """By its id: caps are looked up by the thousand, and equal ones have equal ids."""
        return hash(self.id)

    def concerns(self, purpose: Purpose, topic: str, channel: Channel) -> bool:
        """Whether it counts such messages, and stops them."""
        return (
            (not self.purposes or purpose in self.purposes)
            and (not self.topics or topic in self.topics)
            and (not self.channels or channel in self.channels)
        )


@dataclass(frozen=True, slots=True)
class Count:
    """How far a cap is used up, before one more. `frees_at` is when there is room again if nothing else is sent.

    It is None where there is room now, and where there never is (`limit: 0`).
    """

    cap: FrequencyCap
    used: int
    frees_at: Instant | None

    @property
    def reached(self) -> bool:
        """Whether one more would be too much."""
        return self.used >= self.cap.limit


def counts(  # what is asked about, and where its customer stands
    caps: tuple[FrequencyCap, ...],
    uses: Sequence[CapUse],
    *,
    purpose: Purpose,
    topic: str,
    channel: Channel,
    now: Instant,
    zone: str,
) -> tuple[Count, ...]:
    """The caps that concern a message, in the order of the file.

    Args:
        caps: all of the project.
        uses: what the customer was sent, in any order, at least as far back as `reach_ms`.
        purpose: why the message is sent.
        topic: what it is about.
        channel: where it would go.
        now: business time.
        zone: the customer's time zone.
    """
    if not uses:
        return _untouched(caps, purpose, topic, channel)
    return tuple([_count(cap, uses, now, zone) for cap in _concerned(caps, purpose, topic, channel)])


def reach_ms(caps: Sequence[FrequencyCap]) -> int:
    """How far back uses must be read: no cap counts one that is older."""
    return max((_reach_ms(cap) for cap in caps), default=0)


@lru_cache(maxsize=4_096)
def day_of(now: Instant, zone: str) -> str:
    """The date that a customer has now: `2026-11-25`."""
    return moment(now, zone).date().isoformat()


@lru_cache(maxsize=1_024)
def _concerned(
    caps: tuple[FrequencyCap, ...], purpose: Purpose, topic: str, channel: Channel
) -> tuple[FrequencyCap, ...]:
    return tuple(cap for cap in caps if cap.concerns(purpose, topic, channel))


@lru_cache(maxsize=1_024)
def _untouched(caps: tuple[FrequencyCap, ...], purpose: Purpose, topic: str, channel: Channel) -> tuple[Count, ...]:
    return tuple(Count(cap, 0, None) for cap in _concerned(caps, purpose, topic, channel))


def _count(cap: FrequencyCap, uses: Sequence[CapUse], now: Instant, zone: str) -> Count:
    counted = [use for use in uses if cap.concerns(use.purpose, use.topic, use.channel)]
    if cap.window == "rolling":
        return _rolling(cap, counted, now)
    return _calendar(cap, counted, now, zone)


def _rolling(cap: FrequencyCap, uses: Sequence[CapUse], now: Instant) -> Count:
    span_ms = _span_ms(cap.per)
    within = sorted([use.at for use in uses if use.at > now - span_ms])
    leaving = _leaving(cap.limit, within)
    return Count(cap, len(within), None if leaving is None else leaving + span_ms)


def _calendar(cap: FrequencyCap, uses: Sequence[CapUse], now: Instant, zone: str) -> Count:
    days = _span_ms(cap.per) // _DAY_MS
    # A date that is still to come counts as well: its customer has moved west since, and has had the message.
    first = _first_day(now, zone, days)
    within = sorted([use.day for use in uses if use.day >= first])
    leaving = _leaving(cap.limit, within)
    return Count(cap, len(within), None if leaving is None else _midnight_after(leaving, days, zone))


def _leaving(limit: int, within: Sequence[When]) -> When | None:
    """The use with whose end there is room again: the oldest, or a later one where there were more than the limit."""
    return within[len(within) - limit] if limit and len(within) >= limit else None


@lru_cache(maxsize=4_096)
def _first_day(now: Instant, zone: str, days: int) -> str:
    """ISO dates compare as text."""
    return (date.fromisoformat(day_of(now, zone)) - timedelta(days=days - 1)).isoformat()


@lru_cache(maxsize=4_096)
def _midnight_after(day: str, days: int, zone: str) -> Instant:
    return at_wall(datetime.combine(date.fromisoformat(day) + timedelta(days=days), time.min), zone)


def _reach_ms(cap: FrequencyCap) -> int:
    return _span_ms(cap.per) + (_FARTHEST_DATES_MS if cap.window == "calendar_day" else 0)


@lru_cache(maxsize=256)
def _span_ms(per: str) -> int:
    return parse_duration(per).milliseconds
