"""`jogral worker`: one worker alone. It becomes the worker process: nothing of the command line stays in memory."""

import os
import sys
from typing import Annotated

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.ledger import bring_into_force, open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project, read_admitted

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def worker(
    context: typer.Context,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Its name in logs; without it, by its process id.")
    ] = "",
    keep_release: Annotated[
        bool, typer.Option("--no-publish", help="Leave what runs as it is: another process publishes the project.")
    ] = False,
) -> None:
    """Run one worker alone; as many as are needed may run, on as many machines.

    The project's files come into force first, unless --no-publish.
    """
    from orchestrator import embedded_redis

    session = session_of(context)
    project = open_project(session)
    with open_ledger(project) as opened:
        if not keep_release:
            bring_into_force(opened, read_admitted(project))
        own_redis = None if opened.settings.redis_url else embedded_redis.find(opened.state)
    command = [sys.executable, "-m", "orchestrator.worker", "--project", str(project.root)]
    if own_redis:  # one that a server of this project has started; else the environment's, or the worker polls
        command += ["--redis", own_redis]
    if name:
        command += ["--name", name]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606  # no shell, and nothing in it is anybody else's
