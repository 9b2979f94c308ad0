"""The timer: every second timers are fired and the lanes rung that have something due.

Every hour old first answers are forgotten, and what is due soon is worked out anew, in case zones changed their rules.
Every minute, beside all that, the ledger is audited.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

import structlog

from orchestrator.dispatch.audit import AUDIT_SECONDS, Auditor
from orchestrator.dispatch.fire import recompute
from orchestrator.dispatch.tick import tick, tidy
from orchestrator.domain.errors import JogralError

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.dispatch.tick import Bell

log = structlog.get_logger()

TICK_SECONDS = 1.0
TIDY_SECONDS = 3_600.0


class Timekeeper:
    """Threads of its own, for the length of a `with`."""

    def __init__(self, app: App, bell: Bell, *, audit_seconds: float = AUDIT_SECONDS) -> None:
        self._app = app
        self._bell = bell
        self._audit_seconds = audit_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timer", daemon=True)
        # In a thread of its own: whatever it meets in the ledger, timers are fired on the second.
        self._audit_thread = threading.Thread(target=self._audit, name="auditor", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._audit_thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._audit_thread.join()

    def _run(self) -> None:
        clock = self._app.clock
        next_tidy = clock.monotonic()
        away = False
        while not self._stopping.wait(TICK_SECONDS):
            try:
                if clock.monotonic() >= next_tidy:
                    # First of all after a start: that is when a machine has heard of new rules.
                    recompute(self._app.store, clock.now())
                    tidy(self._app.store, clock.now())
                    next_tidy = clock.monotonic() + TIDY_SECONDS
                tick(
                    self._app.store,
                    self._bell,
                    clock.now(),
                    rest=self._stopping.wait,
                    passing=self._app.passing,
                )
            except JogralError as error:
                if not away:  # once for an outage, not every second of it
                    log.error("cannot_tick", reason=str(error))  # noqa: TRY400  # a sentence, not a stack
                away = True
            else:
                away = False

    def _audit(self) -> None:
        auditor = Auditor(self._app.store)
        # Not at once: what lay still while nobody ran is on its way by then.
        while not self._stopping.wait(self._audit_seconds):
            try:
                auditor.look(self._app.clock.now())
            except JogralError as error:
                log.warning("cannot_audit", reason=str(error))
            except Exception:
                log.exception("cannot_audit")
