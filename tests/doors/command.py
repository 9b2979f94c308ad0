"""The command `jogral` as a person runs it: a process of its own, in a project folder."""

from __future__ import annotations

import json
import os
import select
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from tests.preloaded import JOGRAL, clean_environment, pipe

if TYPE_CHECKING:
    from pathlib import Path

    from tests.preloaded import Preloaded

SECONDS = 30  # for anything that is waited for; reached only by a test that fails


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.out)


@dataclass(frozen=True)
class Jogral:
    """The command in a folder; `environment` adds to one that holds nothing of the machine's own settings."""

    folder: Path
    preloaded: Preloaded
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: object, stdin: str = "", **environment: str) -> Done:
        done = Done(*self.preloaded.run([*map(str, arguments)], self.env(**environment), self.folder, stdin))
        assert "Traceback" not in done.err, done.err
        assert '"crashed"' not in done.err, done.err
        return done

    def start(self, *arguments: object, **environment: str) -> Running:
        """One that stays."""
        return Running(self.preloaded, [*map(str, arguments)], self.env(**environment), self.folder)

    def env(self, **environment: str) -> dict[str, str]:
        return {**clean_environment(), **self.environment, **environment}


class Running:
    """A command that stays. Leaving the `with` kills it, if the test has not ended it."""

    def __init__(self, preloaded: Preloaded, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
        with pipe() as (self._stdout, out), pipe() as (self._stderr, err):
            self.process = preloaded.start(JOGRAL, arguments, environment, folder, stdout=out, stderr=err)
        self.log: list[str] = []
        self._logged = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()

    def line(self) -> str:
        """Its next line on stdout."""
        line = self._stdout.readline()
        assert line, "".join(self.log)
        return line

    def logged(self, event: str, *, times: int = 1) -> list[dict[str, Any]]:
        """Its log lines of one event, once there are so many."""
        with self._logged:
            enough = self._logged.wait_for(lambda: len(self._of(event)) >= times, SECONDS)
        assert enough, "".join(self.log)
        return self._of(event)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(number)
        return self._ended()

    def kill(self) -> int:
        self.process.kill()
        return self._ended()

    def wait(self) -> int:
        return self._ended()

    def _ended(self) -> int:
        code = self.process.wait(SECONDS)
        self._reader.join()
        self._stdout.close()
        self._stderr.close()
        return code

    def _of(self, event: str) -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in self.log if line.startswith("{"))
        return [line for line in lines if line.get("event") == event]

    def _read(self) -> None:
        for line in self._stderr:
            with self._logged:
                self.log.append(line)
                self._logged.notify_all()


def ended(pid: int) -> bool:
    """Whether a process that need not be our child ends in time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], SECONDS)[0])
    finally:
        os.close(handle)
