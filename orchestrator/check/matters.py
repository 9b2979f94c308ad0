"""What periods in copy are about: returns, exchanges, cancellations, refunds, warranties, first replies.

A promise is heard only where its words leave no doubt: a false alarm would teach people to look away. What is said of
one case alone (a gift, a defect, payment by Pix, mattresses) is told apart from what is said of all. How long a
delivery takes is each order's own, and a warranty each product's, unless it is said of all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import Folded, fold
from orchestrator.catalog.periods import read_period
from orchestrator.catalog.statements import Statement, StatementKind, read_statements
from orchestrator.check import matter_words as words
from orchestrator.check.matter_words import CUSTOMERS, Matter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


# A sentence with more periods than anybody would follow says nothing for certain.
MOST = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """A period that a text states of some matters, and where. `cases` are those that it is restricted to."""

    matters: frozenset[Matter]
    value: str
    start: int
    end: int
    cases: frozenset[str] = frozenset()

    def contradicts(self, other: Promise) -> bool:
        """Whether both are said of the same cases, and cannot both be kept."""
        if self.cases != other.cases or self.matters.isdisjoint(other.matters):
            return False
        one, two = read_period(self.value), read_period(other.value)
        return one is not None and two is not None and one.excludes(two)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A part of a text that is known to be about something, because a fact with such a name says it."""

    start: int
    end: int
    matters: frozenset[Matter]


def promises(text: str, locale: str, title: str = "", named: Sequence[Named] = ()) -> Iterator[Promise]:
    """What a text promises, in order.

    Args:
        text: copy, places for data masked.
        locale: the language it is read in.
        title: what the whole text is about. It counts where a sentence does not say that itself.
        named: what needs no words around it to be understood.
    """
    title = fold(title)
    about = _mentions(title)
    for start, sentence in _sentences(text):
        folded = Folded(sentence)
        mentions = _mentions(folded.text)
        found = _lengths(folded.text, locale)
        for one in found if len(found) <= MOST else ():
            first, last = (start + place for place in folded.span(one.start, one.end))
            own = next((each.matters for each in named if each.start <= first < each.end), frozenset())
            # `return_window` is about returns, whatever stands around it; "para trocar" makes it exchanges too.
            around = _matters(folded.text, one, found, mentions, about)
            matters = own | (around & CUSTOMERS) if own and own <= CUSTOMERS else own or around
            if matters:
                cases = _cases(title) | _cases(folded.text) | _some(folded.text, mentions)
                if matters == {Matter.WARRANTY}:
                    cases -= {"defect"}  # which it is for
                yield Promise(matters=matters, value=one.value, start=first, end=last, cases=cases)
        about = mentions or about


def matters_of(name: str) -> frozenset[Matter]:
    """What a fact is about, by its id: `return_window`."""
    return frozenset(one.matter for one in _mentions(fold(name.replace("_", " "))) if one.matter is not None)


# --- sentences -----------------------------------------------------------------------------------------------------

_SENTENCE_ENDS = re.compile(r"[.!?;](?=\s|$)|\n\s*\n|\n(?=\s*[-*•])")


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Each sentence or item of a list, and where it begins."""
    start = 0
    for end in _SENTENCE_ENDS.finditer(text):
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def _lengths(folded: str, locale: str) -> Sequence[Statement]:
    """The periods of a sentence, as far as it says how long they are."""
    if words.LEFT.search(folded):
        return ()
    return [
        one
        for one in read_statements(folded, locale)
        if one.kind is StatementKind.DURATION
        and not words.ONCE.search(folded, max(0, one.start - 20), one.start)
        and not words.AHEAD.match(folded, one.end)
    ]


def _cases(folded: str) -> frozenset[str]:
    return frozenset(name for name, said in words.CASES.items() if said.search(folded))


def _some(folded: str, mentions: Sequence[_Mention]) -> frozenset[str]:
    """The things that a sentence is restricted to, as it calls them."""
    found = words.OPENING.match(folded)
    if found is None:
        return frozenset()
    group = found.lastgroup or 0
    things = found[group]
    if any(one.start < found.end(group) for one in mentions):
        return frozenset()
    known = words.ANYTHING.fullmatch(things.rpartition(" ")[2]) or _cases(things)
    return frozenset() if known else frozenset({things})


# --- mentions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mention:
    """A word for a matter; None where it names something else, or only since when a period counts."""

    matter: Matter | None
    start: int
    end: int


def _mentions(folded: str) -> Sequence[_Mention]:
    """In "o reembolso da devolução" the second belongs to the first, and says nothing by itself."""
    found = [(one, folded[max(0, one.start() - 40) : one.start()]) for one in words.MENTION.finditer(folded)]
    of_all = bool(found) and words.OF_ALL.search(folded) is not None
    return [
        _Mention(_meant(one, before, of_all=of_all), *one.span())
        for one, before in found
        if not ((head := words.HEAD.search(before)) and words.MENTION.fullmatch(head["head"]))
    ]


def _meant(found: re.Match[str], before: str, *, of_all: bool) -> Matter | None:
    head = words.HEAD.search(before)
    if found.lastgroup == "none" or (head and head["head"] not in words.TRANSPARENT) or words.SINCE.search(before):
        return None
    matter = Matter(found.lastgroup or "")
    elsewhere = matter is Matter.WARRANTY and not of_all
    return None if elsewhere or (matter in CUSTOMERS and words.OURS.search(before)) else matter


# --- attribution ----------------------------------------------------------------------------------------------------


def _matters(
    text: str, one: Statement, found: Sequence[Statement], mentions: Sequence[_Mention], about: Sequence[_Mention]
) -> frozenset[Matter]:
    """What a statement of a sentence is about."""
    if not mentions:
        return _understood(text, one, about)
    chosen = _belonging(text, one, found, mentions)
    matters = _together(text, chosen, mentions) if chosen else frozenset()
    if chosen and chosen.end <= one.start and _is_our_work(text, chosen, one):
        matters -= CUSTOMERS
    return matters & CUSTOMERS or matters  # "devolução e reembolso": the period is the customer's


def _is_our_work(text: str, chosen: _Mention, one: Statement) -> bool:
    between = words.WE_WORK.search(text, chosen.end, one.start)
    return (between or words.WE_WORK_THEN.match(text, one.end)) is not None


def _understood(text: str, one: Statement, about: Sequence[_Mention]) -> frozenset[Matter]:
    """After a sentence, or under a title, that says for what: "Você tem 7 dias após o recebimento"."""
    ours = "b" in one.value or words.FOR_SOMETHING_ELSE.match(text, one.end) or words.WE_WORK.search(text)
    if ours or not words.ALLOWED.search(text):
        return frozenset()
    return frozenset(each.matter for each in about if each.matter is not None) & CUSTOMERS


def _belonging(text: str, one: Statement, found: Sequence[Statement], mentions: Sequence[_Mention]) -> _Mention | None:
    """The mention that a statement belongs to: the one that follows it as its purpose, else the last one before it."""
    earlier = max((other.end for other in found if other.end <= one.start), default=0)
    later = min((other.start for other in found if other.start >= one.end), default=len(text))
    before = [each for each in mentions if earlier <= each.start and each.end <= one.start]
    after = [each for each in mentions if one.end <= each.start and each.end <= later]
    if after and words.FOLLOWS.fullmatch(text, one.end, after[0].start) and not _is_taken(text, one, before):
        return after[0]
    return before[-1] if before else None


def _is_taken(text: str, one: Statement, before: Sequence[_Mention]) -> bool:
    """Whether what stands before a period has it already."""
    near = max(0, one.start - 20), one.start
    if words.THROUGHOUT.search(text, *near):
        return True
    return bool(before) and bool(words.TAKEN.search(text, *near) or words.VALID.search(text, before[-1].end, one.start))


def _together(text: str, chosen: _Mention, mentions: Sequence[_Mention]) -> frozenset[Matter]:
    """All that are named in one breath: "troca ou devolução"."""
    groups: list[list[_Mention]] = [[mentions[0]]]
    for one, other in pairwise(mentions):
        condition = "," in text[one.end : other.start] and words.CONDITION.search(
            text, max(0, one.start - 60), one.start
        )
        if words.JOINED.fullmatch(text, one.end, other.start) and not condition:
            groups[-1].append(other)
        else:
            groups.append([other])
    group = next(group for group in groups if chosen in group)
    return frozenset(each.matter for each in group if each.matter is not None) if chosen.matter else frozenset()
