"""Who looks at a preview hears of every change in the project's files. While nobody looks, nobody asks the disk."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

# Asking costs about a millisecond, and a change must be on the screen within half a second.
PAUSE_SECONDS = 0.05

# How long it is quiet before a line says nothing: who went away is found out by writing to them.
QUIET_SECONDS = 10.0


@dataclass
class Watch:
    """`state` names what the files say now, as `Source.state` does; it is asked on a thread, because disks may wait."""

    state: Callable[[], str]
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _seen: str = ""
    _ended: bool = False
    _looking: int = 0
    _task: asyncio.Task[None] | None = None

    async def changes(self, seen: str) -> AsyncGenerator[str, None]:
        """Each state that is not the one before, beginning with the one that the caller has seen.

        An empty one comes when it was quiet for a while, so that the caller finds out who went away. Ends with `end`.
        """
        async with self._somebody_looks():
            while not self._ended:
                news = await self._after(seen)
                seen = news or seen
                if not self._ended:
                    yield news

    async def end(self) -> None:
        """Nobody needs to look any more: the server stops."""
        async with self._news:
            self._ended = True
            self._news.notify_all()

    async def _after(self, seen: str) -> str:
        try:
            async with asyncio.timeout(QUIET_SECONDS), self._news:
                await self._news.wait_for(lambda: self._ended or self._seen not in ("", seen))
                return self._seen
        except TimeoutError:
            return ""

    @contextlib.asynccontextmanager
    async def _somebody_looks(self) -> AsyncIterator[None]:
        self._looking += 1
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._looking -= 1
            if not self._looking and self._task is not None:
                self._task.cancel()
                self._task, self._seen = None, ""

    async def _look(self) -> None:
        while True:
            now = await asyncio.to_thread(self.state)
            if now != self._seen:
                async with self._news:
                    self._seen = now
                    self._news.notify_all()
            await asyncio.sleep(PAUSE_SECONDS)
