"""`jogral pauses`: what is paused now."""

from typing import Any

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.pausing import in_words
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, STRONG
from orchestrator.cli.workplace import open_project
from orchestrator.domain.pause import Pause, PauseScope
from orchestrator.domain.time import rfc3339

app = typer.Typer(add_completion=False)

# Enough for what a person can read; a customer's own pauses may be many more, and the API has pages.
SHOWN_MAX = 1_000


@app.command(cls=Command)
def pauses(context: typer.Context) -> None:
    """List what is paused now, oldest first: since when, until when, by whom and why."""
    from orchestrator.console.grounds import pause_words
    from orchestrator.console.teller import Teller

    session = session_of(context)
    terminal = session.terminal
    project = open_project(session)
    with open_ledger(project) as opened:
        zone = running_release(opened, project).project.timezone
        with opened.store.read() as transaction:
            business_now = transaction.ledger.clock().now(opened.clock.now())
            found = transaction.pauses.page("", SHOWN_MAX, business_now=business_now)
    terminal.document("pauses", items=[_document(one, zone) for one in found])
    if not found:
        terminal.say("Nothing is paused.")
    for one in found:
        told = in_words(terminal, one.scope, one.subject)
        about = pause_words(told, one, Teller(terminal.language, terminal.translate, zone, business_now))
        terminal.show((told, BAD if one.scope is PauseScope.ALL else STRONG), about.removeprefix(told))


def _document(one: Pause, zone: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "scope": one.scope.value,
        "subject": one.subject,
        "reason": one.reason,
        "by": one.by,
        "at": rfc3339(one.at, zone),
        "until": rfc3339(one.until, zone) if one.until is not None else None,
    }
