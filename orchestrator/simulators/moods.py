"""How a played provider misbehaves: whole calls, before it took a message or after."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from orchestrator.domain.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler, Middleware

HUGE_BYTES: Final = 10 * 1024 * 1024
# Longer than any caller waits; a caller that hangs up ends it.
STALL_SECONDS: Final = 120.0

_NO_LINGERING = struct.pack("ii", 1, 0)


@dataclass
class Mood:
    """`mood` for the next `count` calls, or until it is changed. `taken`: it takes the message first, then misbehaves.

    `ok` answers as documented; `429` throttles with `Retry-After: retry_after` (seconds); `500` fails; `timeout` never
    answers; `half_open` answers by half and stays silent; `reset` tears the connection down; `wrong_type` answers 200
    with a page of HTML; `huge` answers 200 with 10 MB.
    """

    mood: str = "ok"
    count: int | None = None
    taken: bool = False
    retry_after: int = 1

    def become(self, said: Mapping[str, Any]) -> None:
        """Take on what was said. Raises ValueError for what is no mood."""
        known = self.document()
        for name in said.keys() - known:
            raise ValueError(f'there is no "{name}"{did_you_mean(name, known) or "."} It takes: {", ".join(known)}.')
        mood, count = said.get("mood", "ok"), said.get("count")
        taken, retry_after = said.get("taken", False), said.get("retry_after", 1)
        if mood != "ok" and mood not in _MOODS:
            raise ValueError(f"mood is one of: ok, {', '.join(_MOODS)}")
        if not (count is None or (type(count) is int and count >= 0)) or type(taken) is not bool:
            raise ValueError("count is a number of calls or null, taken true or false")
        if type(retry_after) is not int or retry_after < 0:
            raise ValueError("retry_after is a number of seconds")
        self.mood, self.count, self.taken, self.retry_after = mood, count, taken, retry_after

    def document(self) -> dict[str, Any]:
        """As it was set, with what is left of `count`."""
        return {"mood": self.mood, "count": self.count, "taken": self.taken, "retry_after": self.retry_after}

    def next(self) -> str:
        """The mood for one more call."""
        if self.count == 0:
            self.mood, self.count = "ok", None
        if self.count is not None:
            self.count -= 1
        return self.mood


def moody(mood: Mood) -> Middleware:
    """Treats a provider's calls as its mood says; what tests ask (`/_told` …) is always answered."""

    @web.middleware
    async def treat(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.rsplit("/", 1)[-1].startswith("_"):
            return await handler(request)
        now = mood.next()
        if now == "ok":
            return await handler(request)
        await request.read()
        if mood.taken:
            await handler(request)
        return await _MOODS[now](request, mood)

    return treat


async def _throttled(_: web.Request, mood: Mood) -> web.StreamResponse:
    return web.json_response(
        {"message": "Too many requests"}, status=429, headers={"Retry-After": str(mood.retry_after)}
    )


async def _failed(_request: web.Request, _mood: Mood) -> web.StreamResponse:
    return web.Response(status=500, text="Internal Server Error")


async def _silent(_request: web.Request, _mood: Mood) -> web.StreamResponse:
    await asyncio.sleep(STALL_SECONDS)
    return web.Response(status=504)


async def _half(request: web.Request, _: Mood) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4096"})
    await answer.prepare(request)
    await answer.write(b'{"id": "')
    await asyncio.sleep(STALL_SECONDS)
    return answer


async def _torn(request: web.Request, _: Mood) -> web.StreamResponse:
    transport = request.transport
    if transport is not None:
        open_socket = transport.get_extra_info("socket")
        if open_socket is not None:
            open_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)  # a reset, not an end
        transport.abort()
    return web.Response(status=500)


async def _page(_request: web.Request, _mood: Mood) -> web.StreamResponse:
    return web.Response(text="<!doctype html><title>Sign in</title><p>Welcome back", content_type="text/html")


async def _huge(request: web.Request, _: Mood) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(request)
    await answer.write(b'{"padding": "')
    piece = b"x" * 65_536
    for _number in range(HUGE_BYTES // len(piece)):
        await answer.write(piece)
    await answer.write(b'"}')
    await answer.write_eof()
    return answer


_MOODS = {
    "429": _throttled,
    "500": _failed,
    "timeout": _silent,
    "half_open": _half,
    "wrong_type": _page,
    "huge": _huge,
    "reset": _torn,
}
