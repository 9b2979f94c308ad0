"""What the gate would say now of a request that nobody has made yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.decide import Closure, decide
from orchestrator.dispatch.draft import backed
from orchestrator.dispatch.situation import look

if TYPE_CHECKING:
    from orchestrator.dispatch.current import Current
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Verdict
    from orchestrator.store.port import Transaction


def verdict_now(transaction: Transaction, current: Current, request: Request, now: Instant) -> Verdict:
    """The gate's own decision, by what a worker would read of it. `now` is machine time."""
    clock = transaction.ledger.clock()
    at = clock.now(now)
    found = look(transaction, current, [request], at, closures(transaction, now))
    standing = found.standings[request.customer_id]
    promised = backed(current, request, found, current.book(found.live), at)
    return decide(request, standing, current.rules, at, promised, found.circumstances).verdict


def closures(transaction: Transaction, now: Instant) -> dict[str, Closure]:
    """The accounts that are left alone, until when by business time. `now` is machine time."""
    clock = transaction.ledger.clock()
    return {
        account: Closure(clock.now(one.until), one.reason)
        for account, one in transaction.accounts.closed().items()
        if one.until > now
    }
