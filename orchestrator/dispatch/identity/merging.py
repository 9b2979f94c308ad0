"""Two customers become one, and two again.

Everything follows the one who is kept: addresses, consents, suppressions, what they were sent and what waits. The other
is a tombstone, by whose id the kept one is found.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.identity.agreed import join_consents, part_consents
from orchestrator.dispatch.identity.profiles import join_profiles, part_profiles
from orchestrator.dispatch.record import Entry, record_all
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.errors import Conflict, InputError, NotFound
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.store.port import Merge, MergeState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

BY_HAND = "by_hand"
"""The reason of a merge that nothing spoke for but a person."""


def merge(  # two customers, and all that is said of their becoming one
    transaction: Transaction,
    release: Release,
    clock: Clock,
    kept_id: str,
    merged_id: str,
    *,
    by: str,
    reason: str = BY_HAND,
    suggestion: Merge | None = None,
) -> Merge:
    """Make two customers one, under both their locks.

    Args:
        transaction: the ledger.
        release: which topics are marketing, and whose word about a profile weighs more.
        clock: machine time, and chance for ids.
        kept_id: who stays.
        merged_id: who becomes a tombstone.
        by: who says so, as the audit chain names them.
        reason: what speaks for it.
        suggestion: what is done by this, if it was suggested.

    Raises:
        NotFound: there is no such customer.
        InputError: they are one already.
    """
    kept, merged = _two(transaction, kept_id, merged_id)
    last = transaction.identity.newest_into(kept.id)
    # The last one is undone first: no two merges into one customer have the same time.
    at = max(clock.now(), last.at + 1 if last is not None else 0)
    brought = tuple(one for one in merged.addresses if one not in kept.addresses)
    # Each reads what was before it writes: consents while addresses are still those of two, profiles the same way.
    moved: dict[str, Any] = {
        "addresses": [one.id for one in merged.addresses],
        "brought": [one.id for one in brought],
        "consents": join_consents(transaction, release, clock, kept, merged),
        "profile": join_profiles(transaction, release, kept, merged, at),
        "rows": transaction.identity.take_over(kept.id, merged.id, at),
        "has": {name: transaction.customers.has(one.id) for name, one in (("kept", kept), ("merged", merged))},
    }
    # What is said from now on is said of the one who they became.
    moved["newest_consent"] = transaction.identity.newest_consent()
    joined = _customer(transaction, kept.id)
    both = _both_have(moved["has"]["kept"], moved["has"]["merged"])
    transaction.customers.change(replace(joined, addresses=(*joined.addresses, *brought)), at, both)
    transaction.customers.change(replace(merged, addresses=()), at)
    done = Merge(
        id=suggestion.id if suggestion is not None else new_id("mrg", at, clock.entropy(ENTROPY_SIZE)),
        kept_id=kept.id,
        merged_id=merged.id,
        state=MergeState.DONE,
        reason=reason,
        by=by,
        at=at,
        moved=moved,
    )
    transaction.identity.put(done)
    _record(transaction, clock, "customer.merged", done, by=by, reason=reason)
    return done


def _both_have(
    mine: Mapping[str, Instant | None], theirs: Mapping[str, Instant | None]
) -> Mapping[str, Instant | None]:
    """The addresses of both; where one of them is written to, the one that they become is."""
    return {**mine, **theirs, **{one: None for one in mine.keys() & theirs.keys() if None in (mine[one], theirs[one])}}


def undo(transaction: Transaction, clock: Clock, merge_id: str, *, by: str) -> Merge:
    """Make two of one again, as they were. What came after the merge stays with the one who was kept.

    Who withdrew meanwhile withdrew as both: nobody knows whose word it was.

    Raises:
        NotFound: there is no such merge.
        Conflict: it is not done, or something was merged on top of it.
    """
    done = find_merge(transaction, merge_id)
    transaction.customers.lock([done.kept_id, done.merged_id])
    done = find_merge(transaction, merge_id)  # as it is now that nobody else changes it
    if done.state is not MergeState.DONE:
        raise Conflict(
            "{merge} is not done: it is {state}.", code="merge_not_done", merge=merge_id, state=done.state.value
        )
    _ensure_last(transaction, done)
    at, moved = clock.now(), done.moved
    transaction.identity.give_back(moved["rows"], done.kept_id, done.merged_id, at)
    kept, merged = _customer(transaction, done.kept_id), _customer(transaction, done.merged_id)
    theirs = transaction.customers.addresses(moved["addresses"])
    back = tuple(theirs[one] for one in moved["addresses"] if one in theirs)
    transaction.customers.change(replace(merged, addresses=back), at, moved["has"]["merged"])
    own = tuple(one for one in kept.addresses if one.id not in moved["brought"])
    parted = replace(part_profiles(transaction, kept, moved["profile"]), addresses=own)
    transaction.customers.change(parted, at, moved["has"]["kept"])
    part_consents(transaction, clock, done, by=by)
    undone = replace(done, state=MergeState.UNDONE, ended_at=at, moved={})
    transaction.identity.put(undone)
    _record(transaction, clock, "customer.unmerged", done, by=by)
    return undone


def find_merge(transaction: Transaction, merge_id: str) -> Merge:
    """A merge by its id. Raises NotFound."""
    found = transaction.identity.merge(merge_id)
    if found is None:
        raise NotFound(
            'There is no merge "{merge}".', remedy="See: jogral customers merges list", code="unknown_merge",
            merge=merge_id,
        )  # fmt: skip
    return found


def _two(transaction: Transaction, kept_id: str, merged_id: str) -> tuple[Customer, Customer]:
    """Both of them, locked, by whatever they are called now."""
    whose = lock_customers(transaction, [kept_id, merged_id])
    for one in (kept_id, merged_id):
        if one not in whose:
            raise NotFound('There is no customer "{customer}".', code="unknown_customer", customer=one)
    if whose[kept_id] == whose[merged_id]:
        raise InputError(
            "{one} and {other} are one customer already.", code="same_customer", one=kept_id, other=merged_id
        )
    return _customer(transaction, whose[kept_id]), _customer(transaction, whose[merged_id])


def _customer(transaction: Transaction, customer_id: str) -> Customer:
    found = transaction.customers.get(customer_id)
    if found is None:
        raise NotFound('There is no customer "{customer}".', code="unknown_customer", customer=customer_id)
    return found


def _record(transaction: Transaction, clock: Clock, kind: str, done: Merge, *, by: str, **said: str) -> None:
    """An entry for each of the two, and neither names the other: once they are parted, one may be erased alone."""
    both = (done.kept_id, done.merged_id)
    told = {"merge": done.id, **said}
    record_all(transaction, clock, [Entry(kind=kind, by=by, customer_id=one, said=told) for one in both])


def _ensure_last(transaction: Transaction, done: Merge) -> None:
    """What was merged on top must be undone first: only then is known what was whose."""
    whose = transaction.customers.whose([done.kept_id])
    owner = whose.get(done.kept_id, done.kept_id)
    last = transaction.identity.newest_into(owner)
    if last is not None and last.id != done.id:
        raise Conflict(
            "{merge} cannot be undone yet: {later} came after it.",
            remedy="Undo that one first: jogral customers merges undo {later}",
            code="merged_since",
            merge=done.id,
            later=last.id,
        )
