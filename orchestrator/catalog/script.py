"""Filling copy: values into their places, and beside the text what read-back needs of it.

We fill the admitted tree ourselves, and not through Jinja's compiler, because only whoever puts a value in knows which
characters came from data. The *masked* text is the same text with one MASK for each of those values; the words of
claims stay, so that they can be read back and compared (decisions, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.templates import CLAIMS, SOURCE_LENGTH_MAX, Choice, Loop, Place, parse_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.catalog.templates import Part, Parts

# Key of a place → its words; a value that is absent has no key. `if order.note` is what {% if %} asks, and
# `for item in order.items` the list of what {% for %} goes through: one such mapping for each item.
Values = dict[str, Any]

Run = tuple[str | Place, ...]
Pieces = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """One field of one channel.

    A flat text, which nearly all are, has its places in a fixed order, and is filled by one string formatting.
    """

    parts: Parts
    flat: bool
    _pattern: str
    _pick: Callable[[Values], tuple[str, ...]]

    def fill(self, values: Values) -> str:
        """The text. Raises KeyError with the key of a value that is not there."""
        if self.flat:
            return self._pattern % self._pick(values)
        written: list[str] = []
        _write(self.parts, values, written)
        return "".join(written)

    def runs(self, values: Values) -> tuple[Run, ...]:
        """The text in runs, parted where a value from data stands: strings, and the claims among them as Places."""
        runs: list[list[str | Place]] = [[]]
        _part(self.parts, values, runs)
        return tuple(tuple(run) for run in runs)


def read_script(source: str, *, blocks: bool = False, length_max: int = SOURCE_LENGTH_MAX) -> Script:
    """A source, ready to be filled many times. Raises RefusedTemplate."""
    parts = parse_copy(source, blocks=blocks, length_max=length_max)
    places = [part for part in parts if isinstance(part, Place)]
    flat = all(isinstance(part, str | Place) for part in parts)
    return Script(
        parts=parts,
        flat=flat,
        _pattern="".join(map(_as_pattern, parts)) if flat else "",
        _pick=_picker([place.key for place in places]),
    )


def _as_pattern(part: Part) -> str:
    return part.replace("%", "%%") if isinstance(part, str) else "%s"


def _picker(keys: list[str]) -> Callable[[Values], tuple[str, ...]]:
    if not keys:
        return lambda _: ()
    if len(keys) == 1:  # itemgetter would give the value itself
        (key,) = keys
        return lambda values: (values[key],)
    return itemgetter(*keys)


def _write(parts: Parts, values: Mapping[str, Any], written: list[str]) -> None:
    for part in parts:
        if isinstance(part, str):
            written.append(part)
        elif isinstance(part, Place):
            written.append(values[part.key])
        elif isinstance(part, Choice):
            _write(part.then if values[part.key] else part.otherwise, values, written)
        elif isinstance(part, Loop):
            for one in values[part.key]:
                _write(part.body, {**values, **one}, written)


def _part(parts: Parts, values: Mapping[str, Any], runs: list[list[str | Place]]) -> None:
    for part in parts:
        if isinstance(part, str) or (isinstance(part, Place) and part.name.startswith(CLAIMS)):
            runs[-1].append(part)
        elif isinstance(part, Place):
            runs.append([])
        elif isinstance(part, Choice):
            _part(part.then if values[part.key] else part.otherwise, values, runs)
        elif isinstance(part, Loop):
            for one in values[part.key]:
                _part(part.body, {**values, **one}, runs)


def agrees(text: str, pieces: Pieces) -> bool:
    """Whether a text is these pieces with something, or nothing, between them.

    Spaces do not count: where a value is empty, an SMS closes up around it.
    """
    return _stands_in(text, pieces) or _stands_in(
        text.replace(" ", ""), tuple(tuple(part.replace(" ", "") for part in piece) for piece in pieces)
    )


# A long text is looked for by its beginning: `str.find` prepares itself at length for a long needle.
_BEGINNING = 32


def _stands_in(text: str, pieces: Pieces) -> bool:
    at = _after(text, pieces[0], 0)
    for piece in pieces[1:-1]:
        if at < 0:
            return False
        at = _found_after(text, piece, at)
    if len(pieces) == 1:
        return at == len(text)
    begin = len(text) - sum(map(len, pieces[-1]))
    return 0 <= at <= begin and _after(text, pieces[-1], begin) == len(text)


def _after(text: str, piece: tuple[str, ...], at: int) -> int:
    """Where a piece ends that begins here, or -1."""
    for part in piece:
        if not text.startswith(part, at):
            return -1
        at += len(part)
    return at


def _found_after(text: str, piece: tuple[str, ...], at: int) -> int:
    """Where a piece ends that begins here or later, or -1."""
    beginning = piece[0][:_BEGINNING] if piece else ""
    begin = text.find(beginning, at)
    while begin >= 0:
        end = _after(text, piece, begin)
        if end >= 0:
            return end
        begin = text.find(beginning, begin + 1)
    return -1
