"""A worker's drain, with all that it works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.app.accounts import wire_running
from orchestrator.dispatch.began import BeganFiles
from orchestrator.dispatch.drain import Drain
from orchestrator.dispatch.links import Links
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.app import App
    from orchestrator.app.threads import DatabaseThreads
    from orchestrator.channels import InboxCall


@dataclass(frozen=True)
class StoreInbox:
    """The local inbox in the ledger. See `transport.InboxSink`."""

    app: App

    def put(self, calls: Sequence[InboxCall]) -> list[str]:
        # Every call becomes an entry, a repeated reference too: what came twice must be seen twice.
        now = self.app.clock.now()
        ids = [new_id("inb", now, self.app.clock.entropy(ENTROPY_SIZE)) for _ in calls]
        with self.app.store.write() as transaction:
            transaction.inbox.put(calls, ids)
        return ids

    def find(self, references: Sequence[str]) -> Mapping[str, str]:
        with self.app.store.read() as transaction:
            return transaction.inbox.find(references)


def open_drain(app: App, threads: DatabaseThreads, worker: str) -> tuple[Drain, Transport]:
    """A worker's drain, on the event loop that is running."""
    run = threads.run
    transport = Transport(inbox=StoreInbox(app), run=run, clock=app.clock)
    drain = Drain(
        store=app.store,
        carrier=transport,
        clock=app.clock,
        run=run,
        wire=wire_running(app.settings),
        worker=worker,
        began=BeganFiles(app.state / "began"),
        links=Links(lambda: app.keyring, app.public_url),
        claiming=threads.claiming,
        passing=app.passing,
        recipients=app.settings.recipients,
    )
    return drain, transport
