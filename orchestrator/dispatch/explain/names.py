"""Who and what is meant: a customer by whatever somebody has at hand, a request by its id or by that of a decision."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.dispatch.accept.who import CustomerReference, find_customers, unfit_address
from orchestrator.domain.errors import InputError, NotFound, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.customer import Customer
    from orchestrator.store.evidence import KnownRequest
    from orchestrator.store.port import Transaction

DECISION = "dec_"

_DECISION_ID = re.compile(r"dec_([0-9]{1,18})")
_PHONE = re.compile(r"[+(]?[0-9][0-9 ()./-]{6,}")
_EXTERNAL = re.compile(r"([^:/@]+)[:/](.+)")

# How far around a misspelt id others are looked at.
_NEAR = 20


def find_customer(transaction: Transaction, text: str) -> Customer:
    """The customer whose id, e-mail address, phone, or id in another system (`shop:4711`) this is.

    Raises:
        NotFound: nobody is named like this.
    """
    wanted = [one for one in _references(text.strip()) if unfit_address(one) is None]
    found = find_customers(transaction, wanted)
    customer_id = next((found[one] for one in wanted if one in found), None)
    customer = transaction.customers.get(customer_id) if customer_id else None
    if customer is None:
        raise _unknown(transaction, text.strip())
    return customer


def find_request(transaction: Transaction, text: str) -> tuple[KnownRequest, int | None]:
    """A request by its own id, or by that of one of its decisions, which is then meant.

    Raises:
        NotFound: there is none.
    """
    decision = _DECISION_ID.fullmatch(text.strip())
    seq = int(decision[1]) if decision else None
    delivery_id = text.strip() if seq is None else transaction.explanations.decided(seq)
    known = transaction.explanations.request(delivery_id) if delivery_id else None
    if known is None:
        raise NotFound(
            'There is no message or decision "{id}".', id=text.strip(),
            remedy="Ids begin with msg_ or dec_. Of a customer: jogral explain --customer WHO --message MESSAGE",
        )  # fmt: skip
    return known, seq


def _references(text: str) -> Iterator[CustomerReference]:
    """What it may be, the likeliest first."""
    yield CustomerReference(id=text)
    if "@" in text:
        yield CustomerReference(email=text)
    if external := _EXTERNAL.fullmatch(text):
        yield CustomerReference(external=(external[1], external[2]))
    if _PHONE.fullmatch(text):
        yield CustomerReference(phone=text)


def _unknown(transaction: Transaction, text: str) -> InputError:
    if "@" in text or _PHONE.fullmatch(text):
        # An address is a person's: it is not repeated, and no other is guessed.
        return NotFound(
            "No customer has this address.",
            remedy="Name them by id, e-mail, phone, or SYSTEM:ID of another system.",
            code="unknown_customer",
        )
    near = transaction.explanations.customers_near(text, _NEAR)
    return NotFound(
        'There is no customer "{customer}"{hint}',
        remedy="Name them by id, e-mail, phone, or SYSTEM:ID of another system.",
        code="unknown_customer",
        customer=text,
        hint=did_you_mean(text, near),
    )
