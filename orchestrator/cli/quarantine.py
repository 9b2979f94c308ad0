"""`jogral events quarantine`: events that nobody understood, and what becomes of them."""

import contextlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.actor import Reason, actor, put_on_record
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG, Terminal
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import InputError
from orchestrator.domain.time import rfc3339
from orchestrator.store.port import Chosen
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.app import App
    from orchestrator.dispatch.accept import Accepted, EventDesk
    from orchestrator.store.port import QuarantinedEvent


app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    help=mark("See events that nobody understood, and mend them."),
)

# Enough for what a person can read; the API has pages.
SHOWN_MAX = 1_000

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Events, as `jogral events quarantine list` shows them.")
]
OfType = Annotated[str, typer.Option("--type", metavar="TYPE", help="Those of this type.")]
Every = Annotated[bool, typer.Option("--all", help="All of them.")]


@app.command("list", cls=Command)
def list_quarantined(context: typer.Context, of_type: OfType = "") -> None:
    """List what waits, in the order in which it came, and what stands against each event now."""
    from orchestrator.dispatch.accept import mending

    session = session_of(context)
    with _opened(session) as (opened, desk), opened.store.read() as transaction:
        rows = transaction.quarantine.page("", SHOWN_MAX, of_type=of_type or None)
        problems = mending.problems(transaction, desk, rows)
        waiting = transaction.quarantine.waiting()
    terminal, zone = session.terminal, desk.release.project.timezone
    terminal.document(
        "events.quarantine.list",
        waiting=waiting.count,
        items=[_document(row, zone) | _problem(problems.get(row.id), terminal) for row in rows],
    )
    for row in rows:
        terminal.show(f"{row.id}  ", (row.type, STRONG), f"  {row.source}/{row.source_id}  ",
                      (rfc3339(row.occurred_at, zone), DIM))  # fmt: skip
        _show_problem(terminal, problems.get(row.id))
    if not rows:
        terminal.say("Nothing waits.")
    elif len(rows) == SHOWN_MAX:
        terminal.say("These are the first {count}; {waiting} wait in all.", count=SHOWN_MAX, waiting=waiting.count)


@app.command(cls=Command)
def show(
    context: typer.Context,
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event, as `list` shows it.")],
    reason: Reason = "",
) -> None:
    """Show an event as it came, with everything that stands against it now."""
    from orchestrator.dispatch.accept import mending

    session = session_of(context)
    with _opened(session) as (opened, desk):
        with opened.store.read() as transaction:
            row = mending.held(transaction, event_id)
            problem = mending.problems(transaction, desk, [row]).get(row.id)
        put_on_record(opened, desk.release, reason, "event", [row.customer_id] if row.customer_id else [])
    terminal, zone = session.terminal, desk.release.project.timezone
    terminal.document(
        "events.quarantine.show", **{**_document(row, zone), **_problem(problem, terminal), **row.content}
    )
    for name, value in _document(row, zone).items():
        terminal.show((f"{name:<13}", DIM), value)
    for name, part in row.content.items():
        terminal.show((f"{name:<13}", DIM), json.dumps(part, ensure_ascii=False, indent=2))
    _show_problem(terminal, problem)


@app.command(cls=Command)
def retry(context: typer.Context, ids: Ids = None, of_type: OfType = "", every: Every = False) -> None:
    """Accept events after all, once what they name was mended: in the order in which they happened.

    What a retry does not understand stays. It is told by the release that runs: apply what you changed first.
    """
    from orchestrator.dispatch.accept import Accepted, mending

    session = session_of(context)
    terminal = session.terminal
    chosen = _chosen(ids, of_type, every)
    items: list[dict[str, Any]] = []
    counts: Counter[str] = Counter(accepted=0, waiting=0)
    with _opened(session) as (opened, desk):
        zone, after = desk.release.project.timezone, None
        while True:
            with opened.store.write() as transaction:
                done = mending.retry(transaction, desk, chosen, by=actor(), after=after)
            ring(opened, {request.purpose.value for one in done.accepted for request in one.requests})
            for row, result in done.results:
                accepted = isinstance(result, Accepted)
                counts["accepted" if accepted else "waiting"] += 1
                items.append(_document(row, zone) | _outcome(result, terminal))
                _show_outcome(terminal, row, result)
            after = done.after
            if after is None:
                break
    terminal.document("events.quarantine.retry", ok=not counts["waiting"], **counts, items=items)
    terminal.say("{accepted} accepted, {waiting} not understood yet.", **counts)
    if counts["waiting"]:
        raise typer.Exit(1)


@app.command(cls=Command)
def discard(context: typer.Context, ids: Ids = None, of_type: OfType = "", every: Every = False) -> None:
    """Throw events away, for good. That it was done is put on record, and what they said is not."""
    from orchestrator.dispatch.accept import mending

    session = session_of(context)
    chosen = _chosen(ids, of_type, every)
    with _opened(session) as (opened, _), opened.store.write() as transaction:
        discarded = mending.discard(transaction, opened.clock, chosen, by=actor())
    session.terminal.document("events.quarantine.discard", discarded=discarded)
    session.terminal.say("Discarded: {count}.", count=discarded)


@contextlib.contextmanager
def _opened(session: Session) -> "Iterator[tuple[App, EventDesk]]":
    """The app, and the desk of the release that runs."""
    from orchestrator.dispatch.accept import EventDesk

    project = open_project(session)
    with open_ledger(project) as opened:
        yield opened, EventDesk(release=running_release(opened, project), clock=opened.clock)


def _chosen(ids: list[str] | None, of_type: str, every: bool) -> Chosen:
    if sum((bool(ids), bool(of_type), every)) != 1:
        raise InputError(
            "Choose events in exactly one way: by their ids, --type, or --all.",
            remedy="See them: jogral events quarantine list",
            code="usage",
        )
    return Chosen(ids=tuple(ids) if ids else None, type=of_type or None)


def _show_problem(terminal: Terminal, error: InputError | None) -> None:
    if error is None:
        terminal.show("    ", (terminal.words("Nothing stands against it any more: retry it."), GOOD))
        return
    terminal.show("    ", error.told(terminal.translate))
    for one in error.fields if len(error.fields) > 1 else ():
        terminal.show("    ", (f"{one.pointer}  ", DIM), one.told(terminal.translate))
    remedy = error.remedy(terminal.translate)
    if remedy:
        terminal.show("    ", ("= ", DIM), remedy)


def _show_outcome(terminal: Terminal, row: "QuarantinedEvent", result: "Accepted | InputError") -> None:
    if isinstance(result, InputError):
        terminal.show(("  ✖ ", BAD), f"{row.id}  {row.type}")
        _show_problem(terminal, result)
    else:
        terminal.show(("  ✔ ", GOOD), f"{row.id}  {row.type:<24}{result.customer_id:<20}  ", (result.event_id, DIM))


def _document(row: "QuarantinedEvent", zone: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type,
        "source": row.source,
        "source_id": row.source_id,
        "occurred_at": rfc3339(row.occurred_at, zone),
        "received_at": rfc3339(row.received_at, zone),
        "tried_at": rfc3339(row.tried_at, zone),
    }


def _problem(error: InputError | None, terminal: Terminal) -> dict[str, Any]:
    """What stands against it, as `events send` tells it; null where nothing does."""
    if error is None:
        return {"error": None}
    fields = [
        {"pointer": one.pointer, "code": one.code, "detail": one.told(terminal.translate)} for one in error.fields
    ]
    told, remedy = error.told(terminal.translate), error.remedy(terminal.translate)
    return {"error": {"code": error.code, "message": told, "remedy": remedy, "fields": fields}}


def _outcome(result: "Accepted | InputError", terminal: Terminal) -> dict[str, Any]:
    if isinstance(result, InputError):
        return {"accepted": False} | _problem(result, terminal)
    return {"accepted": True, "event_id": result.event_id, "customer_id": result.customer_id}
