"""`jogral db`: the ledger's schema, and copies of it."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.backup import back_up
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import Refused

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)


@app.command(cls=Command)
def upgrade(context: typer.Context) -> None:
    """Bring the ledger's tables to this version of Jogral."""
    from orchestrator.store.migrate import upgrade as migrate

    session = session_of(context)
    session.left_behind = lambda: session.terminal.words("The ledger is as it was: an upgrade is whole or not at all.")
    with open_ledger(open_project(session), ready=False) as app_:
        before, after = migrate(app_.store)
        place = app_.store.place
    session.terminal.document("db.upgrade", before=before, after=after)
    if before == after:
        session.terminal.say("{place} is up to date (version {version}).", place=place, version=after)
    elif before is None:
        session.terminal.say("{place} was made, at version {version}.", place=place, version=after)
    else:
        session.terminal.say(
            "{place} was brought from version {before} to {version}.", place=place, before=before, version=after
        )


@app.command(cls=Command)
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace the file if it exists.")] = False,
) -> None:
    """Copy the whole ledger into one file, while it is in use.

    SQLite gives a ledger that can be opened as it is; PostgreSQL what pg_restore reads.
    """
    session = session_of(context)
    if file.exists() and not yes:
        raise Refused("{file} exists.", remedy="Choose another name, or replace it with --yes.", file=file)
    session.left_behind = lambda: session.terminal.words("{file} was not written.", file=file)
    with open_ledger(open_project(session)) as app_:
        back_up(app_.store, file)
    size = file.stat().st_size
    session.terminal.document("db.backup", bytes=size)
    session.terminal.say("Copied the ledger to {file} ({size} kB).", file=file, size=f"{size / 1000:,.0f}")
