"""`jogral serve`: the HTTP API, the console and the public pages alone."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from aiohttp import web

from orchestrator.api.server import serve as serving
from orchestrator.app import App, Redis, open_bell, open_redis
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import bring_into_force, open_ledger
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.signals import stop_event
from orchestrator.cli.workplace import open_project, read_admitted
from orchestrator.console import add_console
from orchestrator.public import add_public_pages
from orchestrator.release import Release
from orchestrator.supervisor import RedisWatch

app = typer.Typer(add_completion=False)

Host = Annotated[
    str, typer.Option("--host", metavar="HOST", help="Where to listen; without it, JOGRAL_HOST or this machine.")
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", metavar="N", min=0, max=65_535, help="The port; without it, JOGRAL_PORT or 8080. 0 takes a free one."
    ),
]


@app.command(cls=Command)
def serve(
    context: typer.Context,
    host: Host = "",
    port: Port = None,
    keep_release: Annotated[
        bool, typer.Option("--no-publish", help="Leave what runs as it is: another process publishes the project.")
    ] = False,
) -> None:
    """Run the HTTP API, the console and the public pages. Workers and the timer run elsewhere.

    The project's files come into force first, unless --no-publish.
    """
    session = session_of(context)
    project = open_project(session)
    release = None if keep_release else read_admitted(project)
    with open_ledger(project, talkative=True) as opened:
        redis = open_redis(opened)
        try:
            asyncio.run(_run(session, opened, release, redis, host, port))
        finally:
            if redis is not None:
                redis.stop()


def pages_of(opened: App) -> list[Callable[[web.Application], None]]:
    """What is served beside the API: the console for the shop, and the pages that its customers open."""
    return [partial(add_console, app=opened), partial(add_public_pages, app=opened)]


async def _run(
    session: Session, opened: App, release: Release | None, redis: Redis | None, host: str, port: int | None
) -> None:
    stop = stop_event()
    async with serving(
        opened,
        bell=open_bell(redis),
        host=host or opened.settings.host,
        port=opened.settings.port if port is None else port,
        release=release,
        extra=pages_of(opened),
    ) as address:
        if release is not None:
            # Only now: a `serve` that finds its port taken leaves what runs as it is.
            bring_into_force(opened, release)
        with RedisWatch(redis):
            session.terminal.document("serve", url=address.url)
            session.terminal.say("Serving {url}. Stop it with Ctrl+C.", url=address.url)
            session.terminal.out.file.flush()
            await stop.wait()
