"""Words as rules of prose see them: whole, in their plainest spelling, each with its place in the text.

Everything here takes time in proportion to the text, whatever the text is.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import Folded, fold
from orchestrator.catalog.read_back import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Phrase = tuple[str, ...]
"""Words that follow one another; a sign (`!`, `-`, `$`) is a word too."""

Found = tuple[str, int, int]
"""A phrase as it was given, and the places of its first word and of the word after it."""


class Words:
    """The words of a text, and where each stands. Addresses and paragraph breaks are one word that no rule knows.

    `places` is word → its places among them: dozens of rules look for a few words each, and read no others.
    """

    __slots__ = ("_spans", "places", "said", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        folded = Folded(_UNREAD.sub(lambda found: MASK * len(found[0]), text).replace("'", '"'))
        found = [(piece[0], folded.span(*piece.span())) for piece in _WORD.finditer(folded.text)]
        self.said: Phrase = tuple(word for word, _ in found)
        self.places: dict[str, list[int]] = {}
        for place, word in enumerate(self.said):
            self.places.setdefault(word, []).append(place)
        self._spans = tuple(span for _, span in found)

    def span(self, first: int, after: int) -> tuple[int, int]:
        """Where the words from `first` to before `after` stand."""
        return self._spans[first][0], self._spans[after - 1][1]

    def has_beginning(self, phrase: Phrase) -> bool:
        """Whether a phrase stands somewhere; its last word may go on: `desculp` stands in "desculpas"."""
        *before, last = phrase
        return any(
            word.startswith(last) and list(self.said[place - len(before) : place]) == before
            for place, word in enumerate(self.said)
            if place >= len(before)
        )


class Phrases:
    """Phrases to look for. Of two that begin at the same word, the longer one is found."""

    __slots__ = ("_by_first", "_firsts", "_length_max")

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[Phrase, str]]] = {}
        for text in texts:
            if phrase := words_in(text):
                self._by_first.setdefault(phrase[0], []).append((phrase, text))
        for alike in self._by_first.values():
            alike.sort(key=lambda one: -len(one[0]))
        self._firsts = frozenset(self._by_first)
        self._length_max = max((len(alike[0][0]) for alike in self._by_first.values()), default=0)

    def found_in(self, words: Words, *, outside: Phrases | None = None) -> Iterator[Found]:
        """Where they stand, none over another; but not where they are only a part of a phrase of `outside`."""
        if self._firsts.isdisjoint(words.places):
            return
        around = outside.around(words) if outside is not None else None
        free = 0
        for text, first, after in self._everywhere_in(words):
            if first >= free:
                free = after
                if around is None or not around(first, after):
                    yield text, first, after

    def around(self, words: Words) -> Callable[[int, int], bool]:
        """Tells whether one of them, wherever it stands and whatever it overlaps, holds a span and more."""
        ends = {first: after for _, first, after in self._everywhere_in(words)}

        def holds(first: int, after: int) -> bool:
            before = range(first - self._length_max, first)
            return ends.get(first, 0) > after or any(ends.get(place, 0) >= after for place in before)

        return holds

    def _everywhere_in(self, words: Words) -> Iterator[Found]:
        for place in sorted(chain.from_iterable(words.places[word] for word in self._firsts & words.places.keys())):
            for phrase, text in self._by_first[words.said[place]]:
                if words.said[place : place + len(phrase)] == phrase:
                    yield text, place, place + len(phrase)
                    break


class Swaps:
    """Words that have better ones. What is a part of a better one is right: `mail` in `e-mail`."""

    __slots__ = ("_better", "_right", "_wrong")

    def __init__(self, better: Mapping[str, str]) -> None:
        self._better = better
        self._wrong, self._right = Phrases(better), Phrases(better.values())

    def found_in(self, words: Words) -> Iterator[tuple[str, int, int]]:
        """What should be written, and from which character to before which. A word that stands for itself is right."""
        for text, first, after in self._wrong.found_in(words, outside=self._right):
            start, end = words.span(first, after)
            found, better = words.text[start:end], self._better[text]
            fix = _written_like(better, found, words.text[:start])
            if found not in (better, fix):
                yield fix, start, end


def _written_like(wanted: str, found: str, before: str) -> str:
    """With a capital where a sentence begins or the replaced word had one; initials (`SLA`) are no capital."""
    begins = not before.strip() or before.rstrip()[-1] in ".!?\n"
    capital = found[:1].isupper() and (begins or not found.isupper())
    return wanted[:1].upper() + wanted[1:] if capital else wanted


def is_read(phrase: str) -> bool:
    """Whether a rule may look for it. No rule reads addresses, nor the places where data comes in."""
    return not _NEVER_READ.search(phrase) and Words(phrase).said == words_in(phrase)


def words_in(text: str) -> Phrase:
    """The words of a phrase alone, whatever they look like."""
    return tuple(_WORD.findall(fold(text).replace("'", '"')))


def sentences(text: str) -> Iterator[tuple[int, int, int]]:
    """Each sentence of a text: where it stands, and how many words it has, as people count them."""
    start = 0
    for stop in (*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)):
        said = [word for word in _PRINTED.finditer(text, start, stop) if _COUNTS.search(word[0])]
        if said:
            yield said[0].start(), said[-1].end(), len(said)
        start = stop


def emoji_in(text: str) -> Iterator[tuple[int, int]]:
    """Where each emoji stands; a family, a flag or a skin colour is one with its face."""
    return (found.span() for found in _EMOJI.finditer(text))


# --- the grammar ----------------------------------------------------------------------------------------------------

# Possessive quantifiers and what must not stand before them keep each of these from beginning twice in one run.
_HOSTS_END = "|".join(rf"(?<=\.{end})" for end in ("com", "br", "net", "org", "io", "app", "shop", "example"))
_UNREAD = re.compile(
    r"(?:https?://|www\.)\S++"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.-]++"
    rf"|(?<![\w@.-])[\w-]++(?:\.[\w-]++)++(?:/\S*+|{_HOSTS_END})"
    r"|\n[^\S\n]*+(?=\n)"
)
_NEVER_READ = re.compile(r"@|\{[{%#]")
_WORD = re.compile(r"[^\W_]+|[^\w\s]")
_PRINTED = re.compile(r"\S+")
_COUNTS = re.compile(rf"[\w{MASK}]")
_SENTENCE_END = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_~]*+(?=\s|$)"  # noqa: RUF001  # the quotes that end sentences
    r"|\n[^\S\n]*+(?=\n|[-*•]\s|\d{1,3}[.)]\s)"
)

_FACE = (
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff\u2600-\u27bf\u231a\u231b\u23e9-\u23f3\u2b50\u2b55"
)
_DRESS = "\ufe0f\U0001f3fb-\U0001f3ff"
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}"
    f"|[{_FACE}][{_DRESS}]*+(?:\u200d[{_FACE}\u2640\u2642][{_DRESS}]*+)*+"
    f"|[0-9#*]\ufe0f?\u20e3"
)
