"""Prose: the voice's rules applied to a text, in the shapes of the Vale prose linter.

Words are matched whole and as people write them: case, accents and the marks of bold type do not matter. What a rule
reads is one text on one channel, or a piece of one; an address in it is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.catalog.prose_shapes import SHAPES, better_word, emoji, sentence_length
from orchestrator.catalog.prose_words import Words
from orchestrator.catalog.refusals import OffBrand
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Literal

    from orchestrator.catalog.prose_shapes import Hit, Seek
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

    `message` speaks the reader's language: with the project's own words if they do, and with ours if not. `fix` is what
    should stand there instead.
    """

    rule: str
    code: str
    level: Level
    message: Phrase
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


def breaks(rule: Rule, text: str, about: About) -> bool:
    """Whether a text breaks one rule."""
    return concerns(rule, about) and any(SHAPES[rule.extends](rule)(Words(text)))


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


# --- searches -------------------------------------------------------------------------------------------------------

if TYPE_CHECKING:
    Search = Callable[[Words], Iterable[Fault]]

_CODES: Mapping[str, str] = {
    "existence": EXISTENCE,
    "substitution": SUBSTITUTION,
    "occurrence": OCCURRENCE,
    "conditional": CONDITIONAL,
}


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
        *(_search(better_word(term), "terms", TERM, term.level) for term in voice.terms),
        _search(
            sentence_length(voice.voice.reading_level.max_sentence_words), "max_sentence_words", SENTENCE, "warning"
        ),
    )
    return always, tuple((rule, _by_rule(rule, voice.locale)) for rule in voice.rules)


def _too_many_emoji(voice: Voice, channel: Channel) -> Iterator[Search]:
    allowed = voice.habits(channel).emoji.max
    if allowed is not None:
        yield _search(emoji(allowed, channel), "emoji", EMOJI, "warning")


def _by_rule(rule: Rule, locale: str) -> Search:
    return _search(
        SHAPES[rule.extends](rule), rule.id, _CODES[rule.extends], rule.level, lambda hit: _says(rule, hit, locale)
    )


def _search(
    seek: Seek, rule: str, code: str, level: Severity, says: Callable[[Hit], Phrase] = lambda hit: hit.says
) -> Search:
    def search(words: Words) -> Iterator[Fault]:
        for hit in seek(words):
            yield Fault(rule, code, LEVELS[level], says(hit), hit.start, hit.end, hit.fix)

    return search


def _says(rule: Rule, hit: Hit, locale: str) -> Phrase:
    """A rule's own message to whoever reads its language, and ours to all others."""
    if not rule.message:
        return hit.says
    own = rule.message.replace("%s", hit.found) + ("" if hit.fix is None else f' → "{hit.fix}"')
    language = locale.partition("-")[0]
    return Phrase(_IN_EITHER, pt=own if language == "pt" else hit.says, en=own if language == "en" else hit.says)


# One of the two is said, as `.0` leaves a text out: the catalog of Portuguese leaves out the other one.
_IN_EITHER = mark("{pt:.0s}{en}")
