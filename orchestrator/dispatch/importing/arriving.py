"""People of a file come into the ledger: new ones, news about known ones, and what they said.

A file tells of the past. It adds, and overrules nothing that a person has told us since: no opt-out, no STOP.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.consents import Agreement, agree_all, withdraw
from orchestrator.dispatch.importing.matching import look_up
from orchestrator.dispatch.importing.rows import UnfitRow
from orchestrator.dispatch.importing.tally import (
    CHANGED,
    CREATED,
    ERASED,
    GRANTED,
    OPTED_OUT,
    REPEATED,
    UNCHANGED,
    WITHDRAWN,
)
from orchestrator.dispatch.record import Entry, record_all
from orchestrator.dispatch.register import Profile, register, revise
from orchestrator.domain.customer import ADDRESS_KINDS, AddressKind, Channel, ConsentState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from orchestrator.dispatch.consents import Proof
    from orchestrator.dispatch.importing.matching import Known
    from orchestrator.dispatch.importing.proofs import Terms
    from orchestrator.dispatch.importing.rows import Person, Proven
    from orchestrator.dispatch.importing.tally import Tally
    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import ConsentEvent, Transaction


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Who did not come in: people of whom nobody can say who they are, and people who come right `after` themselves."""

    refused: Sequence[tuple[Person, UnfitRow]]
    after: Sequence[Person]


def arrive(
    transaction: Transaction, clock: Clock, source: str, terms: Terms, people: Sequence[Person], tally: Tally
) -> Arrival:
    """Store people, and what they said.

    `source` is the system that their external ids belong to. Who is in two rows, by different names, comes in with the
    first of them; the second is for the next call, which knows of the first.
    """
    known = look_up(transaction, source, people)
    told, refused, after = _told_apart(known, people)
    standing = _Standing.read(transaction, known)
    owners = _stored(transaction, clock, source, told, terms=terms, tally=tally)
    tally.counts[ERASED] += _erased(transaction, owners)
    sharing = _Sharing.read(transaction, [person for person, _ in told])
    desk = _Desk(terms=terms, standing=standing, sharing=sharing, tally=tally)
    for (person, _), owner in zip(told, owners, strict=True):
        for one in person.said:
            desk.take(person, owner, one)
    desk.record(transaction, clock)
    return Arrival(refused=refused, after=after)


# --- who they are -----------------------------------------------------------------------------------------------------


def _told_apart(
    known: Known, people: Sequence[Person]
) -> tuple[list[tuple[Person, str | None]], list[tuple[Person, UnfitRow]], list[Person]]:
    """Each with the customer whom they are, or None for somebody new; those who cannot be told; and those known now."""
    told: list[tuple[Person, str | None]] = []
    refused: list[tuple[Person, UnfitRow]] = []
    after: list[Person] = []
    seen: set[str] = set()
    for person in people:
        try:
            owner = known.customer_of(person)
            if owner is None:
                _require_address(person)
        except UnfitRow as why:
            refused.append((person, why))
            continue
        if owner is not None and owner in seen:
            after.append(person)
            continue
        told.append((person, owner))
        seen |= {owner} if owner is not None else set()
    return told, refused, after


def _require_address(person: Person) -> None:
    """Refuse somebody new whom nothing can be sent to; not if they said no: then no other file says yes for them."""
    if not person.addresses and all(one.state is not ConsentState.WITHDRAWN for one in person.said):
        raise UnfitRow("The row has neither e-mail address nor phone, and nobody is known by its id.")


def _stored(
    transaction: Transaction,
    clock: Clock,
    source: str,
    told: Sequence[tuple[Person, str | None]],
    *,
    terms: Terms,
    tally: Tally,
) -> list[str]:
    """The customer id of each, in order."""
    sources = terms.release.project.known_by.sources
    made = register(transaction, [_profile(person, source) for person, owner in told if owner is None], clock)
    known = {owner for _, owner in told if owner is not None}
    customers = transaction.customers.standings(known, ()) if known else {}
    names = transaction.customers.named(known)
    changed = []
    for person, owner in told:
        news = None if owner is None else _news(_profile(person, source), customers[owner].customer, names[owner])
        if owner is not None and news is not None:
            revise(transaction, owner, news, clock, sources=sources)
            changed.append(owner)
    tally.counts.update({CREATED: len(made), CHANGED: len(changed), UNCHANGED: len(told) - len(made) - len(changed)})
    record_all(
        transaction,
        clock,
        [
            *(Entry(kind="customer.created", by=terms.actor, customer_id=one) for one in made),
            *(Entry(kind="customer.changed", by=terms.actor, customer_id=one) for one in changed),
        ],
    )
    new = iter(made)
    return [next(new) if owner is None else owner for _, owner in told]


def _erased(transaction: Transaction, owners: Sequence[str]) -> int:
    """Of how many an erasure is remembered: they come in, and nothing is sent there."""
    standings = transaction.customers.standings(set(owners), ()) if owners else {}
    return sum(ERASED in one.suppressions.values() for one in standings.values())


def _profile(person: Person, source: str) -> Profile:
    return Profile(
        external_ids={} if person.external_id is None else {source: person.external_id},
        locale=person.locale,
        time_zone=person.time_zone,
        attributes=person.attributes,
        emails=person.addresses.get(AddressKind.EMAIL),
        phones=person.addresses.get(AddressKind.PHONE),
        push_tokens=person.addresses.get(AddressKind.PUSH_TOKEN),
        source=source,
        at=person.known_at,
    )


def _news(profile: Profile, customer: Customer, names: Collection[tuple[str, str]]) -> Profile | None:
    """What a row says that we do not know; None: nothing. An address is added behind those that are there."""
    news = replace(
        profile,
        external_ids=dict(profile.external_ids.items() - set(names)),
        locale=None if profile.locale == customer.locale else profile.locale,
        time_zone=None if profile.time_zone == customer.time_zone else profile.time_zone,
        attributes={
            name: value for name, value in profile.attributes.items() if customer.attributes.get(name) != value
        },
        emails=_with(customer, AddressKind.EMAIL, profile.emails),
        phones=_with(customer, AddressKind.PHONE, profile.phones),
        push_tokens=_with(customer, AddressKind.PUSH_TOKEN, profile.push_tokens),
    )
    return None if news == Profile(source=profile.source, at=profile.at) else news


def _with(customer: Customer, kind: AddressKind, values: Iterable[str] | None) -> tuple[str, ...] | None:
    there = tuple(address.value for address in customer.addresses if address.kind is kind)
    every = tuple(dict.fromkeys((*there, *(values or ()))))
    return None if every == there else every


# --- what they said ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Standing:
    """What was said before, by the people of the file and by everybody who shares an address with them."""

    said: Mapping[tuple[str, str, str], ConsentEvent]

    @classmethod
    def read(cls, transaction: Transaction, known: Known) -> _Standing:
        everybody = known.customers
        events = transaction.consents.in_force(everybody) if everybody else []
        return cls({(one.customer_id, one.topic, one.channel): one for one in events})

    def opted_out(self, customer_ids: Iterable[str], topic: str, channel: Channel) -> bool:
        found = (self.said.get((customer_id, topic, channel.value)) for customer_id in customer_ids)
        return any(one is not None and one.state is ConsentState.WITHDRAWN for one in found)

    def repeats(self, customer_id: str, one: Proven, channel: Channel) -> bool:
        """Whether nothing follows from it that is not so already."""
        before = self.said.get((customer_id, one.topic, channel.value))
        if before is None or before.state is not one.state:
            return False
        return one.state is ConsentState.WITHDRAWN or (one.at is not None and before.at >= one.at)


@dataclass(frozen=True)
class _Sharing:
    """Everybody who has an address of the file by now, those who came in with it too."""

    holders: Mapping[AddressKind, Mapping[str, Sequence[str]]]

    @classmethod
    def read(cls, transaction: Transaction, people: Sequence[Person]) -> _Sharing:
        values = {kind: {value for one in people for value in one.addresses.get(kind, ())} for kind in AddressKind}
        return cls({kind: transaction.customers.by_address(kind, wanted) for kind, wanted in values.items() if wanted})

    def of(self, person: Person, owner: str, channel: Channel) -> list[str]:
        """Whoever speaks at an address speaks for all of its names: they do not mean only one of them."""
        kind = ADDRESS_KINDS[channel]
        found, values = self.holders.get(kind, {}), person.addresses.get(kind, ())
        return list(dict.fromkeys((owner, *(one for value in values for one in found.get(value, ())))))


_OptOut = tuple[str, tuple[Channel, ...], "Proof"]


@dataclass(kw_only=True)
class _Desk:
    """Gathers what is to be recorded, so that it takes few statements for many people."""

    terms: Terms
    standing: _Standing
    sharing: _Sharing
    tally: Tally
    agreements: list[Agreement] = field(default_factory=list)
    # By all that they have in common: a list of people who left is thousands of rows that say the same.
    opt_outs: dict[object, tuple[_OptOut, list[str]]] = field(default_factory=dict)

    def take(self, person: Person, owner: str, one: Proven) -> None:
        left = [channel for channel in one.channels if not self.standing.repeats(owner, one, channel)]
        self.tally.counts[REPEATED] += len(one.channels) - len(left)
        if one.state is ConsentState.WITHDRAWN:
            self.tally.counts[WITHDRAWN] += len(left)
            # Of all its channels: what repeats the no of its owner may be news to others who have the address.
            self._opt_out(person, owner, one)
            return
        free = [channel for channel in left if not self._opted_out(person, owner, one.topic, channel)]
        self.tally.counts[OPTED_OUT] += len(left) - len(free)
        if free:
            proof = self.terms.proof(one, person.row.line)
            self.agreements.append(Agreement(customer_id=owner, topic=one.topic, channels=free, proof=proof))

    def record(self, transaction: Transaction, clock: Clock) -> None:
        """Opt-outs first: of a row that says yes and one that says no, whichever comes first, no stands."""
        for (topic, channels, proof), who in self.opt_outs.values():
            withdraw(transaction, clock, who, topic, channels, proof)
        if self.agreements:
            agreed = agree_all(transaction, self.terms.release, clock, self.agreements)
            self.tally.counts.update({GRANTED: len(agreed.events), OPTED_OUT: len(agreed.left_out)})

    def _opted_out(self, person: Person, owner: str, topic: str, channel: Channel) -> bool:
        return self.standing.opted_out(self.sharing.of(person, owner, channel), topic, channel)

    def _opt_out(self, person: Person, owner: str, one: Proven) -> None:
        proof = self.terms.proof(one, None)
        told: dict[str, list[Channel]] = {}
        for channel in one.channels:
            for customer_id in self.sharing.of(person, owner, channel):
                if not self.standing.opted_out([customer_id], one.topic, channel):
                    told.setdefault(customer_id, []).append(channel)
        for customer_id, theirs in told.items():
            key = (one.topic, *theirs, proof.method, proof.source, proof.at, *sorted(proof.evidence.items()))
            _, who = self.opt_outs.setdefault(key, ((one.topic, tuple(theirs), proof), []))
            who.append(customer_id)
