"""Who changed a file last, and on which day: as Git knows it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDERS = ("templates/journeys", "templates/messages")
SECONDS = 60
"""How long Git may take: histories of years are read whole."""

# A file watcher that a repository names is a program: reading a history must not start one.
_GIT = ("git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_COMMIT = "\x01"


@dataclass(frozen=True, slots=True)
class Change:
    """The last commit that touched a file."""

    by: str
    day: date


@dataclass(frozen=True, slots=True)
class Changes:
    """By path in the project. `uncommitted`: what differs from the last commit, or is in none."""

    known: bool = False
    last: Mapping[str, Change] = field(default_factory=dict)
    uncommitted: frozenset[str] = frozenset()


def changes_of(root: Path) -> Changes:
    """Of all journeys and messages; nothing where there is no repository, or no Git."""
    log = _git(root, "log", "--no-renames", "--relative", "--name-only", f"--format={_COMMIT}%aN%x09%as")
    status = _git(root, "status", "--porcelain", "--no-renames", "--untracked-files=all")
    if log is None or status is None:
        return Changes()
    prefix = (_git(root, "rev-parse", "--show-prefix") or "").strip()
    uncommitted = (line[3:].strip('"') for line in status.splitlines())
    return Changes(known=True, last=_last(log), uncommitted=frozenset(one.removeprefix(prefix) for one in uncommitted))


def _git(root: Path, *arguments: str) -> str | None:
    """What Git answers about these folders; None where it cannot."""
    about = () if arguments[0] == "rev-parse" else ("--", *FOLDERS)
    try:
        done = subprocess.run(  # noqa: S603  # our own words, and folders of our own names
            [*_GIT, *arguments, *about], cwd=root, capture_output=True, text=True, encoding="utf-8", errors="replace",
            timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _last(log: str) -> dict[str, Change]:
    """File → the newest commit that names it; the log begins with the newest."""
    last: dict[str, Change] = {}
    for commit in log.split(_COMMIT)[1:]:
        head, *files = commit.splitlines()
        by, _, day = head.rpartition("\t")
        for file in filter(None, files):
            last.setdefault(file, Change(by, date.fromisoformat(day)))
    return last
