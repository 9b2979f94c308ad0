"""JO127, JO136, JO137, JO139: what a journey does happens at a time that comes, and that fits."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from orchestrator.check.expressed import calls_in, text_at
from orchestrator.check.timing_rules import ASKED_AT_ONCE, INTO_QUIET_HOURS, MANY_TIMES_AN_HOUR, NEVER_IN_TIME
from orchestrator.check.ways import stops
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import at_wall, moment
from orchestrator.journeys.asking import written_to
from orchestrator.journeys.cron import fires_after
from orchestrator.journeys.naming import beginning_at
from orchestrator.journeys.steps import BranchStep, SendStep, WaitForStep, WatchStep
from orchestrator.journeys.waiting import wait_of, wakes
from orchestrator.quiet_hours import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from orchestrator.check.moments import Moment
    from orchestrator.check.reach import KeyPath
    from orchestrator.check.ways import Stop
    from orchestrator.domain.errors import Finding
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.steps import Wait
    from orchestrator.project import Read, Survey
    from orchestrator.quiet_hours import Quiet

RULES = (NEVER_IN_TIME, INTO_QUIET_HOURS, ASKED_AT_ONCE, MANY_TIMES_AN_HOUR)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that comes too late, too early, or too often."""
    for read in survey.journeys.values():
        yield from _never_in_time(read, survey)
        yield from _many_times_an_hour(read)
        for stop in stops(read.model, survey.events):
            yield from _asked_at_once(read, stop)
            yield from _into_quiet_hours(read, stop, survey)


# --- JO127: what never comes ----------------------------------------------------------------------------------------


def _never_in_time(read: Read[Journey], survey: Survey) -> Iterator[Finding]:
    for path, step in read.model.placed_steps():
        match step:
            case WaitForStep(wait_for=waiting) if waiting.on_timeout and waiting.timeout is not None:
                if _always_later(waiting.timeout, wait_of(waiting.give_up), survey):
                    yield _never(
                        read, (*path, "wait_for", "timeout"), step.id, waiting.give_up,
                        mark('Step "{step}" gives up after {length}, before this timeout: on_timeout never happens'),
                        mark("Make the timeout shorter, or give_up longer."),
                    )  # fmt: skip
            case WatchStep(watch=watch):
                for place, reaction in enumerate(watch.react):
                    if reaction.debounce and _always_later(wait_of(reaction.debounce), wait_of(watch.duration), survey):
                        yield _never(
                            read, (*path, "watch", "react", place, "debounce"), step.id, watch.duration,
                            mark('The watch "{step}" ends after {length}, before this silence: nothing ever happens'),
                            mark("Make the silence shorter, or the watch longer."),
                        )  # fmt: skip


def _never(read: Read[Journey], path: KeyPath, step: str, length: str, message: str, remedy: str) -> Finding:
    return read.document.finding(
        path,
        message,
        params={"step": step, "length": length},
        code=NEVER_IN_TIME.code,
        level=NEVER_IN_TIME.level,
        help=remedy,
    )


_HOURS = (0, 9, 15, 21)


def _always_later(one: Wait, other: Wait, survey: Survey) -> bool:
    """Whether one wait is over after another, on whatever day of a week and at whatever hour they begin."""
    ends = [
        [wakes(wait, since, _zone(survey), _no_holiday).instant for wait in (one, other)]
        for since in _week(survey, _HOURS)
    ]
    return all(first > second for first, second in ends)


# --- JO139: what comes too often ------------------------------------------------------------------------------------


def _many_times_an_hour(read: Read[Journey]) -> Iterator[Finding]:
    """With an entry, only the first of them begins a run for somebody."""
    for place, (trigger, _) in enumerate(read.model.beginnings()):
        if trigger.schedule is None or read.model.entry is not None:
            continue
        within = _within_an_hour(trigger.schedule)
        if within > 1:
            yield read.document.finding(
                (*beginning_at(read.model, place), "schedule"),
                mark("This comes {count} times in an hour, and each time is a run for everybody in {segment}"),
                params={"count": within, "segment": trigger.segment, "schedule": _at_the_hour(trigger.schedule)},
                code=MANY_TIMES_AN_HOUR.code, level=MANY_TIMES_AN_HOUR.level,
                help=mark('Write one minute: "{schedule}".'),
            )  # fmt: skip


def _at_the_hour(schedule: str) -> str:
    return f"0 {schedule.split(maxsplit=1)[1]}"


_HOUR_MS = 3_600_000


def _within_an_hour(schedule: str) -> int:
    """How often a schedule comes in the hour that begins when it first does."""
    first = due = fires_after(schedule, 0, "UTC") or 0
    count = 0
    while due < first + _HOUR_MS:
        count += 1
        due = fires_after(schedule, due, "UTC") or first + _HOUR_MS
    return count


# --- JO137: what is asked too early ---------------------------------------------------------------------------------


def _asked_at_once(read: Read[Journey], stop: Stop) -> Iterator[Finding]:
    fresh = {step.id for step in stop.here.fresh}
    for number, arm in enumerate(stop.step.branch) if isinstance(stop.step, BranchStep) else ():
        for name, _, begin in calls_in(arm.when or ""):
            asked = text_at(arm.when or "", begin) if name == "engaged" else None
            if asked is not None and asked[0] in fresh:
                yield read.document.finding(
                    (*stop.path, "branch", number, "when"),
                    mark('Step "{step}" has only just sent it: nobody has read it yet'),
                    params={"step": asked[0]},
                    code=ASKED_AT_ONCE.code, level=ASKED_AT_ONCE.level, offset=asked[1], length=len(asked[0]),
                    help=mark("Wait before you ask: `wait: 2d`."),
                )  # fmt: skip


# --- JO136: what is due at night ------------------------------------------------------------------------------------


def _into_quiet_hours(read: Read[Journey], stop: Stop, survey: Survey) -> Iterator[Finding]:
    """Where every hour that a schedule or a wait says falls into quiet hours, on all channels of the message."""
    step, settings = stop.step, survey.settings
    message = survey.messages.get(step.send) if isinstance(step, SendStep) else None
    if message is None or settings is None or not isinstance(step, SendStep):
        return
    topic = settings.model.topics.get(message.model.topic)
    urgent = (step.priority or read.model.priority) == "high"
    if topic is None or (urgent and topic.purpose is Purpose.TRANSACTIONAL):
        return
    channels = written_to(step.channels, message.model.said_on)
    for timed in stop.here.moments:
        hours = _hours_of(timed, survey)
        asked = [
            quiet(
                settings.model.quiet_hours, purpose=topic.purpose, topic=message.model.topic, channel=channel, now=hour,
                zone=settings.model.timezone, project_zone=settings.model.timezone, is_holiday=_no_holiday,
            ) for hour in hours for channel in channels
        ]  # fmt: skip
        found = [one for one in asked if one is not None]
        if found and len(found) == len(asked):
            yield _due_at_night(read, stop, step.send, hours[0], found[0], settings.model.timezone)
            return


def _due_at_night(read: Read[Journey], stop: Stop, message: str, hour: Instant, found: Quiet, zone: str) -> Finding:
    return read.document.finding(
        (*stop.path, "send"),
        mark('{message} is due at {hour}, in the quiet hours "{rule}", which drop it: nobody ever gets it')
        if found.rule.on_block == "drop"
        else mark('{message} is due at {hour}, in the quiet hours "{rule}": it always waits until {opens}'),
        params={
            "message": message,
            "rule": found.rule.id,
            "hour": f"{moment(hour, zone):%H:%M}",
            "opens": f"{moment(found.until, zone):%H:%M}",
        },
        code=INTO_QUIET_HOURS.code,
        level=INTO_QUIET_HOURS.level,
        help=mark("Let the hour be one at which it may be sent."),
    )


_FIRINGS = 14


def _hours_of(timed: Moment, survey: Survey) -> list[Instant]:
    """The next times of a schedule, or the ends of a wait that says an hour, by the project's clock."""
    zone = _zone(survey)
    if timed.wait is not None and timed.wait.until is not None:
        return [wakes(timed.wait, since, zone, _no_holiday).instant for since in _week(survey, (12,))]
    hours: list[Instant] = []
    if timed.schedule is not None:
        at: Instant | None = at_wall(datetime.combine(survey.today, time(12)), zone)
        while len(hours) < _FIRINGS and at is not None and (at := fires_after(timed.schedule, at, zone)) is not None:
            hours.append(at)
    return hours


def _week(survey: Survey, hours: tuple[int, ...]) -> list[Instant]:
    """Some hours of each day of a week."""
    days = [survey.today + timedelta(days=ahead) for ahead in range(7)]
    return [at_wall(datetime.combine(day, time(hour)), _zone(survey)) for day in days for hour in hours]


def _zone(survey: Survey) -> str:
    return survey.settings.model.timezone if survey.settings is not None else "UTC"


def _no_holiday(_day: date) -> bool:
    return False
