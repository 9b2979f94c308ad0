"""`jogral rollback`: an earlier release comes into force again, in the same way as a new one."""

from typing import Annotated

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.ledger import change_over, open_ledger
from orchestrator.cli.plan import Leave, MoveTo
from orchestrator.cli.planned import planned
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project

app = typer.Typer(add_completion=False)

REFUSED = 4


@app.command(cls=Command)
def rollback(
    context: typer.Context,
    release: Annotated[
        str, typer.Argument(metavar="[RELEASE]", help="Which one, from `jogral history`; without it, the one before.")
    ] = "",
    move_to: MoveTo = None,
    leave: Leave = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without it, what would change is shown.")] = False,
) -> None:
    """Go back to the release that was in force before, or to an earlier one. The files stay as they are.

    Exit code 1: somebody stands at a step that it does not have, and nothing says what becomes of them.
    """
    from orchestrator.cli.plan_document import to_document
    from orchestrator.cli.plan_shown import show, tell_done
    from orchestrator.dispatch.plans.changing import kept_release
    from orchestrator.dispatch.plans.history import earlier

    session = session_of(context)
    terminal, project = session.terminal, open_project(session)
    with open_ledger(project) as opened:
        with opened.store.read() as transaction:
            wanted = kept_release(transaction, earlier(transaction, release))
        assert wanted is not None  # it was found a line ago, and releases stay
        found = planned(session, opened, wanted, move_to or (), leave=leave)
        if yes and found.changes_anything and not found.impact.undecided:
            done = change_over(opened, wanted, found.plan, rolled_back=True)
            tell_done(terminal, "rollback", wanted.id, done)
            terminal.note(
                "The files still say what was in force before: change them back too, or the next jogral up "
                "brings them into force again."
            )
            return
    terminal.document("rollback", ok=not found.changes_anything, release=wanted.id, **to_document(found))
    show(terminal, found)
    if found.impact.undecided:
        raise typer.Exit(1)
    if not found.changes_anything:
        return
    terminal.note("Nothing was changed. Do it with --yes.")
    raise typer.Exit(REFUSED)
