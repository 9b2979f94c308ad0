"""What starts a journey, how often, what ends it, and what it is for: in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.playbook.markdown import code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.journeys.model import Goal, Journey, Trigger
    from orchestrator.playbook.names import Names


def beginning(names: Names, trigger: Trigger) -> str:
    """When it begins."""
    translate, where = names.words.translate, names.where(trigger.when)
    if trigger.schedule is not None:
        schedule, segment = names.words.schedule(trigger.schedule), names.segment(trigger.segment or "")
        return translate("{schedule}, for everybody in the segment {segment}", schedule=schedule, segment=segment)
    if trigger.enters is not None:
        return translate("somebody comes into the segment {segment}", segment=names.segment(trigger.enters)) + where
    event = names.event(trigger.event or "")
    if trigger.quiet_for is not None:
        time = names.words.duration(trigger.quiet_for)
        return translate("{event} happened, and then for {time} not again", event=event, time=time) + where
    return translate("{event} happens", event=event) + where


def entry(names: Names, journey: Journey) -> str:
    """How often somebody goes through it."""
    key = code(journey.entry.key) if journey.entry and journey.entry.key else ""
    again = journey.entry.again_after if journey.entry else None
    translate, time = names.words.translate, names.words.duration(again) if again else ""
    if key and time:
        return translate("once for each {key}, and again {time} later at the earliest", key=key, time=time)
    if key:
        return translate("once for each {key}", key=key)
    if time:
        return translate("each customer once, and again {time} later at the earliest", time=time)
    return translate("each time that it happens")


def leavings(names: Names, journey: Journey) -> Iterator[str]:
    """What ends it for a customer at once."""
    for one in journey.exit_on:
        said = names.words.translate("; {message} is said then", message=names.message(one.send)) if one.send else ""
        yield names.words.translate("{event} happens", event=names.event(one.event)) + said


def aim(names: Names, goal: Goal) -> str:
    """What it is for."""
    within = names.words.duration(goal.within)
    return names.words.translate("{event} within {time}", event=names.event(goal.event), time=within)
