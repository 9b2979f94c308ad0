"""`jogral add journey`: a journey that is ready, copied into the project with everything that it needs."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.help import Command, Group
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, GOOD
from orchestrator.cli.workplace import project_root
from orchestrator.domain.errors import ConfigurationError, Conflict, InputError, did_you_mean
from orchestrator.domain.system import system_words
from orchestrator.starters import STARTERS, Starter

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)


@app.callback()
def add() -> None:
    """Copy something that is ready into the project."""


@app.command(cls=Command)
def journey(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="abandoned_cart, deadline_reminder, post_purchase or win_back.")
    ],
) -> None:
    """Copy a journey that is ready into the project, with its messages, events, facts and scenarios.

    The copies are the project's own, to be changed at will. A file that is there already is left as it is.
    """
    session = session_of(context)
    terminal, root = session.terminal, project_root(session)
    starter = STARTERS.get(name)
    if starter is None:
        raise InputError(
            'There is no journey "{name}" to copy{hint}', remedy="There are: {known}.", name=name,
            hint=did_you_mean(name, STARTERS), known=", ".join(STARTERS),
        )  # fmt: skip
    copied, kept = _copy(starter, root / "templates")
    doubled = [one for one in starter.says_anew if (root / "templates" / "journeys" / f"{one}.yaml").exists()]
    terminal.document("add", journey=name, items=copied, kept=kept, says_the_same=doubled)
    for path in copied:
        terminal.show(("+ ", GOOD), f"templates/{path}")
    for path in kept:
        terminal.show(("  ", DIM), (f"templates/{path}", DIM))
    terminal.say(
        "Files copied: {copied}. There already, and left as they are: {kept}.", copied=len(copied), kept=len(kept)
    )
    for other in doubled:
        terminal.say(
            "{other} says the same: without a change of one of them, customers are told twice. "
            "Take templates/journeys/{other}.yaml out, with what names it.",
            other=other,
        )  # fmt: skip
    terminal.say("Next: jogral check, then jogral test -k {name}", name=name)


def _copy(starter: Starter, templates: Path) -> tuple[list[str], list[str]]:
    """Copy what is not there; what was copied, and what was kept. Raises Conflict where the journey is there."""
    if (templates / "journeys" / f"{starter.name}.yaml").exists():
        raise Conflict(
            "The project has a journey {name} already; nothing was written.",
            remedy="Rename or remove templates/journeys/{name}.yaml first.",
            code="journey_exists",
            name=starter.name,
        )
    copied, kept = [], []
    try:
        for path, source in sorted(starter.files().items()):
            file = templates / path
            if file.exists():
                kept.append(path)
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, file)
            copied.append(path)
    except OSError as error:
        raise ConfigurationError(
            "{file} cannot be written: {why}.", remedy="Choose a folder that this user may write to.",
            file=error.filename or templates, why=system_words(error),
        ) from error  # fmt: skip
    return copied, kept
