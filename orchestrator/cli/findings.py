"""Findings as people, programs and GitHub read them; files are named from the project's root."""

from __future__ import annotations

import os
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from orchestrator.cli.terminal import BAD, DIM, STRONG
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.cli.terminal import Terminal
    from orchestrator.domain.errors import Finding

LEVEL_STYLES = {"error": BAD, "warn": "yellow", "info": "cyan"}

# A finding's level in words.
LEVELS = {"error": mark("error"), "warn": mark("warning"), "info": mark("info")}

_GITHUB_LEVELS = {"error": "error", "warn": "warning", "info": "notice"}


def framed(terminal: Terminal, findings: Iterable[Finding], root: Path | None) -> Iterator[Text]:
    """Each finding above its line, which is underlined where it is meant, as a compiler would show it."""
    for file, group in groupby(findings, key=lambda finding: finding.file):
        lines = _lines(file, root)
        for finding in group:
            yield Text("\n").join([concise(terminal, finding), *_frame(terminal, finding, lines), Text()])


def concise(terminal: Terminal, finding: Finding) -> Text:
    """One line: where, how grave, which rule, what."""
    text = Text.assemble(
        (f"{finding.file}:{finding.line}:{finding.column}", STRONG), "  ",
        (terminal.translate(LEVELS[finding.level]), LEVEL_STYLES[finding.level]), f"  {finding.code}  ",
        finding.told(terminal.translate),
    )  # fmt: skip
    if finding.fix is not None:
        text.append(f"  [{terminal.words('fixable')}]", DIM)
    return text


def finding_document(terminal: Terminal, finding: Finding) -> dict[str, Any]:
    """The same for programs: sentences in the language that was asked for, all else stable."""
    return {
        "code": finding.code,
        "level": finding.level,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "message": finding.told(terminal.translate),
        "help": finding.remedy(terminal.translate),
        "fix": None if finding.fix is None else asdict(finding.fix),
    }


def github(terminal: Terminal, finding: Finding, root: Path) -> str:
    """A workflow command: GitHub shows the finding beside the line of a pull request.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    workspace = os.environ.get("GITHUB_WORKSPACE") or Path.cwd()
    place: dict[str, object] = {
        "file": Path(os.path.relpath(root / finding.file, workspace)).as_posix(),
        "line": finding.line,
        "endLine": finding.end_line,
        "col": finding.column,
        "endColumn": max(finding.end_column - 1, 1),
        "title": finding.code,
    }
    properties = ",".join(f"{name}={_escaped(str(value), properties=True)}" for name, value in place.items())
    said = "\n".join(filter(None, (finding.told(terminal.translate), finding.remedy(terminal.translate))))
    return f"::{_GITHUB_LEVELS[finding.level]} {properties}::{_escaped(said)}"


def help_word(terminal: Terminal) -> tuple[str, str]:
    """What a remedy begins with."""
    return terminal.words("help") + ": ", STRONG


def _frame(terminal: Terminal, finding: Finding, lines: list[str]) -> Iterator[Text]:
    gutter = " " * len(str(finding.line))
    if finding.line <= len(lines):
        yield Text(f"{gutter} |", DIM)
        for number in range(max(1, finding.line - 1), finding.line + 1):
            yield Text.assemble((f"{number:>{len(gutter)}} | ", DIM), _plain(lines[number - 1]))
        line = lines[finding.line - 1]
        before, meant = line[: finding.column - 1], line[finding.column - 1 : _end(finding, line)]
        # By the width that a terminal gives them: an emoji or a Chinese character has two columns.
        indent, length = cell_len(_plain(before)), max(1, cell_len(_plain(meant.rstrip())))
        yield Text.assemble((f"{gutter} | ", DIM), " " * indent, ("^" * length, BAD))
    remedy = finding.remedy(terminal.translate).splitlines()
    word = help_word(terminal)
    for place, said in enumerate(remedy):
        head = ((f"{gutter} = ", DIM), word) if not place else ((" " * (len(gutter) + 3 + len(word[0])), DIM),)
        yield Text.assemble(*head, said)


def _end(finding: Finding, line: str) -> int:
    """Where its underline ends on its first line."""
    return finding.end_column - 1 if finding.end_line == finding.line else len(line)


def _lines(file: str, root: Path | None) -> list[str]:
    """The file's lines, or none where it cannot be read any more: the finding itself stands without them."""
    try:
        return ((root or Path()) / file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _plain(text: str) -> str:
    return text.replace("\t", " ")


def _escaped(text: str, *, properties: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if properties else text
