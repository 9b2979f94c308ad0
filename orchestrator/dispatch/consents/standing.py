"""What is in force of all that customers said, and how more of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.consent_record import entry_of
from orchestrator.dispatch.record import record_all
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.customer import ADDRESS_KINDS, ConsentState
from orchestrator.domain.errors import NotFound
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.store.port import ConsentEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.dispatch.consents.proof import Proof
    from orchestrator.domain.customer import Address, Channel, Standing
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import Transaction


def in_force(transaction: Transaction, customer_id: str) -> tuple[ConsentEvent, ...]:
    """The event that each topic and channel's state rests on: since when (`at`), how we know, in which words."""
    return tuple(transaction.consents.in_force([customer_id]))


def lock_owners(transaction: Transaction, customer_ids: Collection[str]) -> dict[str, str]:
    """Each id → whose it is now, locked until the commit. Raises NotFound where there is nobody of such an id."""
    whose = lock_customers(transaction, set(customer_ids))
    for customer_id in customer_ids:
        if customer_id not in whose:
            raise NotFound('There is no customer "{customer}".', code="unknown_customer", customer=customer_id)
    return whose


def addresses_on(standing: Standing, channel: Channel) -> list[Address]:
    """Where a customer is reached on a channel, the preferred address first."""
    return [one for one in standing.customer.addresses if one.kind is ADDRESS_KINDS[channel]]


def event_of(
    clock: Clock,
    customer_id: str,
    topic: str,
    channel: str,
    state: ConsentState,
    proof: Proof,
    *,
    legal_basis: str,
    evidence: Mapping[str, object] | None = None,
) -> ConsentEvent:
    """What was said, as the ledger holds it."""
    now = clock.now()
    return ConsentEvent(
        id=new_id("con", now, clock.entropy(ENTROPY_SIZE)),
        customer_id=customer_id,
        topic=topic,
        channel=str(channel),
        state=state,
        legal_basis=legal_basis,
        method=proof.method,
        source=proof.source,
        wording=proof.wording,
        evidence=dict(proof.evidence if evidence is None else evidence),
        at=now if proof.at is None else proof.at,
        actor=proof.actor,
    )


def keep(transaction: Transaction, clock: Clock, events: Sequence[ConsentEvent]) -> tuple[ConsentEvent, ...]:
    """Append what was said, and put it on record."""
    if events:
        # Not an hour from before the lock: until it came, a gate may have let something pass.
        transaction.consents.record(events, clock.now())
        record_all(transaction, clock, [entry_of(one) for one in events])
    return tuple(events)
