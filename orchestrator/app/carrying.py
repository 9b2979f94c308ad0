"""Carrying calls beside a drain: what hooks and forwards ask for goes the way of every other call, guard and all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.app.draining import StoreInbox
from orchestrator.transport import Transport

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.transport import Run


def open_transport(app: App, run: Run) -> Transport:
    """Connections for the event loop that is running; `run` brings work of the inbox to a thread with the ledger."""
    return Transport(inbox=StoreInbox(app), run=run, clock=app.clock)
