"""Who reads a page: in which language, with which hours, and by which links."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_time

from orchestrator.domain.time import moment, rfc3339, zone_info
from orchestrator.translations import LANGUAGES, Language, preferred

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from yarl import URL

    from orchestrator.console.inbox import Entry
    from orchestrator.domain.time import Instant

# What each language calls itself, for the switch.
NAMES: dict[Language, str] = {"pt-BR": "Português", "en": "English"}


def language(asked: str | None, configured: Language | None, accepted: str) -> Language:
    """The page's language: what the link says, else what the browser accepts, else JOGRAL_LANG, else English."""
    if asked in LANGUAGES:
        return asked
    return preferred(accepted) or configured or "en"


@dataclass(frozen=True, slots=True)
class Links:
    """Links that keep the language when it was chosen by a link: there is no cookie to remember it."""

    here: URL

    @property
    def lang(self) -> str | None:
        """The language that the link to this page asked for."""
        return self.here.query.get("lang")

    def to(self, path: str, **query: object) -> str:
        """A path with what of the query says something."""
        kept = {"lang": self.lang} | query
        return str(self.here.with_path(path).with_query({name: str(value) for name, value in kept.items() if value}))

    def again(self, **query: object) -> str:
        """This page, with something in its query changed."""
        return self.to(self.here.path, **(dict(self.here.query) | query))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Instants as the project's people would write them."""

    language: Language
    zone: str

    def day(self, at: Instant) -> str:
        """`sábado, 21 de novembro de 2026`."""
        return format_date(self._wall(at), "full", locale=self._locale)

    def by_day(self, entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
        """Entries under the day on which they were delivered, in the order in which they come."""
        return [(day, list(of_day)) for day, of_day in groupby(entries, key=lambda entry: self.day(entry.at))]

    def hour(self, at: Instant) -> str:
        """`14:03`."""
        return format_time(self._wall(at), "short", tzinfo=zone_info(self.zone), locale=self._locale)

    def full(self, at: Instant) -> str:
        """`21 de nov. de 2026, 14:03:27`."""
        return format_datetime(self._wall(at), "medium", tzinfo=zone_info(self.zone), locale=self._locale)

    def machine(self, at: Instant) -> str:
        """For `<time datetime>`."""
        return rfc3339(at, self.zone)

    def lock_screen(self, at: Instant, locale: str) -> tuple[str, str]:
        """Hour and day as a phone shows them: in the customer's language, not in the reader's."""
        try:
            theirs = Locale.parse(locale, sep="-")
        except (ValueError, UnknownLocaleError):
            theirs = Locale.parse(self._locale)
        wall = self._wall(at)
        day = f"{format_date(wall, 'EEEE', theirs)}, {format_skeleton('MMMMd', wall, locale=theirs)}"
        return format_time(wall, "HH:mm", tzinfo=zone_info(self.zone), locale=theirs), day

    def _wall(self, at: Instant) -> datetime:
        return moment(at, self.zone)

    @property
    def _locale(self) -> str:
        return self.language.replace("-", "_")
