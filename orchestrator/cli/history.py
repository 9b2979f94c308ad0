"""`jogral history`: which releases were in force, since when, and who brought them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, GOOD, STRONG
from orchestrator.cli.workplace import open_project
from orchestrator.domain.time import rfc3339
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.plans.history import InForce

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def history(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=500, help="How many.")] = 20,
) -> None:
    """List which releases came into force, newest first: when, who brought them, and who was moved then.

    Go back to one with: jogral rollback RELEASE
    """
    from orchestrator.dispatch.plans.history import history as read

    session = session_of(context)
    terminal, project = session.terminal, open_project(session)
    with open_ledger(project) as opened:
        zone = running_release(opened, project).project.timezone
        with opened.store.read() as transaction:
            found = read(transaction, limit)
            current = transaction.ledger.release_id()
    terminal.document("history", current=current, items=[_document(one, zone) for one in found])
    for place, one in enumerate(found):
        in_force = one.release == current and all(earlier.release != current for earlier in found[:place])
        _show(terminal, one, zone, in_force=in_force)


def _document(one: "InForce", zone: str) -> dict[str, Any]:
    return {
        "release": one.release,
        "at": rfc3339(one.at, zone),
        "by": one.by or None,
        "before": one.before,
        "rolled_back": one.rolled_back,
        "plan": one.plan,
        "moved": one.moved,
        "ended": one.ended,
        "timed_anew": one.timed_anew,
    }


def _show(terminal: "Terminal", one: "InForce", zone: str, *, in_force: bool) -> None:
    told = [terminal.words("rolled back")] if one.rolled_back else []
    told += [
        terminal.words(sentence, count=count)
        for sentence, count in (
            (mark("runs moved: {count}"), one.moved),
            (mark("runs ended: {count}"), one.ended),
            (mark("runs timed anew: {count}"), one.timed_anew),
        )
        if count
    ]
    sign = ("● ", GOOD) if in_force else ("  ", DIM)
    terminal.show(sign, (one.release, STRONG), f"  {rfc3339(one.at, zone)}  ", one.by, (f"  {' · '.join(told)}", DIM))
