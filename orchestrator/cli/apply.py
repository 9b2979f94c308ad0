"""`jogral apply`: bring into force what was planned, unless the world moved since."""

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.ledger import change_over, open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project, read_admitted
from orchestrator.domain.errors import Refused

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal

app = typer.Typer(add_completion=False)

NAMED_MAX = 6


@app.command("apply", cls=Command)
def apply_(
    context: typer.Context,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan: its id, or its file.")],
) -> None:
    """Bring into force what was planned.

    Exit code 4: since it was planned, the files changed, another release came into force, or somebody came to stand
    where a step is gone. Then nothing was changed.
    """
    from orchestrator.cli.plan_shown import tell_done
    from orchestrator.cli.plans import find

    session = session_of(context)
    project = open_project(session)
    release = read_admitted(project)
    session.left_behind = lambda: session.terminal.words("Either all of it is in force, or nothing: jogral history")
    with open_ledger(project) as opened:
        wanted = find(opened, plan)
        if release.id != wanted.after:
            raise Refused(
                "The files changed since this was planned: {things}.",
                remedy="Look at it again: jogral plan",
                things=_named(session.terminal, wanted.moved_since(release)) or release.id,
            )
        done = change_over(opened, release, wanted)
    tell_done(session.terminal, "apply", release.id, done)


def _named(terminal: "Terminal", things: list[str]) -> str:
    """The first of them, and that there are more."""
    from orchestrator.cli.plan_shown import KINDS

    pairs = (one.split(" ", 1) for one in things[:NAMED_MAX])
    named = [f"{terminal.words(KINDS[kind])} {name}" for kind, name in pairs]
    return ", ".join([*named, *(["…"] if len(things) > NAMED_MAX else [])])
