"""Rows that were not imported, beside the ledger: each with its line and the reason, to be corrected and imported."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.customer_file import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.customer_file import CustomerFile, Row

LINE, REASON = "jogral_line", "jogral_reason"
_OURS = (LINE, REASON)


@dataclass(frozen=True)
class Quarantine:
    """The file appears with its first row. It holds people's data: this user alone may read it.

    It is opened anew for every batch: an erasure may have put another in its place, without somebody's rows.
    """

    path: Path
    file: CustomerFile

    @property
    def size(self) -> int:
        """How much is in it."""
        return self.path.stat().st_size if self.path.exists() else 0

    def cut(self, size: int) -> None:
        """Go back to the size that the ledger knows of: what was written after that belongs to rows to be read again.

        A process that was killed wrote it, or one whose transaction failed.
        """
        if self.size > size:
            os.truncate(self.path, size)

    def keep(self, rows: Sequence[tuple[Row, str]]) -> None:
        """Add rows, each with the reason, and bring them to the disk."""
        if not rows:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened, delimiter=self.file.delimiter)
            kept = [place for place, column in enumerate(self.file.columns) if column not in _OURS]
            if os.fstat(descriptor).st_size == 0:
                opened.write("\ufeff")  # without it Excel takes the file for Windows text
                writer.writerow(_safe([*_OURS, *(self.file.columns[place] for place in kept)]))
            for row, reason in rows:
                writer.writerow(_safe([str(row.line), reason, *_picked(row.cells, kept, len(self.file.columns))]))
            opened.flush()
            os.fsync(descriptor)


def _safe(cells: Sequence[str]) -> list[str]:
    return [guarded(cell) for cell in cells]


def _picked(cells: Sequence[str], kept: Sequence[int], width: int) -> list[str]:
    """The cells of the columns that are kept; those beyond the header too, since they may be what is wrong."""
    return [*(cells[place] for place in kept if place < len(cells)), *cells[width:]]
