"""What Jinja's parser says of copy that it cannot read: its own sentences, with their places open for translators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.errors import Phrase, Word, mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The parser's own sentences, and the same as templates.
_SENTENCES: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"expected token '(?P<wanted>.+)', got '(?P<got>.+)'", mark("expected token '{wanted}', got '{got}'")),
        (r"Expected an expression, got '(?P<got>.+)'", mark("Expected an expression, got '{got}'")),
        (r"unexpected '(?P<got>.+)', expected '(?P<wanted>.+)'", mark("unexpected '{got}', expected '{wanted}'")),
        (r"unexpected '(?P<got>.+)'", mark("unexpected '{got}'")),
        (r"unexpected char (?P<got>.+) at (?P<place>\d+)", mark("unexpected char {got} at {place}")),
        (r"tag name expected", mark("tag name expected")),
        (r"Encountered unknown tag '(?P<got>.+)'\.", mark("Encountered unknown tag '{got}'.")),
        (
            r"unexpected end of template, expected '(?P<wanted>.+)'\.",
            mark("unexpected end of template, expected '{wanted}'."),
        ),
        (
            r"Unexpected end of template\. .+ the following tags: (?P<wanted>.+)\. The innermost .+ is '(?P<got>.+)'\.",
            mark(
                "Unexpected end of template. Jinja was looking for the following tags: {wanted}. "
                "The innermost block that needs to be closed is '{got}'."
            ),
        ),
    )
)

# What it calls the signs that have no spelling of their own.
_SIGNS: Mapping[str, str] = {
    "end of print statement": Word(mark("end of print statement")),
    "end of statement block": Word(mark("end of statement block")),
    "name": Word(mark("name")),
}


def complaint(said: str) -> Phrase:
    """The parser's sentence; one that we do not know stays as it is."""
    for pattern, sentence in _SENTENCES:
        if found := pattern.fullmatch(said):
            return Phrase(sentence, **{place: _sign(sign) for place, sign in found.groupdict().items()})
    return Phrase("{said}", said=said)


def _sign(sign: str) -> str:
    first, *others = sign.split(" or ")
    listed = _SIGNS.get(first, first)
    for other in others:
        listed = Phrase("{listed} or {last}", listed=listed, last=other)
    return listed
