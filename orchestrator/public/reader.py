"""Who reads a public page: in which language, with which calendar, and by which links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel.dates import format_date, format_time

from orchestrator.domain.time import moment, zone_info
from orchestrator.translations import LANGUAGES, Language, preferred, translator

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant
    from orchestrator.release import Release

# What each language calls itself, for the switch.
NAMES: dict[Language, str] = {"pt-BR": "Português", "en": "English"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """A page's reader. `shop` is who writes to them; `may_ask`: it has forms for requests about their own data."""

    language: Language
    shop: str = ""
    may_ask: bool = False
    zone: str = "UTC"

    def say(self, sentence: str) -> str:
        """A sentence of ours in their language."""
        return translator(self.language)(sentence)

    def day(self, at: Instant) -> str:
        """`25 de novembro de 2026`."""
        return format_date(moment(at, self.zone), "long", locale=self._locale)

    def hour(self, at: Instant) -> str:
        """`14:03`."""
        return format_time(moment(at, self.zone), "short", tzinfo=zone_info(self.zone), locale=self._locale)

    @property
    def _locale(self) -> str:
        return self.language.replace("-", "_")


def reader_of(release: Release, language: Language, zone: str | None = None) -> Reader:
    """A reader of the shop that a release describes, by their own hours if they have told them."""
    project = release.project
    return Reader(
        language=language,
        shop=project.name,
        may_ask=project.privacy is not None,
        zone=zone or project.timezone,
    )


def language_of(asked: str | None, locale: str | None, accepted: str, default: str) -> Language:
    """The page's language: what its link says, else the customer's own, else what the browser accepts.

    Args:
        asked: `?lang=`.
        locale: the customer's, as their profile has it: `pt-BR`, `en-GB`.
        accepted: the header Accept-Language.
        default: the shop's own language.
    """
    if asked in LANGUAGES:
        return asked
    return preferred(locale or "") or preferred(accepted) or preferred(default) or "en"


@dataclass(frozen=True, slots=True)
class Links:
    """Links of the page at a path. `asked` is the language that its own link asked for: no cookie keeps it.

    They are relative, so that the pages work below any public URL, whatever a proxy takes off it.
    """

    path: str
    asked: str | None

    @property
    def root(self) -> str:
        """The way up to where all pages begin."""
        return "../" * (self.path.count("/") - 1) or "./"

    def to(self, page: str) -> str:
        """Another page, such as `p/<token>`."""
        way = self.root + page.removeprefix("/")
        return f"{way}?lang={self.asked}" if self.asked in LANGUAGES else way

    def again(self, language: Language) -> str:
        """This page in another language."""
        return f"?lang={language}"
