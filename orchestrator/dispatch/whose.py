"""Whose an id is now: a customer who was merged into another is that other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.store.port import Transaction


def lock_customers(transaction: Transaction, customer_ids: Collection[str]) -> dict[str, str]:
    """Lock customers until the commit: each id → whose it is now. Ids of nobody are left out.

    One who is merged while we wait for the lock is looked up again, and whoever they became is locked too.
    """
    found = transaction.customers.whose(customer_ids)
    while True:
        transaction.customers.lock(sorted(set(found.values())))
        again = transaction.customers.whose(customer_ids)
        if again == found:
            return found
        found = again


def lock_customer(transaction: Transaction, customer_id: str) -> str | None:
    """The same for one; None where there is nobody of this id."""
    return lock_customers(transaction, [customer_id]).get(customer_id)
