"""What data brings into copy, judged at every rendering: the words of customers, orders and facts.

The copy itself was judged when the project was admitted, waivers and all. So only what a text breaks with its data and
does not break without it stops a message. Most words can be part of no rule's words, which is seen at a glance and
remembered; what may be is judged in its sentence. Preferred words (`terms`) are asked of our copy alone: a thing that
is called "Kit Zap" keeps its name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.prose import TERM, About, concerns, faults, refuse
from orchestrator.catalog.prose_words import Phrases, Words, words_in
from orchestrator.catalog.read_back import MASK
from orchestrator.catalog.templates import CLAIMS, Choice, Loop, Place
from orchestrator.domain.claim import ClaimKind
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.catalog.prepare import Prepared
    from orchestrator.catalog.prose import Fault
    from orchestrator.catalog.prose_words import Phrase
    from orchestrator.catalog.script import Values
    from orchestrator.catalog.templates import Part, Parts
    from orchestrator.catalog.voice import Voice


def refuse_brought(message: PublishedMessage, prepared: Prepared, values: Values) -> None:
    """The data brings nothing that the voice forbids. Raises OffBrand."""
    guard = _guard(message, prepared)
    if guard is None:
        return
    came = guard.pick(values) if prepared.flat else tuple(_words(values))
    if guard.lexicon.harmless.issuperset(came):
        return
    suspects = guard.lexicon.suspects(came)
    if suspects:
        refuse(_brought(guard, prepared, values, suspects), message=prepared.message.id)


def about_message(message: PublishedMessage, prepared: Prepared) -> About:
    """What a message's text on a channel belongs to. A claim that is only taken back is not stated."""
    return About(
        purpose=message.purpose or "",
        tags=frozenset(prepared.message.tags),
        claim_kinds=frozenset(used.claim.kind for used in prepared.claims if not used.claim.superseded),
        channel=prepared.channel,
    )


# --- once for a message ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Guard:
    """What is the same for every customer: what the text belongs to, and where words stand that may be anybody's."""

    about: About
    lexicon: _Lexicon
    pick: Callable[[Values], tuple[str, ...]]


@lru_cache(maxsize=8_192)
def _guard(message: PublishedMessage, prepared: Prepared) -> _Guard | None:
    """None where no words can be wrong."""
    about = about_message(message, prepared)
    forbidden = frozenset(
        phrase
        for rule in prepared.voice.rules
        if rule.level == "error" and concerns(rule, about)
        for text in (*rule.tokens, *rule.swap, rule.token)
        if (phrase := words_in(text))
    )
    keys = [*_keys(prepared)]
    if not forbidden or not keys:
        return None
    glued = any(_glued(script.parts) for name, script in prepared.scripts if _is_read(name))
    return _Guard(about, _lexicon(forbidden, glued=glued), _picker(keys))


def _picker(keys: list[str]) -> Callable[[Values], tuple[str, ...]]:
    if len(keys) == 1:  # itemgetter would give the value itself
        (key,) = keys
        return lambda values: (values[key],)
    return itemgetter(*keys)


def _keys(prepared: Prepared) -> Iterator[str]:
    """Places that hold somebody's words. Numbers, dates and amounts are written by us, and addresses are not read."""
    for used in prepared.variables:
        if used.variable.type is VariableType.STRING:
            yield from (slot.key for slot in used.slots)
    yield from (CLAIMS + used.name for used in prepared.claims if used.claim.kind in _IN_WORDS)
    yield from (one.key for one in prepared.lists)


_IN_WORDS = frozenset({ClaimKind.POLICY, ClaimKind.COUPON})


def _is_read(field: str) -> bool:
    return field != "html" and not field.endswith("url")


def _glued(parts: Parts) -> bool:
    """Whether a place stands against a letter, so that copy and data make one word: `super{{ product.name }}`."""
    inner = [block for part in parts for block in _blocks(part)]
    return any(map(_glued, inner)) or any(
        (isinstance(before, Place) or _ends(before)) and (isinstance(after, Place) or _begins(after))
        for before, after in pairwise(parts)
        if isinstance(before, Place) or isinstance(after, Place)
    )


def _blocks(part: Part) -> tuple[Parts, ...]:
    if isinstance(part, Choice):
        return part.then, part.otherwise
    return (part.body,) if isinstance(part, Loop) else ()


def _ends(part: Part) -> bool:
    return isinstance(part, str) and part[-1:].isalnum()


def _begins(part: Part) -> bool:
    return isinstance(part, str) and part[:1].isalnum()


# --- words ----------------------------------------------------------------------------------------------------------

_HARMLESS_MAX = 10_000


class _Lexicon:
    """The phrases of which rules are made, and the words that were seen to have nothing to do with them.

    Of a phrase, data may bring all, or the beginning, the end or the middle, and the copy around it the rest.
    """

    def __init__(self, phrases: frozenset[Phrase], *, glued: bool) -> None:
        self._words = frozenset(word for phrase in phrases for word in phrase)
        self._begun = frozenset(phrase[:length] for phrase in phrases for length in range(1, len(phrase) + 1))
        self._ended = frozenset(phrase[start:] for phrase in phrases for start in range(len(phrase)))
        self._within = frozenset(part for phrase in self._begun for part in _tails(phrase))
        self._length_max = max(map(len, phrases))
        self._inside = Phrases(map(" ".join, phrases))
        self._scraps = frozenset(scrap for word in self._words for scrap in _scraps(word)) if glued else frozenset()
        self.harmless: set[str] = set()

    def suspects(self, came: Iterable[str]) -> list[str]:
        """Those of the words that some rule may be about."""
        harmless = self.harmless
        if len(harmless) > _HARMLESS_MAX:
            harmless.clear()
        found = []
        for text in came:
            if text not in harmless:
                if self._suspects(text):
                    found.append(text)
                else:
                    harmless.add(text)
        return found

    def _suspects(self, text: str) -> bool:
        if not self._scraps and text.isascii() and text.isalnum():  # a name or a number, as nearly all are
            return text.lower() in self._words
        said = words_in(text)
        if not said:
            return False
        if said[0] in self._scraps or said[-1] in self._scraps:
            return True
        if self._words.isdisjoint(said):
            return False
        lengths = range(1, min(len(said), self._length_max) + 1)
        return (
            said in self._within
            or any(said[-length:] in self._begun or said[:length] in self._ended for length in lengths)
            or any(self._inside.found_in(Words(text)))
        )


@lru_cache(maxsize=256)
def _lexicon(phrases: frozenset[Phrase], *, glued: bool) -> _Lexicon:
    """One for all messages to which the same rules apply."""
    return _Lexicon(phrases, glued=glued)


def _tails(phrase: Phrase) -> Iterator[Phrase]:
    return (phrase[start:] for start in range(len(phrase)))


def _scraps(word: str) -> Iterator[str]:
    return (word[start:end] for start in range(len(word)) for end in range(start + 1, len(word) + 1))


def _words(values: Values) -> Iterator[str]:
    for value in values.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            for item in value:
                yield from _words(item)


# --- in their sentence ----------------------------------------------------------------------------------------------


def _brought(guard: _Guard, prepared: Prepared, values: Values, suspects: Collection[str]) -> Iterator[Fault]:
    """The faults of a text that it does not have without these words."""
    without = Counter(fault.rule for fault in _wrong_in(prepared.voice, guard.about, _said(prepared, values, ())))
    for fault in _wrong_in(prepared.voice, guard.about, _said(prepared, values, suspects)):
        if without[fault.rule]:
            without[fault.rule] -= 1
        else:
            yield fault


@lru_cache(maxsize=2_048)
def _wrong_in(voice: Voice, about: About, text: str) -> tuple[Fault, ...]:
    return tuple(fault for fault in faults(voice, text, about) if fault.level == "error" and fault.code != TERM)


def _said(prepared: Prepared, values: Values, kept: Collection[str]) -> str:
    """What the channel says with these words, and all other data masked."""
    masked = _masked(values, kept)
    return "\n\n".join(script.fill(masked) for name, script in prepared.scripts if _is_read(name))


def _masked(values: Values, kept: Collection[str]) -> Values:
    return {key: _masked_value(value, kept) for key, value in values.items()}


def _masked_value(value: Any, kept: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_masked(item, kept) for item in value]
    return MASK if isinstance(value, str) and value not in kept else value
