"""CL121: patterns of the voice by which dates and hours are written, and cannot be read back."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from orchestrator.catalog import formats
from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.read_back import readable
from orchestrator.catalog.values import look_up
from orchestrator.check.entries import entries
from orchestrator.check.rule import Rule
from orchestrator.check.samples import facts_for
from orchestrator.domain.claim import ClaimKind, StatedClaim
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.catalog.voice import Format, Voice
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

_PATTERN = Rule(
    code="CL121",
    level="error",
    title=mark("A pattern drops a part of a date or an hour"),
    why=mark('"Até 23h" for 23:59 breaks a promise by 59 minutes, and "11/2026" names no day at all.'),
    bad="""\
formats:
  deadline: {long: MMMM, short: MM/yyyy, time: "HH'h'"}
""",
    good="""\
formats:
  deadline: {long: "d 'de' MMMM", short: dd/MM, time: "HH'h'mm"}
""",
)
RULES = (_PATTERN,)

# Days that a pattern without zeros, without months or with two meanings would give away.
_DAYS = (date(2026, 11, 27), date(2026, 2, 1))
_HOURS = ("09:05", "18:30")
_WHOLE_HOURS = ("09:00", "18:00")


def findings(survey: Survey) -> Iterator[Finding]:
    """Patterns in the voice, in each of its languages."""
    if survey.voice is None:
        return
    voice, document = survey.voice.model, survey.voice.document
    minutes = _deadline_with_minutes(survey)
    yield from _of_voice(voice, document, (), minutes)
    for locale in voice.locales:
        yield from _of_voice(voice.in_locale(locale), document, ("locales", locale), minutes)


def _of_voice(voice: Voice, document: Document, at: KeyPath, minutes: tuple[str, str] | None) -> Iterator[Finding]:
    for kind in (ClaimKind.DELIVERY_DATE, ClaimKind.DEADLINE):
        pattern: Format = getattr(voice.formats, kind.value)
        for style in ("long", "short"):
            path = (*at, "formats", kind.value, style)
            if _written_here(document, path):
                yield from _days(voice, kind, style, getattr(pattern, style), document, path)
    path = (*at, "formats", ClaimKind.DEADLINE.value, "time")
    if _written_here(document, path):
        yield from _hours(voice, voice.formats.deadline.time, document, path, minutes)


def _written_here(document: Document, path: KeyPath) -> bool:
    """What a language takes over from the voice is judged there."""
    place: object = document.data
    for key in path:
        place = place.get(str(key)) if isinstance(place, dict) else None
    return place is not None


def _days(
    voice: Voice, kind: ClaimKind, style: str, pattern: str, document: Document, path: KeyPath
) -> Iterator[Finding]:
    for day in _DAYS:
        words = _unreadable(voice, kind, day.isoformat(), style)
        if words is not None:
            yield document.finding(
                path, mark('The pattern "{pattern}" writes {value} as "{words}", which does not read back as that'),
                code=_PATTERN.code, level=_PATTERN.level,
                help=mark("Write a day with two figures and a month, such as dd/MM, or a month's name."),
                params={"pattern": pattern, "value": day.isoformat(), "words": words},
            )  # fmt: skip
            return


def _hours(
    voice: Voice, pattern: str, document: Document, path: KeyPath, minutes: tuple[str, str] | None
) -> Iterator[Finding]:
    drops = "m" not in pattern
    if drops and minutes is not None:
        yield document.finding(
            path, mark('The time pattern "{pattern}" drops the minutes of {fact}, which is {value}'),
            code=_PATTERN.code, level=_PATTERN.level, help=mark("Write HH'h'mm or HH:mm."),
            params={"pattern": pattern, "fact": minutes[0], "value": minutes[1]},
        )  # fmt: skip
        return
    for hour in _WHOLE_HOURS if drops else _HOURS:
        words = _unreadable(voice, ClaimKind.DEADLINE, f"2026-11-27T{hour}:00", "short")
        if words is not None and _unreadable(voice, ClaimKind.DEADLINE, "2026-11-27", "short") is None:
            yield document.finding(
                path, mark('The pattern "{pattern}" writes {value} as "{words}", which does not read back as that'),
                code=_PATTERN.code, level=_PATTERN.level, help=mark("Write HH'h'mm or HH:mm."),
                params={"pattern": pattern, "value": hour, "words": words},
            )  # fmt: skip
            return


def _unreadable(voice: Voice, kind: ClaimKind, value: str, style: str) -> str | None:
    """The words of a value where they do not read back as it."""
    canonical, words = formats.state(kind, value, voice.formats, style, voice.locale)
    claim = StatedClaim(name="", kind=kind, fact="", value=canonical, text=words)
    return None if readable(claim, voice.locale) else words


# --- deadlines with minutes -----------------------------------------------------------------------------------------

_MINUTES = re.compile(r"T[0-9]{2}:(?!00)")


def _deadline_with_minutes(survey: Survey) -> tuple[str, str] | None:
    """A deadline that some message claims and that does not fall on the full hour: its path and its value."""
    for entry in entries(survey):
        message = entry.read.model
        deadlines = [claim.from_ for claim in message.claims.values() if claim.kind is ClaimKind.DEADLINE]
        data = complete_data(message, facts_for(survey, message, {}, "")) if deadlines else {}
        for path in deadlines:
            value = str(look_up(data, tuple(path.split("."))))
            if _MINUTES.search(value):
                return path, value
    return None
