"""Whose link it is: the customer, and the address that the message went to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.addresses import masked
from orchestrator.domain.customer import ADDRESS_KINDS, Channel
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiohttp import web

    from orchestrator.domain.customer import Address, Customer
    from orchestrator.public.reader import Reader
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

BY: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: mark("by e-mail"),
    Channel.WHATSAPP: mark("by WhatsApp"),
    Channel.SMS: mark("by SMS"),
    Channel.PUSH: mark("by push notification"),
}
"""How a message comes, as a part of a sentence."""

CHANNELS: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: mark("E-mail"),
    Channel.WHATSAPP: mark("WhatsApp"),
    Channel.SMS: mark("SMS"),
    Channel.PUSH: mark("Push"),
}

_WORDS_MAX = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A customer. `address` is the one that their link was sent to; None: nobody has it any more."""

    customer: Customer
    address: Address | None

    @property
    def may_begin(self) -> bool:
        """Whether whoever reads that address may say yes for them: one that they have left may be somebody else's now.

        Anybody with a link of theirs may end things: who is written to less than they wish is harmed less.
        """
        return self.address is not None and self.address.id in {one.id for one in self.customer.addresses}

    @property
    def shown_address(self) -> str:
        """Enough of the address for its owner to know it."""
        return "" if self.address is None else masked(self.address.kind, self.address.value)


def find(transaction: Transaction, subject: Mapping[str, str]) -> Person | None:
    """Whom a token is about; None: their data was erased."""
    customer = transaction.customers.get(subject["customer"])
    if customer is None:
        return None
    address_id = subject.get("address")
    address = transaction.customers.addresses([address_id]).get(address_id) if address_id else None
    return Person(customer=customer, address=address)


def reached_on(release: Release, customer: Customer) -> tuple[Channel, ...]:
    """The channels on which the shop can write to a customer."""
    kinds = {address.kind for address in customer.addresses}
    return tuple(one for one in Channel if one in release.accounts and ADDRESS_KINDS[one] in kinds)


def by_all(channels: Iterable[Channel], reader: Reader) -> str:
    """`by e-mail`; `by WhatsApp and by SMS`."""
    *before, last = (reader.say(BY[one]) for one in channels)
    return reader.say(mark("{these} and {that}")).format(these=", ".join(before), that=last) if before else last


def act_of(request: web.Request) -> dict[str, str]:
    """What shows that a browser did it: kept with a grant, for whoever has to prove it (LGPD art. 8 §2).

    Of headers only the beginning: they are anybody's words.
    """
    said = {
        "ip": request.remote or "",
        "forwarded_for": request.headers.get("X-Forwarded-For", ""),
        "user_agent": request.headers.get("User-Agent", ""),
    }
    return {name: words[:_WORDS_MAX] for name, words in said.items() if words}
