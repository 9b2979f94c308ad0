"""Customers, and what they said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.customer import Address, AddressKind, ConsentState, Customer, Standing
    from orchestrator.domain.time import Instant
    from orchestrator.store.port.values import (
        ConsentEvent,
        ImportRun,
        KeptConsent,
        KeptWording,
        Stop,
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

    def get(self, customer_id: str) -> Customer | None:
        """The customer of this id; of one that was merged, the one that was kept."""
        ...

    def external_ids(self, customer_id: str) -> dict[str, str]: ...

    def named(self, owners: Collection[str]) -> dict[str, set[tuple[str, str]]]:
        """Customer → every (source, external id) of theirs; an empty set where there is none."""
        ...

    def known(self, customer_ids: Collection[str]) -> set[str]:
        """Those ids that belong to a customer."""
        ...

    def whose(self, customer_ids: Collection[str]) -> dict[str, str]:
        """Id → whose it is now: theirs, or of the one that they were merged into. Unknown ids are left out."""
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

    def addresses(self, address_ids: Collection[str]) -> dict[str, Address]:
        """Address id → the address, whoever has it, for those that exist."""
        ...

    def address_ids(self, kind: AddressKind, values: Collection[str]) -> dict[str, str]:
        """Address → its id, whoever has it, for those that are stored."""
        ...

    def keep_addresses(self, given: Sequence[Address], at: Instant) -> dict[tuple[str, str], str]:
        """Store addresses that nobody has yet; (kind, value) → id, for those too that were stored before."""
        ...

    def lose_devices(self, address_ids: Collection[str], at: Instant) -> None:
        """Their provider knows these devices no more: nothing goes there until they are registered again."""
        ...

    def hand_over_devices(self, owners: Mapping[str, str]) -> None:
        """Address id → the customer who registered it last: it is theirs alone, and alive."""
        ...

    def page(self, after: str, limit: int) -> list[Customer]:
        """Customers in id order, after an id."""
        ...

    def add(self, customers: Sequence[Customer], external_ids: Mapping[str, Mapping[str, str]], at: Instant) -> None:
        """New customers with their addresses; addresses that exist are shared."""
        ...

    def has(self, customer_id: str) -> dict[str, Instant | None]:
        """The ids of a customer's addresses → since when nothing goes there to them, because they were erased.

        That is of an address of others alone; one that nobody else has is suppressed.
        """
        ...

    def change(self, customer: Customer, at: Instant, has: Mapping[str, Instant | None] = ...) -> None:
        """Overwrite a customer's profile and addresses.

        What they come to and do not have may be an erased person's. `has` is of others who become one with them, or
        were: their addresses are no news either.
        """
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

    def in_force(self, customer_ids: Collection[str]) -> list[ConsentEvent]:
        """For each topic and channel of these customers the event that its state rests on."""
        ...

    def history(self, customer_id: str, *, before: int | None = None, limit: int) -> list[KeptConsent]:
        """All that a customer said, newest record first; with `before`, what was recorded before that number."""
        ...

    def suppress(self, address_ids: Collection[str], channel: str, reason: str, at: Instant) -> None:
        """Write nothing there: to everybody who has the address, also those who had come back from a STOP."""
        ...

    def change_reason(self, address_ids: Collection[str], channel: str, reason: str, *, to: str) -> set[str]:
        """Give suppressions of exactly one reason another; the addresses that had one."""
        ...

    def reasons(self, address_ids: Collection[str]) -> dict[tuple[str, str], str]:
        """(address id, channel) → why nothing is written there, whoever has the address, and where nobody has it."""
        ...

    def stops(self, customer_ids: Collection[str]) -> dict[str, dict[tuple[str, str], Stop]]:
        """Customer → (address id, channel) → the STOP that was said there; customers without one are left out.

        Whoever said that they are the wrong person has said it, too; nobody comes back from that (see `change_reason`).
        """
        ...

    def come_back(self, customer_id: str, address_id: str, channel: str, at: Instant) -> bool:
        """Let a STOP bind this customer no more, and whoever else has the address as before. Whether it did."""
        ...

    def end_everything(self, address_ids: Collection[str], at: Instant) -> None:
        """Keep at these addresses, whoever has them, that somebody said no to all marketing everywhere."""
        ...

    def ended(self, customer_ids: Collection[str]) -> dict[str, Instant]:
        """Customer → when that was said last at an address of theirs; customers of whom it never was are left out."""
        ...

    def wordings(self, ids: Collection[str]) -> dict[str, KeptWording]:
        """Those of these versions that were ever published."""
        ...

    def all_wordings(self) -> list[KeptWording]:
        """Every version that was ever published, by id."""
        ...

    def keep_wordings(self, wordings: Sequence[KeptWording], at: Instant) -> None:
        """Keep versions that are new; those that are known stay as they were said first."""
        ...


class Imports(Protocol):
    """Files of customers, and how much of each is in."""

    def open(self, new: ImportRun) -> ImportRun:
        """The import of this digest: a new one, or the one that was begun or done before."""
        ...

    def hold(self, import_id: str) -> ImportRun:
        """How far it is. Nobody else moves it on until the commit."""
        ...

    def advance(
        self, import_id: str, *, position: int, counts: Mapping[str, Any], ended_at: Instant | None = None
    ) -> None: ...
