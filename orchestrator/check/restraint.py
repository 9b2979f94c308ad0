"""CO150 to CO157, CO160: rules hold back what disturbs, not everything, nor what must be told."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from math import ceil
from typing import TYPE_CHECKING

from orchestrator.check.restraint_rules import (
    IDLE,
    NEVER_OPENS,
    NEVER_REACHED,
    NO_HOLIDAYS,
    NO_NEXT_CHANNEL,
    OPEN_AT_NIGHT,
    SAID_TWICE,
    SAME_ID,
    THROWN_AWAY,
)
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import at_wall
from orchestrator.quiet_hours import HORIZON_MS, WEEKDAYS, quiet
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from orchestrator.caps import FrequencyCap
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Read, Survey
    from orchestrator.quiet_hours import QuietHours
    from orchestrator.release import ProjectFile
    from orchestrator.suppress_rules import SuppressRule

    Restraint = QuietHours | FrequencyCap | SuppressRule

RULES = (
    SAME_ID,
    IDLE,
    NEVER_REACHED,
    NO_NEXT_CHANNEL,
    THROWN_AWAY,
    NEVER_OPENS,
    NO_HOLIDAYS,
    SAID_TWICE,
    OPEN_AT_NIGHT,
)

KeyPath = tuple[str | int, ...]


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with quiet hours, caps and suppress rules, and with what happens in doubt."""
    if survey.settings is None:
        return
    settings = survey.settings
    yield from _same_ids(settings)
    yield from _idle(settings)
    yield from _never_reached(settings)
    yield from _without_next_channel(settings)
    yield from _thrown_away(settings)
    yield from _never_opening(settings, survey)
    yield from _open_at_night(settings, survey)
    yield from _without_holidays(settings)
    yield from _said_twice(settings)


def _restraints(project: ProjectFile) -> Iterator[tuple[KeyPath, Restraint]]:
    for name in ("quiet_hours", "frequency_caps", "suppress_rules"):
        for place, rule in enumerate(getattr(project, name)):
            yield (name, place), rule


def _same_ids(settings: Read[ProjectFile]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for path, rule in _restraints(settings.model):
        if rule.id in first:
            yield settings.document.finding(
                (*path, "id"),
                mark('"{id}" is the id of a rule under {where} already'),
                params={"id": rule.id, "where": first[rule.id]},
                code=SAME_ID.code,
                level=SAME_ID.level,
                help=mark(
                    "Give one of them another id: quiet_hours, frequency_caps and suppress_rules share their ids."
                ),
            )
        first.setdefault(rule.id, str(path[0]))


def _idle(settings: Read[ProjectFile]) -> Iterator[Finding]:
    topics = settings.model.topics
    for path, rule in _restraints(settings.model):
        for place, name in enumerate(rule.topics):
            topic = topics.get(name)
            if topic is not None and rule.purposes and topic.purpose not in rule.purposes:
                yield settings.document.finding(
                    (*path, "topics", place),
                    mark("Topic {topic} is {purpose}, and this rule concerns other purposes only"),
                    params={"topic": name, "purpose": topic.purpose.value},
                    code=IDLE.code,
                    level=IDLE.level,
                    help=mark("Add {purpose} to its purposes, or take the topic out."),
                )


def _never_reached(settings: Read[ProjectFile]) -> Iterator[Finding]:
    caps = settings.model.frequency_caps
    for place, cap in enumerate(caps):
        for other_place, other in enumerate(caps):
            # Of two that say the same, the first is in force.
            earlier = other_place < place or not _always_stops_first(cap, other, settings.model)
            if other is not cap and earlier and _always_stops_first(other, cap, settings.model):
                yield settings.document.finding(
                    ("frequency_caps", place, "limit"),
                    mark('Nobody ever reaches "{id}": "{other}" ({limit} per {per}) stops everything before'),
                    params={"id": cap.id, "other": other.id, "limit": other.limit, "per": other.per},
                    code=NEVER_REACHED.code,
                    level=NEVER_REACHED.level,
                    help=mark("Lower its limit, or take it out."),
                )
                break


_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


def _always_stops_first(stricter: FrequencyCap, cap: FrequencyCap, project: ProjectFile) -> bool:
    """Whether one cap stops whatever another would. Urgent order updates pass caps, so only marketing can be told."""
    topics = _topics_of(cap, project)
    if any(project.topics[topic].purpose is Purpose.TRANSACTIONAL for topic in topics):
        return False
    if not topics <= _topics_of(stricter, project) or not _channels_of(cap) <= _channels_of(stricter):
        return False
    return _most_in_window(stricter, cap) <= cap.limit


def _most_in_window(stricter: FrequencyCap, cap: FrequencyCap) -> int:
    """How many messages a stricter cap lets into the window of another, an hour of clock change allowed for."""
    window_ms, own_ms = (parse_duration(one.per).milliseconds for one in (cap, stricter))
    if stricter.window == "rolling":
        longest_ms = window_ms + (_HOUR_MS if cap.window == "calendar_day" else 0)
        return stricter.limit * ceil(longest_ms / own_ms)
    dates = window_ms // _DAY_MS if cap.window == "calendar_day" else ceil((window_ms + _HOUR_MS) / _DAY_MS) + 1
    return stricter.limit * ceil(dates / (own_ms // _DAY_MS))


def _topics_of(rule: Restraint, project: ProjectFile) -> set[str]:
    """The project's topics that a rule concerns."""
    return {
        name
        for name, topic in project.topics.items()
        if (not rule.topics or name in rule.topics) and (not rule.purposes or topic.purpose in rule.purposes)
    }


def _channels_of(cap: FrequencyCap) -> set[Channel]:
    return set(cap.channels or Channel)


def _without_next_channel(settings: Read[ProjectFile]) -> Iterator[Finding]:
    sending = {channel for channel, one in settings.model.channels.items() if one.accounts}
    for place, cap in enumerate(settings.model.frequency_caps):
        if cap.on_block == "next_channel" and not sending - _channels_of(cap):
            yield settings.document.finding(
                ("frequency_caps", place, "on_block"),
                mark('"{id}" counts on every channel, so no next one is free'),
                params={"id": cap.id},
                code=NO_NEXT_CHANNEL.code,
                level=NO_NEXT_CHANNEL.level,
                help=mark("Name the channels that it counts under channels, or write on_block: defer or drop."),
            )


def _thrown_away(settings: Read[ProjectFile]) -> Iterator[Finding]:
    project = settings.model
    for path, rule in _restraints(project):
        told = [
            name
            for name in project.topics
            if name in _topics_of(rule, project) and project.topics[name].purpose is Purpose.TRANSACTIONAL
        ]
        if told and _drops(rule):
            yield settings.document.finding(
                (*path, "id"),
                mark('"{id}" throws away what {topic} would tell'),
                params={"id": rule.id, "topic": told[0]},
                code=THROWN_AWAY.code,
                level=THROWN_AWAY.level,
                help=mark("Write purposes: [marketing], or let them wait with on_block: defer."),
            )


def _drops(rule: Restraint) -> bool:
    """A suppress rule always does, and so does a cap under which there is never room."""
    return getattr(rule, "on_block", "drop") == "drop" or getattr(rule, "limit", 1) == 0


def _never_opening(settings: Read[ProjectFile], survey: Survey) -> Iterator[Finding]:
    project, told = settings.model, set[int]()
    now = at_wall(datetime.combine(survey.today, time(12)), project.timezone)
    for name, topic in project.topics.items():
        for channel in Channel:
            found = quiet(
                project.quiet_hours, purpose=topic.purpose, topic=name, channel=channel, now=now,
                zone=project.timezone, project_zone=project.timezone, is_holiday=project.calendar.is_holiday,
            )  # fmt: skip
            if found is None or found.until < now + HORIZON_MS:
                continue
            place = project.quiet_hours.index(found.rule)
            if place not in told:
                told.add(place)
                yield settings.document.finding(
                    ("quiet_hours", place, "from"),
                    mark("With these quiet hours, topic {topic} may never be sent"),
                    params={"topic": name},
                    code=NEVER_OPENS.code,
                    level=NEVER_OPENS.level,
                    help=mark("Leave some hours of some day open, or end the topic."),
                )


# When nobody wants to hear of offers: hours between which the usual ways to write quiet hours wrongly leave one open.
_NIGHT_HOURS = (3, 23)


def _open_at_night(settings: Read[ProjectFile], survey: Survey) -> Iterator[Finding]:
    """One finding for all quiet hours together: the first hour of the night at which marketing may leave."""
    project = settings.model
    said = _marketing_said(project, survey)
    for hour in _NIGHT_HOURS:
        days = {pair: found for pair in said if (found := _open_days(project, survey, hour, *pair))}
        if not days:
            continue
        topics: dict[str, list[str]] = {}
        for topic, channel in days:
            topics.setdefault(topic, []).append(channel.value)
        some = [day for day in WEEKDAYS if any(day in found for found in days.values())]
        yield settings.document.finding(
            ("quiet_hours",) if project.quiet_hours else ("topics", next(iter(topics))),
            mark("At {when} by the customer's clock, marketing may leave: {topics}"),
            params={
                "when": f"{hour:02}:00" + (f" ({', '.join(some)})" if len(some) < len(WEEKDAYS) else ""),
                "topics": ", ".join(f"{topic} ({', '.join(channels)})" for topic, channels in topics.items()),
            },
            code=OPEN_AT_NIGHT.code,
            level=OPEN_AT_NIGHT.level,
            on_key=True,
            help=mark('Write a night for all marketing: purposes: [marketing], from: "21:00", to: "09:00".'),
        )
        return


def _marketing_said(project: ProjectFile, survey: Survey) -> list[tuple[str, Channel]]:
    """The marketing topics and the channels on which something is said about them and can be sent."""
    said = {(read.model.topic, channel) for read in survey.messages.values() for channel in read.model.said_on}
    return [
        (name, channel)
        for name, topic in project.topics.items()
        for channel, sending in project.channels.items()
        if topic.purpose is Purpose.MARKETING and sending.accounts and (name, channel) in said
    ]


def _open_days(project: ProjectFile, survey: Survey, hour: int, topic: str, channel: Channel) -> list[str]:
    """The days of the week, none of them a holiday, on which no quiet hours stand at an hour."""
    days = [survey.today + timedelta(days=ahead) for ahead in range(len(WEEKDAYS))]
    return [
        WEEKDAYS[day.weekday()]
        for day in days
        if quiet(
            project.quiet_hours, purpose=Purpose.MARKETING, topic=topic, channel=channel,
            now=at_wall(datetime.combine(day, time(hour)), project.timezone),
            zone=project.timezone, project_zone=project.timezone, is_holiday=_no_holiday,
        ) is None
    ]  # fmt: skip


def _no_holiday(_day: date) -> bool:
    return False


def _without_holidays(settings: Read[ProjectFile]) -> Iterator[Finding]:
    for place, rule in enumerate(settings.model.quiet_hours):
        if rule.holidays == "quiet" and settings.model.holidays is None:
            yield settings.document.finding(
                ("quiet_hours", place, "holidays"),
                mark("The project says nowhere whose holidays count"),
                code=NO_HOLIDAYS.code,
                level=NO_HOLIDAYS.level,
                help=mark("Write the country under holidays, or leave this out."),
            )


def _said_twice(settings: Read[ProjectFile]) -> Iterator[Finding]:
    for name, topic in settings.model.topics.items():
        if topic.purpose is Purpose.MARKETING and topic.on_doubt == "resend":
            yield settings.document.finding(
                ("topics", name, "on_doubt"),
                mark("{topic} is marketing, and would be sent twice to some"),
                params={"topic": name},
                code=SAID_TWICE.code,
                level=SAID_TWICE.level,
                help=mark("Write on_doubt: stop, or leave it out."),
            )
