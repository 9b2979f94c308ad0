"""Sweep: deliveries whose worker never came back, and doubts. Those that providers can be asked about are settled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from orchestrator.channels import still_unknown
from orchestrator.dispatch.doubts import LOOK_UP_PATIENCE_MS, doubted, resent
from orchestrator.dispatch.drain import SLICE_MAX
from orchestrator.dispatch.refusals import Refusal, keep_refusals, rejection_of
from orchestrator.dispatch.settle import HOUR_MS, InDoubt, never_began, settlement
from orchestrator.dispatch.slice import LEASE_MS
from orchestrator.domain.delivery import Mode, OutcomeKind, State

if TYPE_CHECKING:
    from orchestrator.channels import Adapter
    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.drain import Drain
    from orchestrator.domain.delivery import Outcome
    from orchestrator.store.port import BusinessClock, InFlight, Settlement

log = structlog.get_logger()

# A claim that ended with its worker this often is what ends workers.
ATTEMPTS_MAX = 5

# Marks of dead workers' slices: by then all of their deliveries have been looked at.
MARKS_KEPT_MS = 24 * HOUR_MS


async def sweep(drain: Drain) -> int:
    """Give back, settle or doubt every delivery whose lease ran out while it was being sent; how many there were."""
    found = await drain.run(lambda: _take(drain))
    if found is None:
        return 0
    lease, current, clock, lost, returned = found
    refusals: list[Refusal] = []
    settlements = await asyncio.gather(*(_settled(drain, current, clock, one, refusals) for one in lost))
    if settlements:
        await drain.write(lambda: _settle(drain, lease, settlements, refusals))
    drain.began.forget_before(drain.clock.now() - MARKS_KEPT_MS)
    unknown = sum(one.state is State.UNKNOWN for one in settlements)
    log.warning("swept", lost=len(lost), returned=returned, unknown=unknown)
    return len(lost) + returned


def _take(drain: Drain) -> tuple[str, Current, BusinessClock, list[InFlight], int] | None:
    """Those that have to be asked about, under a lease of ours; those that never began are given back at once."""
    now = drain.clock.now()
    lease = f"{drain.worker}/sweep-{drain.clock.entropy(6).hex()}"
    with drain.store.write() as transaction:
        poisoned = transaction.deliveries.poison(ATTEMPTS_MAX, now)
        found = transaction.deliveries.in_flight(SLICE_MAX, lease=lease, now=now, lease_until=now + LEASE_MS)
        # In this transaction, because it takes their leases away, and marks are found by the lease.
        idle = _never_began(drain, found)
        returned = [never_began(one, now) for one in found if one.id in idle]
        transaction.deliveries.settle(lease, returned, now, came_back=False)
        clock = transaction.ledger.clock()
        current = drain.read_current(transaction) if found else None
    if poisoned:
        log.error("quarantined", deliveries=poisoned, remedy="Each ended its worker; look at them before releasing.")
    if current is None:
        return None
    return lease, current, clock, [one for one in found if one.id not in idle], len(returned)


def _never_began(drain: Drain, lost: list[InFlight]) -> set[str]:
    """Those whose calls were certainly not made: there are marks of their slice, and none beside them."""
    on_the_wire = [one for one in lost if one.state is State.SENDING and one.lease is not None]
    began = {lease: drain.began.of(lease) for lease in {one.lease or "" for one in on_the_wire}}
    return {one.id for one in on_the_wire if (marked := began[one.lease or ""]) is not None and one.id not in marked}


async def _settled(
    drain: Drain, current: Current, clock: BusinessClock, lost: InFlight, refusals: list[Refusal]
) -> Settlement:
    """What is known of a delivery whose call began: what the provider says, or nothing. A definite no is listed."""
    now = drain.clock.now()
    if lost.mode is Mode.TEST and lost.state is State.SENDING:
        return never_began(lost, now)  # it reached nobody, whatever became of its worker
    adapter = current.adapters.get(lost.account)
    if adapter is None or lost.mode is Mode.TEST:
        return doubted(lost, now, ask_again=False)
    then = current.after_doubt(adapter, lost.topic)
    outcome = await _looked_up(drain, adapter, lost)
    if outcome is not None:
        about = rejection_of(outcome)
        if about is not None and lost.address_id is not None:
            refusals.append(
                Refusal(
                    delivery=lost.id, account=lost.account, channel=lost.tried, address_id=lost.address_id, about=about,
                    guessed=lost.account in current.recipes,
                )
            )  # fmt: skip
        if outcome.kind is not OutcomeKind.UNKNOWN:
            return settlement(lost, lost.tried, outcome, then, clock, drain.clock, called_at=lost.sending_at)
        if drain.clock.now() - lost.sending_at <= LOOK_UP_PATIENCE_MS:
            return doubted(lost, drain.clock.now(), ask_again=True)
    if then is InDoubt.STOP:
        return doubted(lost, drain.clock.now(), ask_again=outcome is not None)
    return resent(lost, then, drain.clock.now())


async def _looked_up(drain: Drain, adapter: Adapter, lost: InFlight) -> Outcome | None:
    """What the provider says; None where it cannot be asked. A mistake in an adapter keeps its own doubts only."""
    try:
        call = adapter.look_up(lost.id)
        return None if call is None else adapter.found(await drain.carrier.carry(call))
    except Exception as error:
        log.exception("look_up_failed", account=lost.account, delivery=lost.id)
        return still_unknown(type(error).__name__)


def _settle(drain: Drain, lease: str, settlements: list[Settlement], refusals: list[Refusal]) -> None:
    with drain.store.write() as transaction:
        keep_refusals(transaction, drain.clock, refusals)
        transaction.deliveries.settle(lease, settlements, drain.clock.now(), came_back=False)
