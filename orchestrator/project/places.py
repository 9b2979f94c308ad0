"""Where something of a project is written, for errors that are found only when the ledger is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.documents import parse
from orchestrator.domain.errors import DocumentError
from orchestrator.wordings import FILE

if TYPE_CHECKING:
    from pathlib import Path


def place_of_wording(root: Path, wording: str) -> str:
    """The file of the wordings, with the line of one of them while it can be read."""
    try:
        document = parse((root / FILE).read_text(encoding="utf-8"), file=FILE)
    except (OSError, UnicodeDecodeError, DocumentError):  # changed or taken away since the release was made of it
        return FILE
    return f"{FILE}:{document.finding(('wordings', wording), '', code='', on_key=True).line}"
