"""Carrying calls to the local inbox: all that arrive in one turn of the event loop are one transaction."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

from orchestrator.channels import InboxAnswer, InboxCall, NoAnswer
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.channels import Answer, InboxLookUp

Result = TypeVar("Result")


class InboxSink(Protocol):
    """Where the outbox delivers: the store, or a list in a test. Both methods may block."""

    def put(self, calls: Sequence[InboxCall]) -> list[str]:
        """Keep them in one transaction, and give the id of each; a known reference gives the id that it has."""
        ...

    def find(self, references: Sequence[str]) -> Mapping[str, str]:
        """The ids of those references that it holds."""
        ...


class Run(Protocol):
    """Runs blocking work in the thread that owns the database, as `asyncio.to_thread` would in any thread."""

    async def __call__(self, work: Callable[[], Result], /) -> Result:
        """What `work` returned."""
        ...


class InboxCarrier:
    """Gathers the calls of one turn, so that a slice of 500 is one `put`."""

    def __init__(self, sink: InboxSink, run: Run) -> None:
        self._sink = sink
        self._run = run
        self._waiting: list[tuple[InboxCall | InboxLookUp, asyncio.Future[Answer]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def carry(self, call: InboxCall | InboxLookUp) -> Answer:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._begin)
        self._waiting.append((call, answered))
        return await answered

    async def close(self) -> None:
        """Everything that was given is answered first."""
        while self._waiting or self._running:
            await (asyncio.wait(self._running) if self._running else asyncio.sleep(0))

    def _begin(self) -> None:
        batch, self._waiting = self._waiting, []
        task = asyncio.create_task(self._carry_all(batch))
        # The loop itself keeps no hold of a task.
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _carry_all(self, batch: list[tuple[InboxCall | InboxLookUp, asyncio.Future[Answer]]]) -> None:
        answers = await self._answers([call for call, _ in batch])
        for (_, answered), answer in zip(batch, answers, strict=True):
            # A caller that was cancelled has stopped listening; its message is kept all the same.
            if not answered.done():
                answered.set_result(answer)

    async def _answers(self, calls: Sequence[InboxCall | InboxLookUp]) -> list[Answer]:
        puts = [call for call in calls if isinstance(call, InboxCall)]
        asked = [call.reference for call in calls if not isinstance(call, InboxCall)]
        try:
            ids = iter(await self._run(lambda: self._sink.put(puts)) if puts else ())
            found = await self._run(lambda: self._sink.find(asked)) if asked else {}
            return [
                InboxAnswer(next(ids) if isinstance(call, InboxCall) else found.get(call.reference)) for call in calls
            ]
        except Exception as error:  # noqa: BLE001  # whatever the store raised, the rows may be there: a look-up tells
            words = Phrase("the inbox failed: {error}", error=repr(error))
            return [NoAnswer("unreadable", in_doubt=True, detail=words)] * len(calls)
