"""One server, as far as HTTP is concerned: the connections to it, and what its name means."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from aiohappyeyeballs import start_connection

from orchestrator.transport.connection import Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from orchestrator.transport.attempt import Deadlines

    AddressInfo = tuple[Any, ...]
    Resolve = Callable[[str, int], Awaitable[list[AddressInfo]]]

# How long a name means what it meant; and when it means several addresses, how long the first of them is given before
# the next is tried beside it (RFC 8305).
NAME_SECONDS = 10
NEXT_ADDRESS_SECONDS = 0.25


async def resolved(host: str, port: int) -> list[AddressInfo]:
    """Every address of a name, as the machine orders them."""
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Origin:
    """Hands out its connections, as many at once as `room` lets in. `tls`: None for plain http."""

    def __init__(  # what the carrier knows of one server
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        resolve: Resolve,
        open_socket: Callable[[AddressInfo], socket.socket] | None,
        deadlines: Deadlines,
    ) -> None:
        self.room = asyncio.Semaphore(deadlines.connections_per_host)
        self._host = host
        self._port = port
        self._tls = tls
        self._resolve = resolve
        self._open_socket = open_socket
        self._deadlines = deadlines
        # In the order in which they came back: the last is the likeliest to be alive.
        self._rested: deque[Connection] = deque()
        self._tidying: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None
        self._addresses: list[AddressInfo] = []
        self._asked_at = 0.0

    def rested(self) -> Connection | None:
        """One that was used before and is alive, as far as can be told from here."""
        latest = time.monotonic() - self._deadlines.idle_seconds
        while self._rested:
            connection = self._rested.pop()
            if connection.usable and connection.rested_at > latest:
                return connection
            connection.close()
        return None

    async def dialled(self) -> Connection:
        """A new one. Raises OSError, UnicodeError (a name that no name server could hold)."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._deadlines.connect_seconds):
            opened = await start_connection(
                await self._found(), happy_eyeballs_delay=NEXT_ADDRESS_SECONDS, socket_factory=self._open_socket
            )
            _drop_when_silent(opened, self._deadlines.call_seconds)
            _, connection = await loop.create_connection(
                lambda: Connection(self._deadlines.answer_bytes_max),
                sock=opened,
                ssl=self._tls,
                server_hostname=self._host.rstrip(".") if self._tls else None,
            )
        return connection

    def give_back(self, connection: Connection) -> None:
        """Let it rest, if there is more to be had from it."""
        if connection.usable:
            connection.rested_at = time.monotonic()
            self._rested.append(connection)
            if self._tidying is None:
                self._tidying = asyncio.get_running_loop().call_later(self._deadlines.idle_seconds, self._tidy)

    def close(self) -> None:
        """Hang up on all that rest."""
        if self._asking is not None:
            self._asking.cancel()
        if self._tidying is not None:
            self._tidying.cancel()
        while self._rested:
            self._rested.pop().close()

    async def _found(self) -> list[AddressInfo]:
        """Asked once for all that wait for it, and those that come after who gave up waiting.

        Each question holds one of a few threads until the name server answers: asked anew by every call, a name that
        nobody answers for would soon hold all of them, and no other provider could be found.
        """
        if not self._addresses or time.monotonic() - self._asked_at > NAME_SECONDS:
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
                self._asking.add_done_callback(_heard)
            await asyncio.shield(self._asking)
        return self._addresses

    async def _ask(self) -> None:
        try:
            self._addresses = await self._resolve(self._host, self._port)
            self._asked_at = time.monotonic()
        finally:
            self._asking = None

    def _tidy(self) -> None:
        latest = time.monotonic() - self._deadlines.idle_seconds
        while self._rested and not (self._rested[0].usable and self._rested[0].rested_at > latest):
            self._rested.popleft().close()
        self._tidying = None
        if self._rested:
            self._tidying = asyncio.get_running_loop().call_later(self._rested[0].rested_at - latest, self._tidy)


def _heard(asking: asyncio.Task[None]) -> None:
    """What went wrong is told to those that wait; where all gave up, to nobody."""
    if not asking.cancelled():
        asking.exception()


def _drop_when_silent(opened: socket.socket, seconds: float) -> None:
    """What is not acknowledged by then is lost: a connection whose other end vanished is not used twice."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
