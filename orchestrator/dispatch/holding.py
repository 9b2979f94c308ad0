"""What a worker holds: slices that it has taken, each until all of its calls are settled.

A slice that is done but for a few calls that hang makes room for the next, so that one provider that does not answer
keeps nobody from the others.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from orchestrator.domain.time import Clock

# Behind this a slice only waits for answers that may never come.
LINGERING_AFTER_SECONDS = 2.0

# Calls end within 15 s, so that there are never many of these.
LINGERING_MAX = 8

# While calls are on the wire, new work is looked for this often.
LOOK_AGAIN_SECONDS = 1.0


@dataclass
class Held:
    """One slice that is held. `left` counts its requests that are not settled, `called_at` is a monotonic second."""

    lane: str
    left: int
    called_at: float | None = None

    def passed(self, calls: int, now: float) -> None:
        """Only so many of its requests are called for, from now on."""
        self.left, self.called_at = calls, now

    def settled(self, count: int) -> None:
        """So many of them are settled."""
        self.left -= count


class Holding:
    """All of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: dict[asyncio.Task[None], Held] = {}

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def begin(self, held: Held, sending: Coroutine[None, None, None]) -> None:
        """Send a slice while others are looked for."""
        self._tasks[asyncio.create_task(sending)] = held

    @property
    def requests(self) -> int:
        """How many are not settled."""
        return sum(held.left for held in self._tasks.values())

    def busy(self) -> list[Held]:
        """Those that take a place; of the ones that linger, those beyond the few that are borne."""
        found, lingering = [], 0
        for held in self._tasks.values():
            if self._lingers(held):
                lingering += 1
                if lingering <= LINGERING_MAX:
                    continue
            found.append(held)
        return found

    async def wait(self) -> None:
        """Until one of them ends, or it is time to look for work again. Raises what ended one."""
        ended, _ = await asyncio.wait(self._tasks, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            del self._tasks[task]
            task.result()

    async def end(self) -> None:
        """Whatever went wrong with one, what is on the wire is settled."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def __iter__(self) -> Iterator[Held]:
        return iter(self._tasks.values())

    def _lingers(self, held: Held) -> bool:
        called_at = held.called_at
        return called_at is not None and self._clock.monotonic() - called_at > LINGERING_AFTER_SECONDS
