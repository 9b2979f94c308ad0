"""The processes of a measurement, and what the kernel says that they used. Linux only: it reads /proc."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.channels import HttpCall

ROOT = Path(__file__).parents[2]
CONCURRENCY = 50
WORKER_ENDS_SECONDS = 60


class Broken(Exception):
    """A process that did not do what the measurement needs."""


@dataclass(frozen=True)
class Worker:
    """A worker that runs."""

    process: subprocess.Popen[bytes]
    log: Path

    def ensure_alive(self) -> None:
        """Raises Broken with the end of its log."""
        if self.process.poll() is not None:
            last = self.log.read_text(encoding="utf-8").splitlines()[-20:]
            raise Broken("\n".join(["The worker ended by itself.", *last]))

    def cpu_seconds(self) -> float:
        """User and system time so far, of all its threads."""
        # The name, in brackets, may hold spaces: the fields are counted after it (proc(5): utime is the 14th).
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_rss_mib(self) -> float:
        """The most memory that it ever held."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise Broken("the kernel does not say how much memory the worker held")


@contextmanager
def worker(project: Path, environment: Mapping[str, str], name: str = "bench") -> Iterator[Worker]:
    """One worker that polls the ledger, until the end of the `with`."""
    command = [sys.executable, "-m", "orchestrator.worker", "--project", str(project), "--name", name]
    log = project / f"{name}.log"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(command, cwd=ROOT, stderr=stderr, env={**os.environ, **environment}) as process,
    ):
        try:
            yield Worker(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(WORKER_ENDS_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def sink() -> Iterator[str]:
    """The fast sink of this folder; its base URL."""
    command = [sys.executable, "-m", "tests.bench.sink"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = process.stdout.readline()
        try:
            yield f"http://127.0.0.1:{int(port)}"
        finally:
            process.stdin.close()


@dataclass(frozen=True)
class Bare:
    """What a bare loop did."""

    per_s: float
    cpu_s_per_1000: float


def bare(call: HttpCall, url: str, posts: int) -> Bare:
    """Posts like this call, in a bare loop in a process of its own."""
    wanted = {
        "url": url,
        "headers": dict(call.headers),
        "body": base64.b64encode(call.body).decode(),
        "posts": posts,
        "concurrency": CONCURRENCY,
    }
    return Bare(**asked("tests.bench.bare", wanted))


def asked(module: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What a module of ours prints about a document, in a process of its own. Raises Broken."""
    ended = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, input=json.dumps(wanted).encode(), capture_output=True, check=False
    )
    if ended.returncode:
        raise Broken(f"{module} failed: {ended.stderr.decode().strip().splitlines()[-1]}")
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


@contextmanager
def providers() -> Iterator[tuple[int, int]]:
    """The providers that cost next to nothing: the ports of HTTP and of SMTP."""
    command = [sys.executable, "-m", "tests.bench.providers"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ports = int(process.stdout.readline()), int(process.stdout.readline())
        try:
            yield ports
        finally:
            process.stdin.close()
