"""The text of one file: which line and column an index is, and what can be wrong there."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from orchestrator.domain.errors import DocumentError, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

SYNTAX = "YA100"
UNKNOWN_KEY = "YA101"
DUPLICATE_KEY = "YA102"
MISSING_KEY = "YA103"
WRONG_VALUE = "YA104"
TAG = "YA105"
LIMIT = "YA106"
WRONG_FILE = "YA107"
SHAPE = "YA108"

CODES: Mapping[str, str] = {
    SYNTAX: "The text is not YAML.",
    UNKNOWN_KEY: "A key is not known at this place.",
    DUPLICATE_KEY: "A key stands twice in one mapping.",
    MISSING_KEY: "A key that must be there is missing.",
    WRONG_VALUE: "A value is of the wrong type, or not one of those allowed.",
    TAG: "Tags (`!something`) are not allowed.",
    LIMIT: "The file is too large, too deep, or says too much through aliases.",
    WRONG_FILE: "`kind` or `id` does not fit the folder or the name of the file.",
    SHAPE: "The file is not one mapping with text as keys.",
}

# What an editor calls a line; YAML and editors agree on these three, and `compose` refuses the exotic ones.
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_BYTE_ORDER_MARK = "\ufeff"


class Source:
    """One file's text without its byte order mark. Indexes count characters from 0, lines and columns from 1."""

    def __init__(self, text: str, *, file: str) -> None:
        self.file = file
        self.text = text.removeprefix(_BYTE_ORDER_MARK)
        self._line_starts = [0, *(found.end() for found in _LINE_BREAK.finditer(self.text))]

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of an index."""
        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1

    def finding(self, code: str, message: str, index: int, *, level: str = "error", remedy: str = "") -> Finding:
        """A fault at an index."""
        line, column = self.place(index)
        return Finding(code=code, level=level, message=message, file=self.file, line=line, column=column, help=remedy)

    def refusal(self, code: str, message: str, index: int, *, remedy: str = "") -> DocumentError:
        """The error for a fault that ends the reading."""
        return DocumentError([self.finding(code, message, index, remedy=remedy)])
