"""`jogral serve`: the HTTP API, the console and the public pages alone."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.app import App
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import bring_into_force, open_ledger
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.signals import stop_event
from orchestrator.cli.workplace import open_project, read_admitted

if TYPE_CHECKING:
    from aiohttp import web

    from orchestrator.app.doorbell import Redis
    from orchestrator.release import Release


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
    from orchestrator.app.doorbell import open_redis

    session = session_of(context)
    project = open_project(session)
    release = None if keep_release else read_admitted(project)
    with open_ledger(project, talkative=True) as found, listening(found, host, port) as (opened, listener):
        redis = open_redis(opened)
        try:
            asyncio.run(_run(session, opened, release, redis, listener))
        finally:
            if redis is not None:
                redis.stop()


@contextlib.contextmanager
def listening(opened: App, host: str, port: int | None) -> Iterator[tuple[App, socket.socket | None]]:
    """The app as it is reached on the host and port that a command names; and the socket, where any free port will do.

    Links in messages lead there, so the port is known before anything is served.
    """
    from orchestrator.api.server import free_port

    wanted = _listening(opened, host or opened.settings.host, opened.settings.port if port is None else port)
    if wanted.settings.port:
        yield wanted, None
        return
    with free_port(wanted.settings.host) as listener:
        yield _listening(opened, wanted.settings.host, listener.getsockname()[1]), listener


def _listening(opened: App, host: str, port: int) -> App:
    return replace(opened, settings=opened.settings.model_copy(update={"host": host, "port": port}))


def pages_of(opened: App) -> "list[Callable[[web.Application], None]]":
    """What is served beside the API: the console for the shop, and the pages that its customers open."""
    from orchestrator.console.routes import add_console

    return [partial(add_console, app=opened), partial(_add_public_pages, app=opened)]


def _add_public_pages(web_app: "web.Application", app: App) -> None:
    """Theirs is the API's doorbell: whoever asks for something there does not wait for the timer."""
    from orchestrator.api.services import API
    from orchestrator.public import add_public_pages

    add_public_pages(web_app, app, ring=web_app[API].ringer.ring)


async def _run(
    session: Session, opened: App, release: "Release | None", redis: "Redis | None", listener: socket.socket | None
) -> None:
    from orchestrator.api.server import serve as serving
    from orchestrator.app.doorbell import open_bell
    from orchestrator.supervisor import RedisWatch

    stop = stop_event()
    async with serving(
        opened,
        bell=open_bell(redis),
        host=opened.settings.host,
        port=opened.settings.port,
        listener=listener,
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
