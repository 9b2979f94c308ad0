"""The project that a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.project import find_project
from orchestrator.settings import read_settings

if TYPE_CHECKING:
    from orchestrator.cli.session import Session
    from orchestrator.project import Project


def open_project(session: Session) -> Project:
    """`--project`, else JOGRAL_PROJECT, else the one around the current folder. Raises ConfigurationError."""
    project = find_project(session.folder or read_settings().project or Path())
    session.root = project.root
    return project
