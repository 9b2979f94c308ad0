"""`jogral plan`: what the files would change, for whom, and what has to be decided first."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.planned import planned
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project, read_admitted

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.plans.model import Plan

app = typer.Typer(add_completion=False)

MoveTo = Annotated[
    list[str] | None,
    typer.Option(
        "--move-to",
        metavar="STEP",
        help="Where those go on who stand at a step that is gone; JOURNEY.STEP=STEP where there are several.",
    ),
]
Leave = Annotated[bool, typer.Option("--exit", help="Whoever stands at a step that is gone, and is not moved, is out.")]

CHANGES = 2


@app.command(cls=Command)
def plan(
    context: typer.Context,
    move_to: MoveTo = None,
    leave: Leave = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the plan goes; without it, .jogral/plans/.")
    ] = None,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit code 2 where anything would change, as Terraform does.")
    ] = False,
) -> None:
    """Show what the files would change, and for whom, and save it. Nothing is changed.

    Exit code 1: somebody stands at a step that is gone, and nothing says what becomes of them. Then nothing is saved.
    """
    from orchestrator.cli.plan_document import to_document
    from orchestrator.cli.plan_shown import show

    session = session_of(context)
    terminal, project = session.terminal, open_project(session)
    release = read_admitted(project)
    with open_ledger(project) as opened:
        found = planned(session, opened, release, move_to or (), leave=leave)
        kept = found.changes_anything and not found.impact.undecided
        if kept:
            _save(opened, found.plan, out)
    terminal.document(
        "plan", ok=not found.impact.undecided, id=found.plan.id if kept else None, **to_document(found)
    )  # fmt: skip
    show(terminal, found)
    if kept:
        terminal.say("Saved. Carry it out with: jogral apply {plan}", plan=out or found.plan.id)
    if found.impact.undecided:
        raise typer.Exit(1)
    if detailed and found.changes_anything:
        raise typer.Exit(CHANGES)


def _save(opened: "App", made: "Plan", out: Path | None) -> None:
    from orchestrator.cli.plans import FOLDER, save

    save(out or opened.state / FOLDER / f"{made.id}.json", made)
