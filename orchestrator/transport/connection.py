"""One kept HTTP/1.1 connection: a request goes out, one answer comes in, and nothing else may.

The answer is taken apart by llhttp, the parser of Node, in its strict mode.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, cast

import httptools

from orchestrator.channels import HttpAnswer

if TYPE_CHECKING:
    from orchestrator.transport.attempt import Attempt

# A body is cut at its limit. Heads, trailers and the frames of small chunks are not part of it, and end somewhere too.
RECEIVED_BYTES_MAX = 512 * 1024

FINAL = 200
"""Statuses below are interim: the answer itself is still to come."""

# zlib's way of saying: gzip or zlib, whichever the first bytes are.
_GZIP_OR_ZLIB = 47


class Unreadable(Exception):
    """What came back is not an answer, or not the whole of one."""


class Connection(asyncio.Protocol):
    """Used by one call at a time. `usable`: the last answer was complete, and the server has not hung up."""

    __slots__ = (
        "_answered", "_attempt", "_body", "_body_bytes_max", "_headers", "_parser", "_received", "_status",
        "_transport", "rested_at", "usable",
    )  # fmt: skip

    def __init__(self, body_bytes_max: int) -> None:
        self.usable = False
        self.rested_at = 0.0
        self._body_bytes_max = body_bytes_max
        self._answered: asyncio.Future[HttpAnswer] | None = None
        self._headers: dict[str, str]
        self._forget()

    async def exchange(self, request: bytes, attempt: Attempt) -> HttpAnswer:
        """Send a request and wait for its answer. Whoever stops waiting closes the connection.

        Raises:
            ConnectionError: it was lost before an answer began.
            Unreadable: what came is no answer, or not the whole of one.
        """
        if not self.usable:
            raise ConnectionResetError("the server hung up at once")
        attempt.in_doubt = True
        self._attempt = attempt
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._answered
        except BaseException:
            self.close()
            raise
        finally:
            self._answered = None

    def close(self) -> None:
        """Hang up, whatever is still on its way."""
        self.usable = False
        self._transport.abort()

    # --- what the event loop says ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not asserted: uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpResponseParser(self)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > RECEIVED_BYTES_MAX:
            self._fail(Unreadable("there is no end to it"))
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Unreadable(str(error)))

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        if not self._status:
            self._fail(error if isinstance(error, ConnectionError) else ConnectionResetError("the server hung up"))
        elif error is None and not {"content-length", "transfer-encoding"} & self._headers.keys():
            self._answer()
        else:
            self._fail(Unreadable("the server hung up in the middle of its answer"))

    # --- what the parser says -------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        # An answer that nobody asked for must not become the answer to what is asked next.
        if self._answered is None or self._answered.done():
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._status:  # not of a trailer
            self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < FINAL:
            self._headers = {}
            return
        self._status = status
        if 400 <= status < 500:  # noqa: PLR2004  # a refusal stands, whatever becomes of its explanation
            self._attempt.heard = HttpAnswer(status, self._headers, b"")

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > self._body_bytes_max:
            self.usable = False
            self._answer()

    def on_message_complete(self) -> None:
        if self._status:
            self.usable = self.usable and self._parser.should_keep_alive()
            self._answer()

    # --- how it ends ----------------------------------------------------------------------------------------------

    def _answer(self) -> None:
        answered = self._answered
        if answered is not None and not answered.done():
            try:
                answered.set_result(HttpAnswer(self._status, self._headers, self._plain_body()))
            except zlib.error as error:
                self._fail(Unreadable(str(error)))
        self._forget()
        if not self.usable:
            self._transport.abort()

    def _fail(self, error: Exception) -> None:
        answered = self._answered
        if answered is not None and not answered.done():
            answered.set_exception(error)
        self._forget()
        self.close()

    def _forget(self) -> None:
        self._received = 0
        self._status = 0
        self._headers = {}
        self._body = b""

    def _plain_body(self) -> bytes:
        """No encoding was asked for; some servers compress all the same."""
        if self._headers.get("content-encoding", "").lower() in ("gzip", "deflate"):
            return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(self._body, self._body_bytes_max)
        return self._body[: self._body_bytes_max]
