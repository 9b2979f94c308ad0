"""What each shape of rule finds in a text, and how we put it where the project has no words that the reader knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.catalog.prose_words import Phrases, Swaps, emoji_in, sentences, words_in
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from orchestrator.catalog.prose_words import Words
    from orchestrator.catalog.voice import Rule, Term
    from orchestrator.domain.customer import Channel

    Seek = Callable[[Words], Iterable["Hit"]]


@dataclass(frozen=True, slots=True)
class Hit:
    """What is wrong at one place, see `prose.Fault`. `found` is what a rule's own message shows."""

    says: Phrase
    start: int = 0
    end: int = 0
    found: str = ""
    fix: str | None = None


# --- what rules look for --------------------------------------------------------------------------------------------


def _existence(rule: Rule) -> Seek:
    phrases, innocent = Phrases(rule.tokens), Phrases(rule.exceptions)

    def seek(words: Words) -> Iterator[Hit]:
        for _, first, after in phrases.found_in(words, outside=innocent):
            start, end = words.span(first, after)
            found = words.text[start:end]
            yield Hit(Phrase(_NOT_SAID, found=found), start, end, found)

    return seek


_NOT_SAID = mark('"{found}" is not said in this voice')


def _substitution(rule: Rule) -> Seek:
    return _better_words(rule.swap)


def _occurrence(rule: Rule) -> Seek:
    phrases, allowed = Phrases([rule.token]), rule.max

    def seek(words: Words) -> Iterator[Hit]:
        spans = [words.span(first, after) for _, first, after in phrases.found_in(words)]
        if allowed is not None and len(spans) > allowed:
            start, end = spans[allowed]
            found = words.text[start:end]
            yield Hit(Phrase(_TOO_OFTEN, found=found, count=len(spans), max=allowed), start, end, found)

    return seek


_TOO_OFTEN = mark('"{found}": {count} of them; the voice allows {max}')


def _conditional(rule: Rule) -> Seek:
    required = [phrase for text in rule.require if (phrase := words_in(text))]

    def seek(words: Words) -> Iterator[Hit]:
        if required and not any(words.has_beginning(phrase) for phrase in required):
            wanted = ", ".join(rule.require)
            yield Hit(Phrase(_NONE_SAID, wanted=wanted), found=wanted)

    return seek


_NONE_SAID = mark("None of these is said: {wanted}")

SHAPES: Mapping[str, Callable[[Rule], Seek]] = {
    "existence": _existence,
    "substitution": _substitution,
    "occurrence": _occurrence,
    "conditional": _conditional,
}


# --- what every voice looks for -------------------------------------------------------------------------------------


def better_word(term: Term) -> Seek:
    """Words that the voice has another one for."""
    return _better_words(dict.fromkeys(term.instead_of, term.use))


def sentence_length(words_max: int) -> Seek:
    """Sentences that are too long."""

    def seek(words: Words) -> Iterator[Hit]:
        for start, end, count in sentences(words.text):
            if count > words_max:
                yield Hit(Phrase(_LONG, found=count, max=words_max), start, end)

    return seek


_LONG = mark("A sentence of {found} words; the voice allows {max}")


def emoji(allowed: int, channel: Channel) -> Seek:
    """The first emoji that is one too many."""

    def seek(words: Words) -> Iterator[Hit]:
        found = list(emoji_in(words.text))
        if len(found) > allowed:
            says = Phrase(_EMOJI, found=len(found), max=allowed, channel=channel.value)
            yield Hit(says, *found[allowed])

    return seek


_EMOJI = mark("{found} emoji on {channel}; the voice allows {max}")


def _better_words(better: Mapping[str, str]) -> Seek:
    swaps = Swaps(better)

    def seek(words: Words) -> Iterator[Hit]:
        for fix, start, end in swaps.found_in(words):
            found = words.text[start:end]
            yield Hit(Phrase(_USE, use=fix, found=found), start, end, found, fix)

    return seek


_USE = mark('Use "{use}", not "{found}"')
