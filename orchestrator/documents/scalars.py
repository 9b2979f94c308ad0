"""What a scalar means, and which character of the file stands behind a character of its text."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Numbers are what JSON writes without an exponent. `01310`, `12e34`, `1_000`, `0x1F` and twenty digits are names of
# things far more often than numbers, so they stay text; so do dates, times and YAML 1.1's `yes`, `no`, `on`, `off`.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_CONSTANTS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

_WHITE = frozenset(" \t\r\n")

# How each style writes one character; a whole match is one character of the text. Styles are ruamel's.
_VERBATIM = re.compile(r".", re.DOTALL)
_CHARACTER: Mapping[str | None, re.Pattern[str]] = {
    None: _VERBATIM,
    "|": _VERBATIM,
    ">": _VERBATIM,
    "'": re.compile(r"''|.", re.DOTALL),
    '"': re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|\r\n|.)|.", re.DOTALL),
}
_WHITE_ESCAPE = re.compile(r"\\(?:[ \tntr\r\n]|\r\n|(?:x|u00|U000000)(?:20|0[9aAdD]))")
_BLOCK_HEADER = re.compile(r"[|>][^\r\n]*(?:\r\n|\r|\n)?")


def plain_value(text: str) -> str | int | float | bool | None:
    """What a scalar without quotes means: YAML 1.2, only stricter about what is a number."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def span_in(spelling: str, style: str | None, text: str, offset: int, length: int) -> tuple[int, int]:
    """Where in a scalar's `spelling` the `length` characters from `offset` of the `text` that it spells stand.

    Layout (indentation, folding, quotes) changes white space only, so the n-th visible character of the text is the
    n-th visible character of the spelling. White space is found right after the visible character before it, or by
    counting back from the one behind it.
    """
    begin, end = _inside(spelling, style)
    spelled = list(_visible(spelling, style, begin, end))
    visible = [position for position, character in enumerate(text) if character not in _WHITE]

    def index(wanted: int) -> int:
        before = bisect_left(visible, wanted)
        following, following_offset = end, len(text)
        if before < len(visible):
            following, following_offset = spelled[before][0], visible[before]
            if following_offset == wanted:
                return following
        counted_back = following - max(0, following_offset - wanted)
        if not before:
            return max(begin, counted_back)
        previous_end, right_after = spelled[before - 1][1], wanted == visible[before - 1] + 1
        return previous_end if right_after else max(previous_end, counted_back)

    start = index(offset)
    if length <= 0:
        return start, start
    last = bisect_left(visible, offset + length - 1)
    ends_visibly = last < len(visible) and visible[last] == offset + length - 1
    return start, spelled[last][1] if ends_visibly else max(start, index(offset + length))


def spell(words: str, style: str | None) -> str:
    """Words as they are spelled inside a scalar of a style."""
    if style == '"':
        return words.replace("\\", "\\\\").replace('"', '\\"')
    return words.replace("'", "''") if style == "'" else words


def _inside(spelling: str, style: str | None) -> tuple[int, int]:
    """Where the text begins and ends: within the quotes, or after the line of the `|`."""
    if style in {"'", '"'}:
        return 1, len(spelling) - 1
    header = _BLOCK_HEADER.match(spelling) if style in {"|", ">"} else None
    return (header.end() if header else 0), len(spelling)


def _visible(spelling: str, style: str | None, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """From where to where each visible character is spelled."""
    for found in _CHARACTER[style].finditer(spelling, begin, end):
        if found[0] not in _WHITE and not _WHITE_ESCAPE.fullmatch(found[0]):
            yield found.span()
