"""How one language says that somebody wants out of our messages, or back in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.stop_words.meaning import Meaning
    from orchestrator.stop_words.plain import Plain


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """One language's table. What is matched is plain words (see `plain`): no case, no accents, one space.

    Args:
        code: `pt`.
        ends_doubled: whether its words may end in a doubled letter, as `all` does. Elsewhere it is a slip: `sairr`.
        short: how people type a word → the word: phrases know no abbreviations. Haste says nothing: it is left out.
        parts: a regular expression of what begins another clause, besides the marks that every language has.
        names: what `<name>` stands for in the phrases, and in other names.
        never: what turns the phrase that follows it into its contrary.
        between: the words that may stand between such a word and the phrase.
        phrases: regular expressions that mean something inside of a clause.
        orders_only: those that ask for messages about what was bought, and for no others.
    """

    code: str
    ends_doubled: bool = False
    short: Mapping[str, str]
    parts: str
    names: Mapping[str, str]
    never: str
    between: str
    phrases: Mapping[Meaning, tuple[str, ...]]
    orders_only: tuple[str, ...] = ()

    def clauses(self, said: Plain) -> Iterator[str]:
        """A text's clauses, spelled out."""
        for clause in said.clauses:
            yield from filter(None, (part.strip() for part in re.split(self.parts, self.spelled_out(clause))))

    def spelled_out(self, words: str) -> str:
        """Words, none of them abbreviated."""
        typed = words if self.ends_doubled else _DOUBLED_END.sub(r"\1", words)
        return " ".join(filter(None, (self.short.get(word, word) for word in typed.split())))

    def compiled(self) -> Iterator[tuple[Meaning, re.Pattern[str]]]:
        """Its phrases, at the borders of words."""
        for meaning, phrases in self.phrases.items():
            for phrase in phrases:
                yield meaning, self._pattern(phrase)

    def compiled_orders_only(self) -> Iterator[re.Pattern[str]]:
        """What asks for messages about orders alone."""
        return map(self._pattern, self.orders_only)

    def denial(self) -> re.Pattern[str]:
        """What stands before a phrase that is denied: "não quero | sair da lista"."""
        return re.compile(rf"\b(?:{self.never}) (?:(?:{self.between}) )*$")

    def _pattern(self, phrase: str) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{self._named(phrase)})(?!\w)")

    def _named(self, phrase: str) -> str:
        return re.sub(r"<(\w+)>", lambda name: self._named({**_NAMES, **self.names}[name[1]]), phrase)


# Not of the shortest words: "ss" is no "s", which says yes.
_DOUBLED_END = re.compile(r"(?<=\w\w)([^\W\d_])\1(?!\w)")

# Up to three words of any kind, so that "das suas ofertas" and "mais nenhuma mensagem" are found.
_NAMES = {"few": r"(?:\w+ ){0,3}"}
