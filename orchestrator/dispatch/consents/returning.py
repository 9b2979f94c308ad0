"""Come back: a person's own new grant lifts the STOP of their address, for what they now agree to and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.consent import STOP
from orchestrator.dispatch.consents.proof import ENDED, Proof
from orchestrator.dispatch.consents.standing import event_of, keep
from orchestrator.dispatch.consents.topics import Topics
from orchestrator.dispatch.record import record
from orchestrator.domain.customer import ConsentState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from orchestrator.domain.customer import Address
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import ConsentEvent, Transaction


def sharing(transaction: Transaction, customer_ids: Collection[str]) -> set[str]:
    """Who has an address of these customers that a STOP silenced: `come_back` may end what they agreed to."""
    standings = transaction.customers.standings(customer_ids, ()).values()
    silent = {name for one in standings for (name, _), reason in one.suppressions.items() if reason == STOP}
    return transaction.customers.holders(silent) if silent else set()


def come_back(transaction: Transaction, clock: Clock, grants: Sequence[tuple[ConsentEvent, Address]]) -> None:
    """Lift the STOP of each address on the channel of its grant: the person wants to hear from us there again.

    Whatever anybody who has the address agreed to before the STOP, and went on with at another address, ends now:
    nothing goes to an address again that was agreed to before somebody said STOP there.
    """
    granted = {event.id for event, _ in grants}
    for event, address in grants:
        lifted = transaction.consents.release([address.id], event.channel, STOP)
        if address.id in lifted:
            record(
                transaction, clock, "address.released", by=event.actor, customer_id=event.customer_id,
                address=address.id, channel=event.channel, event=event.id,
            )  # fmt: skip
            _end_older(transaction, clock, event, address, lifted[address.id], granted)


def _end_older(
    transaction: Transaction,
    clock: Clock,
    grant: ConsentEvent,
    address: Address,
    stopped_at: Instant,
    granted: Collection[str],
) -> None:
    marketing = Topics.current(transaction).is_marketing
    proof = Proof(method=STOP, source=grant.source, actor=grant.actor)
    keep(
        transaction,
        clock,
        [
            event_of(
                clock, one.customer_id, one.topic, one.channel, ConsentState.WITHDRAWN, proof,
                legal_basis=one.legal_basis, evidence={ENDED: one.id, "came_back": grant.id},
            )
            for one in transaction.consents.in_force(transaction.customers.holders([address.id]))
            if one.channel == grant.channel
            and one.state is not ConsentState.WITHDRAWN
            and one.id not in granted
            and one.at <= stopped_at
            and marketing(one.topic)
        ],
    )  # fmt: skip
