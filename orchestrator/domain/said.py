"""Sentences of ours that are kept: as templates with what fills them, so that every reader has them in their language.

A phrase is its English words as well, so whoever does not translate reads those.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import Phrase, Told, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.errors import JogralError

# What a kept sentence begins with.
_OPENING = '{"said":'


def kept(words: str) -> str:
    """Words as a column holds them. Those of others stay as they are, and are never taken for ours."""
    if isinstance(words, (Phrase, Word)):
        return _dumps(as_json(words))
    return f" {words}" if words.startswith(_OPENING) else words


def read(text: str) -> str:
    """What was kept: a phrase, or somebody's own words."""
    found: str = from_json(json.loads(text)) if text.startswith(_OPENING) else text
    return found


def as_json(value: object) -> object:
    """A value that fills a place, as JSON: a sentence with its own places, down to the last one."""
    match value.told(_Open) if isinstance(value, Told) else value:
        case Phrase(template=template, params=params):
            return {"said": template, "with": {name: as_json(one) for name, one in params.items()}}
        case Word() as word:
            return {"said": str(word)}
        case str() | int() | float() | None as plain:
            return plain
        case other:
            return str(other)


def from_json(document: Any) -> Any:
    """The value again: whatever class said a sentence, it is a phrase now, or a word."""
    match document:
        case {"said": template, "with": params}:
            return Phrase(template, **{name: from_json(one) for name, one in params.items()})
        case {"said": word}:
            return Word(word)
        case _:
            return document


def retold(document: Any, translate: Callable[[str], str]) -> Any:
    """A document, or words, with all that is a sentence of ours in the reader's language."""
    match document:
        case Phrase() | Word():
            return document.told(translate)
        case dict():
            return {name: retold(one, translate) for name, one in document.items()}
        case list() | tuple():
            return [retold(one, translate) for one in document]
        case _:
            return document


def altered(words: str, change: Callable[[str], str]) -> str:
    """Words with something in them changed, such as an address masked: of a phrase, in what fills its places."""
    if not isinstance(words, Phrase):
        return words if isinstance(words, Word) else change(words)
    params = {name: altered(one, change) if isinstance(one, str) else one for name, one in words.params.items()}
    return Phrase(words.template, **params)


def whole(error: JogralError) -> Phrase:
    """All that an error says: where, what, and what to do. It holds nothing of the error itself."""
    said = Phrase("{where}: {said}", where=error.where, said=error) if error.where else Phrase("{said}", said=error)
    if error.remedy_template:
        both = "{said} {remedy}" if said.endswith((".", "?", "!")) else "{said}. {remedy}"
        said = Phrase(both, said=said, remedy=Phrase(error.remedy_template, **error.params))
    apart: Phrase = from_json(as_json(said))
    return apart


class _Open(Word):
    """A sentence that becomes a phrase where others become words: when its places are filled."""

    __slots__ = ()

    def format(self, *_: object, **params: object) -> Phrase:
        return Phrase(str(self), **params)


_dumps = json.JSONEncoder(separators=(",", ":")).encode
