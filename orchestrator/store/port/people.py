"""Customers, and what they said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.customer import AddressKind, ConsentState, Customer, Standing
    from orchestrator.domain.time import Instant
    from orchestrator.store.port.values import (
        ConsentEvent,
    )


class Customers(Protocol):
    """Customers and their addresses."""

    def lock(self, customer_ids: Collection[str]) -> None:
        """Hold these customers until the commit, in id order: every door that changes them does the same."""
        ...

    def standings(
        self,
        customer_ids: Collection[str],
        topics: Collection[str],
        *,
        uses_since: Instant | None = None,
        kinds: Collection[str] = (),
    ) -> dict[str, Standing]:
        """What the gate needs of each; customers that do not exist are left out.

        With `uses_since` (business time) what caps count since then; with `kinds` the customers' objects of these.
        """
        ...

    def get(self, customer_id: str) -> Customer | None: ...

    def external_ids(self, customer_id: str) -> dict[str, str]: ...

    def known(self, customer_ids: Collection[str]) -> set[str]:
        """Those ids that belong to a customer."""
        ...

    def by_external_id(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """(source, external id) → customer id."""
        ...

    def by_address(self, kind: AddressKind, values: Collection[str]) -> dict[str, list[str]]:
        """Address → the customers who gave it, oldest first."""
        ...

    def holders(self, address_ids: Collection[str]) -> set[str]:
        """Every customer who has one of these addresses: whoever suppresses it locks them all."""
        ...

    def page(self, after: str, limit: int) -> list[Customer]:
        """Customers in id order, after an id."""
        ...

    def add(self, customers: Sequence[Customer], external_ids: Mapping[str, Mapping[str, str]], at: Instant) -> None:
        """New customers with their addresses; addresses that exist are shared."""
        ...

    def change(self, customer: Customer, at: Instant) -> None:
        """Overwrite a customer's profile and addresses."""
        ...

    def add_external_ids(self, customer_id: str, ids: Mapping[str, str]) -> None:
        """Further names of a customer in other systems (source → id)."""
        ...


class Consents(Protocol):
    """What customers said, and which addresses must not be written to."""

    def record(self, events: Sequence[ConsentEvent], at: Instant) -> None:
        """Append events, in order, and put each in force for its topic and channel unless something newer was said.

        A withdrawal is in force at once, whatever time it bears.
        """
        ...

    def of(self, customer_id: str) -> dict[tuple[str, str], ConsentState]: ...

    def suppress(self, address_ids: Collection[str], channel: str, reason: str, at: Instant) -> None: ...
