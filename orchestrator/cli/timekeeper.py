"""The timer: every second timers are fired and the lanes rung that have something due.

Every hour old first answers are forgotten, events that nobody mended in 30 days too, and what is due soon is worked
out anew, in case zones changed their rules;
beside it, customers who may be one person are looked for.
Every minute, beside all that, the ledger is audited and the segments are looked at that begin journeys, every two
seconds the audit chain is sealed, and every five seconds people's requests about their data are attended to.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

import structlog

from orchestrator.dispatch import privacy
from orchestrator.dispatch.accept import mending
from orchestrator.dispatch.audit import AUDIT_SECONDS, Auditor
from orchestrator.dispatch.current_release import CurrentRelease
from orchestrator.dispatch.fire import recompute
from orchestrator.dispatch.identity import look
from orchestrator.dispatch.runs.calling import Caller
from orchestrator.dispatch.runs.entering import Entering
from orchestrator.dispatch.runs.scheduling import Scheduler
from orchestrator.dispatch.sealing import HEADS_FILE, SEAL_SECONDS, carry_head, chain_keys, seal_chain
from orchestrator.dispatch.tick import REST_SECONDS, tick, tidy
from orchestrator.domain.errors import JogralError
from orchestrator.privacy_desk import open_privacy_desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.app import App
    from orchestrator.dispatch.tick import Bell

log = structlog.get_logger()

TICK_SECONDS = 1.0
TIDY_SECONDS = 3_600.0
LOOK_SECONDS = 3_600.0

# How often somebody looks whether a day has begun whose head of the chain was not carried away yet.
CARRY_SECONDS = 600.0


class Timekeeper:
    """Threads of its own, for the length of a `with`."""

    def __init__(
        self, app: App, bell: Bell, *, audit_seconds: float = AUDIT_SECONDS, seal_seconds: float = SEAL_SECONDS
    ) -> None:
        self._app = app
        self._bell = bell
        self._audit_seconds = audit_seconds
        self._seal_seconds = seal_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timer", daemon=True)
        # In threads of their own: whatever they meet in the ledger, timers are fired on the second.
        self._beside = (
            threading.Thread(target=self._look, name="identity", daemon=True),
            threading.Thread(target=self._enter, name="segments", daemon=True),
            threading.Thread(target=self._audit, name="auditor", daemon=True),
            threading.Thread(target=self._seal, name="sealer", daemon=True),
            threading.Thread(target=self._attend, name="privacy", daemon=True),
        )

    def __enter__(self) -> Self:
        for thread in (self._thread, *self._beside):
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        for thread in (self._thread, *self._beside):
            thread.join()

    def _run(self) -> None:
        clock, releases = self._app.clock, CurrentRelease()
        next_tidy = clock.monotonic()
        away = False
        while not self._stopping.wait(TICK_SECONDS):
            try:
                if clock.monotonic() >= next_tidy:
                    # First of all after a start: that is when a machine has heard of new rules.
                    recompute(self._app.store, clock.now())
                    tidy(self._app.store, clock.now())
                    _forget_quarantined(self._app)
                    next_tidy = clock.monotonic() + TIDY_SECONDS
                with self._app.store.read() as transaction:
                    release = releases.read(transaction)
                tick(
                    self._app.store,
                    self._bell,
                    clock.now(),
                    caller=Caller(release=release, clock=clock),
                    scheduler=Scheduler(release=release, clock=clock),
                    rest=self._stopping.wait,
                    passing=self._app.passing,
                )
            except JogralError as error:
                if not away:  # once for an outage, not every second of it
                    log.error("cannot_tick", reason=str(error))  # noqa: TRY400  # a sentence, not a stack
                away = True
            except Exception:
                # One second that went wrong must not be the last one: nobody would be called any more.
                log.exception("cannot_tick")
            else:
                away = False

    # --- beside it ----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Customers who are one, an hour after a start and every hour from then."""
        current = CurrentRelease()

        def compare() -> None:
            with self._app.store.read() as transaction:
                release = current.read(transaction)
            found = look(self._app.store, release, self._app.clock)
            log.info("customers_compared", merged=len(found.merged), suggested=len(found.suggested))

        self._every(LOOK_SECONDS, compare, "cannot_compare_customers", told_each_time=True)

    def _enter(self) -> None:
        """Whoever entered a segment that begins journeys: every second it is asked whether a look is due."""
        app, releases = self._app, CurrentRelease()

        def look() -> None:
            with app.store.read() as transaction:
                release = releases.read(transaction)
            entering = Entering(release=release, clock=app.clock)
            while entering.look(app.store, app.clock.now(), passing=app.passing):
                if self._stopping.wait(REST_SECONDS):
                    return

        self._every(TICK_SECONDS, look, "cannot_look_at_segments")

    def _audit(self) -> None:
        auditor = Auditor(self._app.store)
        # Not at once: what lay still while nobody ran is on its way by then.
        self._every(
            self._audit_seconds, lambda: auditor.look(self._app.clock.now()), "cannot_audit", told_each_time=True
        )

    def _seal(self) -> None:
        app, heads = self._app, self._app.state / HEADS_FILE
        next_carry = app.clock.monotonic()

        def seal() -> None:
            nonlocal next_carry
            seal_chain(app.store, chain_keys(app.keyring)[0], rest=self._stopping.wait)
            if app.clock.monotonic() >= next_carry:
                carry_head(app.store, heads, app.clock.now())
                next_carry = app.clock.monotonic() + CARRY_SECONDS

        self._every(self._seal_seconds, seal, "cannot_seal")

    def _attend(self) -> None:
        app, releases = self._app, CurrentRelease()
        next_tidy = app.clock.monotonic()

        def attend() -> None:
            nonlocal next_tidy
            with app.store.read() as transaction:
                release = releases.read(transaction)
            privacy.attend(app.store, open_privacy_desk(app, release))
            if app.clock.monotonic() >= next_tidy:
                privacy.tidy(app.store, app.clock.now())
                next_tidy = app.clock.monotonic() + TIDY_SECONDS

        self._every(privacy.LOOK_SECONDS, attend, "cannot_attend_to_privacy_requests")

    def _every(
        self, seconds: float, work: Callable[[], object], complaint: str, *, told_each_time: bool = False
    ) -> None:
        """Work until the timer stops, whatever one round meets; an outage is told once, not every few seconds of it."""
        away = False
        while not self._stopping.wait(seconds):
            try:
                work()
            except JogralError as error:
                if told_each_time or not away:
                    log.warning(complaint, reason=str(error))
                away = True
            except Exception:
                log.exception(complaint)
            else:
                away = False


def _forget_quarantined(app: App) -> None:
    forgotten = mending.tidy(app.store, app.clock.now())
    if forgotten:
        log.warning("quarantined_events_forgotten", events=forgotten, after_days=mending.KEPT_DAYS)
