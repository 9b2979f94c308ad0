"""Whether the words that people agreed to are still those that were published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.release import read_release
from orchestrator.wordings import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.store.port import Transaction


def edited_wordings(transaction: Transaction) -> tuple[str, ...]:
    """The ids of wordings that do not say what was published, or that were published and are gone; in order."""
    kept = {one.id: one for one in transaction.consents.all_wordings()}
    published = _published(transaction)
    changed = {
        one.id
        for one in kept.values()
        # A digest that was changed with its words still differs from the release that brought them.
        if not digest_of(one.topic, one.texts) == one.digest == published.get(one.id, one.digest)
    }
    return tuple(sorted(changed | (published.keys() - kept.keys())))


def _published(transaction: Transaction) -> Mapping[str, str]:
    """Wording → digest, in the release that is in force."""
    release_id = transaction.ledger.release_id()
    content = None if release_id is None else transaction.ledger.release(release_id)
    return {} if content is None else {name: one.digest for name, one in read_release(content).wordings.items()}
