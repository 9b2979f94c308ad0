"""The only module that opens a connection to a provider: it carries an adapter's call and brings an answer.

A call that cannot be made, or is not answered, is an answer too (`NoAnswer`), and says whether the provider may have
taken the message. Only mistakes of ours are raised.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from orchestrator.channels import (
    DeviceAnswers,
    DeviceCalls,
    HttpAnswer,
    HttpCall,
    InboxCall,
    InboxLookUp,
    NoAnswer,
    SmtpCall,
)
from orchestrator.domain.errors import Phrase
from orchestrator.transport.attempt import Attempt, Deadlines, Stale
from orchestrator.transport.grants import Grants
from orchestrator.transport.guard import Guard
from orchestrator.transport.http import HttpCarrier, parsed
from orchestrator.transport.inbox import InboxCarrier, InboxSink, Run
from orchestrator.transport.pace import ROOM_MAX, Pace
from orchestrator.transport.smtp import SmtpCarrier
from orchestrator.transport.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Answer, Call
    from orchestrator.domain.time import Clock

__all__ = ["Deadlines", "Guard", "InboxSink", "Run", "Transport", "host_of"]

INBOX_HOST = "inbox"
DEADLINES = Deadlines()
GUARD = Guard()


class Transport:
    """Pooled connections to every provider, for one event loop.

    `run` brings blocking work of the inbox into the thread that owns the database. `tls` replaces the machine's
    trusted certificates.
    """

    def __init__(  # what `app` wires, each by its name
        self,
        *,
        inbox: InboxSink,
        run: Run,
        clock: Clock,
        deadlines: Deadlines = DEADLINES,
        guard: Guard = GUARD,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        tls = tls or ssl.create_default_context()
        self._clock = clock
        self._deadlines = deadlines
        self._http = HttpCarrier(deadlines, guard, tls)
        self._grants = Grants(clock, self._http, deadlines)
        self._smtp = SmtpCarrier(deadlines, tls)
        self._inbox = InboxCarrier(inbox, run)
        self._watch = Watch(deadlines.call_seconds)
        self._paces: dict[str, Pace] = {}

    async def carry(
        self, call: Call, *, begin_before: float | None = None, may_begin: Callable[[], bool] | None = None
    ) -> Answer:
        """Make the call, once, within its deadline.

        Args:
            call: what an adapter asks for.
            begin_before: the clock's monotonic second after which the call is no longer made: it waited too long for
                a connection, and what was decided before it may not hold any more.
            may_begin: asked with the connection in hand, before the first byte; False means that it is not made.
        """
        if isinstance(call, DeviceCalls):
            return await self._to_devices(call, begin_before, may_begin)
        attempt = Attempt(self._clock.monotonic, begin_before, may_begin)
        try:
            with self._watch.over():
                return await self._carried(call, attempt)
        except Stale:
            return NoAnswer("stale", in_doubt=False, detail="not begun in time")
        except TimeoutError:
            late = Phrase("no answer within {seconds} s", seconds=f"{self._deadlines.call_seconds:g}")
            return attempt.heard or NoAnswer("timeout", in_doubt=attempt.in_doubt, detail=late)
        finally:
            if attempt.began_at is not None:
                now = self._clock.monotonic()
                self._pace(call).add(now - attempt.began_at, now)

    def slice_room(self, host: str) -> int:
        """How many calls to this host (`host_of` a call) can begin within a second; optimistic until measured."""
        pace = self._paces.get(host)
        return ROOM_MAX if pace is None else pace.room(self._clock.monotonic())

    def room(self) -> int:
        """How many calls can begin within a second, wherever they go: the room of the slowest host of this minute."""
        now = self._clock.monotonic()
        return min((pace.room(now) for pace in self._paces.values()), default=ROOM_MAX)

    async def close(self) -> None:
        """Finish what the inbox was given, and hang up everywhere."""
        await self._inbox.close()
        await self._grants.close()
        await self._smtp.close()
        await self._http.close()
        self._watch.close()

    async def _to_devices(
        self, call: DeviceCalls, begin_before: float | None, may_begin: Callable[[], bool] | None
    ) -> Answer:
        """Each on its own, under the same deadline; only where none began, the whole of it did not."""
        answers = await asyncio.gather(
            *(self.carry(one, begin_before=begin_before, may_begin=may_begin) for one in call.calls)
        )
        told = tuple(one for one in answers if isinstance(one, (HttpAnswer, NoAnswer)))
        stale = next((one for one in told if isinstance(one, NoAnswer) and one.reason == "stale"), None)
        if stale is not None and all(isinstance(one, NoAnswer) and one.reason == "stale" for one in told):
            return stale
        return DeviceAnswers(told)

    async def _carried(self, call: HttpCall | SmtpCall | InboxCall | InboxLookUp, attempt: Attempt) -> Answer:
        match call:
            case HttpCall(grant=None):
                return await self._http.carry(call, attempt)
            case HttpCall():
                return await self._grants.carry(call, attempt)
            case SmtpCall():
                return await self._smtp.carry(call, attempt)
            case InboxCall() | InboxLookUp():
                attempt.begin()
                return await self._inbox.carry(call)

    def _pace(self, call: Call) -> Pace:
        host = host_of(call)
        pace = self._paces.get(host)
        if pace is None:
            smtp = isinstance(call, SmtpCall)
            limits = self._deadlines
            connections = limits.connections_per_smtp_account if smtp else limits.connections_per_host
            pace = self._paces[host] = Pace(connections)
        return pace


def host_of(call: Call) -> str:
    """Where a call goes: `api.provider.example:443`, `smtp.provider.example:587`, or `inbox`."""
    match call:
        case HttpCall():
            url = parsed(call.url)
            return f"{url.host}:{url.port}"
        case DeviceCalls(calls):
            return host_of(calls[0]) if calls else ""
        case SmtpCall():
            return f"{call.host}:{call.port}"
        case _:
            return INBOX_HOST
