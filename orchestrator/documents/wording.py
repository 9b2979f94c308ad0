"""What stands in documents, and where, as a person would call it: pieces of the sentences of findings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.errors import Phrase, Word, mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.documents.fields import KeyPath

A_LIST = Word(mark("a list"))
A_MAPPING = Word(mark("a mapping"))
NOTHING = Word(mark("nothing"))
TEXT = Word(mark("text"))

_CALLED: Mapping[type, Word] = {type(None): NOTHING, str: TEXT, list: A_LIST, dict: A_MAPPING}
_QUOTED_MAX = 40


def called(value: object, *, quote: bool = False) -> str:
    """A value as its writer would call it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return Phrase("the number {number}", number=value)
    if isinstance(value, str) and quote and len(value) <= _QUOTED_MAX and "\n" not in value:
        return quoted(value)
    return _CALLED.get(type(value), Word(mark("this")))


def quoted(text: str) -> Phrase:
    """What stands in the file, as it stands there."""
    return Phrase('"{text}"', text=text)


def subject(path: KeyPath) -> Phrase:
    """`"body"`, `Item 2 in "steps"`: what a sentence is about."""
    if not path:
        return Phrase("The file")
    place = path[-1]
    if isinstance(place, str):
        return quoted(place)
    return Phrase("Item {number}{where}", number=place + 1, where=within(path[:-1]))


def within(path: KeyPath) -> Phrase:
    """` in "sms"`, ` in item 2 in "steps"`, or nothing at the top."""
    if not path:
        return Phrase("")
    place = path[-1]
    if isinstance(place, str):
        return Phrase(' in "{key}"', key=place)
    return Phrase(" in item {number}{where}", number=place + 1, where=within(path[:-1]))


def either(alternatives: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *others, last = alternatives
    if not others:
        return last
    listed = others[0]
    for other in others[1:]:
        listed = Phrase("{listed}, {other}", listed=listed, other=other)
    return Phrase("{listed} or {last}", listed=listed, last=last)


def listed_words(listed: str) -> tuple[str, ...]:
    """Pydantic's `'a', 'b' or 'c'` as words; numbers come without quotes."""
    return tuple(re.findall(r"'([^']*)'", listed)) or tuple(re.findall(r"-?\d+", listed))
