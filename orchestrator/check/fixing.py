"""Writing what findings say should stand there: whole files or not at all, and never over somebody's newer words."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.check.cache import replace_file
from orchestrator.check.inputs import content_digest
from orchestrator.documents import parse
from orchestrator.documents.source import Source
from orchestrator.domain.errors import DocumentError, Finding, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from orchestrator.check.report import Report

_CHANGED = mark("it was changed meanwhile")
_BROKEN = mark("it could not be read afterwards")
_BOM = "\ufeff"


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What one file came to: the findings that are mended, or why it was left alone."""

    file: str
    findings: tuple[Finding, ...]
    refused: str = ""


def fix(root: Path, report: Report) -> Iterator[Fixed]:
    """Apply the fixes of a report, file by file. Of two that overlap the first is written; a new check finds the rest.

    Raises:
        OSError: a file cannot be written; those before it are.
    """
    by_file: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.fix is not None:
            by_file.setdefault(finding.file, []).append(finding)
    for file, findings in by_file.items():
        yield _fix_file((root / file).resolve(), file, findings, report.files.get(file, ""))


def _fix_file(path: Path, file: str, findings: Iterable[Finding], digest: str) -> Fixed:
    content = path.read_bytes()
    if content_digest(content) != digest:
        return Fixed(file=file, findings=(), refused=_CHANGED)
    text, mended = _fixed(content.decode("utf-8"), file, findings)
    try:
        parse(text, file=file)
    except DocumentError:
        return Fixed(file=file, findings=(), refused=_BROKEN)
    replace_file(path, text.encode(), mode=stat.S_IMODE(path.stat().st_mode))
    return Fixed(file=file, findings=mended)


def _fixed(text: str, file: str, findings: Iterable[Finding]) -> tuple[str, tuple[Finding, ...]]:
    """The text with as many fixes as do not overlap, its line ends and byte order mark as they were."""
    source = Source(text, file=file)
    newline = "\r\n" if "\r\n" in source.text else "\n"
    pieces: list[str] = []
    mended: list[Finding] = []
    written = 0
    for start, end, replacement, finding in sorted(_spans(source, findings), key=lambda span: span[:2]):
        if start < written or (mended and start == end == written):
            continue
        pieces += [source.text[written:start], replacement.replace("\r\n", "\n").replace("\n", newline)]
        mended.append(finding)
        written = end
    mark_of_order = _BOM if text.startswith(_BOM) else ""
    return mark_of_order + "".join(pieces) + source.text[written:], tuple(mended)


def _spans(source: Source, findings: Iterable[Finding]) -> Iterator[tuple[int, int, str, Finding]]:
    for finding in findings:
        fix = finding.fix
        if fix is not None:
            start = source.index(fix.start_line, fix.start_column)
            yield start, source.index(fix.end_line, fix.end_column), fix.replacement, finding
