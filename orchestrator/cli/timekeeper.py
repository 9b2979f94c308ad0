"""The timer: every second the lanes that have something due are rung, every hour old first answers are forgotten."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

import structlog

from orchestrator.dispatch.tick import tick, tidy
from orchestrator.domain.errors import JogralError

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.dispatch.tick import Bell

log = structlog.get_logger()

TICK_SECONDS = 1.0
TIDY_SECONDS = 3_600.0


class Timekeeper:
    """A thread of its own, for the length of a `with`."""

    def __init__(self, app: App, bell: Bell) -> None:
        self._app = app
        self._bell = bell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        clock = self._app.clock
        next_tidy = clock.monotonic()
        away = False
        while not self._stopping.wait(TICK_SECONDS):
            try:
                tick(self._app.store, self._bell, clock.now())
                if clock.monotonic() >= next_tidy:
                    tidy(self._app.store, clock.now())
                    next_tidy = clock.monotonic() + TIDY_SECONDS
            except JogralError as error:
                if not away:  # once for an outage, not every second of it
                    log.error("cannot_tick", reason=str(error))  # noqa: TRY400  # a sentence, not a stack
                away = True
            else:
                away = False
