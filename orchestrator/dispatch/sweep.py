"""Sweep: deliveries whose worker never came back. Those that providers can be asked about are settled by asking."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from orchestrator.channels import NoAnswer
from orchestrator.dispatch.current import read_current
from orchestrator.dispatch.drain import LEASE_MS, SLICE_MAX
from orchestrator.dispatch.settle import doubt, settlement
from orchestrator.domain.delivery import OutcomeKind, State

if TYPE_CHECKING:
    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.drain import Drain
    from orchestrator.store.port import BusinessClock, InFlight, Settlement

log = structlog.get_logger()

# A claim that ended with its worker this often is what ends workers.
ATTEMPTS_MAX = 5


async def sweep(drain: Drain) -> int:
    """Settle or doubt every delivery whose lease ran out while it was being sent; how many there were."""
    found = await drain.run(lambda: _take(drain))
    if found is None:
        return 0
    lease, current, clock, lost = found
    settlements = await asyncio.gather(*(_ask(drain, current, clock, one) for one in lost))
    await drain.run(lambda: _settle(drain, lease, settlements))
    log.warning("swept", lost=len(lost), unknown=sum(one.state is State.UNKNOWN for one in settlements))
    return len(lost)


def _take(drain: Drain) -> tuple[str, Current, BusinessClock, list[InFlight]] | None:
    now = drain.clock.now()
    lease = f"{drain.worker}/sweep-{drain.clock.entropy(6).hex()}"
    with drain.store.write() as transaction:
        poisoned = transaction.deliveries.poison(ATTEMPTS_MAX, now)
        lost = transaction.deliveries.in_flight(SLICE_MAX, lease=lease, now=now, lease_until=now + LEASE_MS)
        clock = transaction.ledger.clock()
        current = read_current(transaction, None, drain.wire) if lost else None
    if poisoned:
        log.error("quarantined", deliveries=poisoned, remedy="Each ended its worker; look at them before releasing.")
    return None if current is None else (lease, current, clock, lost)


async def _ask(drain: Drain, current: Current, clock: BusinessClock, lost: InFlight) -> Settlement:
    """What the provider knows of a delivery; where it does not say, the doubt stays."""
    adapter = current.adapters.get(lost.account)
    call = adapter.look_up(lost.id) if adapter is not None else None
    if adapter is None or call is None:
        return doubt(lost, drain.clock.now(), ask_again=False)
    answer = await drain.carrier.carry(call)
    # A question that found nobody says nothing of the message: it may have left all the same.
    outcome = None if isinstance(answer, NoAnswer) else adapter.outcome(answer)
    if outcome is None or outcome.kind is OutcomeKind.UNKNOWN:
        return doubt(lost, drain.clock.now(), ask_again=True)
    return settlement(lost, outcome, clock, drain.clock)


def _settle(drain: Drain, lease: str, settlements: list[Settlement]) -> None:
    with drain.store.write() as transaction:
        transaction.deliveries.settle(lease, settlements, drain.clock.now(), came_back=False)
