"""End: a person withdraws from topics, or says STOP at an address. Neither is ever refused for want of a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.consent import STOP
from orchestrator.dispatch.consents.proof import ENDED, require_said
from orchestrator.dispatch.consents.standing import addresses_on, event_of, keep, lock_owners
from orchestrator.dispatch.consents.topics import Topics
from orchestrator.dispatch.record import Entry, record_all
from orchestrator.domain.customer import ADDRESS_KINDS, Channel, ConsentState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from orchestrator.dispatch.consents.proof import Proof
    from orchestrator.domain.customer import Address, Standing
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import ConsentEvent, Transaction


def withdraw(
    transaction: Transaction,
    clock: Clock,
    customer_ids: Collection[str],
    topic: str | None,
    channels: Collection[Channel] | None,
    proof: Proof,
) -> tuple[ConsentEvent, ...]:
    """Record that people do not want to hear of a topic, or of any marketing, on channels, or on any.

    It is in force at once, and it is recorded where nothing was said before: then no file of last year says yes. Who
    ends everything has ended it at each of their addresses (see `_ended_everywhere`).

    Args:
        transaction: the ledger.
        clock: machine time, and chance for ids.
        customer_ids: who; they are locked in id order.
        topic: what; None: all marketing.
        channels: where; None: everywhere.
        proof: how we know.

    Raises:
        NotFound: there is no such customer.
        InputError: nobody can have said it yet (`future_time`).
    """
    require_said(transaction, clock, proof)
    owners = sorted(set(lock_owners(transaction, customer_ids).values()))
    if topic is None and channels is None:
        _ended_everywhere(transaction, clock, transaction.customers.standings(owners, ()).values())
    return keep(transaction, clock, _withdrawn(transaction, clock, owners, topic, channels, proof))


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopped:
    """What a STOP ended: who has the address, and the consents that ended with it."""

    holders: tuple[str, ...]
    events: tuple[ConsentEvent, ...]


def stop(
    transaction: Transaction,
    clock: Clock,
    address_ids: Collection[str],
    channels: Collection[Channel] | None,
    proof: Proof,
) -> Stopped:
    """End all marketing at addresses, on channels; with None, whoever has them hears no marketing on any channel.

    What was bought is still told. Everybody who has the address is locked, in id order. Who has no other address left
    on the channel has withdrawn there: if they come back for one topic, no other comes back with it.

    Raises:
        InputError: nobody can have said it yet (`future_time`).
    """
    require_said(transaction, clock, proof)
    holders = sorted(transaction.customers.holders(address_ids))
    transaction.customers.lock(holders)
    addresses = transaction.customers.addresses(address_ids).values()
    now = clock.now()
    for address in addresses:
        for channel in _spoken_at(address, channels):
            transaction.consents.suppress([address.id], channel.value, STOP, now)
    standings = transaction.customers.standings(holders, ())
    if channels is None:
        _ended_everywhere(transaction, clock, standings.values(), address_ids)
    record_all(transaction, clock, list(_entries(addresses, standings, channels, proof)))
    ended = (
        _withdrawn(transaction, clock, holders, None, None, proof)
        if channels is None
        else _over(transaction, clock, standings, channels, proof)
    )
    return Stopped(holders=tuple(holders), events=keep(transaction, clock, ended))


def _ended_everywhere(
    transaction: Transaction, clock: Clock, people: Iterable[Standing], address_ids: Collection[str] = ()
) -> None:
    """Keep it where the people are: who comes to one of these addresses under another name is no stranger to it."""
    theirs = {address.id for one in people for address in one.customer.addresses}
    transaction.consents.end_everything(sorted({*theirs, *address_ids}), clock.now())


def _withdrawn(
    transaction: Transaction,
    clock: Clock,
    owners: Collection[str],
    topic: str | None,
    channels: Collection[Channel] | None,
    proof: Proof,
) -> list[ConsentEvent]:
    said = transaction.consents.in_force(owners)
    project = Topics.current(transaction)
    where = tuple(Channel) if channels is None else tuple(dict.fromkeys(channels))
    return [
        event_of(
            clock, owner, one, channel, ConsentState.WITHDRAWN, proof, legal_basis=project.legal_basis(one)
        )
        for owner in owners
        for one in ([topic] if topic is not None else project.marketing_of(owner, said))
        for channel in where
    ]  # fmt: skip


def _over(
    transaction: Transaction,
    clock: Clock,
    standings: Mapping[str, Standing],
    channels: Collection[Channel],
    proof: Proof,
) -> list[ConsentEvent]:
    """The marketing that holders had agreed to where the STOP leaves them no address."""
    project = Topics.current(transaction)
    return [
        event_of(
            clock, one.customer_id, one.topic, one.channel, ConsentState.WITHDRAWN, proof,
            legal_basis=one.legal_basis, evidence={**proof.evidence, ENDED: one.id},
        )
        for one in transaction.consents.in_force(list(standings))
        if one.state is not ConsentState.WITHDRAWN
        and project.is_marketing(one.topic)
        and one.channel in channels
        and _silent(standings[one.customer_id], Channel(one.channel))
    ]  # fmt: skip


def _silent(standing: Standing, channel: Channel) -> bool:
    """Whether a customer has no address left to be written to on a channel."""
    return all((one.id, channel) in standing.suppressions for one in addresses_on(standing, channel))


def _spoken_at(address: Address, channels: Collection[Channel] | None) -> list[Channel]:
    return [
        channel
        for channel in Channel
        if ADDRESS_KINDS[channel] is address.kind and (channels is None or channel in channels)
    ]


def _entries(
    addresses: Iterable[Address],
    standings: Mapping[str, Standing],
    channels: Collection[Channel] | None,
    proof: Proof,
) -> Iterable[Entry]:
    """An entry for everybody who has the address, so that an erasure finds it; one without where nobody has."""
    for address in addresses:
        holders = [name for name, one in standings.items() if address in one.customer.addresses]
        said = {"address": address.id, "channels": [one.value for one in _spoken_at(address, channels)], "reason": STOP}
        for holder in (*holders, None)[: len(holders) or 1]:
            yield Entry(kind="address.suppressed", by=proof.actor, customer_id=holder, said=said)
