"""A provider that costs next to nothing: `python -m tests.bench.sink`. It prints its port, and ends with its parent.

Every POST is answered 200 with an id. `GET /tally` says, by path, how many posts came and under how many different
Idempotency-Keys.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"


@dataclass
class Tally:
    """What came in under one path. Without a key a post counts, but is nobody's."""

    posts: int = 0
    keys: set[bytes] = field(default_factory=set)

    def add(self, head: bytes) -> None:
        self.posts += 1
        key = header(head, b"idempotency-key")
        if key:
            self.keys.add(key)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive and Content-Length, written for speed: what it costs, the measured worker lacks."""

    tallies: defaultdict[str, Tally] = defaultdict(Tally)

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(HEAD_END)) >= 0:
            head = self.buffer[:end]
            size = end + len(HEAD_END) + int(header(head, b"content-length") or 0)
            if len(self.buffer) < size:
                return
            self.buffer = self.buffer[size:]
            self.transport.write(self.answer(head))

    def answer(self, head: bytes) -> bytes:
        method, path, _ = head.split(b" ", 2)
        if method == b"POST":
            tally = self.tallies[path.decode()]
            tally.add(head)
            return _ok(b'{"id": "%d"}' % tally.posts)
        counted = {path: {"posts": tally.posts, "keys": len(tally.keys)} for path, tally in self.tallies.items()}
        return _ok(json.dumps(counted).encode())


def header(head: bytes, name: bytes) -> bytes:
    """A header's value; `name` is in lower case."""
    lower = head.lower()
    start = lower.find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else None].strip()


def _ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(ended), sys.stdin)
    await ended.read()


if __name__ == "__main__":
    asyncio.run(main())
