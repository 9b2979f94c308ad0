"""One timer for all calls on their way: each has the same time, so the one that began first is the first to end.

It does what `asyncio.timeout` does. That makes a timer for each call, though: a tenth of all that a call costs.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class Watch:
    """Ends what takes longer than `seconds`: `with watch.over():` raises TimeoutError in the task that runs it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        # In the order in which they began, and so in the order in which they end.
        self._watched: dict[Watched, None] = {}

    def over(self) -> Watched:
        """Watch what happens inside this `with`."""
        return Watched(self)

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def add(self, one: Watched) -> float:
        """Watch one more; the loop's second at which it has to be over."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._seconds
        self._watched[one] = None
        if self._timer is None:
            self._timer = loop.call_at(ends_at, self._look, loop)
        return ends_at

    def remove(self, one: Watched) -> None:
        """It is over. The timer stays: it will find others, or nobody."""
        self._watched.pop(one, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for one in list(self._watched):
            if one.ends_at > now:
                self._timer = loop.call_at(one.ends_at, self._look, loop)
                return
            del self._watched[one]
            one.end()


class Watched:
    """One stretch of a task's work; see `asyncio.timeouts.Timeout`, whose rules it follows."""

    __slots__ = ("_cancelling", "_expired", "_task", "_watch", "ends_at")

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        # Somebody else may want to end the task too, before or meanwhile: that is not ours to answer.
        self._cancelling = task.cancelling()
        self._expired = False
        self.ends_at = self._watch.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._watch.remove(self)
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Its time is up."""
        self._expired = True
        self._task.cancel()
