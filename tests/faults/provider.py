"""A provider in a process of its own, whose log of what it took is the judge's truth.

    with provider.running(folder) as shop_window:
        shop_window.behave("keys", drop=0.02, remembers_keys=True)
        url = shop_window.url("keys")  # POST a message here, GET {url}/{reference} looks one up
        ...
        shop_window.calls()

The first step of the path names the account: each behaves as it was told. Every call is written down before it is
answered, whether it was taken or not; the process that answers it knows nothing of ours (`provider_process`).
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SECONDS = 20  # for anything that the process is asked; reached only when something is wrong


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How an account answers. Shares are of all its calls, drawn from the provider's seed.

    `latency_s` passes before any answer. After every `quota` calls that it took, it refuses all others for
    `retry_after_s`; 0 is no quota.
    """

    latency_s: float = 0.0
    drop: float = 0.0  # takes the message and hangs up
    black_hole: float = 0.0  # takes it and never answers
    slow_loris: float = 0.0  # takes it and answers a byte a second
    fail: float = 0.0  # 500: does not take it
    refuse: float = 0.0  # 429: does not take it
    quota: int = 0
    retry_after_s: int = 1
    remembers_keys: bool = False  # a repeated idempotency key has the first answer, and nothing is taken


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call as the provider saw it. Seconds are of the machine's monotonic clock, and of the wall's.

    `ending` is how it was answered: `ok`, `repeated`, or the name of a share. `looked_up` calls only asked.
    """

    account: str
    reference: str
    key: str
    customer: str
    message: str
    object: str
    to: str
    text: str
    ending: str
    taken: bool
    looked_up: bool
    retry_after_s: int
    first_byte: float
    at: float
    first_byte_wall: float
    at_wall: float


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A running provider."""

    port: int
    smtp_port: int
    control_port: int
    log: Path
    process: subprocess.Popen[bytes]

    def url(self, account: str) -> str:
        """Where an account takes messages; a reference behind it looks one up."""
        return f"http://127.0.0.1:{self.port}/{account}/messages"

    def behave(self, account: str = "", **behaviour: Any) -> None:
        """From the next call on, an account (`""`: all that nobody spoke of) behaves so, and in no other way."""
        self._order({"account": account, "behaviour": asdict(Behaviour(**behaviour))})

    def tell(self, **wanted: Any) -> None:
        """Send receipts; returns when all were answered. See `provider_process.Receipts`."""
        self._order({"receipts": wanted})

    def calls(self) -> list[Call]:
        """Every call so far, in the order in which they were answered; look-ups are among them."""
        return [Call(**json.loads(line)) for line in self.log.read_bytes().splitlines()]

    def taken(self) -> list[Call]:
        """What it has accepted: each of these reached a customer."""
        return [call for call in self.calls() if call.taken]

    def _order(self, order: dict[str, Any]) -> None:
        with socket.create_connection(("127.0.0.1", self.control_port), SECONDS) as control:
            control.sendall(json.dumps(order).encode() + b"\n")
            control.settimeout(None)
            answer = control.makefile("rb").readline()
        assert answer == b"done\n", f"the provider does not understand {order}: {answer!r}"


@contextmanager
def running(folder: Path, *, seed: int = 0) -> Iterator[Provider]:
    """A provider for the length of a `with`; its log lies in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "provider.jsonl"
    log.touch()
    command = [sys.executable, "-m", "tests.faults.provider_process", "--log", str(log), "--seed", str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ports = process.stdout.readline().split()
        assert len(ports) == 3, "the provider did not start"
        http, smtp, control = map(int, ports)
        try:
            yield Provider(port=http, smtp_port=smtp, control_port=control, log=log, process=process)
        finally:
            process.stdin.close()
            process.wait(SECONDS)
