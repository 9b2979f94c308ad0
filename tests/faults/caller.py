"""A shop that asks us for messages, in a process of its own, and keeps its own list of what it was promised.

    python -m tests.faults.caller --url http://127.0.0.1:8080 --rate 20 --log FILE --channels push --customers ID ID ID

The key stands in JOGRAL_KEY. It asks so many times a second, each time for another message, until its standard input
ends. What was not promised is asked again under the same Idempotency-Key, when Retry-After says so, until it is. Every
answer is a line of the log (`Answer`), written as it came; at the end nothing is open, or the exit code says so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]

ACCEPTED = 202
NO_ANSWER = 0

AGAIN_SECONDS = 0.5
ANSWER_SECONDS = 30.0
PATIENCE_SECONDS = 60.0  # how long it asks on after its end


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one question got. Instants are the wall's seconds; status 0: the connection broke, or nothing came."""

    wish: int
    status: int
    id: str
    retry_after: str
    asked_at: float
    at: float


@dataclass(frozen=True)
class Caller:
    """The process, seen from outside."""

    process: subprocess.Popen[bytes]
    log: Path

    def answers(self) -> list[Answer]:
        """So far."""
        return [Answer(**json.loads(line)) for line in self.log.read_bytes().splitlines()]

    def end(self) -> list[Answer]:
        """Ask for nothing new, wait until everything is promised; all answers."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(PATIENCE_SECONDS + ANSWER_SECONDS)
        assert code == 0, "the caller was not promised everything that it asked for"
        return self.answers()


@contextmanager
def calling(
    url: str, secret: str, log: Path, *, per_second: float, customers: Sequence[str], channels: Sequence[str]
) -> Iterator[Caller]:
    """A caller for the length of a `with`; `end` it for its answers."""
    command = [sys.executable, "-m", "tests.faults.caller", "--url", url, "--rate", str(per_second), "--log", str(log)]
    log.touch()
    with subprocess.Popen(
        [*command, "--channels", *channels, "--customers", *customers],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        env={**os.environ, "JOGRAL_KEY": secret},
    ) as process:
        try:
            yield Caller(process, log)
        finally:
            if process.poll() is None:
                process.kill()


def promised(answers: Sequence[Answer]) -> dict[int, set[str]]:
    """Wish → the ids under which it was promised. More than one would be two messages for one wish."""
    found: dict[int, set[str]] = {}
    for answer in answers:
        ids = found.setdefault(answer.wish, set())
        if answer.status == ACCEPTED:
            ids.add(answer.id)
    return found


# --- the process ------------------------------------------------------------------------------------------------------


class _Shop:
    """Everything that the process does."""

    def __init__(self, session: aiohttp.ClientSession, options: argparse.Namespace, log: IO[str]) -> None:
        self._session = session
        self._options = options
        self._log = log
        self._open: set[asyncio.Task[None]] = set()

    async def ask_until(self, ended: asyncio.Event) -> bool:
        """Whether everything was promised in the end."""
        # Alone: a server reads the release with its first request.
        await self._wish(0)
        began, wish = time.monotonic(), 1
        while not ended.is_set():
            task = asyncio.create_task(self._wish(wish))
            self._open.add(task)
            task.add_done_callback(self._open.discard)
            wish += 1
            # By the plan and not by the last pause, so that the rate holds while answers are slow.
            pause = began + wish / self._options.rate - time.monotonic()
            try:
                await asyncio.wait_for(ended.wait(), max(pause, 0))
            except TimeoutError:
                continue
        if self._open:
            await asyncio.wait(self._open, timeout=PATIENCE_SECONDS)
        return not self._open

    async def _wish(self, number: int) -> None:
        answer = await self._asked(number)
        if answer.status != ACCEPTED:
            await asyncio.sleep(float(answer.retry_after or AGAIN_SECONDS))
            await self._wish(number)

    async def _asked(self, number: int) -> Answer:
        headers = {"Authorization": f"Bearer {os.environ['JOGRAL_KEY']}", "Idempotency-Key": f"wish-{number}"}
        asked_at = time.time()
        status, message_id, retry_after = NO_ANSWER, "", ""
        try:
            async with self._session.post(
                f"{self._options.url}/v1/messages", json=self._body(number), headers=headers
            ) as response:
                document = await response.json(content_type=None)
                status, retry_after = response.status, response.headers.get("Retry-After", "")
                message_id = document.get("id", "")
        except (aiohttp.ClientError, TimeoutError):
            pass  # status 0 says it
        answer = Answer(
            wish=number, status=status, id=message_id, retry_after=retry_after, asked_at=asked_at, at=time.time()
        )
        self._log.write(json.dumps(asdict(answer)) + "\n")
        return answer

    def _body(self, number: int) -> dict[str, object]:
        customers, channels = self._options.customers, self._options.channels
        order = {"number": str(10_000 + number), "url": f"https://casalume.example/p/{10_000 + number}"}
        return {
            "message": "order_shipped",
            "customer_id": customers[number % len(customers)],
            "channels": {"all": [channels[number % len(channels)]]},
            "data": {"order": order, "shipment": {"promised_date": "2026-12-21"}},
        }


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--channels", nargs="+", required=True, help="in turns")
    parser.add_argument("--customers", nargs="+", required=True)
    options = parser.parse_args()
    ended = asyncio.Event()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    end = asyncio.create_task(reader.read())
    end.add_done_callback(lambda _: ended.set())
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    with options.log.open("a", buffering=1) as log:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            return 0 if await _Shop(session, options, log).ask_until(ended) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
