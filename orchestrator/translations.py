"""Sentences in the reader's language: gettext catalogs of `locales/`, read as they are, without a compile step.

English is the language of the code, so it needs no catalog; a sentence that a catalog lacks stays English.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from babel.messages.pofile import read_po

from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["LANGUAGES", "LOCALES", "Language", "language_of", "mark", "preferred", "translator"]

Language = Literal["pt-BR", "en"]

LANGUAGES: tuple[Language, ...] = get_args(Language)
_BY_PREFIX: Mapping[str, Language] = {language.partition("-")[0]: language for language in LANGUAGES}

LOCALES = Path(__file__).parent / "locales"


def translator(language: str) -> Callable[[str], str]:
    """What turns an English sentence, with its places still open, into this language's."""
    sentences = {} if language == "en" else _sentences(language)
    return lambda sentence: sentences.get(sentence, sentence)


def language_of(environment: Mapping[str, str]) -> Language:
    """The language that a process's environment asks for: JOGRAL_LANG, else the locale's, else English."""
    wanted = environment.get("JOGRAL_LANG")
    if wanted is not None and wanted in LANGUAGES:
        return wanted
    # POSIX: LC_ALL wins over LC_MESSAGES, that over LANG; an empty one counts as unset.
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "pt-BR" if locale.lower().startswith("pt") else "en"


def preferred(header: str) -> Language | None:
    """The first of our languages that an Accept-Language header asks for, by quality (RFC 9110, section 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        name, _, quality = part.replace(" ", "").partition(";q=")
        try:
            wanted.append((float(quality or 1), name.lower()))
        except ValueError:
            continue
    for weight, name in sorted(wanted, key=lambda one: -one[0]):
        match = _BY_PREFIX.get(name.partition("-")[0])
        if match is not None and weight > 0:
            return match
    return None


@lru_cache(maxsize=len(LANGUAGES))
def _sentences(language: str) -> Mapping[str, str]:
    with (LOCALES / f"{language.replace('-', '_')}.po").open("rb") as file:
        catalog = read_po(file)
    return {
        str(message.id): str(message.string)
        for message in catalog
        if message.id and message.string and not message.fuzzy
    }
