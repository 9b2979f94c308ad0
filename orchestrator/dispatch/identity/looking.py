"""Looking for customers who are one person: what is proven is done, the rest is suggested to whoever knows them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.identity.merging import find_merge, merge
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.errors import Conflict
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.identity import Face, Likeness, likeness
from orchestrator.store.port import Merge, MergeState

if TYPE_CHECKING:
    from orchestrator.domain.time import Clock
    from orchestrator.identity import MergeOn
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

MACHINE = "jogral"
"""Who merges what is proven."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found that was not known: who was merged, and who may be one."""

    merged: tuple[Merge, ...]
    suggested: tuple[Merge, ...]


def look(store: Store, release: Release, clock: Clock, *, by: str = MACHINE) -> Looked:
    """Look through the whole ledger, and write down what is new: a short transaction a pair.

    Who was parted or told apart by a person is left in peace.
    """
    merge_on = release.project.known_by.merge_on
    with store.read() as transaction:
        pairs = [
            pair for pair in transaction.identity.alike(merge_on) if _news(transaction, *pair, merge_on) is not None
        ]
    found: list[Merge] = []
    for one_id, other_id in pairs:
        with store.write() as transaction:
            made = suggest(transaction, release, clock, one_id, other_id, by=by)
        if made is not None:
            found.append(made)
    return Looked(
        tuple(one for one in found if one.state is MergeState.DONE),
        tuple(one for one in found if one.state is MergeState.SUGGESTED),
    )


def suggest(
    transaction: Transaction, release: Release, clock: Clock, one_id: str, other_id: str, *, by: str = MACHINE
) -> Merge | None:
    """Merge two customers, the second into the first, if the project takes what they share as proof; else suggest it.

    None where nothing speaks for it any more, or all was said: they are one, were, or may not become one.
    """
    whose = lock_customers(transaction, [one_id, other_id])
    kept_id, merged_id = whose.get(one_id), whose.get(other_id)
    if kept_id is None or merged_id is None or kept_id == merged_id:
        return None
    news = _news(transaction, kept_id, merged_id, release.project.known_by.merge_on)
    if news is None:
        return None
    found, suggested = news
    reason = " ".join(found.reasons)
    if found.certain:
        return merge(transaction, release, clock, kept_id, merged_id, by=by, reason=reason, suggestion=suggested)
    return _suggested(transaction, clock, kept_id, merged_id, reason, by)


def apply(transaction: Transaction, release: Release, clock: Clock, merge_id: str, *, by: str) -> Merge:
    """Do what was suggested. Raises NotFound, and Conflict where it is not a suggestion any more."""
    found = _suggestion(transaction, merge_id)
    return merge(
        transaction, release, clock, found.kept_id, found.merged_id, by=by, reason=found.reason, suggestion=found
    )


def dismiss(transaction: Transaction, clock: Clock, merge_id: str, *, by: str) -> Merge:
    """They are two: nobody suggests it again. Raises NotFound, and Conflict where it is not a suggestion any more."""
    found = _suggestion(transaction, merge_id)
    dismissed = replace(found, state=MergeState.DISMISSED, by=by, ended_at=clock.now())
    transaction.identity.put(dismissed)
    return dismissed


def _news(
    transaction: Transaction, kept_id: str, merged_id: str, merge_on: MergeOn
) -> tuple[Likeness, Merge | None] | None:
    """What speaks for these two being one, and its suggestion if there is one; None where there is nothing to do."""
    known = transaction.identity.merges_between(kept_id, merged_id)
    if any(one.state is not MergeState.SUGGESTED for one in known):
        return None
    found = likeness(_face(transaction, kept_id), _face(transaction, merged_id), merge_on)
    if found is None or (known and not found.certain):
        return None
    return found, next(iter(known), None)


def _suggestion(transaction: Transaction, merge_id: str) -> Merge:
    found = find_merge(transaction, merge_id)
    lock_customers(transaction, [found.kept_id, found.merged_id])
    found = find_merge(transaction, merge_id)  # as it is now that nobody else decides about it
    if found.state is not MergeState.SUGGESTED:
        raise Conflict(
            "{merge} is no suggestion any more: it is {state}.",
            code="merge_not_suggested",
            merge=merge_id,
            state=found.state.value,
        )
    return found


def _suggested(transaction: Transaction, clock: Clock, kept_id: str, merged_id: str, reason: str, by: str) -> Merge:
    at = clock.now()
    made = Merge(
        id=new_id("mrg", at, clock.entropy(ENTROPY_SIZE)),
        kept_id=kept_id,
        merged_id=merged_id,
        state=MergeState.SUGGESTED,
        reason=reason,
        by=by,
        at=at,
    )
    transaction.identity.put(made)
    return made


def _face(transaction: Transaction, customer_id: str) -> Face:
    customer = transaction.customers.get(customer_id)
    assert customer is not None  # locked a moment ago
    return Face(customer=customer, external_ids=transaction.customers.external_ids(customer_id))
