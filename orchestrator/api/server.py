"""The web application, and the server that carries it: `async with serve(…) as address`."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from orchestrator.api.door import answered, guarded, labelled, recorded
from orchestrator.api.errands import Errands
from orchestrator.api.hearing import Hearing
from orchestrator.api.metrics import Metrics
from orchestrator.api.openapi import describe
from orchestrator.api.reading import BODY_BYTES_MAX
from orchestrator.api.routes import ROUTES
from orchestrator.api.services import API, DESCRIPTION, Api, Keyring, Ringer, Threads
from orchestrator.dispatch.current_release import CurrentRelease
from orchestrator.domain.errors import ConfigurationError, Unavailable
from orchestrator.domain.system import system_words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from orchestrator.app import App
    from orchestrator.dispatch.tick import Bell
    from orchestrator.domain.errors import JogralError
    from orchestrator.release import Release

log = structlog.get_logger()

# How long requests may go on after somebody asked the server to stop.
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: with port 0 asked for, the one that it got."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """`http://127.0.0.1:8080`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


@contextlib.asynccontextmanager
async def serve(  # what it serves, and where
    app: App,
    *,
    bell: Bell,
    host: str = "",
    port: int = 0,
    listener: socket.socket | None = None,
    release: Release | None = None,
    extra: Sequence[Callable[[web.Application], None]] = (),
) -> AsyncIterator[Address]:
    """Serve the API while the block runs; then answer what was asked already, and stop.

    Args:
        app: the project's ledger and settings.
        bell: what wakes workers.
        host: where to listen.
        port: where to listen; 0 takes a free one.
        listener: a socket that listens already, in place of host and port.
        release: what runs, if the caller has it at hand. The ledger says when it is another.
        extra: what else is mounted on the application, such as the console.

    Raises:
        Unavailable: the port is taken. ConfigurationError: nobody could listen there.
    """
    web_app = build_api(app, bell, release)
    for mount in extra:
        mount(web_app)
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        address = await _listen(runner, host, port, listener)
        log.info("serving", host=address.host, port=address.port)
        yield address
    finally:
        await runner.cleanup()
        log.info("served")


def free_port(host: str) -> socket.socket:
    """A socket that listens on a free port, for whoever must know the port before anything is served there.

    Raises ConfigurationError: nobody could listen on that host.
    """
    try:
        return socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise _refused(error, host, 0) from error


def build_api(app: App, bell: Bell, release: Release | None = None) -> web.Application:
    """The application with every route of the table."""
    run = Threads()
    api = Api(
        app=app,
        run=run,
        releases=CurrentRelease(release),
        keyring=Keyring(app.store, app.clock),
        ringer=Ringer(bell),
        hearing=Hearing(app),
        metrics=Metrics(),
        errands=Errands(app, run),
    )
    web_app = web.Application(middlewares=[recorded, answered], client_max_size=BODY_BYTES_MAX)
    web_app[API] = api
    web_app[DESCRIPTION] = json.dumps(describe(), ensure_ascii=False).encode()
    web_app.on_response_prepare.append(labelled)
    web_app.on_cleanup.append(_close)
    for route in ROUTES:
        web_app.router.add_route(route.method, route.path, guarded(route), name=route.name)
    return web_app


async def _close(web_app: web.Application) -> None:
    await web_app[API].errands.close()
    web_app[API].close()


async def _listen(runner: web.AppRunner, host: str, port: int, listener: socket.socket | None) -> Address:
    site = web.SockSite(runner, listener) if listener is not None else web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        raise _refused(error, host, port) from error
    bound = runner.addresses[0]
    return Address(bound[0], bound[1])


def _refused(error: OSError, host: str, port: int) -> JogralError:
    if error.errno == errno.EADDRINUSE:
        return Unavailable(
            "Port {port} of {host} is taken by another program.",
            remedy="End that program, or take another port: --port 8081 (0 takes a free one), or JOGRAL_PORT.",
            host=host,
            port=port,
        )
    if error.errno == errno.EACCES:
        return ConfigurationError(
            "This user may not listen on port {port} of {host}.",
            remedy="Take a port above 1023: --port 8080, or JOGRAL_PORT.",
            host=host,
            port=port,
        )
    return ConfigurationError(
        "Nobody can listen on {host}, port {port}: {why}.",
        remedy="Give an address of this machine: --host 127.0.0.1, or JOGRAL_HOST.",
        host=host,
        port=port,
        why=system_words(error),
    )
