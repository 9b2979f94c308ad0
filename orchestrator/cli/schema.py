"""`jogral schema`: what editors need to complete and to refuse while somebody types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from orchestrator.check.cache import replace_file
from orchestrator.cli.help import Command, Group
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import GOOD
from orchestrator.cli.workplace import project_root
from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.system import system_words
from orchestrator.folder import STATE

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

FOLDER = f"{STATE}/schemas"


@app.callback()
def schema() -> None:
    """Give editors the schemas of the YAML files."""


@app.command(cls=Command)
def install(context: typer.Context) -> None:
    """Write a JSON Schema for each kind of file to .jogral/schemas/.

    The first line of every file names its schema, so editors with the YAML language server complete keys and underline
    mistakes, without a network. Run it again after an upgrade.
    """
    session = session_of(context)
    written = install_schemas(project_root(session))
    for name in written:
        session.terminal.show(("✔ ", GOOD), name)
    session.terminal.document("schemas", items=[{"file": name} for name in written])


def install_schemas(root: Path) -> list[str]:
    """Write them into a project; their paths. Raises ConfigurationError."""
    from orchestrator.project.schemas import schemas

    folder = root / FOLDER
    written = []
    try:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(exist_ok=True)
        for name, one in schemas().items():
            file = folder / f"{name}.json"
            replace_file(file, (json.dumps(one, ensure_ascii=False, indent=2) + "\n").encode(), mode=0o644)
            written.append(f"{FOLDER}/{file.name}")
    except OSError as error:
        raise ConfigurationError("{path} cannot be written: {why}.", path=folder, why=system_words(error)) from error
    return written
