"""Publish: a release becomes the one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import Conflict
from orchestrator.store.port import KeptWording
from orchestrator.wordings import FILE as WORDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.time import Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction


def _in_the_file(_wording: str) -> str:
    return WORDINGS


def publish(store: Store, release: Release, now: Instant, *, place: Callable[[str], str] = _in_the_file) -> bool:
    """Make a release current; whether it was another one before. Workers take it with their next slice.

    Its wordings are kept for as long as there is a ledger: people agree to them, and that has to be proven when they
    are long out of the file. `place` says where a wording is written.

    Raises:
        Conflict: a wording says something else than it said under the same id before (`wording_changed`).
    """
    with store.write() as transaction:
        if transaction.ledger.lock_release() == release.id:
            return False
        put_in_force(transaction, release, now, place=place)
        return True


def put_in_force(
    transaction: Transaction, release: Release, now: Instant, *, place: Callable[[str], str] = _in_the_file
) -> None:
    """The same within a transaction, whatever is in force. Who stands in its journeys is the caller's to see to."""
    _keep_wordings(transaction, release, now, place)
    transaction.ledger.publish(release.id, release.content, now)


def _keep_wordings(transaction: Transaction, release: Release, now: Instant, place: Callable[[str], str]) -> None:
    known = transaction.consents.wordings(release.wordings)
    for name, wording in release.wordings.items():
        if name in known and known[name].digest != wording.digest:
            base, _, version = name.partition("@")
            raise Conflict(
                'The wording "{wording}" says something else than what people agreed to.',
                remedy='Put its old words back, and give the new ones an id of their own: "{next}".',
                code="wording_changed",
                where=place(name),
                wording=name,
                next=f"{base}@{int(version) + 1}",
            )
    new = [
        KeptWording(id=name, topic=one.topic, texts=one.texts, digest=one.digest)
        for name, one in release.wordings.items()
        if name not in known
    ]
    transaction.consents.keep_wordings(new, now)
