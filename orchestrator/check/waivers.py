"""Waivers: `# jogral: allow CODE until YYYY-MM-DD: why`, on the line of a finding or the one above it.

A waiver ends on its day, and one that waives nothing is a finding itself: an exception must not outlive its reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from orchestrator.domain.errors import Finding, did_you_mean, filled, mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

WAIVER = "YA110"

# What is sent is read back: a project in which one of these is waived would be whole, and could not send.
_READ_BACK = frozenset({"CL101", "CL102", "CL103", "CL105", "CL106", "CL120"})

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*jogral:[^\r\n]*")
_FORM = re.compile(r"#\s*jogral:\s*allow\s+(?P<code>[A-Z]{2}\d{3})\s+until\s+(?P<until>\d{4}-\d{2}-\d{2})\s*:\s*\S.*")
_LINE = re.compile(r"\r\n|\r|\n")
# `body: |`, `- >-`, and `label: &text |2  # comment`.
_BLOCK_HEADER = re.compile(r"(?:^|[:\-]\s+)(?:[&!]\S+\s+)?[|>][+\-0-9]*(?P<rest>\s+#.*|\s*)$")
_FORM_IN_WORDS = mark("Write: # jogral: allow CODE until YYYY-MM-DD: why")
_BESIDE_THE_KEY = mark("A waiver stands on the line of the key, or above it.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a comment stands, its end exclusive."""

    line: int
    column: int
    end_column: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """One comment, and the lines that it speaks for."""

    code: str
    until: date
    place: Place
    lines: range

    def fits(self, finding: Finding) -> bool:
        """Whether it speaks for a finding of its own file."""
        return self.code == finding.code and finding.line in self.lines


def apply(
    findings: Iterable[Finding],
    refusals: Iterable[Finding],
    texts: Mapping[str, str],
    today: date,
    *,
    known: Collection[str],
) -> Iterator[Finding]:
    """The findings that nobody waived, the refusals, and what is wrong with waivers.

    Args:
        findings: what a waiver may allow.
        refusals: what it may not, because nothing can be sent with it.
        texts: the files in which a waiver may stand.
        today: a waiver holds through its last day.
        known: the codes of all rules.
    """
    waivable, refused = _by_file(findings), _by_file(refusals)
    for file in {**dict.fromkeys(texts), **waivable, **refused}:
        waivers, faults = _read(texts.get(file, ""), file)
        yield from faults
        yield from refused.get(file, ())
        yield from _waived(file, waivable.get(file, ()), refused.get(file, ()), waivers, today, known)


def _by_file(findings: Iterable[Finding]) -> Mapping[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.file, []).append(finding)
    return found


def _waived(
    file: str,
    findings: Iterable[Finding],
    refusals: Iterable[Finding],
    waivers: Iterable[Waiver],
    today: date,
    known: Collection[str],
) -> Iterator[Finding]:
    holding: list[Waiver] = []
    for waiver in waivers:
        if waiver.code not in known:
            hint = did_you_mean(waiver.code, known)
            yield _fault(file, waiver, mark('There is no rule "{code}"{hint}'), hint=hint)
        elif waiver.code in _READ_BACK:
            message = mark("{code} cannot be waived: what is sent is read back")
            yield _fault(file, waiver, message, mark("List the phrase under not_claims, or state it as a claim."))
        elif any(waiver.fits(refusal) for refusal in refusals):
            yield _fault(file, waiver, mark("{code} cannot be waived: nothing can be sent with it"))
        elif waiver.until < today:
            day = waiver.until.isoformat()
            yield _fault(file, waiver, mark("This waiver of {code} ended on {day}"), day=day)
        else:
            holding.append(waiver)
    used: set[Waiver] = set()
    for finding in findings:
        fitting = [waiver for waiver in holding if waiver.fits(finding)]
        used.update(fitting)
        if not fitting:
            yield finding
    for waiver in holding:
        if waiver not in used:
            yield _fault(file, waiver, mark("This waiver of {code} waives nothing; delete it"))


def _read(text: str, file: str) -> tuple[list[Waiver], list[Finding]]:
    """The waivers of a text, and what looks like one and is none."""
    waivers: list[Waiver] = []
    faults: list[Finding] = []
    if "jogral:" not in text:
        return waivers, faults
    lines = _LINE.split(text.removeprefix("\ufeff"))
    block_ends = dict(_blocks(lines))
    in_copy = {number for start, end in block_ends.items() for number in range(start + 1, end)}
    for number, line in enumerate(lines, start=1):
        comment = _COMMENT.search(line)
        if comment is None:
            continue
        place = Place(line=number, column=comment.start() + 1, end_column=comment.end() + 1)
        if number in in_copy:
            faults.append(_finding(file, mark("This is part of a text, not a comment"), _BESIDE_THE_KEY, place))
            continue
        form = _FORM.fullmatch(comment[0].rstrip())
        until = _day(form["until"]) if form else None
        if form is None or until is None:
            faults.append(_finding(file, mark("This waiver is not written as one"), _FORM_IN_WORDS, place))
            continue
        first = number if line[: comment.start()].strip() else _next_said(lines, number)
        covered = range(first, block_ends.get(first, first + 1))
        waivers.append(Waiver(code=form["code"], until=until, place=place, lines=covered))
    return waivers, faults


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Block scalars: the line of each header, and the line after its last one."""
    number = 1
    while number <= len(lines):
        header = number
        number += 1
        if not _BLOCK_HEADER.search(lines[header - 1]) or lines[header - 1].lstrip().startswith("#"):
            continue
        holder = _holder_indent(lines[header - 1])
        while number <= len(lines) and (not lines[number - 1].strip() or _indent(lines[number - 1]) > holder):
            number += 1
        yield header, number


def _holder_indent(line: str) -> int:
    """How far the mapping or list that holds a block scalar is indented: `- body: |` stands two further in."""
    indent, rest = _indent(line), line.lstrip(" ")
    while rest.startswith("- ") and not rest.removeprefix("- ").lstrip().startswith(("|", ">")):
        inner = rest.removeprefix("- ").lstrip(" ")
        indent, rest = indent + len(rest) - len(inner), inner
    return indent


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _next_said(lines: Sequence[str], number: int) -> int:
    """The next line that is not a comment: waivers may stand one above the other."""
    return next(
        (later for later, line in enumerate(lines[number:], start=number + 1) if not line.lstrip().startswith("#")),
        number,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _fault(file: str, waiver: Waiver, template: str, remedy: str = "", **params: object) -> Finding:
    return _finding(file, template, remedy, waiver.place, code=waiver.code, **params)


def _finding(file: str, template: str, remedy: str, place: Place, **params: object) -> Finding:
    return Finding(
        code=WAIVER,
        level="warn",
        message=filled(template, params),
        file=file,
        line=place.line,
        column=place.column,
        end_line=place.line,
        end_column=place.end_column,
        help=remedy,
        template=template,
        help_template=remedy,
        params=params,
    )
