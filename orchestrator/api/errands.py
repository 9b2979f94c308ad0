"""Errands for hooks: documents that a signature is verified with, and what a provider wants to be asked afterwards.

Anybody can post to a hook, so little is fetched at a time, and a document is kept only once a genuine notice was
verified with it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

import structlog

from orchestrator.app.carrying import open_transport
from orchestrator.channels import HttpAnswer
from orchestrator.domain.errors import Unavailable
from orchestrator.transport import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.app import App
    from orchestrator.channels import HttpCall
    from orchestrator.transport import Run, Transport

log = structlog.get_logger()

DOCUMENTS_MAX = 64
"""How many documents are kept: certificates, each for months."""

CLOSING_SECONDS = 5.0

FETCHED_TOGETHER = 2
WAITING_MAX = 16

_OK = 200
_REDIRECTS = 300


class Errands:
    """Calls for one server, on its event loop."""

    def __init__(self, app: App, run: Run) -> None:
        self._app = app
        self._run = run
        self._transport: Transport | None = None
        self._documents: OrderedDict[str, bytes] = OrderedDict()
        self._room = asyncio.Semaphore(FETCHED_TOGETHER)
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def kept(self, url: str) -> bytes | None:
        """A document that a genuine notice was verified with."""
        return self._documents.get(url)

    async def fetch(self, call: HttpCall) -> bytes:
        """The document at a URL. Raises Unavailable: the provider has to come again."""
        if self._waiting >= WAITING_MAX:
            raise _away(call)
        self._waiting += 1
        try:
            async with self._room:
                answer = await self._carrier().carry(call)
        finally:
            self._waiting -= 1
        if not isinstance(answer, HttpAnswer) or answer.status != _OK:
            said = answer.status if isinstance(answer, HttpAnswer) else getattr(answer, "reason", "no HTTP")
            log.warning("document_not_fetched", host=host_of(call), reason=said)
            raise _away(call)
        return answer.body

    def keep(self, documents: Mapping[str, bytes]) -> None:
        """Keep what a genuine notice was verified with."""
        for url, body in documents.items():
            self._documents[url] = body
            self._documents.move_to_end(url)
        while len(self._documents) > DOCUMENTS_MAX:
            self._documents.popitem(last=False)

    def ask(self, account: str, calls: Iterable[HttpCall]) -> None:
        """Make calls soon, beside whoever is answered now."""
        for call in calls:
            task = asyncio.create_task(self._ask(account, call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait a little for what is being asked, and hang up: a provider asks again for what it did not get."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSING_SECONDS)
        if self._transport is not None:
            await self._transport.close()

    async def _ask(self, account: str, call: HttpCall) -> None:
        answer = await self._carrier().carry(call)
        done = isinstance(answer, HttpAnswer) and _OK <= answer.status < _REDIRECTS
        status = answer.status if isinstance(answer, HttpAnswer) else None
        tell = log.info if done else log.error
        tell("provider_asked", account=account, host=host_of(call), status=status, done=done)

    def _carrier(self) -> Transport:
        if self._transport is None:
            self._transport = open_transport(self._app, self._run)
        return self._transport


def _away(call: HttpCall) -> Unavailable:
    return Unavailable(
        "What the notice is verified with cannot be fetched from {host} now.",
        remedy="Send the notice again.",
        host=host_of(call),
    )
