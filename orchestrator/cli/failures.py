"""Saying what went wrong: a sentence, the place, and what to do; or one JSON document with a stable code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from orchestrator.cli.findings import finding_document, framed, help_word
from orchestrator.cli.terminal import BAD, DIM
from orchestrator.domain.errors import DocumentError, InputError, JogralError

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.cli.session import Session
    from orchestrator.cli.terminal import Terminal


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
        document["items"] = [finding_document(terminal, finding) for finding in error.findings]
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
        terminal.err.print(Text.assemble(("  = ", DIM), help_word(terminal), remedy), soft_wrap=True)


def _tell_findings(terminal: Terminal, error: DocumentError, root: Path | None) -> None:
    for text in framed(terminal, error.findings, root):
        terminal.err.print(text, soft_wrap=True)
    files = len({finding.file for finding in error.findings})
    summary = (
        terminal.words("Found 1 problem in 1 file.")
        if len(error.findings) == 1
        else terminal.words("Found {problems} problems, files: {files}.", problems=len(error.findings), files=files)
    )
    terminal.err.print(summary)
