"""Come back: a person's own new grant lets a STOP bind them no more, for what they now agree to and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.consent import STOP
from orchestrator.dispatch.consents.proof import ENDED, PERSON, Proof
from orchestrator.dispatch.consents.standing import event_of, keep
from orchestrator.dispatch.consents.topics import Topics
from orchestrator.dispatch.record import record
from orchestrator.domain.customer import ConsentState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from orchestrator.domain.customer import Address
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import ConsentEvent, Transaction


def come_back(transaction: Transaction, clock: Clock, grants: Sequence[tuple[ConsentEvent, Address]]) -> None:
    """Write to this person again at each address, on the channel of its grant, that a STOP had silenced.

    Whoever else has the address stays silent there: they said no, or nobody asked them.
    """
    granted = {event.id for event, _ in grants}
    for event, address in grants:
        stops = transaction.consents.stops([event.customer_id]).get(event.customer_id, {})
        if transaction.consents.come_back(event.customer_id, address.id, event.channel, clock.now()):
            record(
                transaction, clock, "address.released", by=event.actor, customer_id=event.customer_id,
                address=address.id, channel=event.channel, event=event.id,
            )  # fmt: skip
            _end_the_rest(transaction, clock, event, stops[address.id, event.channel].at, granted)


def _end_the_rest(
    transaction: Transaction, clock: Clock, grant: ConsentEvent, stopped_at: Instant, granted: Collection[str]
) -> None:
    """End what they had agreed to, and went on with at another address: they did not say that it may come here again.

    What they said themselves since the STOP stays.
    """
    marketing = Topics.current(transaction).is_marketing
    proof = Proof(method=STOP, source=grant.source, actor=grant.actor, at=grant.at)
    keep(
        transaction,
        clock,
        [
            event_of(
                clock, one.customer_id, one.topic, one.channel, ConsentState.WITHDRAWN, proof,
                legal_basis=one.legal_basis, evidence={ENDED: one.id, "came_back": grant.id},
            )
            for one in transaction.consents.in_force([grant.customer_id])
            if one.channel == grant.channel
            and one.state is not ConsentState.WITHDRAWN
            and one.id not in granted
            and not (one.actor == PERSON and one.at > stopped_at)
            and marketing(one.topic)
        ],
    )  # fmt: skip
