"""Carrying HTTP calls over pooled keep-alive connections.

HTTP/1.1 as providers' APIs speak it, and no more: no redirects, cookies or proxies. A client for everything was a third
of all that sending a message cost.
"""

from __future__ import annotations

import re
import socket
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING

from yarl import URL

from orchestrator.channels import NoAnswer
from orchestrator.transport.attempt import Stale
from orchestrator.transport.connection import Unreadable
from orchestrator.transport.guard import AddressRefused
from orchestrator.transport.origin import Origin, resolved

if TYPE_CHECKING:
    from orchestrator.channels import Answer, HttpCall
    from orchestrator.transport.attempt import Attempt, Deadlines
    from orchestrator.transport.guard import Guard
    from orchestrator.transport.origin import Resolve

USER_AGENT = "Jogral"

METHODS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
# What frames a request is the transport's to write: two different lengths would let one request be read as two.
FRAMING_HEADERS = frozenset({"connection", "content-length", "expect", "host", "transfer-encoding", "upgrade"})

# Why a connection did not come about: nothing has left. The first match wins.
CONNECTING_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (AddressRefused, "not_allowed"),
    (socket.gaierror, "dns"),
    (UnicodeError, "dns"),
    (ssl.SSLError, "tls"),
    (OSError, "connect"),
)


class HttpCarrier:
    """A guarded call must not find a connection that an unguarded one has opened: to both, a server is another."""

    def __init__(self, deadlines: Deadlines, guard: Guard, tls: ssl.SSLContext, resolve: Resolve = resolved) -> None:
        self._deadlines = deadlines
        self._guard = guard
        self._tls = tls
        self._resolve = resolve
        self._origins: dict[tuple[str, str, int, bool], Origin] = {}

    async def carry(self, call: HttpCall, attempt: Attempt) -> Answer:
        try:
            url = parsed(call.url)
            request = _written(call, url)
        except ValueError as error:
            return NoAnswer("not_allowed", in_doubt=False, detail=str(error))
        objection = self._guard.objection(url) if call.guarded else ""
        if objection:
            return NoAnswer("not_allowed", in_doubt=False, detail=objection)
        origin = self._origin(url, call.guarded)
        async with origin.room:
            # Checked before dialling as well: a crowd that came too late must not open connections in vain.
            attempt.ensure_fresh()
            try:
                connection = origin.rested() or await origin.dialled()
            except (OSError, UnicodeError) as error:
                return _not_connected(error)
            try:
                attempt.begin()
            except Stale:
                origin.give_back(connection)
                raise
            # From the first byte on there is doubt, on a connection that was used before, too: a server that hangs up
            # while our request is on its way, and one that takes it and dies, look the same from here.
            try:
                answer = await connection.exchange(request, attempt)
            except OSError as error:
                return NoAnswer("reset", in_doubt=attempt.in_doubt, detail=_named(error))
            except Unreadable as error:
                return attempt.heard or NoAnswer("unreadable", in_doubt=True, detail=str(error))
            origin.give_back(connection)
            return answer

    async def close(self) -> None:
        origins, self._origins = self._origins, {}
        for origin in origins.values():
            origin.close()

    def _origin(self, url: URL, guarded: bool) -> Origin:
        assert url.raw_host is not None
        assert url.port is not None
        place = (url.scheme, url.raw_host, url.port, guarded)
        origin = self._origins.get(place)
        if origin is None:
            origin = self._origins[place] = Origin(
                url.raw_host,
                url.port,
                tls=self._tls if url.scheme == "https" else None,
                resolve=self._resolve,
                open_socket=self._guard.open_socket if guarded else None,
                deadlines=self._deadlines,
            )
        return origin


@lru_cache(maxsize=1024)
def parsed(text: str) -> URL:
    """The URL as the adapter wrote it, not re-quoted: a signature may cover it.

    Raises:
        ValueError: it is not an absolute http or https URL in printable ASCII.
    """
    url = URL(text, encoded=True)
    if not text.isascii() or not text.isprintable() or " " in text or url.scheme not in ("http", "https"):
        raise ValueError("not an http or https URL in printable ASCII")
    if not url.host or url.user is not None or url.password is not None:
        raise ValueError("a URL needs a host, and holds no user name")
    return url


_BREAKS = re.compile(r"[\r\n\x00]")


def _written(call: HttpCall, url: URL) -> bytes:
    """The request as it goes over the wire. Raises ValueError where it would not be one request."""
    if call.method not in METHODS:
        raise ValueError(f"{call.method!r} is not one of {', '.join(sorted(METHODS))}")
    names = {name.lower() for name in call.headers}
    if not names.isdisjoint(FRAMING_HEADERS):
        raise ValueError(f"the header {min(names & FRAMING_HEADERS)!r} is not an adapter's to write")
    if _BREAKS.search("".join([*call.headers, *call.headers.values()])):
        broken = [name for name, value in call.headers.items() if _BREAKS.search(name) or _BREAKS.search(value)]
        raise ValueError(f"line break in the header {broken[0]!r}")
    lines = [f"{call.method} {url.raw_path_qs} HTTP/1.1", f"Host: {url.host_port_subcomponent}"]
    if "user-agent" not in names:
        lines.append(f"User-Agent: {USER_AGENT}")
    lines += [f"{name}: {value}" for name, value in call.headers.items()]
    if call.body or call.method != "GET":
        lines.append(f"Content-Length: {len(call.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + call.body


def _not_connected(error: Exception) -> NoAnswer:
    reason = next(reason for kind, reason in CONNECTING_FAILURES if isinstance(error, kind))
    return NoAnswer(reason, in_doubt=False, detail=str(error) if reason == "not_allowed" else _named(error))


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
