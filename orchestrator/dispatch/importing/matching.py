"""Who of the people in a file we know already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.dispatch.importing.rows import UnfitRow
from orchestrator.domain.customer import AddressKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from orchestrator.dispatch.importing.rows import Person
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of the ids and addresses of some people of a file.

    `ids` are the customers of external ids, `holders` those of addresses, oldest first; `names` are the external ids of
    the latter, and `written_to` those of them whom we know an e-mail address of.
    """

    source: str
    ids: Mapping[tuple[str, str], str]
    holders: Mapping[AddressKind, Mapping[str, Sequence[str]]]
    names: Mapping[str, Collection[tuple[str, str]]]
    written_to: frozenset[str]

    @property
    def customers(self) -> set[str]:
        """Everybody whom a decision about these people depends on."""
        return {*self.ids.values(), *self.names}

    def holders_of(self, person: Person, kind: AddressKind) -> list[str]:
        """The customers who have one of the person's addresses of a kind."""
        found = self.holders.get(kind, {})
        values = person.addresses.get(kind, ())
        return list(dict.fromkeys(one for value in values for one in found.get(value, ())))

    def customer_of(self, person: Person) -> str | None:
        """The customer whom a person is, or None for somebody new.

        By the external id; else by e-mail, unless that customer has another id in the same system. A phone tells who
        somebody is only of those of whom we know nothing else: families share phones.

        Raises:
            UnfitRow: several customers may be meant.
        """
        if person.external_id is not None:
            by_id = self.ids.get((self.source, person.external_id))
            if by_id is not None:
                return by_id
        return _only(person, [one for one in self._candidates(person) if self._may_be(person, one)])

    def _candidates(self, person: Person) -> list[str]:
        if person.addresses.get(AddressKind.EMAIL):
            return self.holders_of(person, AddressKind.EMAIL)
        if person.external_id is not None:
            return []
        by_phone = self.holders_of(person, AddressKind.PHONE)
        return [one for one in by_phone if not self.names[one] and one not in self.written_to]

    def _may_be(self, person: Person, customer_id: str) -> bool:
        return person.external_id is None or not any(source == self.source for source, _ in self.names[customer_id])


def look_up(transaction: Transaction, source: str, people: Sequence[Person]) -> Known:
    """What the ledger knows of these people."""
    ids = [(source, one.external_id) for one in people if one.external_id is not None]
    values = {kind: {value for one in people for value in one.addresses.get(kind, ())} for kind in AddressKind}
    holders = {kind: transaction.customers.by_address(kind, wanted) for kind, wanted in values.items() if wanted}
    everybody = {one for found in holders.values() for listed in found.values() for one in listed}
    standings = transaction.customers.standings(everybody, ()) if everybody else {}
    return Known(
        source=source,
        ids=transaction.customers.by_external_id(ids) if ids else {},
        holders=holders,
        names=transaction.customers.named(everybody),
        written_to=frozenset(
            customer_id
            for customer_id, standing in standings.items()
            if any(address.kind is AddressKind.EMAIL for address in standing.customer.addresses)
        ),
    )


def turns(people: Sequence[Person]) -> Iterator[list[Person]]:
    """The people in order, cut so that nobody is in a turn twice: who comes again is known by then. Mostly one turn."""
    turn: list[Person] = []
    seen: set[tuple[str, str]] = set()
    for person in people:
        if seen & person.keys:
            yield turn
            turn, seen = [], set()
        turn.append(person)
        seen |= person.keys
    if turn:
        yield turn


def _only(person: Person, candidates: Sequence[str]) -> str | None:
    if len(candidates) > 1 and person.external_id is None:
        raise UnfitRow(
            "{count} customers have this address. Give the row its external id.", count=len(candidates)
        )  # fmt: skip
    return candidates[0] if len(candidates) == 1 else None
