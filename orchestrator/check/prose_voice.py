"""BV101 and BV102: the rules of brand_voice.yaml are written right, and do what their examples say.

Rules and terms are read one by one, so that a fault elsewhere in the file hides none of theirs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from orchestrator.catalog.prose import breaks, example_of
from orchestrator.catalog.prose_words import Swaps, Words, is_read, words_in
from orchestrator.catalog.voice import Rule, Term
from orchestrator.check.inputs import VOICE
from orchestrator.check.prose_rules import MISWRITTEN, UNPROVED
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import ConfigurationError, DocumentError, did_you_mean, mark
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

M = TypeVar("M", Rule, Term)


def findings(survey: Survey) -> Iterator[Finding]:
    """What is wrong with the rules and terms of each language."""
    document = _document(survey)
    if document is None:
        return
    tags = {*_mapping(document.data, "tones"), *(tag for read in survey.messages.values() for tag in read.model.tags)}
    for one in _languages(document):
        yield from _rules(one, tags)
        yield from _better_words(one)


# --- what is written ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Language:
    """What the file says in one language: rules and terms, each with its path. What has no shape is not there."""

    document: Document
    rules: tuple[tuple[KeyPath, Rule], ...]
    terms: tuple[tuple[KeyPath, Term], ...]


def _document(survey: Survey) -> Document | None:
    """The file of the voice, also where it is not one in full. None: it is no YAML, which has a finding already."""
    if survey.voice is not None:
        return survey.voice.document
    found = survey.project.where(VOICE)
    try:
        return None if found is None else survey.project.document(found[0])
    except (ConfigurationError, DocumentError):
        return None


def _languages(document: Document) -> Iterator[_Language]:
    elsewhere = _mapping(document.data, "locales")
    for path, said in (((), document.data), *((("locales", locale), said) for locale, said in elsewhere.items())):
        yield _Language(
            document=document,
            rules=tuple(_shaped(Rule, said, (*path, "rules"))),
            terms=tuple(_shaped(Term, said, (*path, "terms"))),
        )


def _shaped(model: type[M], said: object, path: KeyPath) -> Iterator[tuple[KeyPath, M]]:
    items = said.get(path[-1]) if isinstance(said, dict) else None
    for place, item in enumerate(items if isinstance(items, list) else ()):
        try:
            yield (*path, place), model.model_validate(item)
        except ValidationError:
            continue  # the reading of the file says why


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


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
"""What each shape says of its own."""

_ALLOWED: Mapping[str, frozenset[str]] = {"existence": frozenset({"exceptions"})}
"""What it may say besides; nothing of the others."""


def _rules(one: _Language, tags: Collection[str]) -> Iterator[Finding]:
    seen = Counter[str]()
    for path, rule in one.rules:
        seen[rule.id] += 1
        miswritten = [*_miswritten(path, rule, one.document, tags)]
        if seen[rule.id] == 2:  # noqa: PLR2004  # the second of a name; a third is no news
            miswritten.append(_wrong(one.document, (*path, "id"), mark('Another rule is called "{id}"'), id=rule.id))
        yield from miswritten
        if not miswritten:
            yield from _unproved(path, rule, one.document)


def _miswritten(path: KeyPath, rule: Rule, document: Document, tags: Collection[str]) -> Iterator[Finding]:
    said, needed = rule.model_fields_set, _NEEDED[rule.extends]
    for key in sorted(needed - said):
        message = mark('A rule "{shape}" says {key}, and "{id}" does not')
        yield _wrong(document, path, message, shape=rule.extends, key=key, id=rule.id)
    for key in sorted(said - needed - _ALLOWED.get(rule.extends, frozenset()) - _OF_EVERY_SHAPE):
        message = mark('"{key}" means nothing in a rule "{shape}"')
        yield _wrong(document, (*path, key), message, shape=rule.extends, key=key)
    for key in sorted(said & needed & _LOOKED_FOR.keys()):
        yield from _not_to_be_found((*path, key), _LOOKED_FOR[key](rule), document)
    for key, words, known in _named(rule, tags):
        for word in words:
            if word not in known:
                message = mark('{key} names "{word}", which nothing here is called{hint}')
                yield _wrong(document, (*path, key), message, key=key, word=word, hint=did_you_mean(word, known))


_LOOKED_FOR: Mapping[str, Callable[[Rule], Collection[str]]] = {
    "tokens": lambda rule: rule.tokens,
    "swap": lambda rule: rule.swap,
    "token": lambda rule: (rule.token,),
    "require": lambda rule: rule.require,
}


def _not_to_be_found(path: KeyPath, phrases: Collection[str], document: Document) -> Iterator[Finding]:
    """At `path`, phrases are looked for; but there are none, or no text can ever be found to say one."""
    if not phrases or not all(map(words_in, phrases)):
        message = mark('"{key}" holds nothing that could be found in a text')
        yield _wrong(document, path, message, key=path[-1])
    for phrase in phrases:
        if not is_read(phrase):
            message = mark('"{phrase}" is an address, or a place for data: no rule reads those')
            yield _wrong(document, path, message, phrase=phrase)


def _named(rule: Rule, tags: Collection[str]) -> Iterator[tuple[str, Collection[str], Collection[str]]]:
    """Key, the names that it says, and those that there are."""
    yield "purposes", rule.purposes, [purpose.value for purpose in Purpose]
    yield "unless_claim", [rule.unless_claim] if rule.unless_claim else [], [kind.value for kind in ClaimKind]
    yield "when_tag", [rule.when_tag] if rule.when_tag else [], sorted(tags)


def _unproved(path: KeyPath, rule: Rule, document: Document) -> Iterator[Finding]:
    about = example_of(rule)
    if rule.bad and not breaks(rule, rule.bad, about):
        message = mark('The example `bad` of "{id}" keeps the rule')
        yield _finding(document, (*path, "bad"), UNPROVED.code, message, _AS_IT_SAYS, id=rule.id)
    if rule.good and breaks(rule, rule.good, about):
        message = mark('The example `good` of "{id}" breaks the rule')
        yield _finding(document, (*path, "good"), UNPROVED.code, message, _AS_IT_SAYS, id=rule.id)


_AS_IT_SAYS = mark("Correct the rule or the example; words are matched whole, and only those that are listed.")


# --- better words ---------------------------------------------------------------------------------------------------


def _better_words(one: _Language) -> Iterator[Finding]:
    """What `--fix` writes needs no fix itself: else it would go on for ever, and make the text longer each time."""
    swaps = [Swaps(rule.swap) for _, rule in one.rules]
    swaps += [Swaps(dict.fromkeys(term.instead_of, term.use)) for _, term in one.terms]
    for path, term in one.terms:
        yield from _not_to_be_found((*path, "instead_of"), term.instead_of, one.document)
        yield from _unfit((*path, "use"), term.use, swaps, one.document)
    for path, rule in one.rules:
        for text, use in rule.swap.items():
            yield from _unfit((*path, "swap", text), use, swaps, one.document)


def _unfit(path: KeyPath, use: str, swaps: Collection[Swaps], document: Document) -> Iterator[Finding]:
    unread = [*_not_to_be_found(path, (use,), document)]
    yield from unread
    words = Words(use)
    again = next((found for one in swaps for found in one.found_in(words)), None)
    if again is not None and not unread:
        fix, start, end = again
        message = mark('"{use}" is to be used, and "{found}" in it to be replaced by "{fix}"')
        yield _wrong(document, path, message, use=use, found=use[start:end], fix=fix)


def _wrong(document: Document, path: KeyPath, message: str, **params: object) -> Finding:
    return _finding(document, path, MISWRITTEN.code, message, _AS_THE_PAGE_SAYS, **params)


_AS_THE_PAGE_SAYS = mark("docs/how-to/brand-voice.md shows how each shape is written.")


def _finding(document: Document, path: KeyPath, code: str, message: str, remedy: str, **params: object) -> Finding:
    return document.finding(path, message, code=code, help=remedy, params=params)
