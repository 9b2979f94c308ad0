"""What people told a provider instead of us: it is their word all the same, kept with how we know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import Transaction

TOLD_TO_PROVIDER = "told_to_provider"
"""The method of what the provider says that a person told it."""


def opt_out(
    transaction: Transaction, clock: Clock, *, account: str, channel: Channel, address_id: str, at: Instant,
    delivery: str,
) -> None:  # fmt: skip
    """End all marketing at an address on a channel, because its provider refuses any: the person stopped it there.

    Args:
        transaction: the ledger; whoever has the address is locked.
        clock: machine time, and chance for ids.
        account: which account the person stopped.
        channel: where.
        address_id: theirs.
        at: when the provider said so (machine time).
        delivery: the message that it was said of; empty where it was said of none.
    """
    # A worker that never hears such a word has no numbers of all countries in memory.
    from orchestrator.dispatch import consents  # noqa: PLC0415
    from orchestrator.dispatch.consents import ADDRESS_ID, Proof  # noqa: PLC0415

    evidence = {ADDRESS_ID: address_id, **({"delivery": delivery} if delivery else {})}
    # A provider's clock that is ahead must not make a STOP something of the future.
    said_at = min(at, clock.now())
    proof = Proof(method=TOLD_TO_PROVIDER, source=account, actor=f"provider:{account}", evidence=evidence, at=said_at)
    consents.stop(transaction, clock, [address_id], [channel], proof)
