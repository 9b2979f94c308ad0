"""A text in its plainest spelling, for reading: lower case, no accents, one kind of space, dash and quote.

Every character keeps its place, or is dropped and remembered, so that what was found can be shown where it stands.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Folded:
    """The plain `text` of an `original`, and the way back from places in one to places in the other."""

    __slots__ = ("_kept", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = fold(original)
        self._kept: Sequence[int] = (
            range(len(original))
            if len(self.text) == len(original)
            else [index for index, character in enumerate(original) if _PLAIN.get(ord(character), "") is not None]
        )

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The same span in the original; `end` is exclusive and greater than `start`."""
        return self._kept[start], self._kept[end - 1] + 1


def fold(text: str) -> str:
    """The plainest spelling alone."""
    return text.translate(_PLAIN)


# --- the table ------------------------------------------------------------------------------------------------------

# Marks of Markdown and WhatsApp, accents on their own, and what nobody sees: a price in bold is the same price.
_DROPPED = (
    *map(ord, "*_~`"),
    0xAD,
    *range(0x300, 0x370),
    *range(0x200B, 0x2010),
    0x2060,
    0xFEFF,
    *range(0xFE00, 0xFE10),
)
_SPACES = (*range(0x9, 0xE), 0xA0, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_DASHES = (*range(0x2010, 0x2016), 0x2212)
_QUOTES = tuple(map(ord, "“”„«»‘’‹›"))  # noqa: RUF001  # look-alikes are what this table is about
_LATIN = (*range(0xAA, 0x250), *range(0x1E00, 0x1F00))
_WIDE = range(0xFF01, 0xFF5F)


def _table() -> dict[int, str | None]:
    plain: dict[int, str | None] = {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
    for code in _LATIN:
        base = unicodedata.normalize("NFKD", chr(code))[0]
        if base.isascii() and base.isalpha():
            plain[code] = base.lower()
    plain |= {code: chr(code - 0xFEE0).lower() for code in _WIDE}
    plain |= dict.fromkeys(_SPACES, " ") | dict.fromkeys(_DASHES, "-") | dict.fromkeys(_QUOTES, '"')
    plain |= dict.fromkeys(_DROPPED)
    return plain


_PLAIN = _table()
