"""Providers that cost next to nothing: `python -m tests.bench.providers`. It prints two ports, HTTP and SMTP.

Every POST is answered with a document in which each provider's id stands where its adapter looks for it; below
`/created` with 201, as push services answer. Every mail is taken.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys

from tests.bench.sink import HEAD_END, header

_NUMBERS = itertools.count(1)


class Http(asyncio.Protocol):
    """HTTP/1.1 with keep-alive and Content-Length."""

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(HEAD_END)) >= 0:
            size = end + len(HEAD_END) + int(header(self.buffer[:end], b"content-length") or 0)
            if len(self.buffer) < size:
                return
            created = self.buffer.startswith(b"POST /created")
            self.buffer = self.buffer[size:]
            self.transport.write(_answer(b"201 Created" if created else b"200 OK"))


def _answer(status: bytes) -> bytes:
    number = next(_NUMBERS)
    body = json.dumps(
        {
            "id": str(number),
            "sid": f"SM{number:032x}",
            "status": "queued",
            "MessageId": str(number),
            "name": f"projects/bench/messages/{number}",
            "messages": [{"id": f"wamid.{number}", "message_status": "accepted"}],
            "access_token": "a-token",
            "expires_in": 3600,
        }
    ).encode()
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


class Smtp(asyncio.Protocol):
    """Enough of SMTP to take mail after mail over one connection."""

    def __init__(self) -> None:
        self.buffer = b""
        self.in_text = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 bench.example\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n.\r\n" if self.in_text else b"\r\n")
            if end < 0:
                return
            taken, self.buffer = self.buffer[:end], self.buffer[end + (5 if self.in_text else 2) :]
            if self.in_text:
                self.in_text = False
                self.transport.write(b"250 2.0.0 Ok: queued as %d\r\n" % next(_NUMBERS))
            else:
                self._command(taken.upper())

    def _command(self, line: bytes) -> None:
        if line.startswith(b"DATA"):
            self.in_text = True
            self.transport.write(b"354 go on\r\n")
        elif line.startswith(b"QUIT"):
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")


async def main() -> None:
    loop = asyncio.get_running_loop()
    for protocol in (Http, Smtp):
        server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=1024)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(ended), sys.stdin)
    await ended.read()


if __name__ == "__main__":
    asyncio.run(main())
