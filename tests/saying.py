"""What customers said, as tests put it into the record: without words and proof, which the doors ask for."""

from __future__ import annotations

from orchestrator.dispatch.consents import Proof
from orchestrator.dispatch.consents.standing import event_of, keep, lock_owners


def tell(transaction, clock, customer_ids, state, topics=("reviews",), channels=("email",), **proof):
    """Each of these customers said so of each topic on each channel; it is put on record, as by any door."""
    owners = lock_owners(transaction, customer_ids).values()
    keep(transaction, clock, said(clock, owners, state, topics, channels, **proof))


def said(clock, customer_ids, state, topics, channels, **proof):
    """The events of it; runs that measure put only these into the ledger, and leave nothing to be sealed meanwhile."""
    told = Proof(**{"method": "", "source": "", "actor": "key:test"} | proof)
    return [
        event_of(clock, customer_id, topic, channel, state, told, legal_basis="consent")
        for customer_id in customer_ids
        for topic in topics
        for channel in channels
    ]
