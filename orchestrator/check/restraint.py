"""CO150 and on: quiet hours, caps and suppress rules hold back what disturbs, not everything, nor what must be told."""

from __future__ import annotations

from datetime import datetime, time
from math import ceil
from typing import TYPE_CHECKING

from orchestrator.check.conditions import paths_in
from orchestrator.check.reach import all_read, fields_of, reaches
from orchestrator.check.restraint_rules import (
    IDLE,
    NEVER_OPENS,
    NEVER_REACHED,
    NO_HOLIDAYS,
    NO_NEXT_CHANNEL,
    SAID_TWICE,
    SAME_ID,
    THROWN_AWAY,
    UNKNOWN_IN_RULE,
    UNKNOWN_OBJECT,
)
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import at_wall
from orchestrator.quiet_hours import HORIZON_MS, quiet
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    UNKNOWN_OBJECT,
    UNKNOWN_IN_RULE,
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
    yield from _without_holidays(settings)
    yield from _said_twice(settings)
    if all_read(survey, "events"):
        yield from _unreadable(settings, survey)


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


def _unreadable(settings: Read[ProjectFile], survey: Survey) -> Iterator[Finding]:
    kinds = {read.model.updates for read in survey.events.values() if read.model.updates}
    for place, rule in enumerate(settings.model.suppress_rules):
        if rule.object not in kinds:
            yield settings.document.finding(
                ("suppress_rules", place, "object"),
                mark('No event updates "{kind}"{hint}'),
                params={"kind": rule.object, "hint": did_you_mean(rule.object, kinds)},
                code=UNKNOWN_OBJECT.code,
                level=UNKNOWN_OBJECT.level,
                help=mark("Declare one in templates/events/ with updates: {kind}."),
            )
        else:
            yield from _unknown_in(rule, place, settings, survey)


_TIMES = ("today", "now")


def _unknown_in(rule: SuppressRule, place: int, settings: Read[ProjectFile], survey: Survey) -> Iterator[Finding]:
    fields = sorted(f"{rule.object}.{name}" for name in {"id", *fields_of(rule.object, survey.events)})
    known = frozenset((*fields, *_TIMES))
    for path, offset in paths_in(rule.when):
        if path != rule.object and not reaches(path, known):
            params: Mapping[str, object] = {
                "path": path,
                "hint": did_you_mean(path, known),
                "kind": rule.object,
                "fields": ", ".join(fields),
            }
            yield settings.document.finding(
                ("suppress_rules", place, "when"),
                mark('"{path}" is not known to a rule about {kind}{hint}'),
                params=params,
                code=UNKNOWN_IN_RULE.code,
                level=UNKNOWN_IN_RULE.level,
                offset=offset,
                length=len(path),
                help=mark("There are: {fields}, today and now."),
            )
