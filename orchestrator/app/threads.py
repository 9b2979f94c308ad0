"""Threads that touch the database in a process that also runs an event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.store.sql import SqlStore

T = TypeVar("T")


class DatabaseThread:
    """A thread that touches the database in a process that also runs an event loop."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def __call__(self, work: Callable[[], T], /) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """Wait for what is running."""
        self._executor.shutdown()


class DatabaseThreads:
    """A worker's: `run`, and one of its own for claims where the database serves two writers at a time."""

    def __init__(self, store: SqlStore) -> None:
        self.run = DatabaseThread()
        self.claiming = DatabaseThread() if store.serves_writers_together else None

    def close(self) -> None:
        """Wait for what is running."""
        self.run.close()
        if self.claiming is not None:
            self.claiming.close()
