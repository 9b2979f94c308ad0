"""A wire between us and PostgreSQL that can be cut, also in the one moment that matters: after a COMMIT was done.

    with proxy.to(socket_path) as wire:
        url = wire.url(database)
        wire.cut()                 # every connection breaks, new ones work
        wire.swallow_commits(3)    # the next three commits are done, but nobody hears of it
        wire.stop() ... wire.go()  # connections break and new ones are refused, as while a server restarts

It lives in a thread of its own. What passes through is not understood, but for one message of the server's.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# CommandComplete of a COMMIT, as the server writes it: type, length, tag (PostgreSQL documentation, "Message Formats").
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"

CHUNK = 65_536


class Proxy:
    """See the module. Every method may be called from any thread, and has taken effect when it returns."""

    def __init__(self, target: Path) -> None:
        self.swallowed = 0
        self.cuts = 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._to_swallow = 0

    @property
    def port(self) -> int:
        return self._port

    def cut(self) -> None:
        """Break every connection."""
        self._now(self._cut)

    def swallow_commits(self, count: int) -> None:
        """Of so many commits from now on, the answer is lost and its connection breaks."""
        self._now(lambda: setattr(self, "_to_swallow", self._to_swallow + count))

    def stop(self) -> None:
        """Break every connection, and refuse new ones."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    def go(self) -> None:
        """Take connections (again, at the same port)."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def start(self) -> None:
        self._thread.start()
        self.go()

    def end(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _now(self, act: Callable[[], Any]) -> None:
        async def do() -> None:
            act()

        asyncio.run_coroutine_threadsafe(do(), self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port, reuse_address=True)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._cut()

    def _cut(self) -> None:
        self.cuts += len(self._open) // 2
        for writer in self._open:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind, ahead = await asyncio.open_unix_connection(str(self._target))
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, ahead}
        self._open |= ends
        ways = [
            asyncio.create_task(way) for way in (self._pass(reader, ahead), self._pass(behind, writer, judged=True))
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, judged: bool = False) -> None:
        """Until either end is gone, or an answer is to be lost."""
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if judged and self._to_swallow and COMMITTED in data:
                    self._to_swallow -= 1
                    self.swallowed += 1
                    return
                writer.write(data)
                await writer.drain()


@contextmanager
def to(target: Path) -> Iterator[Proxy]:
    """A wire to a server's Unix socket, for the length of a `with`."""
    wire = Proxy(target)
    wire.start()
    try:
        yield wire
    finally:
        wire.end()
