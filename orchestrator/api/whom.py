"""Whom a body names: a customer by our id, or in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch import accept
from orchestrator.domain.errors import InputError

if TYPE_CHECKING:
    from orchestrator.api.models.parts import CustomerNamed
    from orchestrator.store.port import Transaction


def customer_named(transaction: Transaction, customer_id: str | None, customer: CustomerNamed | None) -> str:
    """The id of whoever is named; of one who was merged, that of the one who was kept. Raises InputError.

    An id of nobody is taken as it is.
    """
    if customer is None:
        named = customer_id or ""
        return transaction.customers.whose([named]).get(named, named)
    reference = customer.reference
    found = accept.find_customers(transaction, [reference]).get(reference)
    if found is None:
        raise InputError.at(
            "#/customer",
            "Nobody that we know is named like this.",
            code="unknown_customer",
            remedy="Create them first: POST /v1/customers.",
        )
    return found
