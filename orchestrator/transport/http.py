"""Carrying HTTP calls over pooled keep-alive connections."""

from __future__ import annotations

import re
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from orchestrator.channels import HttpAnswer, NoAnswer
from orchestrator.transport.guard import AddressRefused

if TYPE_CHECKING:
    import ssl

    from aiohttp.abc import AbstractResolver

    from orchestrator.channels import Answer, HttpCall
    from orchestrator.transport.attempt import Attempt, Deadlines
    from orchestrator.transport.guard import Guard

USER_AGENT = "Jogral"

# What aiohttp would add by itself. Adapters write the headers that count, and answers are too small to compress.
NO_AUTOMATIC_HEADERS = ("Accept", "Accept-Encoding", "Content-Type")

# Shorter than the idle limit of most servers, so that we hang up first.
IDLE_SECONDS = 15

# Failures before a connection was there: nothing has left. The first match wins.
CONNECTING_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ConnectionTimeoutError, "connect"),
    (aiohttp.ClientConnectorError, "connect"),
)
# Failures with a connection in hand: the provider may have taken the message.
#
# This holds for a reused connection too. A server that hangs up on an idle connection while our request is on its
# way, and one that takes the request and dies, look the same from here; only the first would be safe to repeat.
CARRYING_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectionError, "reset"),
    (aiohttp.ClientError, "unreadable"),
)

# The attempt that the running task is making; it reaches the connector, which aiohttp gives no argument of ours.
_attempt: ContextVar[Attempt] = ContextVar("attempt")


class HttpCarrier:
    """Two sessions, because a guarded call must not find a connection that an unguarded one has opened."""

    def __init__(
        self, deadlines: Deadlines, guard: Guard, tls: ssl.SSLContext, resolver: AbstractResolver | None = None
    ) -> None:
        self._deadlines = deadlines
        self._guard = guard
        self._tls = tls
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def carry(self, call: HttpCall, attempt: Attempt) -> Answer:
        try:
            url = parsed(call.url)
        except ValueError as error:
            return NoAnswer("not_allowed", in_doubt=False, detail=str(error))
        objection = _objection(call) or (self._guard.objection(url) if call.guarded else "")
        if objection:
            return NoAnswer("not_allowed", in_doubt=False, detail=objection)
        _attempt.set(attempt)
        try:
            async with self._session(call.guarded).request(
                call.method, url, headers=call.headers, data=call.body or None, allow_redirects=False
            ) as response:
                return await self._answer(response, attempt)
        except aiohttp.ClientError as error:
            return attempt.heard or _failure(error, attempt)

    async def close(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def _session(self, guarded: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(guarded)
        if session is None:
            connector = _Connector(
                limit=0,
                limit_per_host=self._deadlines.connections_per_host,
                keepalive_timeout=IDLE_SECONDS,
                ssl=self._tls,
                resolver=self._resolver,
                socket_factory=self._guard.open_socket if guarded else None,
            )
            session = self._sessions[guarded] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": USER_AGENT},
                skip_auto_headers=NO_AUTOMATIC_HEADERS,
                # The whole call has its deadline in `carry`; this one is for each address that a name has.
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._deadlines.connect_seconds),
            )
        return session

    async def _answer(self, response: aiohttp.ClientResponse, attempt: Attempt) -> HttpAnswer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        if 400 <= response.status < 500:  # noqa: PLR2004  # a refusal stands, whatever becomes of its explanation
            attempt.heard = HttpAnswer(response.status, headers, b"")
        size_max = self._deadlines.answer_bytes_max
        content = response.content
        body = await content.read(size_max)
        while not content.at_eof():
            if len(body) >= size_max:
                response.close()
                break
            body += await content.read(size_max - len(body))
        return HttpAnswer(response.status, headers, body)


class _Connector(aiohttp.TCPConnector):
    """Tells the attempt that it has a connection, and that there will be no second one."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # the signature is aiohttp's
    ) -> aiohttp.connector.Connection:
        attempt = _attempt.get()
        if attempt.in_doubt:
            # aiohttp repeats a GET or PUT whose connection was lost. To some providers a GET sends a message.
            raise aiohttp.ServerDisconnectedError("the connection was lost, and the call is not repeated")
        connection = await super().connect(req, traces, timeout)
        try:
            attempt.begin()
        except BaseException:
            connection.release()
            raise
        attempt.in_doubt = True
        return connection


_BREAKS = re.compile(r"[\r\n\x00]")


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


def _objection(call: HttpCall) -> str:
    """Line breaks: aiohttp refuses them too, but only with the connection in hand: there it would look like doubt."""
    if not _BREAKS.search("".join([*call.headers, *call.headers.values()])):
        return ""
    broken = [name for name, value in call.headers.items() if _BREAKS.search(name) or _BREAKS.search(value)]
    return f"line break in the header {broken[0]!r}"


def _failure(error: aiohttp.ClientError, attempt: Attempt) -> NoAnswer:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, AddressRefused):
        return NoAnswer("not_allowed", in_doubt=False, detail=str(error.os_error))
    failures = CARRYING_FAILURES if attempt.in_doubt else CONNECTING_FAILURES
    reason = next((reason for kind, reason in failures if isinstance(error, kind)), "not_allowed")
    return NoAnswer(reason, in_doubt=attempt.in_doubt, detail=f"{type(error).__name__}: {error}")
