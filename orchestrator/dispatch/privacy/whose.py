"""Whose request it is: a customer's, or a stranger's, who wrote to us and bought nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.addresses import sender_forms
from orchestrator.domain.customer import AddressKind, Channel
from orchestrator.domain.privacy import RequestKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.domain.privacy import PrivacyRequest
    from orchestrator.store.port import Person, Transaction
    from orchestrator.store.port.privacy import AddressValue

USER_ID = "user_id"
"""In the details of a stranger's request: the id by which a provider calls them, where that is all that is known."""

FOR_STRANGERS = frozenset({RequestKind.EXPORT, RequestKind.ERASE})
"""What somebody may have whom we have nothing of but their words."""


def person_of(transaction: Transaction, request: PrivacyRequest) -> Person:
    """All that is known of whoever a request is about; of one that has ended, a stranger is nobody."""
    if request.customer_ids:
        return transaction.personal_data.person(request.customer_ids)
    contact = (request.contact_kind, request.contact) if request.contact else None
    return stranger(transaction, contact, str(request.details.get(USER_ID, "")))


def stranger(transaction: Transaction, contact: AddressValue | None, user_id: str) -> Person:
    """Who has an address, or is called so, and is no customer. A phone may be kept as WhatsApp writes it."""
    return transaction.personal_data.stranger(_forms(contact) if contact is not None else (), user_id)


def resolved(transaction: Transaction, request: PrivacyRequest) -> PrivacyRequest:
    """A stranger's request is a customer's once somebody has given us the address."""
    if request.customer_ids or not request.contact:
        return request
    holders = transaction.customers.by_address(request.contact_kind, [request.contact]).get(request.contact, ())
    return replace(request, customer_ids=tuple(holders))


def address_called(transaction: Transaction, user_id: str) -> AddressValue | None:
    """The address of whoever a provider calls so, where it was told."""
    found = transaction.customers.addresses(transaction.provider_users.called(user_id))
    return next(((one.kind, one.value) for _, one in sorted(found.items())), None)


def _forms(contact: AddressValue) -> Collection[AddressValue]:
    kind, value = contact
    if kind is not AddressKind.PHONE:
        return (contact,)
    return {contact, *((kind, form) for form in sender_forms(Channel.WHATSAPP, value.removeprefix("+")))}
