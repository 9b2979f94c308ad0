"""Whom a message may reach at all: customers, one's own team, or nobody.

Staging and team keys write to the allow-list only. A test reaches nobody, so nobody has to be on a list for it: it is
judged as if it were sent, and put into the local inbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.contract.subscriptions import is_subscription, subscription
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.delivery import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.customer import Address


@dataclass(frozen=True, slots=True)
class Recipients:
    """The allow-list of this machine: stored forms of addresses, and whole domains of one's own.

    `staging`: nobody else is written to, whatever asked for it.
    """

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    staging: bool = False

    def listed(self, address: Address) -> bool:
        """Whether an address is on the list.

        It is by itself; an e-mail address also by its whole domain, never by a part of it, and a browser by its
        endpoint.
        """
        if address.value in self.addresses:
            return True
        match address.kind:
            case AddressKind.EMAIL:
                return address.value.rpartition("@")[2] in self.domains
            case AddressKind.PUSH_TOKEN if is_subscription(address.value):
                browser = subscription(address.value)
                return browser is not None and browser.endpoint in self.addresses
            case _:
                return False

    def asked_about(self, mode: Mode) -> bool:
        """Whether the list decides about a message at all."""
        return mode is Mode.TEAM or (self.staging and mode is not Mode.TEST)

    def reachable(self, addresses: Iterable[Address]) -> bool:
        """Whether each of these may be written to: a push goes to all devices of a customer at once."""
        return all(map(self.listed, addresses))


EVERYBODY = Recipients()
"""Production without a list: live messages reach customers, and what a team asks for nobody."""
