"""What earlier checks found out, under `.jogral/cache/` by content: JSON only, and never needed.

A cache that is damaged, of another form or cannot be written costs time, never an answer; `notes` says so.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator.check.inputs import package_digest
from orchestrator.check.report import Report
from orchestrator.domain.errors import Finding, Fix, mark
from orchestrator.domain.said import as_json, from_json
from orchestrator.domain.system import system_words
from orchestrator.folder import STATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.check.inputs import Inputs

FOLDER = Path(STATE) / "cache"

_REPORT, _DOCUMENTS = "check.json", "documents.json"
_UNREADABLE = mark("The cache {file} cannot be read and is not used: {why}.")
_DAMAGED = mark("The cache {file} is damaged and is not used.")
_UNWRITABLE = mark("The cache {file} cannot be written: {why}.")

T = TypeVar("T")

Note = tuple[str, dict[str, object]]


class Cache:
    """One project's cache. `notes` are sentences with their places, for whoever watches."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self.notes: list[Note] = []

    def report(self, inputs: Inputs) -> Report | None:
        """What was found when everything was as it is now."""

        def read(kept: Mapping[str, Any]) -> Report | None:
            if kept["inputs"] != inputs.digest:
                return None
            return Report(findings=tuple(map(_finding, kept["findings"])), files=inputs.files)

        return self._read(_REPORT, read)

    def keep_report(self, inputs: Inputs, report: Report) -> None:
        """Remember what was found."""
        self._write(_REPORT, {"inputs": inputs.digest, "findings": [_plain(finding) for finding in report.findings]})

    def documents(self) -> dict[str, Any]:
        """Parsed files by the digest of their content."""

        def read(kept: Mapping[str, Any]) -> dict[str, Any]:
            documents = kept["documents"]
            if not isinstance(documents, dict) or not all(isinstance(data, dict) for data in documents.values()):
                raise TypeError("documents are mappings")
            return documents

        return self._read(_DOCUMENTS, read) or {}

    def keep_documents(self, documents: Mapping[str, Any]) -> None:
        """Remember these, and no others."""
        self._write(_DOCUMENTS, {"documents": documents})

    def _read(self, name: str, read: Callable[[Mapping[str, Any]], T | None]) -> T | None:
        path = self._folder / name
        try:
            kept = json.loads(path.read_bytes())
            return read(kept) if kept["made_by"] == package_digest() else None
        except FileNotFoundError:
            return None
        except OSError as error:
            self.notes.append((_UNREADABLE, {"file": path, "why": system_words(error)}))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.notes.append((_DAMAGED, {"file": path}))
        return None

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        try:
            self._folder.parent.mkdir(mode=0o700, exist_ok=True)
            self._folder.mkdir(exist_ok=True)
            replace_file(
                self._folder / name, json.dumps({"made_by": package_digest(), **document}, ensure_ascii=False).encode()
            )
        except OSError as error:
            self.notes.append((_UNWRITABLE, {"file": self._folder / name, "why": system_words(error)}))


def replace_file(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a file whole or not at all. `mode` is what the file may be read and written by. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if mode is not None:
                os.fchmod(file.fileno(), mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


# --- findings as JSON -------------------------------------------------------------------------------------------------

_FIELDS = frozenset(field.name for field in fields(Finding))


def _plain(finding: Finding) -> dict[str, Any]:
    return asdict(finding) | {"params": {name: as_json(value) for name, value in finding.params.items()}}


def _finding(kept: Mapping[str, Any]) -> Finding:
    if set(kept) != _FIELDS:
        raise ValueError("not a finding")
    return Finding(
        **{
            **kept,
            "fix": None if kept["fix"] is None else Fix(**kept["fix"]),
            "params": {name: from_json(value) for name, value in kept["params"].items()},
        }
    )
