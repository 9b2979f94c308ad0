"""Running until somebody says stop."""

from __future__ import annotations

import asyncio
import signal


def stop_event() -> asyncio.Event:
    """Set by SIGTERM and by Ctrl+C: both end a server in order. For the loop that runs, in the main thread."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def wait_for_stop() -> None:
    """The same for work done in threads. A loop, because a handler must not touch a lock that it interrupts."""

    async def wait() -> None:
        await stop_event().wait()

    asyncio.run(wait())
