"""The doorbell's server: somebody's Redis, our own, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from orchestrator import embedded_redis
from orchestrator.dispatch.tick import NoBell
from orchestrator.domain.errors import ConfigurationError
from orchestrator.queue import Doorbell, connect

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.app import App
    from orchestrator.dispatch.tick import Bell
    from orchestrator.settings import Settings

log = structlog.get_logger()

NO_REDIS = "none"


@dataclass(frozen=True)
class Redis:
    """The doorbell's server: somebody's, or our own (`embedded`)."""

    url: str
    embedded: embedded_redis.EmbeddedRedis | None = None

    def stop(self) -> None:
        """End the server if it is ours."""
        if self.embedded is not None:
            self.embedded.stop()


def open_redis(app: App) -> Redis | None:
    """Redis by the environment, else our own, else None: then workers poll the ledger, and the log says so."""
    configured = configured_redis(app.settings)
    if configured:
        connect(configured).close()  # refuses what is no URL, before anything runs
        return Redis(configured)
    if app.settings.redis_url:
        return None
    own = embedded_redis.start(app.state)
    return Redis(own.url, own) if own is not None else None


def configured_redis(settings: Settings) -> str:
    """Somebody's Redis; empty where none is named, or none is wanted. It goes on no command line: `ps` shows those."""
    configured = settings.redis_url.get_secret_value() if settings.redis_url else ""
    return "" if configured == NO_REDIS else configured


def open_bell(redis: Redis | None) -> Bell:
    """What wakes workers."""
    return Doorbell(connect(redis.url)) if redis is not None else NoBell()


def ring_running(app: App, lanes: Collection[str]) -> None:
    """Ring for lanes where somebody's Redis is named, or our own runs; where neither is, nobody would hear it."""
    url = configured_redis(app.settings)
    if not app.settings.redis_url:
        url = embedded_redis.find(app.state) or ""
    if not url:
        return
    try:
        bell = Doorbell(connect(url))
    except ConfigurationError as error:
        # What was accepted stays accepted: to fail here would make somebody send it again.
        log.warning("bell_failed", reason=error.template)
        return
    for lane in sorted(lanes):
        bell.ring(lane)
