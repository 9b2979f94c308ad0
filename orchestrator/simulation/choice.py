"""Which cases somebody wants: words of their names, with `and`, `or`, `not` and brackets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import fold
from orchestrator.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    Chosen = Callable[[str], bool]

_PIECES = re.compile(r"[()]|[^\s()]+")
_OPERATORS = frozenset({"and", "or", "not", "(", ")"})


def choice(text: str) -> Chosen:
    """Whether a name is among those that are wanted; capitals and accents do not matter.

    Words that follow one another are one: `duas vezes` is in a name that has them so.

    Raises InputError for what is no such expression.
    """
    reader = _Reader(_PIECES.findall(fold(text)), text)
    chosen = reader.either()
    reader.end()
    return lambda name: chosen(fold(name))


class _Reader:
    """Reads an expression from left to right: `or` binds least, `not` most."""

    def __init__(self, pieces: list[str], text: str) -> None:
        self._pieces, self._text = pieces, text

    def either(self) -> Chosen:
        ways = [self._both()]
        while self._take("or"):
            ways.append(self._both())
        return lambda name: any(way(name) for way in ways)

    def end(self) -> None:
        if self._pieces:
            raise self._unreadable()

    def _both(self) -> Chosen:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return lambda name: all(part(name) for part in parts)

    def _one(self) -> Chosen:
        if self._take("not"):
            inner = self._one()
            return lambda name: not inner(name)
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise self._unreadable()
            return inner
        words = []
        while self._pieces and self._pieces[0] not in _OPERATORS:
            words.append(self._pieces.pop(0))
        if not words:
            raise self._unreadable()
        phrase = " ".join(words)
        return lambda name: phrase in name

    def _take(self, piece: str) -> bool:
        if self._pieces and self._pieces[0] == piece:
            self._pieces.pop(0)
            return True
        return False

    def _unreadable(self) -> InputError:
        return InputError(
            '-k "{text}" cannot be read.',
            remedy="Write words of names with and, or, not and brackets: -k 'cart and not (night or holiday)'.",
            code="usage",
            text=self._text,
        )
