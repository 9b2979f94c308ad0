"""Wake: what was held for want of a fact is decided anew once nothing stands in its way.

Whoever puts a live value wakes what waited for it at once. This is for all else that ends a reason to hold: an offer
that begins, a release that says something new, and a process that died in between. So it is with a pause that ends by
itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.pauses import wake_paused
from orchestrator.domain.delivery import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.drain import Drain
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.store.port import Transaction

_BECAUSE_OF_A_FACT = "fact_unavailable:"


async def wake(drain: Drain) -> int:
    """Make what is held for facts that can be promised again, or for pauses that are over, claimable; how many."""
    return await drain.run(lambda: _wake(drain) + wake_paused(drain.store, drain.clock.now()))


def wake_promised(transaction: Transaction, current: Current, now: Instant) -> int:
    """Make what is held for facts that can be promised again claimable; how many. `now` is machine time."""
    subjects = held_for(transaction.deliveries.held_reasons())
    if not subjects:
        return 0
    book = current.book(transaction.facts.current())
    business_now = transaction.ledger.clock().now(now)
    return sum(
        sum(transaction.deliveries.release_held(_BECAUSE_OF_A_FACT + subject, now).values())
        for subject in subjects
        if not _still_held(book, subject, business_now)
    )


def _wake(drain: Drain) -> int:
    # Without the lock that a write takes: this is asked several times a minute.
    with drain.store.read() as transaction:
        if not held_for(transaction.deliveries.held_reasons()):
            return 0
    with drain.store.write() as transaction:
        return wake_promised(transaction, drain.read_current(transaction), drain.clock.now())


def held_for(reasons: Iterable[str]) -> list[str]:
    """The facts for want of which something is held, by the reasons of all that is."""
    return sorted(
        reason.removeprefix(_BECAUSE_OF_A_FACT) for reason in reasons if reason.startswith(_BECAUSE_OF_A_FACT)
    )


def _still_held(book: FactBook, subject: str, now: Instant) -> bool:
    """What is over for ever is woken too: it has to be told that it expired."""
    obstacle = book.obstacle([subject], now)
    return obstacle is not None and obstacle.state is State.HELD
