"""Workers as children: started, started again when they die, and ended with whoever started them.

Each worker has a thread that waits for its end, so nothing is polled. Links in what it sends lead to where this process
serves, whatever its environment says of a port. A worker notices the end of this process by the
end of its standard input, however it comes, kill -9 included (see `embedded_redis` for why not PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

import structlog

from orchestrator.domain.errors import JogralError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.app import App
    from orchestrator.app.doorbell import Redis

log = structlog.get_logger()

# A worker that ended this soon after its start did not work at all…
QUICK_SECONDS = 5.0
# …and after this many of them in a row there is something that a person must look at.
QUICK_DEATHS_MAX = 5

PAUSE_SECONDS_MIN = 0.25
PAUSE_SECONDS_MAX = 10.0

# What is on the wire has fifteen seconds; the rest is for settling it.
STOP_SECONDS = 25.0

# How often the embedded Redis is looked after.
REDIS_SECONDS = 2.0


class Supervisor:
    """The workers of one process. Use it in a `with`, which ends them.

    A worker that died by itself has its leases ended at once, so that nobody waits for them to run out.
    """

    def __init__(self, app: App, redis: Redis | None, *, on_give_up: Callable[[], None] = lambda: None) -> None:
        """`on_give_up` is called, from another thread, when a worker dies so often that it is not started any more."""
        self._app = app
        self._redis = redis
        self._on_give_up = on_give_up
        self._name = f"w{app.clock.entropy(4).hex()}"  # nobody else's, on whatever host: `abandon` goes by it
        self._stopping = threading.Event()
        self._keepers: list[_Keeper] = []
        self._redis_watch = RedisWatch(redis)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self, workers: int) -> None:
        """Start as many workers, and look after them until `stop`."""
        self._redis_watch.start()
        for number in range(1, workers + 1):
            keeper = _Keeper(self._app, self._redis, f"{self._name}-{number}", self._stopping, self._on_give_up)
            self._keepers.append(keeper)
            keeper.start()

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that live."""
        return [pid for keeper in self._keepers if (pid := keeper.pid) is not None]

    @property
    def exit_code(self) -> int:
        """0, or how a worker ended that was given up, in the exit codes of the command line."""
        given_up = [keeper.exit_code for keeper in self._keepers if keeper.exit_code is not None]
        return next((code for code in given_up if code > 0), 1) if given_up else 0

    def stop(self) -> None:
        """End every worker, and wait until what they had on the wire is settled."""
        self._stopping.set()
        for keeper in self._keepers:
            keeper.end()
        for keeper in self._keepers:
            keeper.join()
        self._redis_watch.stop()


class RedisWatch:
    """Looks after the embedded Redis, if there is one: a dead server is started again, an owner's death taken over."""

    def __init__(self, redis: Redis | None) -> None:
        self._embedded = redis.embedded if redis is not None else None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="redis-watch", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to look."""
        if self._embedded is not None:
            self._thread.start()

    def stop(self) -> None:
        """Look no more; the server goes on."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        assert self._embedded is not None
        while not self._stopping.wait(REDIS_SECONDS):
            self._embedded.ensure()


class _Keeper:
    """One worker's place: whoever works there now, and the thread that waits for them."""

    def __init__(
        self, app: App, redis: Redis | None, name: str, stopping: threading.Event, on_give_up: Callable[[], None]
    ) -> None:
        self._app = app
        self._name = name
        self._command = [
            sys.executable, "-m", "orchestrator.worker", "--project", str(app.root),
            "--name", name, "--until-stdin-ends",
        ]  # fmt: skip
        if redis is not None and redis.embedded is not None:  # somebody's is in the environment, with its password
            self._command += ["--redis", redis.url]
        self._stopping = stopping
        self._on_give_up = on_give_up
        self._process: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)
        self.exit_code: int | None = None

    def start(self) -> None:
        self._thread.start()

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def end(self) -> None:
        """Ask for the end; `join` waits for it."""
        with self._one_at_a_time:
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)

    def join(self) -> None:
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive() and self._process is not None:
            log.warning("worker_killed", worker=self._name, reason=f"It did not end within {STOP_SECONDS:g} s.")
            self._process.kill()
            self._thread.join()

    def _keep(self) -> None:
        quick_deaths = 0
        while (process := self._started()) is not None:
            began = self._app.clock.monotonic()
            code = process.wait()
            _close(process)
            if self._stopping.is_set():
                return
            quick = self._app.clock.monotonic() - began < QUICK_SECONDS
            quick_deaths = quick_deaths + 1 if quick else 0
            log.warning("worker_died", worker=self._name, exit_code=code, quick_deaths=quick_deaths)
            self._free_what_it_held()
            # A ledger or Redis that is away comes back; anything else that ends a worker at once stays.
            if quick_deaths >= QUICK_DEATHS_MAX and code != Unavailable.exit_code:
                self._give_up(code)
                return
            pause = PAUSE_SECONDS_MIN * 2.0 ** max(0, quick_deaths - 1)
            self._stopping.wait(min(pause, PAUSE_SECONDS_MAX))

    def _started(self) -> subprocess.Popen[bytes] | None:
        with self._one_at_a_time:  # so that `end` either finds the process or prevents it
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                self._command,
                env={**os.environ, "JOGRAL_PUBLIC_URL": self._app.public_url},
                stdin=subprocess.PIPE,
                start_new_session=True,  # Ctrl+C in a terminal is for us; we end them in order
            )
            return self._process

    def _free_what_it_held(self) -> None:
        now = self._app.clock.now()
        try:
            with self._app.store.write() as transaction:
                freed = transaction.deliveries.abandon(self._name, now)
        except JogralError as error:
            log.warning("leases_stay", worker=self._name, reason=str(error), remedy="They run out by themselves.")
            return
        log.info("leases_ended", worker=self._name, deliveries=freed)

    def _give_up(self, code: int) -> None:
        self.exit_code = code
        log.error(
            "worker_given_up",
            worker=self._name,
            exit_code=code,
            remedy=f"It ended {QUICK_DEATHS_MAX} times at once; its own lines above say why.",
        )
        self._on_give_up()


def _close(process: subprocess.Popen[bytes]) -> None:
    """The pipe of one that is gone."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
