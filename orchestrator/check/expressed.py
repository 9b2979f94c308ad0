"""What an expression says, read off its text: the names that it reads, what it calls, and what it compares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.expressions import compile_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_PATH = re.compile(r"(?<![\w.\])])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*")
_CALL = re.compile(r"\s*\(")
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")


def paths_in(condition: str) -> Iterator[tuple[str, int]]:
    """The dotted names that an expression reads, with their offsets; not the functions, nor a comprehension's own."""
    plain = without_texts(condition)
    read = {*compile_expression(condition).names} - bound_in(plain)
    for found in _PATH.finditer(plain):
        path = re.sub(r"\s", "", found[0])
        if _CALL.match(plain, found.end()):
            path = path.rpartition(".")[0]  # the last part is a method
        if path.partition(".")[0] in read:
            yield path, found.start()


def without_texts(condition: str) -> str:
    """The same expression with blanks for the texts in it, so that nothing in them is taken for a name."""
    return _TEXT.sub(lambda text: " " * len(text[0]), condition)


def bound_in(plain: str) -> set[str]:
    """The names that comprehensions make for themselves."""
    return {*_BOUND.findall(plain)}


def calls_in(condition: str) -> Iterator[tuple[str, int, int]]:
    """The functions and methods that it calls: name, offset, and where the arguments begin."""
    for found in re.finditer(r"([A-Za-z_]\w*)\s*\(", without_texts(condition)):
        if found[1] != "in":
            yield found[1], found.start(), found.end()


def text_at(condition: str, offset: int) -> tuple[str, int] | None:
    """The text that is the whole argument there, and where its words begin."""
    found = re.compile(r"\s*(\"[^\"\\]*\"|'[^'\\]*')\s*\)").match(condition, offset)
    return None if found is None else (found[1][1:-1], found.start(1) + 1)
