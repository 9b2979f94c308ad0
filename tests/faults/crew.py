"""Processes of a shop that may die at any moment, and are started again: workers, the API, the timer.

They are forked from one that has imported everything: what is at stake is what they do, not how fast Python starts.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from tests.faults.harness import until
from tests.preloaded import JOGRAL, WORKER

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.faults.harness import Shop
    from tests.preloaded import Forked

POINT = "JOGRAL_FAULT_POINT"
SERVER = "server"
ENDS_SECONDS = 60
READY_SECONDS = 120

# How long a process lives once it works; one that is armed has time to come to its point.
LIFE_SECONDS = 1.5
LIFE_SECONDS_ARMED = 5.0
STORM_POLL_SECONDS = 0.02

_pause = threading.Event()  # nobody sets it


@dataclass
class Member:
    """One place in the crew, and the process that fills it now."""

    name: str
    module: str
    arguments: Sequence[str]
    log: Path
    ready: str
    process: Forked
    point: str = ""
    since: int = 0
    dies_at: float | None = None
    shot: bool = False

    @property
    def works(self) -> bool:
        """Whether it said that it began."""
        with self.log.open("rb") as log:
            log.seek(self.since)
            return self.ready.encode() in log.read()


@dataclass(frozen=True, kw_only=True)
class Death:
    """A process that was killed: by us at a random moment (`point` empty), or by itself at a named point."""

    name: str
    point: str
    at_wall: float


@dataclass
class Crew:
    """Members that are replaced whenever `tend` finds them dead. With the `with` they end as an operator ends them."""

    shop: Shop
    workers: int
    environment: dict[str, str] = field(default_factory=dict)
    arm: Callable[[str], str] = lambda _: ""  # by name: the fault point at which whoever starts next kills itself
    members: list[Member] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)

    def __enter__(self) -> Self:
        for number in range(self.workers):
            self.add_worker(f"worker{number}")
        return self

    def __exit__(self, *_exception: object) -> None:
        for member in self.members:
            member.process.send_signal(signal.SIGCONT)
            member.process.terminate()
        for member in self.members:
            try:
                member.process.wait(ENDS_SECONDS)
            except subprocess.TimeoutExpired:
                member.process.kill()
                member.process.wait()

    def add_worker(self, name: str) -> Member:
        """One more worker, which polls the ledger."""
        return self._add(name, WORKER, ["--project", str(self.shop.folder), "--name", name], "worker_started")

    def add_server(self, port: int) -> Member:
        """The HTTP API on a fixed port, so that its successor is found there too."""
        arguments = ["serve", "--project", str(self.shop.folder), "--no-publish", "--port", str(port)]
        return self._add(SERVER, JOGRAL, arguments, "Serving")

    def add_timer(self, name: str) -> Member:
        """One more timer."""
        return self._add(name, JOGRAL, ["timer", "--project", str(self.shop.folder)], "timer runs")

    def tend(self) -> list[Death]:
        """Start again whoever is dead; whose deaths were found. Raises when somebody ended without being killed."""
        found = []
        for member in self.members:
            code = member.process.poll()
            if code is None:
                continue
            if code != -signal.SIGKILL:
                last = member.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
                raise RuntimeError("\n".join([f"{member.name} ended by itself with {code}.", *last]))
            found.append(Death(name=member.name, point="" if member.shot else member.point, at_wall=time.time()))
            self._start(member)
        self.deaths += found
        return found

    def until_ready(self) -> None:
        """Wait until every member said that it began."""
        until(lambda: all(member.works for member in self.members), seconds=READY_SECONDS, what="the start of the crew")

    def kill(self, member: Member) -> None:
        """As a power cut would end it."""
        member.shot = True
        member.process.kill()
        member.process.wait()

    def storm(self, kills: int, chance: random.Random, after_each: Callable[[], object]) -> None:
        """Until so many were killed, each a while after it began to work, or at the point that it was armed with.

        When it is over nobody is armed any more: whoever still is dies as well.
        """
        while len(self.deaths) < kills:
            for _ in self.tend():
                after_each()
            for member in self.members:
                if member.dies_at is None and member.works:
                    life = LIFE_SECONDS_ARMED if member.point else LIFE_SECONDS
                    member.dies_at = time.monotonic() + chance.uniform(0, life)
                elif member.dies_at is not None and time.monotonic() > member.dies_at:
                    self.kill(member)
            _pause.wait(STORM_POLL_SECONDS)
        self.arm = lambda _: ""
        for member in self.members:
            if member.point and member.process.poll() is None:
                self.kill(member)
        self.tend()

    def _add(self, name: str, module: str, arguments: Sequence[str], ready: str) -> Member:
        log = self.shop.folder / f"{name}.log"
        log.touch()
        member = Member(name=name, module=module, arguments=arguments, log=log, ready=ready, process=_NOBODY)
        self._start(member)
        self.members.append(member)
        return member

    def _start(self, member: Member) -> None:
        point = self.arm(member.name)
        member.since = member.log.stat().st_size
        with member.log.open("ab") as log:
            member.process = self.shop.preloaded.start(
                member.module,
                member.arguments,
                {**self.shop.environment, **self.environment, **({POINT: point} if point else {})},
                self.shop.folder,
                stdout=log.fileno(),
                stderr=log.fileno(),
            )
        member.point, member.shot, member.dies_at = point, False, None


_NOBODY: Any = None
