"""Read a text: as one of the words that say enough by themselves, or by a phrase in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.stop_words.meaning import ENDING, Meaning
from orchestrator.stop_words.phrases import GOES_ON, LANGUAGES, clauses_of, found_in
from orchestrator.stop_words.plain import plain
from orchestrator.stop_words.words import AGREEING, ALONE, COURTESIES, OTHERWISE, WORDS

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
        return self.kind in ENDING

    @property
    def agrees(self) -> bool:
        """Whether it is a yes, to whatever was asked: nobody can tell who does not know the question."""
        return self.matched in AGREEING


def read_text(text: str, locale: str | None = None) -> Reading:
    """What a person means by a text. `locale` is the language that they read; without it every word is its own."""
    said = plain(text)
    return (
        _help(said)
        or _by_word(said, (locale or "").partition("-")[0].lower())
        or min(_by_phrase(said), key=_weight, default=None)
        or Reading(kind=Meaning.NONE, words=said.whole)
    )


# What outweighs what, where a text holds several. Whom we do not know must not end what somebody else agreed to, so
# the wrong person is first. An opt-out that is said is said; what may be one, and may not, is looked at by a person
# before anything that gives more.
_WEIGHTS = (
    Meaning.WRONG_PERSON,
    Meaning.ERASURE,
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


def _by_word(said: Plain, reads: str) -> Reading | None:
    """What all of it says, as it was typed or spelled out in a language."""
    typed = (said.whole, *(language.spelled_out(said.whole) for language in LANGUAGES))
    whole = next((one for one in map(_without_courtesy, typed) if one in WORDS), None)
    if whole is None:
        return None
    meaning, language = WORDS[whole]
    if whole in OTHERWISE.get(reads, ()):
        meaning = Meaning.AMBIGUOUS
    return Reading(kind=meaning, words=said.whole, language=language, matched=whole)


def _by_phrase(said: Plain) -> Iterator[Reading]:
    """What each clause says by itself: "não cancelem" in one takes nothing from "parem de mandar" in another."""
    read = Reading(kind=Meaning.AMBIGUOUS, words=said.whole)
    goes_on = False
    found: list[Reading] = []
    for language, clause in clauses_of(said):
        alone = _without_courtesy(clause)
        goes_on = goes_on or GOES_ON.search(alone) is not None
        if alone in ALONE:
            meaning, its_language = WORDS[alone]
            found.append(replace(read, kind=meaning, language=its_language, matched=alone))
        found.extend(
            replace(read, kind=one.meaning, language=one.language, matched=one.words)
            for one in found_in(language, alone)
        )
    for one in found:
        yield replace(one, kind=Meaning.AMBIGUOUS) if goes_on and one.ends else one
