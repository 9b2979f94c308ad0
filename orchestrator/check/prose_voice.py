"""BV101 and BV102: the rules of brand_voice.yaml are written right, and do what their examples say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.catalog.prose import example_of, rule_faults
from orchestrator.catalog.prose_words import Phrases, Words, words_in
from orchestrator.check.prose_rules import MISWRITTEN, UNPROVED
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from orchestrator.catalog.voice import Rule, Voice, VoiceElsewhere
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey


def findings(survey: Survey) -> Iterator[Finding]:
    """What is wrong with the rules and terms of each language."""
    if survey.voice is None:
        return
    voice, document = survey.voice.model, survey.voice.document
    tags = {*voice.tones, *(tag for read in survey.messages.values() for tag in read.model.tags)}
    spoken: list[tuple[KeyPath, Voice | VoiceElsewhere]] = [((), voice)]
    spoken += [(("locales", locale), elsewhere) for locale, elsewhere in voice.locales.items()]
    for path, one in spoken:
        yield from _rules((*path, "rules"), one.rules, document, tags)
        yield from _terms(path, one, document)


# --- rules ----------------------------------------------------------------------------------------------------------

_OF_EVERY_SHAPE = frozenset(
    {"id", "extends", "level", "message", "bad", "good", "purposes", "when_tag", "unless_claim"}
)

_NEEDED: Mapping[str, frozenset[str]] = {
    "existence": frozenset({"tokens"}),
    "substitution": frozenset({"swap"}),
    "occurrence": frozenset({"token", "max"}),
    "conditional": frozenset({"require"}),
}
"""What each shape says of its own: all of it, and nothing of the others."""


def _rules(path: KeyPath, rules: Sequence[Rule], document: Document, tags: Collection[str]) -> Iterator[Finding]:
    seen = Counter[str]()
    for place, rule in enumerate(rules):
        seen[rule.id] += 1
        miswritten = [*_miswritten((*path, place), rule, document, tags)]
        if seen[rule.id] == 2:  # noqa: PLR2004  # the second of a name; a third is no news
            miswritten.append(_wrong(document, (*path, place, "id"), mark('Another rule is called "{id}"'), id=rule.id))
        yield from miswritten
        if not miswritten:
            yield from _unproved((*path, place), rule, document)


def _miswritten(path: KeyPath, rule: Rule, document: Document, tags: Collection[str]) -> Iterator[Finding]:
    said, needed = rule.model_fields_set, _NEEDED[rule.extends]
    for key in sorted(needed - said):
        message = mark('A rule "{shape}" says {key}, and "{id}" does not')
        yield _wrong(document, path, message, shape=rule.extends, key=key, id=rule.id)
    for key in sorted(said - needed - _OF_EVERY_SHAPE):
        message = mark('"{key}" means nothing in a rule "{shape}"')
        yield _wrong(document, (*path, key), message, shape=rule.extends, key=key)
    for key in sorted(needed & said & _EMPTY.keys()):
        if _EMPTY[key](rule):
            message = mark('"{key}" holds nothing that could be found in a text')
            yield _wrong(document, (*path, key), message, key=key)
    for key, words, known in _named(rule, tags):
        for word in words:
            if word not in known:
                message = mark('{key} names "{word}", which nothing here is called{hint}')
                yield _wrong(document, (*path, key), message, key=key, word=word, hint=did_you_mean(word, known))


def _nothing(texts: Collection[str]) -> bool:
    return not texts or not all(words_in(text) for text in texts)


_EMPTY: Mapping[str, Callable[[Rule], bool]] = {
    "tokens": lambda rule: _nothing(rule.tokens),
    "swap": lambda rule: _nothing((*rule.swap, *rule.swap.values())),
    "token": lambda rule: _nothing((rule.token,)),
    "require": lambda rule: _nothing(rule.require),
}


def _named(rule: Rule, tags: Collection[str]) -> Iterator[tuple[str, Collection[str], Collection[str]]]:
    """Key, the names that it says, and those that there are."""
    yield "purposes", rule.purposes, [purpose.value for purpose in Purpose]
    yield "unless_claim", [rule.unless_claim] if rule.unless_claim else [], [kind.value for kind in ClaimKind]
    yield "when_tag", [rule.when_tag] if rule.when_tag else [], sorted(tags)


def _unproved(path: KeyPath, rule: Rule, document: Document) -> Iterator[Finding]:
    about = example_of(rule)
    if rule.bad and not rule_faults(rule, rule.bad, about):
        message = mark('The example `bad` of "{id}" keeps the rule')
        yield _finding(document, (*path, "bad"), UNPROVED.code, message, _AS_IT_SAYS, id=rule.id)
    if rule.good and rule_faults(rule, rule.good, about):
        message = mark('The example `good` of "{id}" breaks the rule')
        yield _finding(document, (*path, "good"), UNPROVED.code, message, _AS_IT_SAYS, id=rule.id)


_AS_IT_SAYS = mark("Correct the rule or the example; words are matched whole, and only those that are listed.")


# --- terms ----------------------------------------------------------------------------------------------------------


def _terms(path: KeyPath, voice: Voice | VoiceElsewhere, document: Document) -> Iterator[Finding]:
    swaps = [(text, use) for rule in voice.rules for text, use in rule.swap.items()]
    swaps += [(text, term.use) for term in voice.terms for text in term.instead_of]
    replaced = Phrases(text for text, use in swaps if words_in(text) != words_in(use))
    for place, term in enumerate(voice.terms):
        for key, texts in (("use", (term.use,)), ("instead_of", term.instead_of)):
            if _nothing(texts):
                message = mark('"{key}" holds nothing that could be found in a text')
                yield _wrong(document, (*path, "terms", place, key), message, key=key)
        yield from _circle((*path, "terms", place, "use"), term.use, replaced, document)
    for place, rule in enumerate(voice.rules):
        for text, use in rule.swap.items():
            yield from _circle((*path, "rules", place, "swap", text), use, replaced, document)


def _circle(path: KeyPath, use: str, replaced: Phrases, document: Document) -> Iterator[Finding]:
    """A better word that has a better one itself could be mended for ever."""
    words = Words(use)
    for text, first, after in replaced.found_in(words):
        if (first, after) == (0, len(words.said)):
            message = mark('"{use}" is to be used, and to be replaced as well')
            yield _wrong(document, path, message, use=text)


def _wrong(document: Document, path: KeyPath, message: str, **params: object) -> Finding:
    return _finding(document, path, MISWRITTEN.code, message, _AS_THE_PAGE_SAYS, **params)


_AS_THE_PAGE_SAYS = mark("docs/how-to/brand-voice.md shows how each shape is written.")


def _finding(document: Document, path: KeyPath, code: str, message: str, remedy: str, **params: object) -> Finding:
    return document.finding(path, message, code=code, help=remedy, params=params)
