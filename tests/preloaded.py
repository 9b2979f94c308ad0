"""Processes of ours that begin at once: forked from one that has imported everything, instead of started anew.

Whoever wants to see Python itself start (`python -m orchestrator …`) uses `subprocess`; everybody else saves seconds.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[1]

JOGRAL, WORKER = "orchestrator", "orchestrator.worker"
"""What can be asked for, as `python -m` names it."""

# How a keeper tells the process id, and later the exit code: a number of so many bytes each.
NUMBER_BYTES = 4


class Forked:
    """One that was forked for us, looked after like a `subprocess.Popen`. We are not its parent: a keeper is."""

    def __init__(self, command: Sequence[str], report: int) -> None:
        self._command = command
        self._report = report
        self.pid = self._number()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, if it has ended; the negative number of the signal that ended it."""
        self._heard(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        self._heard(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._command, timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end, as an operator does."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def _heard(self, timeout: float | None) -> None:
        if self.returncode is None and select.select([self._report], [], [], timeout)[0]:
            self.returncode = self._number()
            os.close(self._report)

    def _number(self) -> int:
        told = os.read(self._report, NUMBER_BYTES)
        assert told, f"the keeper of {self._command} is gone"
        return int.from_bytes(told, signed=True)


class Preloaded:
    """The process that forks. Several threads may ask it."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded_process", str(theirs.fileno())],
                env={**clean_environment(), "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._control.close()
        self._process.wait()

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int,
        stderr: int,
        whole_end: bool = True,
    ) -> Forked:
        """`python -m module arguments`, with these three file descriptors, of which the caller keeps copies.

        Args:
            module: JOGRAL or WORKER.
            arguments: without the program's own name.
            environment: all of it.
            folder: where it runs.
            stdin: DEVNULL is for nobody who types.
            stdout: a file descriptor.
            stderr: a file descriptor.
            whole_end: whether it ends as Python does, waiting for its threads; a tenth of a second faster without.
        """
        wanted = {
            "module": module,
            "arguments": arguments,
            "environment": dict(environment),
            "folder": str(folder),
            "whole_end": whole_end,
        }
        report, theirs = os.pipe()
        with ExitStack() as stack:
            stack.callback(os.close, theirs)
            if stdin == subprocess.DEVNULL:
                stdin = os.open(os.devnull, os.O_RDONLY)
                stack.callback(os.close, stdin)
            socket.send_fds(self._control, [json.dumps(wanted).encode()], [stdin, stdout, stderr, theirs])
        return Forked([module, *arguments], report)

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, stdin: str
    ) -> tuple[int, str, str]:
        """One `jogral`, from its beginning to its end: exit code, stdout and stderr."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            code = self.start(
                JOGRAL,
                arguments,
                environment,
                folder,
                stdin=given.fileno(),
                stdout=out.fileno(),
                stderr=err.fileno(),
                whole_end=False,
            ).wait()
            return code, _written(out), _written(err)


def _written(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@contextmanager
def pipe() -> Iterator[tuple[IO[str], int]]:
    """Text from a process that is started in this `with`: what we read, and the descriptor that it writes to."""
    ours, theirs = os.pipe()
    try:
        yield os.fdopen(ours, encoding="utf-8"), theirs
    finally:
        os.close(theirs)


def clean_environment() -> dict[str, str]:
    """One that holds nothing of the machine's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8"}
