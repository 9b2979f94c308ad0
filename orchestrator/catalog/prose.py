"""Prose: the voice's rules applied to a text, in the shapes of the Vale prose linter.

Words are matched whole and as people write them: case, accents and the marks of bold type do not matter. What a rule
reads is one text on one channel, or a piece of one; an address in it is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.catalog.prose_words import Phrases, Words, emoji_in, sentences, words_in
from orchestrator.catalog.refusals import OffBrand
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Literal

    from orchestrator.catalog.voice import Rule, Severity, Voice
    from orchestrator.domain.customer import Channel

    Level = Literal["error", "warn", "info"]

TERM, EXISTENCE, SUBSTITUTION, OCCURRENCE, CONDITIONAL = "BV110", "BV120", "BV130", "BV140", "BV150"
SENTENCE, EMOJI = "BV160", "BV170"

LEVELS: Mapping[Severity, Level] = {"error": "error", "warning": "warn", "info": "info"}
"""What a voice says, as findings say it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place of a text that breaks a rule; `end` is exclusive, and both are 0 where the text lacks something.

    `message` is the project's own words for a rule of its own; a Phrase, which can be said in other languages, for
    ours. `fix` is what should stand there instead.
    """

    rule: str
    code: str
    level: Level
    message: str
    start: int
    end: int
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a text belongs to. `channel` None: it is no message of its own, but a piece of one."""

    purpose: str = ""
    tags: frozenset[str] = frozenset()
    claim_kinds: frozenset[str] = frozenset()
    channel: Channel | None = None


def faults(voice: Voice, text: str, about: About) -> list[Fault]:
    """Everything in a text that breaks the voice's rules, in the order of the text. `voice` speaks its language."""
    words = Words(text)
    found = [fault for search in _searches(voice, about) for fault in search(words)]
    return sorted(found, key=lambda fault: (fault.start, fault.end, fault.code))


def rule_faults(rule: Rule, text: str, about: About) -> list[Fault]:
    """The same for one rule alone."""
    return list(_search(rule)(Words(text))) if concerns(rule, about) else []


def refuse_faults(voice: Voice, text: str, about: About, *, message: str) -> None:
    """A text that somebody wrote for this moment is on brand. Warnings stop nothing.

    Raises:
        OffBrand: it breaks a rule of the level error.
    """
    refuse([fault for fault in faults(voice, text, about) if fault.level == "error"], message=message)


def refuse(wrong: Iterable[Fault], *, message: str) -> None:
    """There is no such fault. Raises OffBrand with all of them."""
    found = tuple(wrong)
    if found:
        raise OffBrand(found, message=message)


def concerns(rule: Rule, about: About) -> bool:
    """Whether a rule says anything about such a text."""
    return (
        (not rule.purposes or about.purpose in rule.purposes)
        and (not rule.when_tag or rule.when_tag in about.tags)
        and (not rule.unless_claim or rule.unless_claim not in about.claim_kinds)
    )


def example_of(rule: Rule) -> About:
    """What a rule's own examples belong to: a message that the rule is about, and that states nothing."""
    return About(
        purpose=rule.purposes[0] if rule.purposes else "",
        tags=frozenset({rule.when_tag} if rule.when_tag else ()),
    )


# --- the shapes -----------------------------------------------------------------------------------------------------

if TYPE_CHECKING:
    Search = Callable[[Words], Iterable[Fault]]


@lru_cache(maxsize=4_096)
def _searches(voice: Voice, about: About) -> tuple[Search, ...]:
    """What is looked for in such texts."""
    always, by_rule = _ready(voice)
    return (
        *always,
        *(search for rule, search in by_rule if concerns(rule, about)),
        *(() if about.channel is None else _too_many_emoji(voice, about.channel)),
    )


@lru_cache(maxsize=64)
def _ready(voice: Voice) -> tuple[tuple[Search, ...], tuple[tuple[Rule, Search], ...]]:
    """What is looked for in every text, and for each rule: made ready once."""
    always = (
        *(_replaced(TERM, "terms", term.level, "", dict.fromkeys(term.instead_of, term.use)) for term in voice.terms),
        _too_long(voice.voice.reading_level.max_sentence_words),
    )
    return always, tuple((rule, _search(rule)) for rule in voice.rules)


def _search(rule: Rule) -> Search:
    return _SHAPES[rule.extends](rule)


def _existence(rule: Rule) -> Search:
    phrases = Phrases(rule.tokens)

    def search(words: Words) -> Iterator[Fault]:
        for _, first, after in phrases.found_in(words):
            yield _fault(rule, EXISTENCE, words, first, after)

    return search


def _substitution(rule: Rule) -> Search:
    return _replaced(SUBSTITUTION, rule.id, rule.level, rule.message, rule.swap)


def _occurrence(rule: Rule) -> Search:
    phrases, allowed = Phrases([rule.token]), rule.max

    def search(words: Words) -> Iterator[Fault]:
        found = list(phrases.found_in(words))
        if allowed is not None and len(found) > allowed:
            _, first, after = found[allowed]
            yield _fault(rule, OCCURRENCE, words, first, after)

    return search


def _conditional(rule: Rule) -> Search:
    required = [phrase for text in rule.require if (phrase := words_in(text))]

    def search(words: Words) -> Iterator[Fault]:
        if required and not any(words.has_beginning(phrase) for phrase in required):
            yield Fault(rule.id, CONDITIONAL, LEVELS[rule.level], _told(rule.message, ", ".join(rule.require)), 0, 0)

    return search


_SHAPES: Mapping[str, Callable[[Rule], Search]] = {
    "existence": _existence,
    "substitution": _substitution,
    "occurrence": _occurrence,
    "conditional": _conditional,
}


def _replaced(code: str, rule_id: str, level: Severity, message: str, swap: Mapping[str, str]) -> Search:
    """Words that have better ones. A word that stands inside the better one (`mail` in `e-mail`) is right."""
    phrases, wanted = Phrases(swap), Phrases(swap.values())

    def search(words: Words) -> Iterator[Fault]:
        right = [(first, after) for _, first, after in wanted.found_in(words)]
        for text, first, after in phrases.found_in(words):
            start, end = words.span(first, after)
            found = words.text[start:end]
            fix = _written_like(swap[text], found, words.text[:start])
            inside = any(one <= first and after <= other and (one, other) != (first, after) for one, other in right)
            if found not in (swap[text], fix) and not inside:
                says = _told(message, found) if message else Phrase(_USE, use=swap[text], found=found)
                yield Fault(rule_id, code, LEVELS[level], says, start, end, fix)

    return search


_USE = mark('Use "{use}", not "{found}"')


def _written_like(wanted: str, found: str, before: str) -> str:
    """With a capital where a sentence begins or the replaced word had one; initials (`SLA`) are no capital."""
    begins = not before.strip() or before.rstrip()[-1] in ".!?\n"
    capital = found[:1].isupper() and (begins or not found.isupper())
    return wanted[:1].upper() + wanted[1:] if capital else wanted


def _too_long(words_max: int) -> Search:
    def search(words: Words) -> Iterator[Fault]:
        for start, end, count in sentences(words.text):
            if count > words_max:
                says = Phrase(_LONG, found=count, max=words_max)
                yield Fault("max_sentence_words", SENTENCE, "warn", says, start, end)

    return search


_LONG = mark("A sentence of {found} words; the voice allows {max}")


def _too_many_emoji(voice: Voice, channel: Channel) -> Iterator[Search]:
    allowed = voice.habits(channel).emoji.max
    if allowed is None:
        return

    def search(words: Words) -> Iterator[Fault]:
        found = list(emoji_in(words.text))
        if len(found) > allowed:
            says = Phrase(_EMOJI, found=len(found), max=allowed, channel=channel.value)
            yield Fault("emoji", EMOJI, "warn", says, *found[allowed])

    yield search


_EMOJI = mark("{found} emoji on {channel}; the voice allows {max}")


def _fault(rule: Rule, code: str, words: Words, first: int, after: int) -> Fault:
    start, end = words.span(first, after)
    return Fault(rule.id, code, LEVELS[rule.level], _told(rule.message, words.text[start:end]), start, end)


def _told(message: str, found: str) -> str:
    return message.replace("%s", found)
