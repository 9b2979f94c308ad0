"""Claiming: the requests whose turn it is, under a lease of ours, with all that their decision needs read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from orchestrator.decide import Closure, rank
from orchestrator.dispatch.situation import look
from orchestrator.dispatch.slice import LEASE_MS, Slice, business_now
from orchestrator.domain.errors import Refused
from orchestrator.faultpoints import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.situation import Situation
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import BusinessClock, ClosedAccount, Store, Transaction


class Look(Protocol):
    """`look` or `look_again`."""

    def __call__(
        self,
        transaction: Transaction,
        current: Current,
        requests: Sequence[Request],
        now: Instant,
        closed: Mapping[str, Closure],
        /,
    ) -> Situation: ...


@dataclass
class Claims:
    """One worker's claims. `read_current` reads the release in force; `passing`: see `faultpoints`."""

    store: Store
    clock: Clock
    worker: str
    read_current: Callable[[Transaction], Current]
    passing: Callable[[str], None] = nowhere
    _unanswered: list[str] = field(default_factory=list)

    def claim(self, limits: Mapping[str, int]) -> Slice | None:
        """On a database thread: of the first lane that has something, at most so many."""
        self._forget()
        now = self.clock.now()
        with self.store.read() as transaction:
            clock = transaction.ledger.clock()
            waiting = transaction.deliveries.waiting(now=now, business_now=clock.now(now))
        claims = (self._claim_of(lane, limit, now) for lane, limit in limits.items() if lane in waiting)
        return next((claimed for claimed in claims if claimed is not None), None)

    def _claim_of(self, lane: str, limit: int, now: Instant) -> Slice | None:
        """Claim, and read what the decision needs. Nothing, where somebody else was faster."""
        lease = f"{self.worker}/{self.clock.entropy(6).hex()}"
        self._unanswered.append(lease)
        # A claim that a power cut undoes is claimed again, and whatever follows from it waits for the disk.
        with self.store.write(durable=False) as transaction:
            clock = transaction.ledger.clock()
            current = self.read_current(transaction)
            _refuse_moved_clock(clock, current)
            requests = transaction.deliveries.claim(
                lane,
                limit,
                lease=lease,
                now=now,
                business_now=clock.now(now),
                lease_until=now + LEASE_MS,
            )
            claimed_at = self.clock.monotonic()
            closed = transaction.accounts.closed()
            found = (
                situation_of(look, transaction, current, requests, clock, closed, self.clock.now())
                if requests
                else None
            )
        self._unanswered.clear()
        if found is None:
            return None
        self.passing("after_claim")
        return Slice(lane, lease, claimed_at, current, clock, closed, tuple(sorted(requests, key=rank)), found, {}, {})

    def _forget(self) -> None:
        """A claim whose commit was not answered may have been done: what nobody holds goes back."""
        if self._unanswered:
            with self.store.write() as transaction:
                for lease in self._unanswered:
                    transaction.deliveries.forget_claim(lease, self.clock.now())
            self._unanswered.clear()


def situation_of(  # what `look` and `look_again` share
    how: Look,
    transaction: Transaction,
    current: Current,
    requests: Sequence[Request],
    clock: BusinessClock,
    closed: Mapping[str, ClosedAccount],
    now: Instant,
) -> Situation:
    """Read what stands for a slice now; accounts that are left alone are so in business time too."""
    closures = {
        account: Closure(clock.now(one.until), one.reason) for account, one in closed.items() if one.until > now
    }
    earliest = min(business_now(request, clock, now) for request in requests)
    return how(transaction, current, requests, earliest, closures)


def _refuse_moved_clock(clock: BusinessClock, current: Current) -> None:
    """Replays and demos make phones up, and those are real people's."""
    if clock.moved and not current.local:
        raise Refused(
            "Business time was moved, and not every account is an outbox: nothing is sent.",
            remedy="End the replay or demo that moved it, or use another ledger.",
        )
