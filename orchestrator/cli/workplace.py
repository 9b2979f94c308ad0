"""The project that a command is about."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.folder import find_root, today

if TYPE_CHECKING:
    from datetime import date

    from orchestrator.cli.session import Session
    from orchestrator.project import Project
    from orchestrator.release import Release


def open_project(session: Session) -> Project:
    """`--project`, else JOGRAL_PROJECT, else the one around the current folder. Raises ConfigurationError."""
    from orchestrator.project import Project  # half a second of models, which a warm check saves

    return Project(project_root(session))


def read_admitted(project: Project) -> Release:
    """The release that a project makes, if `jogral check` finds no error in it: nothing else comes into force.

    Raises:
        DocumentError: with every error. Warnings stop nobody.
    """
    from orchestrator.check.run import admitted  # see open_project

    return admitted(project, project_day(project.root))


def project_day(root: Path) -> date:
    """The day that it is where the shop is: offers and waivers end with it."""
    return today(root, datetime.now(UTC).astimezone())


def project_root(session: Session) -> Path:
    """Its folder alone. Raises ConfigurationError."""
    session.root = find_root(session.folder or Path(os.environ.get("JOGRAL_PROJECT") or "."))
    return session.root
