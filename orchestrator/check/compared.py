"""The texts that a condition compares a field with, where it says so plainly enough to be sure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.check.expressed import bound_in, paths_in, without_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = r"(?:\"[^\"\\]*\"|'[^'\\]*')"
_COMPARED = re.compile(rf"\s*(?:(?:==|!=)\s*({_TEXT})|in\s*\[((?:\s*{_TEXT}\s*,?)*)\s*\])")
_ONE = re.compile(_TEXT)

# What stands beside a comparison and makes it one of something else: `"x" + order.status == "xopen"`.
_ARITHMETIC_BEFORE = re.compile(r"[-+*/%]\s*$")
_ARITHMETIC_AFTER = re.compile(r"\s*[-+*/%.\[\"']")


def texts_compared(condition: str, kind: str) -> Iterator[tuple[str, str, int]]:
    """`kind.field == "text"`, `!= "text"` and `in ["text", …]`: each field and text, and where the text begins.

    Other forms are passed over: of them nobody can tell by looking what is compared with what.
    """
    plain = without_texts(condition)
    if kind in bound_in(plain):
        return
    for found in re.finditer(rf"(?<![\w.\])]){kind}\.([A-Za-z_]\w*)", plain):
        compared = _COMPARED.match(condition, found.end())
        if compared is None or _ARITHMETIC_BEFORE.search(plain, 0, found.start()):
            continue
        group = 1 if compared[1] is not None else 2
        if _ARITHMETIC_AFTER.match(condition, compared.end()):
            continue
        for text in _ONE.finditer(condition, compared.start(group), compared.end(group)):
            yield found[1], text[0][1:-1], text.start() + 1


_PATH = re.compile(r"[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)+")
_LITERAL = re.compile(
    rf"\s*(==|!=|<=|>=|<|>|-)\s*(?:(?P<text>{_TEXT})|(?P<number>-?\d+(?:\.\d+)?)|(?P<truth>true|false)|(?P<now>now))(?![\w.\[(])"
)
_NOW_BEFORE = re.compile(r"(?<![\w.])now\s*(?:==|!=|<=|>=|<|>|-)\s*$")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A path beside a literal: `text`, `number`, `truth`, or `now`; with what is written there, and where.

    `sized`: it is asked which is the greater.
    """

    path: str
    kind: str
    written: str
    offset: int
    sized: bool = False


def comparisons(condition: str) -> Iterator[Comparison]:
    """`path == literal` and its like, and `path in ["text", …]`. Other forms are passed over."""
    plain = without_texts(condition)
    for path, offset in paths_in(condition):
        whole = _PATH.match(plain, offset)
        if whole is None or re.sub(r"\s", "", whole[0]) != path:
            continue
        before = _NOW_BEFORE.search(plain, 0, offset)
        if before is not None:
            yield Comparison(path, "now", "now", before.start())
        if _ARITHMETIC_BEFORE.search(plain, 0, offset):
            continue
        literal, listed = _LITERAL.match(condition, whole.end()), _COMPARED.match(condition, whole.end())
        if literal is not None and not _ARITHMETIC_AFTER.match(condition, literal.end()):
            kind = str(literal.lastgroup)
            if literal[1] != "-" or kind == "now":
                yield Comparison(path, kind, literal[kind], literal.start(kind), literal[1][0] in "<>")
        elif listed is not None and listed[2] is not None:
            for text in _ONE.finditer(condition, listed.start(2), listed.end(2)):
                yield Comparison(path, "text", text[0], text.start())
