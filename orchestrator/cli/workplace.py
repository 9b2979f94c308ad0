"""What commands work on: the project's folder, its release, and its ledger."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app import open_app, open_log, require_schema
from orchestrator.project import find_project
from orchestrator.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.app import App
    from orchestrator.cli.session import Session
    from orchestrator.project import Project


def open_project(session: Session) -> Project:
    """The project that the command is about: `--project`, JOGRAL_PROJECT, or the one around the current folder."""
    project = find_project(session.folder or read_settings().project or Path())
    session.root = project.root
    return project


@contextlib.contextmanager
def open_ledger(project: Project, *, talkative: bool = False, ready: bool = True) -> Iterator[App]:
    """The project's app, with a ledger of this version's schema; `ready` False leaves that to the caller.

    A command that answers at once logs warnings only; one that stays (`talkative`) logs what the settings say.
    """
    settings = read_settings()
    if not talkative and "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "warning"})
    open_log(settings)
    app = open_app(project.root, settings)
    try:
        if ready:
            require_schema(app.store)
        yield app
    finally:
        app.close()
