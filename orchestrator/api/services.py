"""What handlers work with: the ledger and the threads it is used from, keys, the release, the bell, the numbers."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog
from aiohttp import web

from orchestrator.dispatch import keys
from orchestrator.store.port import ApiKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orchestrator.api.errands import Errands
    from orchestrator.api.hearing import Hearing
    from orchestrator.api.metrics import Metrics
    from orchestrator.app import App
    from orchestrator.dispatch.current_release import CurrentRelease
    from orchestrator.dispatch.tick import Bell
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import Store

log = structlog.get_logger()

T = TypeVar("T")

# Fewer than the ledger has connections, so that no request waits for one while it holds another's lock.
THREADS = 8

# How long a key that was revoked may still be believed (reliability, S6: one second).
KEY_BELIEVED_SECONDS = 0.9
KEYS_REMEMBERED_MAX = 1_000


@dataclass(frozen=True, kw_only=True)
class Api:
    """One running API."""

    app: App
    run: Threads
    releases: CurrentRelease
    keyring: Keyring
    ringer: Ringer
    hearing: Hearing
    metrics: Metrics
    errands: Errands

    def close(self) -> None:
        """Wait for what is running."""
        self.ringer.close()
        self.hearing.close()
        self.run.close()


API = web.AppKey("API", Api)
DESCRIPTION = web.AppKey("DESCRIPTION", bytes)
CALLER = web.RequestKey("CALLER", ApiKey)
REQUEST_ID = web.RequestKey("REQUEST_ID", str)


class Threads:
    """Where the ledger's synchronous work is done."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="api")

    async def __call__(self, work: Callable[[], T], /) -> T:
        # The context goes along, so that lines logged in the thread carry the request's id.
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._executor, partial(context.run, work))

    def close(self) -> None:
        """Wait for what is running."""
        self._executor.shutdown()


class Keyring:
    """Whose keys there are. What was found is believed for less than a second, so that a revoked key ends at once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._found: dict[str, tuple[float, ApiKey]] = {}

    def remembered(self, secret: str) -> ApiKey | None:
        """A holder found a moment ago, without asking the ledger."""
        found = self._found.get(keys.hash_of(secret))
        if found is None or self._clock.monotonic() - found[0] > KEY_BELIEVED_SECONDS:
            return None
        if not found[1].in_force(self._clock.now()):
            return None
        return found[1]

    def look_up(self, secret: str) -> ApiKey | None:
        """The holder by the ledger. Strangers are not remembered: they would push out those who are known."""
        asked_at = self._clock.monotonic()
        with self._store.read() as transaction:
            key = keys.authenticate(transaction, secret, self._clock.now())
        if key is not None:
            if len(self._found) >= KEYS_REMEMBERED_MAX:
                self._found.clear()
            self._found[keys.hash_of(secret)] = (asked_at, key)
        return key


class Ringer:
    """Rings lanes after a commit, beside the request: whether anybody hears it changes nothing about the answer."""

    def __init__(self, bell: Bell) -> None:
        self.bell = bell
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="bell")
        self._asked: set[str] = set()

    def ring(self, lanes: Iterable[str]) -> None:
        """Ring each lane soon. A lane that waits for its ring already needs no second one."""
        for lane in lanes:
            if lane not in self._asked:
                self._asked.add(lane)
                self._executor.submit(self._ring, lane)

    def close(self) -> None:
        """Wait for the last ring."""
        self._executor.shutdown()

    def _ring(self, lane: str) -> None:
        # Before the ring, not after it: what is accepted while the bell sounds must ring again.
        self._asked.discard(lane)
        try:
            self.bell.ring(lane)
        except Exception:
            log.exception("bell_failed", lane=lane)
