"""Who: the customer that a door names, by id, by an address or by another system's id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.addresses import normalise
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import FieldError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.store.port import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerReference:
    """How an event names a customer. Exactly one is given; `external` is (source, id)."""

    id: str | None = None
    email: str | None = None
    phone: str | None = None
    external: tuple[str, str] | None = None


def find_customers(transaction: Transaction, references: Sequence[CustomerReference]) -> dict[CustomerReference, str]:
    """Each reference → customer id, one query a kind. A shared address names the customer who has had it longest."""
    whose = transaction.customers.whose({one.id for one in references if one.id})
    external = transaction.customers.by_external_id({one.external for one in references if one.external})
    emails = _by_address(transaction, AddressKind.EMAIL, [one.email for one in references if one.email])
    phones = _by_address(transaction, AddressKind.PHONE, [one.phone for one in references if one.phone])
    found: dict[CustomerReference, str] = {}
    for one in references:
        owner = (
            (whose.get(one.id) if one.id else None)
            or (external.get(one.external) if one.external else None)
            or (emails.get(one.email) if one.email else None)
            or (phones.get(one.phone) if one.phone else None)
        )
        if owner:
            found[one] = owner
    return found


def _by_address(transaction: Transaction, kind: AddressKind, values: Sequence[str]) -> dict[str, str]:
    if not values:
        return {}
    normal = {value: normalise(kind, value) for value in values}
    owners = transaction.customers.by_address(kind, set(normal.values()))
    return {value: owners[stored][0] for value, stored in normal.items() if stored in owners}


def unfit_address(reference: CustomerReference | None) -> InputError | None:
    """What is wrong with the address that an event names its customer by, if it names one so."""
    given = ((AddressKind.EMAIL, reference.email), (AddressKind.PHONE, reference.phone)) if reference else ()
    for kind, value in given:
        try:
            if value:
                normalise(kind, value)
        except InputError as error:
            pointer = f"#/customer/{kind.value}"
            error.fields = (FieldError(pointer=pointer, code=error.code, template=error.template, params=error.params),)
            return error
    return None
