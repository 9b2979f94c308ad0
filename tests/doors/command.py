"""The command `jogral` as a person runs it: a process of its own, in a project folder."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    """`environment` adds to one that holds nothing of the machine's own settings."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: object, stdin: str | None = None, **environment: str) -> Done:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.env(**environment),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: object, **environment: str) -> Running:
        return Running(self.command(*arguments), self.folder, self.env(**environment))

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "orchestrator", *map(str, arguments)]

    def env(self, **environment: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return {**kept, "LANG": "C.UTF-8", **self.environment, **environment}


class Running:
    """A command that stays. Leaving the `with` kills it, if the test has not ended it."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.log: list[str] = []
        self._logged = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()

    def line(self) -> str:
        """Its next line on stdout."""
        line = self.process.stdout.readline()
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
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def _of(self, event: str) -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in self.log if line.startswith("{"))
        return [line for line in lines if line.get("event") == event]

    def _read(self) -> None:
        for line in self.process.stderr:
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
