"""Who may tell us something, and the one thread that applies what was told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog

from orchestrator.app.accounts import wire_account
from orchestrator.dispatch.hear import apply_parked
from orchestrator.domain.errors import JogralError, NotFound

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.channels import Adapter
    from orchestrator.release import Release

log = structlog.get_logger()

# News of this age is applied with what came just now. Older news waits for something that is not known yet, and has the
# workers' rounds to itself.
APPLIED_TOGETHER_MS = 60_000


class Hearing:
    """The accounts of the current release, made when they are first asked for; and the end of every notice."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._release_id = ""
        self._adapters: dict[str, Adapter] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="hearing")
        self._asked = False

    def adapter(self, release: Release, account: str) -> Adapter:
        """An account's adapter. Raises NotFound, or ConfigurationError for one whose settings are wrong."""
        if release.id != self._release_id:
            self._release_id, self._adapters = release.id, {}
        found = self._adapters.get(account) or wire_account(self._app.settings, release, account)
        if found is None:
            raise NotFound(
                'There is no account "{account}".',
                remedy="The last part of the path is the account's id in templates/project.yaml.",
                code="unknown_account",
                account=account,
            )
        self._adapters[account] = found
        return found

    def apply(self) -> None:
        """Apply soon what was told. What is told before that begins needs no second time."""
        if not self._asked:
            self._asked = True
            self._executor.submit(self._apply)

    def close(self) -> None:
        """Wait for what is being applied."""
        self._executor.shutdown()

    def _apply(self) -> None:
        # Before it is done, not after: what comes meanwhile must be asked for again.
        self._asked = False
        clock = self._app.clock
        try:
            apply_parked(self._app.store, clock, since=clock.now() - APPLIED_TOGETHER_MS)
        except JogralError as error:
            # It is kept, and the workers' next round applies it.
            log.warning("receipts_wait", reason=str(error))
        except Exception:
            log.exception("apply_failed")
