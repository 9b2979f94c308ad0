"""What one run of the command line knows: how it speaks, and which project it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import typer

    from orchestrator.cli.terminal import Terminal


@dataclass
class Session:
    """`folder` is what `--project` said; `root` is the project's folder once it is found.

    `left_behind` says, when the command is interrupted, what was done and what was not.
    """

    terminal: Terminal
    folder: Path | None = None
    root: Path | None = None
    left_behind: Callable[[], str] = field(default=lambda: "")


def session_of(context: typer.Context) -> Session:
    """The session that a command runs in."""
    return cast("Session", context.find_root().obj)
