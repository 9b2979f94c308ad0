"""`jogral audit`: does the ledger hold anything that must never be there? And who did what: see `cli.chain`."""

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import chain
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD, Terminal
from orchestrator.cli.workplace import open_project
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.dispatch.audit import Violation


app = typer.Typer(cls=Group, add_completion=False, invoke_without_command=True)

SAID = {
    "sent_twice": mark("nothing arrived twice"),
    "marketing_resent_in_doubt": mark("no marketing was sent again in doubt"),
    "sent_after_opt_out": mark("nothing was sent after an opt-out"),
    "sent_to_suppressed": mark("nothing was sent to a suppressed address"),
    "ended_without_reason": mark("whatever was not sent says why"),
    "sent_without_decision": mark("whatever was sent was decided, and its words are kept"),
    "not_in_the_sum": mark("what was requested is the sum of the states"),
    "fired_for_nothing": mark("every timer that fired made its message"),
    "overdue_on_the_wire": mark("every call was settled in time"),
    "overdue_in_the_queue": mark("nothing that is due lies still"),
    "sending_without_rendering": mark("what is on the wire has its words in the ledger"),
    "doubt_too_old": mark("no doubt is older than 72 hours"),
    "receipt_without_delivery": mark("every receipt found its message within a day"),
    "timer_overdue": mark("every timer fires in time"),
    "over_cap": mark("no frequency cap was exceeded"),
    "in_quiet_hours": mark("no marketing was sent in quiet hours"),
}
"""Each invariant as what holds."""


@app.callback()
def audit(context: typer.Context) -> None:
    """Look for anything in the ledger that must never be there. Without a command: run."""
    if context.invoked_subcommand is None:
        _run(context, everything=False)


@app.command(cls=Command)
def run(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="The whole ledger, from its beginning: it may take minutes.")
    ] = False,
) -> None:
    """Check every invariant now, as the timer does each minute.

    Without --all: what stands open, and the newest 5,000 decisions and 20,000 messages.
    Exit code 1: something does not hold.
    """
    _run(context, everything=everything)


app.command("verify", cls=Command)(chain.verify)
app.command("log", cls=Command)(chain.log_)


def _run(context: typer.Context, *, everything: bool) -> None:
    from orchestrator.dispatch.audit import INVARIANTS, Auditor, violations

    session = session_of(context)
    with open_ledger(open_project(session)) as opened:
        now = opened.clock.now()
        found = violations(opened.store, now) if everything else Auditor(opened.store).look(now)
    broken = {one.invariant: one for one in found}
    session.terminal.document(
        "audit.run",
        ok=not broken,
        items=[
            {
                "invariant": invariant,
                "count": broken[invariant].count if invariant in broken else 0,
                "ids": list(broken[invariant].ids) if invariant in broken else [],
            }
            for invariant in INVARIANTS
        ],
    )
    for invariant in INVARIANTS:
        _show(session.terminal, invariant, broken.get(invariant))
    if broken:
        raise typer.Exit(1)


def _show(terminal: Terminal, invariant: str, broken: "Violation | None") -> None:
    words = terminal.translate(SAID[invariant])
    if broken is None:
        terminal.show(("  ✔ ", GOOD), words)
        return
    terminal.show(("  ✖ ", BAD), words, (f"  {invariant}: {broken.count}", DIM))
    for key in broken.ids:
        terminal.show("      ", key)
