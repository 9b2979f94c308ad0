"""The texts that a condition compares a field with, where it says so plainly enough to be sure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.check.conditions import bound_in, without_texts

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
