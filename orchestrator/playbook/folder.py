"""The folder of a playbook: pages are written where they differ, and those that are no longer made are taken away.

Each page bears a mark in its first line. What bears none is somebody else's: it is neither written over nor removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from orchestrator.check.cache import replace_file
from orchestrator.domain.errors import ConfigurationError, Conflict
from orchestrator.domain.system import system_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MARK = "<!-- Made by `jogral docs build`: it writes this page anew each time. -->\n"

Fate = Literal["written", "unchanged", "removed"]


def write(folder: Path, pages: Mapping[str, str]) -> dict[str, Fate]:
    """What became of each page, by its path in the folder.

    Raises:
        Conflict: a page's place is taken by a file of somebody else's, or lies outside. Nothing is written then.
        ConfigurationError: the folder cannot be written.
    """
    try:
        return _written(folder, {path: MARK + text for path, text in pages.items()})
    except OSError as error:
        raise ConfigurationError("{path} cannot be written: {why}.", path=folder, why=system_words(error)) from error


def _written(folder: Path, pages: Mapping[str, str]) -> dict[str, Fate]:
    for path in pages:
        _ensure_ours(folder, path)
    fates: dict[str, Fate] = {}
    for path, text in pages.items():
        file = folder / path
        fates[path] = "unchanged" if _text_of(file) == text else "written"
        if fates[path] == "written":
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(file, text.encode(), mode=0o644)
    for file in sorted(folder.rglob("*.md")):
        path = file.relative_to(folder).as_posix()
        if path not in pages and _is_ours(file):
            file.unlink()
            fates[path] = "removed"
    return fates


def _ensure_ours(folder: Path, path: str) -> None:
    file = folder / path
    if not file.resolve().is_relative_to(folder.resolve()):
        raise Conflict("{file} leads out of the folder {folder}.", remedy="Take the link away.", file=path,
                       folder=folder)  # fmt: skip
    if (file.exists() or file.is_symlink()) and not _is_ours(file):
        raise Conflict(
            "{file} is there already, and is no page of a playbook.", remedy="Name another folder with --out.",
            file=file,
        )  # fmt: skip


def _is_ours(file: Path) -> bool:
    return not file.is_symlink() and file.is_file() and _text_of(file).startswith(MARK)


def _text_of(file: Path) -> str:
    return file.read_bytes().decode(errors="replace") if file.is_file() else ""
