"""What every sink does as a process: say its port, record, and end with the test that started it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A running sink. What it answered to is in its record by then."""

    port: int
    record: Path

    def received(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.record.read_text(encoding="utf-8").splitlines()]


@contextmanager
def running(kind: str, record: Path, *arguments: str) -> Iterator[Sink]:
    """A sink in a process of its own, for the length of a `with`."""
    record.touch()
    command = [sys.executable, "-m", f"tests.sinks.{kind}", "--record", str(record), "--until-stdin-ends", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = process.stdout.readline()
        assert port, f"the {kind} sink did not start"
        try:
            yield Sink(port=int(port), record=record)
        finally:
            process.stdin.close()
            process.wait(10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; it is printed on the first line")
    parser.add_argument("--record", type=Path, help="file to which a JSON line is added for each thing received")
    parser.add_argument("--certificate", type=Path, help="folder of cert.pem and key.pem (tests.sinks.certificate)")
    parser.add_argument("--until-stdin-ends", action="store_true", help="end with the process that started this one")


def recorder(path: Path | None) -> IO[str]:
    """Each line is on its way to the disk before the sink answers."""
    return (path or Path("/dev/null")).open("a", encoding="utf-8", buffering=1)


def write(record: IO[str], **what: Any) -> None:
    record.write(json.dumps(what, ensure_ascii=False) + "\n")


async def serve(server: asyncio.Server, options: argparse.Namespace) -> None:
    """Until the parent goes, or for ever."""
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    if not options.until_stdin_ends:
        await server.serve_forever()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
