"""Who may not get what a journey says, and when it has to wait: by the project's own rules, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.playbook.markdown import code, plain
from orchestrator.quiet_hours import WEEKDAYS
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.caps import FrequencyCap
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.message import Purpose
    from orchestrator.playbook.words import Words
    from orchestrator.quiet_hours import QuietHours
    from orchestrator.release import ProjectFile, Topic

# What becomes of a message that meets a rule.
_PUT_OFF, _LEFT_OUT, _ELSEWHERE = mark("put off"), mark("left out"), mark("sent on the next channel")
_ON_BLOCK: Final = {"defer": _PUT_OFF, "drop": _LEFT_OUT, "next_channel": _ELSEWHERE}

_WINDOWS: Final = {
    "calendar_day": mark("{id}: at most {count} in {time}, by the calendar; the next one is {what}"),
    "rolling": mark("{id}: at most {count} within {time}; the next one is {what}"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What is said about a topic, and where."""

    topic: str
    purpose: Purpose
    channels: tuple[Channel, ...]


def limits(project: ProjectFile, said: Iterable[Said], words: Words) -> Iterator[str]:
    """Line by line: consent by topic, then quiet hours, caps and rules that concern any of it."""
    every = [*said]
    for name in dict.fromkeys(one.topic for one in every):
        yield _consent(project.topics[name], words)
    for hours in project.quiet_hours:
        if any(hours.concerns(one.purpose, one.topic, channel) for one in every for channel in one.channels):
            yield _quiet(hours, words)
    for cap in project.frequency_caps:
        if any(cap.concerns(one.purpose, one.topic, channel) for one in every for channel in one.channels):
            yield _capped(cap, words)
    for rule in project.suppress_rules:
        if any(rule.concerns(one.purpose, one.topic) for one in every):
            yield words.translate("to nobody while this is so: {rule}", rule=plain(rule.title))


def _consent(topic: Topic, words: Words) -> str:
    title = plain(topic.titles.get(words.language, topic.title))
    if topic.legal_basis != "consent":
        return words.translate("not to who turned {topic} off there; nobody has to agree to it first", topic=title)
    if topic.double:
        return words.translate("only to who agreed to {topic} on that channel, and confirmed it", topic=title)
    return words.translate("only to who agreed to {topic} on that channel", topic=title)


def _quiet(hours: QuietHours, words: Words) -> str:
    translate, own = words.translate, hours.timezone == "customer"
    days = (
        translate(", on {days}", days=words.both(words.weekdays(hours.days))) if len(hours.days) < len(WEEKDAYS) else ""
    )
    return translate(
        mark("{id}: between {begin} and {end} on the customer's clock{days}{holidays}, it is {what}") if own
        else mark("{id}: between {begin} and {end}{days}{holidays}, it is {what}"),
        id=code(hours.id), begin=hours.from_, end=hours.to, days=days, what=translate(_ON_BLOCK[hours.on_block]),
        holidays=translate(", and on holidays all day") if hours.holidays == "quiet" else "",
    )  # fmt: skip


def _capped(cap: FrequencyCap, words: Words) -> str:
    return words.translate(
        _WINDOWS[cap.window],
        id=code(cap.id), count=cap.limit, time=words.duration(cap.per), what=words.translate(_ON_BLOCK[cap.on_block]),
    )  # fmt: skip
