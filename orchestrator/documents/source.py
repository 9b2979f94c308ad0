"""The text of one file: which line and column an index is, and what can be wrong there."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from orchestrator.domain.errors import DocumentError, Finding, Fix, filled

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

    def index(self, line: int, column: int) -> int:
        """The index of a line and column."""
        return self._line_starts[line - 1] + column - 1

    def finding(self, code: str, template: str, index: int, *, remedy: str = "", **params: object) -> Finding:
        """A fault at an index. `params` fill the places of both sentences."""
        line, column = self.place(index)
        return Finding(
            code=code,
            level="error",
            message=filled(template, params),
            file=self.file,
            line=line,
            column=column,
            help=filled(remedy, params),
            template=template,
            help_template=remedy,
            params=params,
        )

    def fix(self, start: int, end: int, replacement: str) -> Fix:
        """What to write instead of a span."""
        start_line, start_column = self.place(start)
        end_line, end_column = self.place(end)
        return Fix(
            start_line=start_line,
            start_column=start_column,
            end_line=end_line,
            end_column=end_column,
            replacement=replacement,
        )

    def refusal(self, code: str, template: str, index: int, *, remedy: str = "", **params: object) -> DocumentError:
        """The error for a fault that ends the reading."""
        return DocumentError([self.finding(code, template, index, remedy=remedy, **params)])
