"""`jogral where`: which file wins."""

from typing import Annotated

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project
from orchestrator.translations import mark

app = typer.Typer(add_completion=False)

ORIGINS = {"project": mark("the project's own"), "shipped": mark("shipped with Jogral")}


@app.command(cls=Command)
def where(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A path inside a project, such as brand_voice.yaml.")],
) -> None:
    """Say which file wins: the project's own, or the shipped one."""
    session = session_of(context)
    found = open_project(session).where(path)
    if found is None:
        session.terminal.say("Neither the project nor Jogral has {path}.", path=path)
        session.terminal.document("where", ok=False, path=path, file=None, origin=None)
        raise typer.Exit(1)
    file, origin = found
    session.terminal.show(f"{file}  ", (f"({session.terminal.translate(ORIGINS[origin])})", "dim"))
    session.terminal.document("where", path=path, file=str(file), origin=origin)
