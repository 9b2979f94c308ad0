"""Where a project is, and which file wins: the project's own, or the one that Jogral ships.

Layouts, adapters and the voice are looked up in the project first and in what Jogral ships second; content comes from
the project alone, so that an upgrade never changes what customers read (decisions, section 3).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from orchestrator.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import date, datetime

_PACKAGED = Path(__file__).parent / "_shipped"

SHIPPED = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent
"""What Jogral ships: beside the package in a wheel, the repository itself in a checkout."""

MARK = Path("templates/project.yaml")
"""The file that makes a folder a project."""

STATE = ".jogral"
"""A project's private folder: ledger, keys, sockets, caches. Never in Git."""

# What a project may take from Jogral without copying it.
SHARED = ("brand_voice.yaml", "channels", "templates/layouts")


def find_root(start: Path) -> Path:
    """The folder of the project that a folder belongs to: itself, or the nearest one above it.

    Raises:
        ConfigurationError: there is none, with how to make one.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / MARK).is_file():
            return folder
    raise ConfigurationError(
        "{start} is not a Jogral project: it has no {mark}, and neither has any folder above it.",
        remedy="Make one with: jogral init my-shop",
        start=start,
        mark=MARK,
    )


_ZONE = re.compile(r"(?m)^timezone:[ \t]*[\"']?([A-Za-z0-9_+/-]+)")


def today(root: Path, now: datetime) -> date:
    """The day that it is where the project is: offers and waivers end with their day there, not on the machine.

    Read from the text itself, because a check that finds nothing changed must not parse YAML first. A project that does
    not say has the day of `now`.
    """
    try:
        found = _ZONE.search((root / MARK).read_text(encoding="utf-8"))
        return (now.astimezone(ZoneInfo(found[1])) if found else now).date()
    except (OSError, ValueError, KeyError):  # unreadable, or no such zone: the check itself says so
        return now.date()


def locate(root: Path, path: str) -> tuple[Path, str] | None:
    """Which file wins for a relative path, and whose it is: `project` or `shipped`. None when there is none."""
    own = root / path
    if own.exists():
        return own, "project"
    shipped = SHIPPED / path
    return (shipped, "shipped") if path.startswith(SHARED) and shipped.exists() else None
