"""Publish: a release becomes the one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Store


def publish(store: Store, release: Release, now: Instant) -> bool:
    """Make a release current; whether it was another one before. Workers take it with their next slice."""
    with store.write() as transaction:
        if transaction.ledger.release_id() == release.id:
            return False
        transaction.ledger.publish(release.id, release.content, now)
        return True
