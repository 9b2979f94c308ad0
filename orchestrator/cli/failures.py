"""Saying what went wrong: a sentence, the place, and what to do; or one JSON document with a stable code."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from orchestrator.cli.terminal import BAD, DIM, STRONG
from orchestrator.domain.errors import DocumentError, InputError, JogralError
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.cli.session import Session
    from orchestrator.cli.terminal import Terminal
    from orchestrator.domain.errors import Finding

LEVEL_STYLES = {"error": BAD, "warn": "yellow", "info": "cyan"}

# A finding's level in words.
LEVELS = {"error": mark("error"), "warn": mark("warning"), "info": mark("info")}


def tell(session: Session, error: JogralError) -> int:
    """Say it; the exit code that goes with it."""
    terminal = session.terminal
    if terminal.as_json:
        terminal.document("error", ok=False, error=_document(terminal, error))
    elif isinstance(error, DocumentError):
        _tell_findings(terminal, error, session.root)
    else:
        _tell_sentence(terminal, error)
    return error.exit_code


def _document(terminal: Terminal, error: JogralError) -> dict[str, Any]:
    document: dict[str, Any] = {"code": error.code, "message": error.told(terminal.translate)}
    document["remedy"] = error.remedy(terminal.translate)
    if error.where:
        document["where"] = error.where
    if isinstance(error, InputError) and error.fields:
        document["fields"] = [
            {"pointer": field.pointer, "code": field.code, "detail": field.told(terminal.translate)}
            for field in error.fields
        ]
    if isinstance(error, DocumentError):
        document["items"] = [asdict(finding) for finding in error.findings]
    return document


def _tell_sentence(terminal: Terminal, error: JogralError) -> None:
    line = Text.assemble((terminal.words("error") + ": ", BAD), error.told(terminal.translate))
    terminal.err.print(line, soft_wrap=True)
    if error.where:
        terminal.err.print(Text(f"  --> {error.where}", style=DIM), soft_wrap=True)
    if isinstance(error, InputError) and len(error.fields) > 1:  # one alone is the sentence itself
        for field in error.fields:
            terminal.err.print(Text(f"  {field.pointer}  {field.told(terminal.translate)}"), soft_wrap=True)
    remedy = error.remedy(terminal.translate)
    if remedy:
        terminal.err.print(Text.assemble(("  = ", DIM), _help(terminal), remedy), soft_wrap=True)


def _help(terminal: Terminal) -> tuple[str, str]:
    return terminal.words("help") + ": ", STRONG


# --- findings -------------------------------------------------------------------------------------------------------


def _tell_findings(terminal: Terminal, error: DocumentError, root: Path | None) -> None:
    for file, findings in groupby(error.findings, key=lambda finding: finding.file):
        lines = _lines(file, root)
        for finding in findings:
            terminal.err.print(_framed(terminal, finding, lines), soft_wrap=True)
    files = len({finding.file for finding in error.findings})
    summary = (
        terminal.words("Found 1 problem in 1 file.")
        if len(error.findings) == 1
        else terminal.words("Found {problems} problems, files: {files}.", problems=len(error.findings), files=files)
    )
    terminal.err.print(summary)


def _lines(file: str, root: Path | None) -> list[str]:
    """The file's lines, or none where it cannot be read any more: the finding itself stands without them."""
    try:
        return ((root or Path()) / file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _framed(terminal: Terminal, finding: Finding, lines: list[str]) -> Text:
    """The finding above its line, with a caret below its column, as a compiler would show it."""
    text = Text.assemble(
        (f"{finding.file}:{finding.line}:{finding.column}", STRONG), "  ",
        (terminal.translate(LEVELS[finding.level]), LEVEL_STYLES[finding.level]), f"  {finding.code}  ",
        finding.message, "\n",
    )  # fmt: skip
    gutter = " " * len(str(finding.line))
    if finding.line <= len(lines):
        text.append(f"{gutter} |\n", DIM)
        for number in range(max(1, finding.line - 1), finding.line + 1):
            text.append(f"{number:>{len(gutter)}} | ", DIM)
            text.append(lines[number - 1].replace("\t", " ") + "\n")
        text.append(f"{gutter} | ", DIM)
        text.append(" " * (finding.column - 1) + "^\n", BAD)
    if finding.help:
        text.append(f"{gutter} = ", DIM)
        text.append(*_help(terminal))
        text.append(finding.help + "\n")
    return text
