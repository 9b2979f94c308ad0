"""`jogral demo`: the sample shop with a month behind it, played into the local inbox, and served."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.app import App
from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.help import Command
from orchestrator.cli.init import make_project, sample
from orchestrator.cli.ledger import bring_into_force, make_ready, open_ledger
from orchestrator.cli.progress import progress_of
from orchestrator.cli.serve import Host, Port, listening
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import DIM, GOOD, STRONG
from orchestrator.cli.up import Up
from orchestrator.cli.workplace import read_admitted
from orchestrator.domain.customer import Channel
from orchestrator.folder import MARK

if TYPE_CHECKING:
    from orchestrator.app.doorbell import Redis
    from orchestrator.release import Release

app = typer.Typer(add_completion=False)

FOLDER = Path("casa-lume")


@app.command(cls=Command)
def demo(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The demo's project; made if it is not there.")
    ] = FOLDER,
    once: Annotated[bool, typer.Option("--once", help="Play, print the counts, and end.")] = False,
    host: Host = "",
    port: Port = None,
) -> None:
    """Play the demo shop into the local inbox, and serve it.

    Nothing leaves this machine. Run again on the same day it plays nothing twice; remove the folder to start over.
    """
    from orchestrator.app.doorbell import open_redis
    from orchestrator.project import Project
    from orchestrator.timeline import require_local

    session = session_of(context)
    project = Project(folder.resolve()) if (folder / MARK).is_file() else make_project(folder, sample())
    session.root = project.root
    session.left_behind = lambda: session.terminal.words("What was sent stays sent; run the same again to go on.")
    release = read_admitted(project)
    code = 0
    with open_ledger(project, ready=False) as found, listening(found, host, port) as (opened, listener):
        make_ready(opened)
        require_local(opened, release)
        bring_into_force(opened, release)
        redis = open_redis(opened)
        try:
            _tell(session, folder, _play(session, opened, release, redis))
            if not once:
                everything = Up(session, opened, release, redis, listener, quiet=session.terminal.as_json)
                code = asyncio.run(everything.run(1))
        finally:
            if redis is not None:
                redis.stop()
    if code:
        raise typer.Exit(code)


def _play(session: Session, opened: App, release: "Release", redis: "Redis | None") -> dict[str, Any]:
    from orchestrator.app.doorbell import open_bell
    from orchestrator.demo import Demo
    from orchestrator.supervisor import Supervisor

    with Supervisor(opened, redis) as supervisor, progress_of(session) as progress:
        supervisor.start(1)
        return Demo(
            app=opened,
            release=release,
            bell=open_bell(redis),
            sleep=time.sleep,
            progress=lambda done, total: progress("play", done, total),
        ).run()


def _tell(session: Session, folder: Path, document: dict[str, Any]) -> None:
    from orchestrator.demo import CUSTOMERS

    terminal = session.terminal
    body = {key: value for key, value in document.items() if key not in ("schema", "ok")}
    terminal.document("demo", **body)
    terminal.show(("jogral demo", STRONG), " · Casa Lume · ", terminal.words("nothing leaves this machine"))
    terminal.show(
        ("  ✔ ", GOOD),
        terminal.words(
            "{customers} made-up customers, {events} new events", customers=CUSTOMERS, events=body["events"]
        ),
    )
    for channel in Channel:
        states = body["channels"][channel.value]
        terminal.show(("  ✔ ", GOOD), f"{terminal.words(NAMES[channel]):<10}", _states(states))
    if body["not_sent"]:
        terminal.show("    ", f"{terminal.words('not sent'):<10}", (_states(body["not_sent"]), DIM))
    terminal.say("  Project  {folder}", folder=folder)


def _states(states: dict[str, int]) -> str:
    return " · ".join(f"{state} {count}" for state, count in sorted(states.items()))
