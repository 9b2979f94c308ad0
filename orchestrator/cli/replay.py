"""`jogral replay`: somebody's file of orders, through the real path, into the local inbox."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.app import state_folder
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import bring_into_force, make_ready, open_ledger
from orchestrator.cli.progress import progress_of
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project, read_admitted

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal
    from orchestrator.replay import Accounting

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def replay(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with a header, in UTF-8.")],
    mapping: Annotated[
        str, typer.Option("--mapping", metavar="ID", help="A file of templates/mappings/, by its id or its path.")
    ],
    quarantine: Annotated[
        Path | None,
        typer.Option("--quarantine", metavar="FILE", help="Where rows that do not map are kept, with the reason."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=16, help="How many workers send.")] = 1,
) -> None:
    """Turn the rows of a CSV file into events, and play them into the local inbox.

    Business time follows the events. Nothing reaches anybody: every account must be the outbox. A second run of the
    same file sends nothing twice.
    """
    from orchestrator.app.doorbell import open_bell, open_redis
    from orchestrator.replay import Replay, check_mapping
    from orchestrator.supervisor import Supervisor
    from orchestrator.timeline import require_local

    session = session_of(context)
    project = open_project(session)
    release = read_admitted(project)
    rules, document = project.mapping(mapping)
    check_mapping(rules, release, document)
    kept = quarantine or state_folder(project.root) / "quarantine" / f"{file.stem}.{rules.id}.csv"
    session.left_behind = lambda: session.terminal.words("What was sent stays sent; run the same again to go on.")
    with open_ledger(project, ready=False) as opened:
        make_ready(opened)
        require_local(opened, release)
        bring_into_force(opened, release)
        redis = open_redis(opened)
        try:
            with Supervisor(opened, redis) as supervisor, progress_of(session) as progress:
                supervisor.start(workers)
                accounting = Replay(
                    app=opened, release=release, mapping=rules, bell=open_bell(redis), file=file, quarantine=kept,
                    sleep=time.sleep, progress=progress,
                ).run()  # fmt: skip
        finally:
            if redis is not None:
                redis.stop()
    _tell(session.terminal, accounting, kept)
    raise typer.Exit(1 if accounting.quarantined else 0)


def _tell(terminal: "Terminal", accounting: "Accounting", kept: Path) -> None:
    found = dict(accounting.document)
    terminal.document("replay", ok=bool(found.pop("ok")), **{key: found[key] for key in found if key != "schema"})
    terminal.say(
        "{rows} rows, {events} new events, {repeated} known before.",
        rows=accounting.rows, events=sum(accounting.events.values()), repeated=accounting.events_repeated,
    )  # fmt: skip
    for event_type, count in accounting.events.items():
        terminal.show(f"  {event_type:<28}{count:>8}")
    if accounting.messages:
        terminal.say("Messages that this run asked for:")
    for message, states in accounting.messages.items():
        ended = " · ".join(f"{state} {count}" for state, count in states.items() if state != "requested")
        terminal.show(f"  {message:<28}{states['requested']:>8}  {ended}")
    if accounting.quarantined:
        terminal.say(
            "{count} rows were kept aside, each with the reason: {file}", count=accounting.quarantined, file=kept
        )
