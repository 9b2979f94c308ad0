"""Read a text: as one of the words that say enough by themselves, or by a phrase in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.stop_words.meaning import Meaning
from orchestrator.stop_words.phrases import DENIED, PERHAPS, PHRASES
from orchestrator.stop_words.plain import plain
from orchestrator.stop_words.words import ALONE, COURTESIES, OTHERWISE, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.stop_words.plain import Plain


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a text was taken for.

    `words` are all of it as they were compared, `matched` those that decided, `language` is theirs. Where nothing
    matched, both are empty.
    """

    kind: Meaning
    words: str = ""
    language: str = ""
    matched: str = ""

    @property
    def ends(self) -> bool:
        """Whether it ends our marketing."""
        return self.kind in {Meaning.OPT_OUT, Meaning.OPT_OUT_ALL}


def read_text(text: str, locale: str | None = None) -> Reading:
    """What a person means by a text. `locale` is the language that they read; without it every word is its own."""
    said = plain(text)
    whole = _without_courtesy(said.whole)
    return (
        _help(said)
        or _by_word(whole, said.whole, (locale or "").partition("-")[0].lower())
        or min(_by_phrase(said), key=_weight, default=None)
        or Reading(kind=Meaning.NONE, words=said.whole)
    )


# What outweighs what, where a text holds several: an opt-out that is said is said. What may be one, and may not, is
# looked at by a person before anything that gives more.
_WEIGHTS = (
    Meaning.OPT_OUT_ALL,
    Meaning.OPT_OUT,
    Meaning.AMBIGUOUS,
    Meaning.PAUSE,
    Meaning.OPT_IN,
)


def _weight(reading: Reading) -> int:
    return _WEIGHTS.index(reading.kind)


def _help(said: Plain) -> Reading | None:
    """A question mark alone asks who this is."""
    return Reading(kind=Meaning.HELP, matched="?") if said.asks else None


_POLITE = "|".join(sorted(COURTESIES, key=len, reverse=True))
_BEFORE = re.compile(rf"(?:(?:{_POLITE}) )+(?=\S)")
_AFTER = re.compile(rf"(?: (?:{_POLITE}))+$")


def _without_courtesy(words: str) -> str:
    begun = _BEFORE.match(words)
    return _AFTER.sub("", words[begun.end() :] if begun else words)


def _by_word(whole: str, words: str, language: str) -> Reading | None:
    found = WORDS.get(whole)
    if found is None:
        return None
    meaning, of_language = found
    if whole in OTHERWISE.get(language, ()):
        meaning = Meaning.AMBIGUOUS
    return Reading(kind=meaning, words=words, language=of_language, matched=whole)


def _by_phrase(said: Plain) -> Iterator[Reading]:
    """What each clause says by itself: "não cancelem" in one takes nothing from "parem de mandar" in another."""
    for clause in said.clauses:
        alone = _without_courtesy(clause)
        if alone in ALONE:
            meaning, language = WORDS[alone]
            yield Reading(kind=meaning, words=said.whole, language=language, matched=alone)
        for language, meaning, phrase in PHRASES:
            found = phrase.search(alone)
            if found is not None and not DENIED[language].search(alone):
                sure = Meaning.AMBIGUOUS if meaning in _DECIDES and PERHAPS.search(alone) else meaning
                yield Reading(kind=sure, words=said.whole, language=language, matched=found[0].strip())


# What is acted upon. A clause that may be about an order, or only asks what would be, is for a person to read.
_DECIDES = frozenset({Meaning.OPT_OUT_ALL, Meaning.OPT_OUT, Meaning.OPT_IN})
