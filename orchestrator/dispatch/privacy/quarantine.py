"""Rows of people in files that did not fit: an erasure takes theirs out too."""

from __future__ import annotations

import csv
import os
import re
from typing import TYPE_CHECKING

from orchestrator.domain.customer import AddressKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.store.port import Person

_PRIVATE = 0o600

# Of a phone, the digits that are the same however its country and its trunk prefix were written.
_PHONE_DIGITS = 8
_DIGIT = re.compile(r"\d")


def take_out(folder: Path, person: Person) -> int:
    """Rewrite every quarantine file without the rows that name the person; how many rows those were.

    A row is theirs where a cell is their id or their name in another system, or holds an address of theirs in any
    spelling. Rather one row too many: all that is lost is a row that did not fit.
    """
    names = {*person.customer_ids, *person.names, *person.users}
    holds = [_holding(kind, value) for kind, value in person.values]
    return sum(_rewrite(path, names, holds) for path in sorted(folder.glob("*.csv")))


def _holding(kind: AddressKind, value: str) -> Callable[[str], bool]:
    if kind is AddressKind.PHONE:
        last = value[-_PHONE_DIGITS:]
        return lambda cell: last in "".join(_DIGIT.findall(cell))
    return lambda cell: value.lower() in cell.lower()


def _rewrite(path: Path, names: set[str], holds: list[Callable[[str], bool]]) -> int:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = file.readlines()
    rows = list(_rows(lines))
    kept = [row for row in rows if not _names(row, names, holds)]
    if len(kept) < len(rows):
        beside = path.with_name(f".{path.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.writelines(kept)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    return len(rows) - len(kept)


def _rows(lines: list[str]) -> Iterator[str]:
    """The rows as they stand in the file: one of them may go over several lines."""
    begun, reader = 0, csv.reader(lines)
    for _ in reader:
        yield "".join(lines[begun : reader.line_num])
        begun = reader.line_num


def _names(row: str, names: set[str], holds: list[Callable[[str], bool]]) -> bool:
    # By every delimiter: which one the file has does not matter for finding a name in it.
    lines = row.splitlines(keepends=True)
    cells = [cell.strip() for delimiter in ",;\t" for part in csv.reader(lines, delimiter=delimiter) for cell in part]
    return any(cell in names for cell in cells) or any(hold(cell) for cell in cells for hold in holds)
