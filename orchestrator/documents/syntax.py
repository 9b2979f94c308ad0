"""What a YAML parser means when it complains, said to a person who writes copy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.documents.source import SYNTAX
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruamel.yaml.error import MarkedYAMLError

    from orchestrator.documents.source import Source
    from orchestrator.domain.errors import Finding

# What the parser says, what we say, and whether the place is where the construct began instead of where it failed.
# `{sign}` is what the parser names.
_SENTENCES: Sequence[tuple[re.Pattern[str], str, bool]] = tuple(
    (re.compile(pattern), sentence, at_beginning)
    for pattern, sentence, at_beginning in (
        (r"character '\\t'", mark("A tab stands where YAML wants spaces"), False),
        (
            r"character '(?P<sign>.)' that cannot start",
            mark('A value that begins with "{sign}" must stand in quotes'),
            False,
        ),
        (r"quoted scalar: found unexpected", mark("This quote is opened and never closed"), True),
        (
            r"unknown escape character '(?P<sign>.+)'",
            mark('Inside double quotes, "\\{sign}" means nothing; write "\\\\{sign}"'),
            False,
        ),
        (r"escape sequence of (?P<sign>\d)", mark("This escape needs {sign} hexadecimal digits"), False),
        (
            r"mapping values are not allowed",
            mark(
                'A ":" cannot stand here; indent the line like its neighbours, or put text that contains ": " in quotes'
            ),
            False,
        ),
        (
            r"sequence entries are not allowed",
            mark('A "- " item cannot stand here; begin it on a line of its own'),
            False,
        ),
        (
            r"expected ',' or '(?P<sign>.)'",
            mark('This list or mapping is not closed with "{sign}", or lacks a comma'),
            True,
        ),
        (r"could not find expected ':'", mark('A ":" is missing after this key'), True),
        (
            r"found '<(?:scalar|alias)>'",
            mark("This text cannot stand here; what came before it was already complete"),
            False,
        ),
        (
            r"expected <block end>",
            mark("This line does not fit its neighbours; is it indented like them?"),
            False,
        ),
        (
            r"expected the node content",
            mark("A value is missing here, or something opened above is not closed"),
            False,
        ),
        (r"(?:scanning|parsing) an? tag", mark('Text that begins with "!" must stand in quotes'), True),
        (r"scanning a directive", mark('A line that begins with "%" must stand in quotes'), True),
        (
            r"more indented follow up line",
            mark("A line of nothing but spaces stands above this text; delete its spaces"),
            True,
        ),
        (r"scanning an (?:alias|anchor)", mark('Text that begins with "*" or "&" must stand in quotes'), True),
        (r"expected '<document start>'", mark("The mapping has ended; this cannot follow it"), False),
        (r"mapping keys are not allowed", mark('Text that begins with "? " must stand in quotes'), False),
        (r"block scalar: expected", mark('After "|" or ">" the text begins on the next line'), False),
    )
)
IN_QUOTES = mark('Text that begins with "{sign}" must stand in quotes')
_ESCAPE_BEYOND_UNICODE = re.compile(r"\\U(?!0010|000)[0-9A-Fa-f]{8}")
_UNQUOTED_TEMPLATE = re.compile(r"(?:[:-][ ]+)(\{[{%])")


def explained(error: MarkedYAMLError | ValueError, source: Source) -> Finding:
    """The finding for a syntax error: our sentence where we have one, else the parser's."""
    if isinstance(error, ValueError):
        escape = _ESCAPE_BEYOND_UNICODE.search(source.text)
        if escape is None:
            raise error  # our mistake, not the writer's
        return source.finding(SYNTAX, mark("This escape names no character"), escape.start())
    failed_at = (error.problem_mark or error.context_mark).index
    template = _UNQUOTED_TEMPLATE.search(source.text, *_line(source.text, failed_at))
    if template and template.start(1) <= failed_at:
        return source.finding(SYNTAX, IN_QUOTES, template.start(1), sign=template[1])
    said = f"{error.context}: {error.problem}"
    for pattern, sentence, at_beginning in _SENTENCES:
        if found := pattern.search(said):
            began_at = error.context_mark.index if at_beginning and error.context_mark else failed_at
            return source.finding(SYNTAX, sentence, began_at, **found.groupdict())
    return source.finding(SYNTAX, mark("This is not YAML: {why}"), failed_at, why=error.problem or error.context)


def _line(text: str, index: int) -> tuple[int, int]:
    """Begin and end of the line that holds an index."""
    begin = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    end = text.find("\n", index)
    return begin, len(text) if end < 0 else end
