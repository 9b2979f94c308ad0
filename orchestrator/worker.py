"""A worker: one long-lived process that drains lanes when a bell rings, and looks for itself when none does.

RQ owns the main thread (signals); the event loop with its pooled connections runs in a second one, the database in a
third. It is started as `python -m orchestrator.worker`, so that nothing that only doors need is in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from concurrent.futures import wait
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import uvloop

from orchestrator.app import open_app, require_schema
from orchestrator.app.doorbell import configured_redis
from orchestrator.app.draining import open_drain
from orchestrator.app.log import open_log
from orchestrator.app.threads import DatabaseThread, DatabaseThreads
from orchestrator.dispatch.forwarding import forward_due
from orchestrator.dispatch.heard.receipts import apply_parked, expire_parked
from orchestrator.dispatch.sweep import sweep
from orchestrator.dispatch.wake import wake
from orchestrator.domain.errors import JogralError
from orchestrator.domain.message import LANES
from orchestrator.queue import connect, listen
from orchestrator.redaction import tell_crashes
from orchestrator.settings import read_settings

if TYPE_CHECKING:
    from redis import Redis

    from orchestrator.app import App
    from orchestrator.dispatch.drain import Drain

log = structlog.get_logger()

# How often a worker looks for itself. With a bell it is a safety net; without one it is how work is found.
POLL_SECONDS_WITH_BELL = 3.0
POLL_SECONDS_WITHOUT = 0.25

SWEEP_SECONDS = 15.0

# Net allocations, and generations, between two looks for cyclic garbage. A slice builds tens of thousands of objects
# that die with it, by themselves: Python's own thresholds (700, 10, 10) spent a third of the worker's time looking.
COLLECT_EVERY = (50_000, 20, 100)

# How long a thread waits for one that computes. The database threads let go of the interpreter at every statement, and
# waited for longer than they worked: Python's own 5 ms cost a third of what a worker sends through PostgreSQL.
INTERPRETER_TURN_SECONDS = 0.0003

# After an outage of the ledger: long enough not to hammer it, short enough to be back soon.
OUTAGE_SECONDS = 2.0

# How often whoever waits for the event loop looks whether it still runs.
LOOP_LOOK_SECONDS = 1.0

# The exit code after a mistake of ours, whose traceback is in the log.
CRASHED = 1


class Worker:
    """The event loop's side: draining on request, polling and sweeping by itself."""

    def __init__(self, app: App, name: str, *, has_bell: bool) -> None:
        self._app = app
        self._name = name
        self._poll_seconds = POLL_SECONDS_WITH_BELL if has_bell else POLL_SECONDS_WITHOUT
        self._loop = uvloop.new_event_loop()
        self._stopping = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire")
        self._drain: Drain | None = None
        self._forwarding: asyncio.Task[None] | None = None
        self.failure: JogralError | None = None

    def start(self) -> None:
        """Begin; returns when the worker can drain, or has failed."""
        self._thread.start()
        self._ready.wait()

    def drain(self, lane: str) -> None:
        """Drain until nothing is left. Called by RQ on the main thread; `lane` is why, every lane is looked at."""
        log.debug("rung", lane=lane)
        if self._stopping.is_set():
            return
        drained = asyncio.run_coroutine_threadsafe(self._drained(), self._loop)
        while self.runs and not wait([drained], timeout=LOOP_LOOK_SECONDS).done:
            pass  # a loop that ended would never answer
        if drained.done():
            try:
                drained.result()
            except JogralError as error:
                log.error("cannot_drain", reason=str(error))  # noqa: TRY400  # a sentence, not a stack

    def stop(self) -> None:
        """Ask it to end; safe from a signal handler."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stopping.set)

    def join(self) -> None:
        """Wait until what is on the wire is settled."""
        self._thread.join()

    @property
    def runs(self) -> bool:
        """Whether it still drains by itself: after a crash, bells must not be answered in its name."""
        return self._thread.is_alive()

    @property
    def asked_to_end(self) -> bool:
        """Whether it ended because somebody wanted it to."""
        return self._stopping.is_set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        except JogralError as error:
            self.failure = error
        finally:
            self._ready.set()
            self._loop.close()

    async def _main(self) -> None:
        threads = DatabaseThreads(self._app.store)
        run = threads.run
        self._drain, transport = open_drain(self._app, threads, self._name)
        try:
            await run(lambda: require_schema(self._app.store))
            _collect_seldom()
            sys.setswitchinterval(INTERPRETER_TURN_SECONDS)
            self._ready.set()
            log.info("worker_started", worker=self._name, poll_seconds=self._poll_seconds)
            await self._poll(run)
        finally:
            if self._forwarding is not None:
                await self._forwarding
            await transport.close()
            threads.close()
            log.info("worker_ended", worker=self._name)

    async def _poll(self, run: DatabaseThread) -> None:
        next_sweep = 0.0
        while not self._stopping.is_set():
            try:
                if self._app.clock.monotonic() >= next_sweep:
                    next_sweep = self._app.clock.monotonic() + SWEEP_SECONDS
                    assert self._drain is not None
                    await sweep(self._drain)
                    await wake(self._drain)
                    await self._hear(run)
                    self._begin_to_forward()
                await self._drained()
                pause = self._poll_seconds
            except JogralError as error:
                log.error("cannot_drain", reason=str(error), retry_seconds=OUTAGE_SECONDS)  # noqa: TRY400  # a sentence, not a stack
                pause = OUTAGE_SECONDS
                # Leases ran out meanwhile: whoever holds answers gets to write them before anybody doubts them.
                next_sweep = self._app.clock.monotonic() + SWEEP_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
        # A drain that a bell began may still be sending: this one waits for it, and takes nothing itself.
        await self._drained()

    async def _hear(self, run: DatabaseThread) -> None:
        """News that came before what it is about, and what the door could not apply."""
        await run(lambda: apply_parked(self._app.store, self._app.clock))
        await run(lambda: expire_parked(self._app.store, self._app.clock.now()))

    def _begin_to_forward(self) -> None:
        """Beside the round: who answers people may hang, and nobody's messages wait for that."""
        if self._forwarding is None or self._forwarding.done():
            self._forwarding = self._loop.create_task(self._forward())

    async def _forward(self) -> None:
        """What people wrote, to who answers them."""
        assert self._drain is not None
        secret, settings = self._app.settings.forward_secret, self._app.settings
        given = "" if secret is None else secret.get_secret_value()
        try:
            await forward_due(self._drain, secret=given, staging=settings.environment == "staging")
        except JogralError as error:
            log.warning("cannot_forward", reason=str(error))
        except Exception:
            # It stays asked for; the worker has other work.
            log.exception("cannot_forward")

    async def _drained(self) -> int:
        assert self._drain is not None
        return await self._drain.drain(stop=self._stopping.is_set)


def main(arguments: list[str] | None = None) -> int:
    """The process. Exit codes are those of the command line."""
    parser = argparse.ArgumentParser(prog="jogral worker")
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--redis", default="", help="our own doorbell; without it, JOGRAL_REDIS_URL")
    parser.add_argument("--name", default=f"worker-{os.getpid()}")
    parser.add_argument("--until-stdin-ends", action="store_true", help="end with the process that started this one")
    options = parser.parse_args(arguments)
    if options.until_stdin_ends:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        settings = read_settings()
        open_log(settings)
        tell_crashes()
        app = open_app(options.project, settings)
        redis_url = options.redis or configured_redis(settings)
        bell = connect(redis_url, listening=True) if redis_url else None
    except JogralError as error:
        print(f"jogral worker: {error}", file=sys.stderr)  # noqa: T201  # before there is a log
        return error.exit_code
    worker = Worker(app, options.name, has_bell=bell is not None)
    for number in (signal.SIGTERM, signal.SIGINT):
        # Before it drains: to be killed in the middle of its first slice would leave doubts behind.
        signal.signal(number, lambda _number, _frame: worker.stop())
    worker.start()
    if worker.failure is None:
        _listen(worker, bell, options.name)
    worker.stop()
    worker.join()
    app.close()
    if worker.failure is not None:
        log.error("worker_failed", reason=str(worker.failure))
        return worker.failure.exit_code
    return 0 if worker.asked_to_end else CRASHED


def _end_with_stdin() -> None:
    """Whoever started us holds the other end and writes nothing: when they end, the kernel closes it."""
    while os.read(0, 1):  # not sys.stdin: its lock would be held by this thread when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _collect_seldom() -> None:
    """What was loaded by now stays for good, and is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_EVERY)


def _listen(worker: Worker, bell: Redis | None, name: str) -> None:
    """Until SIGTERM or SIGINT: by bells, or, without a Redis, by polling alone."""
    if bell is not None:
        listen(bell, LANES, worker.drain, name=name, stop=lambda: not worker.runs, on_stop=worker.stop)
        return
    log.warning("polling", remedy="Without Redis, messages wait for the next look at the ledger.")
    worker.join()


if __name__ == "__main__":
    sys.exit(main())
