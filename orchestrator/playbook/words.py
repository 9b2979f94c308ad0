"""Times, channels and lists in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from babel.dates import format_date, get_day_names
from babel.lists import format_list

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import filled
from orchestrator.domain.stage import Stage
from orchestrator.journeys.steps import Channels
from orchestrator.schema import parse_duration
from orchestrator.translations import mark, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from orchestrator.journeys.steps import AnyChannels, Wait
    from orchestrator.translations import Language

CHANNELS: Final = {
    Channel.EMAIL: mark("E-mail"),
    Channel.WHATSAPP: mark("WhatsApp"),
    Channel.SMS: mark("SMS"),
    Channel.PUSH: mark("Push"),
}

STAGES: Final = {
    Stage.DISCOVERY: mark("discovery"),
    Stage.CONSIDERATION: mark("consideration"),
    Stage.PURCHASE: mark("purchase"),
    Stage.DELIVERY: mark("delivery"),
    Stage.AFTER_SALE: mark("after sale"),
    Stage.SUPPORT: mark("support"),
    Stage.WIN_BACK: mark("win back"),
}

# Unit of a duration → one, and several. Of our own: the library knows no Portuguese word for days, nor business days.
_UNITS: Final = {
    "m": (mark("1 minute"), mark("{count} minutes")),
    "h": (mark("1 hour"), mark("{count} hours")),
    "d": (mark("1 day"), mark("{count} days")),
    "w": (mark("1 week"), mark("{count} weeks")),
    "bd": (mark("1 business day"), mark("{count} business days")),
}
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Every day, or on some days of the week, at one time: what most schedules say.
_AT_A_TIME = re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) \* \* (?P<days>\*|[a-z]{3}(?:,[a-z]{3})*)")


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: Language

    @property
    def say(self) -> Callable[[str], str]:
        """What turns an English sentence into this language's."""
        return translator(self.language)

    def translate(self, sentence: str, /, **params: object) -> str:
        """A sentence with its places filled."""
        return filled(sentence, params, self.say)

    def day(self, day: date) -> str:
        """A day with its year."""
        return format_date(day, "long", locale=self._locale)

    def duration(self, text: str) -> str:
        """`2h` as "2 hours"."""
        span = parse_duration(text)
        one, several = _UNITS[span.unit]
        return self.translate(one) if span.count == 1 else self.translate(several, count=span.count)

    def wait(self, wait: Wait) -> str:
        """How long somebody stands still."""
        length = wait.duration or (f"{wait.business_days}bd" if wait.business_days is not None else None)
        parts = [
            *([self.duration(length)] if length else []),
            *([self.translate("until {time}", time=wait.until)] if wait.until else []),
            *([self.translate("until it is {days}", days=self.either(self.weekdays(wait.days)))] if wait.days else []),
        ]
        return self.translate(", then ").join(parts)

    def schedule(self, cron: str) -> str:
        """`0 10 * * tue` as "every Tuesday at 10:00"; what is rarer stays as it is written."""
        found = _AT_A_TIME.fullmatch(cron.lower())
        if found is None or not set(found["days"].split(",")) <= {"*", *_WEEK}:
            return self.translate("by the calendar {cron}", cron=f"`{cron}`")
        time = f"{int(found['hour']):02}:{int(found['minute']):02}"
        if found["days"] == "*":
            return self.translate("every day at {time}", time=time)
        return self.translate(
            "each {days} at {time}", time=time, days=self.both(self.weekdays(found["days"].split(",")))
        )

    def channels(self, channels: AnyChannels) -> str:
        """Where a message is sent."""
        if not isinstance(channels, Channels):
            return self.translate("on the channel that they prefer, or the next one that reaches them")
        first = [self.translate(CHANNELS[one]) for one in channels.first_reachable]
        parts = [
            *([self.translate("on {channels}", channels=self.both(self.names(channels.all)))] if channels.all else []),
            *([self.translate("on {channels}", channels=first[0])] if len(first) == 1 else []),
            *(
                [self.translate("on the first of {channels} that reaches them", channels=", ".join(first))]
                if first[1:]
                else []
            ),
        ]
        return self.both(parts)

    def names(self, channels: Iterable[Channel]) -> list[str]:
        """What channels are called."""
        return [self.translate(CHANNELS[one]) for one in channels]

    def both(self, parts: Iterable[str]) -> str:
        """All of them: "a, b and c"."""
        return format_list([*parts], "standard", locale=self._locale)

    def either(self, parts: Iterable[str]) -> str:
        """One of them: "a, b or c"."""
        return format_list([*parts], "or", locale=self._locale)

    def weekdays(self, days: Iterable[str]) -> list[str]:
        """What days of the week are called."""
        names = get_day_names(locale=self._locale)
        return [names[_WEEK.index(day)] for day in days]

    @property
    def _locale(self) -> str:
        return self.language.replace("-", "_")
