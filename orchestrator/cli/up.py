"""`jogral up`: server, workers and timer in one process tree that ends together."""

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.app import App
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import bring_into_force, make_ready, open_ledger
from orchestrator.cli.serve import Host, Port, listening, pages_of
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.signals import stop_event
from orchestrator.cli.terminal import DIM, GOOD, STRONG, Terminal
from orchestrator.cli.workplace import open_project, read_admitted
from orchestrator.domain.time import rfc3339

if TYPE_CHECKING:
    from orchestrator.api.server import Address
    from orchestrator.app.doorbell import Redis
    from orchestrator.release import Release


app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def up(
    context: typer.Context,
    host: Host = "",
    port: Port = None,
    workers: Annotated[int, typer.Option("--workers", metavar="N", min=1, max=64, help="How many workers.")] = 1,
) -> None:
    """Run everything in one: server, workers and timer.

    The project's own ledger is made and migrated as needed, and its files come into force. Ctrl+C ends all of it.
    """
    from orchestrator import signing_keys
    from orchestrator.app.doorbell import open_redis

    session = session_of(context)
    project = open_project(session)
    release = read_admitted(project)
    with (
        open_ledger(project, talkative=True, ready=False) as found,
        listening(found, host, port) as (opened, listener),
    ):
        make_ready(opened)
        signing_keys.ensure(opened.state, opened.clock)
        _refuse_moved_clock(session.terminal, opened, release)
        redis = open_redis(opened)
        try:
            code = asyncio.run(Up(session, opened, release, redis, listener).run(workers))
        finally:
            if redis is not None:
                redis.stop()
    session.terminal.say("Stopped. What was not sent yet is in the ledger, and goes on next time.")
    if code:
        raise typer.Exit(code)


def _refuse_moved_clock(terminal: Terminal, opened: App, release: "Release") -> None:
    """On moved time only the local inbox may be written to (exit 4); a clock that stands still is worth a word."""
    from orchestrator.timeline import require_local

    with opened.store.read() as transaction:
        clock = transaction.ledger.clock()
    if clock.moved:
        require_local(opened, release)
    if clock.frozen_at is not None:
        terminal.note(
            "Business time stands still at {time}: a replay was cut short. Run it again, or nothing later is sent.",
            time=rfc3339(clock.frozen_at, release.project.timezone),
        )


@dataclass(frozen=True)
class Up:
    """One run of everything. `quiet`: the one JSON document was printed already, so the address goes to stderr."""

    session: Session
    opened: App
    release: "Release"
    redis: "Redis | None"
    listener: socket.socket | None
    quiet: bool = False

    async def run(self, workers: int) -> int:
        """Serve until somebody says stop, or a worker cannot be kept alive; the exit code."""
        from orchestrator.api.server import serve
        from orchestrator.app.doorbell import open_bell
        from orchestrator.cli.timekeeper import Timekeeper
        from orchestrator.supervisor import Supervisor

        stop = stop_event()
        loop = asyncio.get_running_loop()
        bell = open_bell(self.redis)
        supervisor = Supervisor(self.opened, self.redis, on_give_up=partial(_ask, loop, stop))
        # First the server stops, so that nobody waits for an answer while workers settle what is on the wire.
        with supervisor, contextlib.ExitStack() as timers:
            async with serve(
                self.opened,
                bell=bell,
                host=self.opened.settings.host,
                port=self.opened.settings.port,
                listener=self.listener,
                release=self.release,
                extra=pages_of(self.opened),
            ) as address:
                # Only now: an `up` that finds its port taken leaves what runs as it is.
                bring_into_force(self.opened, self.release)
                timers.enter_context(Timekeeper(self.opened, bell))
                supervisor.start(workers)
                self._tell(address, workers)
                await stop.wait()
        return supervisor.exit_code

    def _tell(self, address: "Address", workers: int) -> None:
        terminal = self.session.terminal
        if self.quiet:
            terminal.note("Serving {url}. Stop it with Ctrl+C.", url=address.url)
            return
        terminal.document("up", url=address.url, workers=workers, bell=self.redis is not None)
        terminal.show(("jogral up", STRONG), f" · {self.release.project.name}")
        for line in self._lines(terminal, workers):
            terminal.show(("  ✔ ", GOOD), line)
        url = address.url.replace("127.0.0.1", "localhost")
        for left, right in (
            ((terminal.words("Console"), url), (terminal.words("Inbox"), f"{url}/inbox")),
            (("API", f"{url}/v1"), (terminal.words("Stop"), "Ctrl+C")),
        ):
            terminal.show(f"  {left[0]:<10}", f"{left[1]:<32}", (f"{right[0]:<16}", DIM), right[1])
        terminal.out.file.flush()

    def _lines(self, terminal: Terminal, workers: int) -> list[str]:
        from orchestrator.app.doorbell import open_bell

        return [
            terminal.words("ledger {place}", place=self.opened.store.place),
            terminal.words("{messages} messages, {journeys} journeys in force", messages=len(self.release.messages),
                           journeys=len(self.release.journeys)),
            terminal.words("Redis wakes the workers") if self.redis is not None and open_bell(self.redis).answers()
            else terminal.words("Redis does not answer: workers look for work themselves, every few seconds")
            if self.redis is not None
            else terminal.words("no Redis: workers look for work themselves, four times a second"),
            terminal.words("1 worker") if workers == 1 else terminal.words("{workers} workers", workers=workers),
        ]  # fmt: skip


def _ask(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop, asked from another thread."""
    loop.call_soon_threadsafe(stop.set)
