"""The waterfall: how many a segment holds, why some of them would not be written to, and how many would.

Nobody's number is estimated: each customer's request is decided and said as a worker would do it at its hour, by what
is known now. What one campaign's own messages use of frequency caps is not in it: a customer is in it once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.decide import decide
from orchestrator.dispatch.campaigns.campaign import HOUR_MS
from orchestrator.dispatch.draft import backed, drafts_of, look
from orchestrator.dispatch.links import ExampleLinks
from orchestrator.dispatch.outlook import closures
from orchestrator.domain.delivery import State
from orchestrator.domain.verdict import Drop, Hold, Send, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.decide import Closure
    from orchestrator.dispatch.campaigns.campaign import Campaign
    from orchestrator.dispatch.current import Current
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.domain.verdict import Verdict
    from orchestrator.store.port import Store, Transaction

PAGE = 500


@dataclass
class Waterfall:
    """Customers by what would become of their request: state and reason code. A state `sent` has no reason."""

    ended: Counter[tuple[State, str]] = field(default_factory=Counter)

    @property
    def in_segment(self) -> int:
        """All of them."""
        return self.ended.total()

    @property
    def left_out(self) -> list[tuple[State, str, int]]:
        """Why some would not be written to, and how many: the most first."""
        return [(*key, count) for key, count in self._sorted() if key[0] not in _WRITTEN]

    @property
    def later(self) -> list[tuple[State, str, int]]:
        """Why some of those who would be written to wait for it."""
        return [(*key, count) for key, count in self._sorted() if key[0] is State.DEFERRED]

    @property
    def will_be_sent(self) -> int:
        """What is left of the segment."""
        return sum(count for (state, _), count in self.ended.items() if state in _WRITTEN)

    def _sorted(self) -> list[tuple[tuple[State, str], int]]:
        return sorted(self.ended.items(), key=lambda one: (-one[1], one[0]))


_WRITTEN = (State.SENT, State.DEFERRED)


def foresee(
    store: Store,
    current: Current,
    clock: Clock,
    campaign: Campaign,
    *,
    progress: Callable[[int], None] = lambda _done: None,
) -> Waterfall:
    """What a campaign would come to, and nothing is written. `progress` hears how many were looked at."""
    found, reached = Waterfall(), ""
    audience = campaign.audience(current.release)
    while True:
        with store.read() as transaction:
            ids = transaction.segments.page(audience, reached, PAGE)
            found.ended.update(_foreseen(transaction, current, clock, campaign, ids, found.in_segment) if ids else ())
        progress(found.in_segment)
        if len(ids) < PAGE:
            return found
        reached = ids[-1]


def _foreseen(
    transaction: Transaction, current: Current, clock: Clock, campaign: Campaign, ids: Sequence[str], place: int
) -> list[tuple[State, str]]:
    """State and reason for each of these customers, of whom the first stands at `place`."""
    standings = transaction.customers.standings(ids, ())
    requests = [
        campaign.request(current.release, clock, standings[customer_id].customer, place + number)[0]
        for number, customer_id in enumerate(ids)
    ]
    closed = _closed_at(closures(transaction, clock.now()), requests[0].due_at)
    earliest = min(request.due_at for request in requests)
    situation = look(transaction, current, requests, earliest, closed)
    drafts, failures = drafts_of(
        current, [(request, request.due_at) for request in requests], situation, ExampleLinks()
    )
    book = current.book(situation.live)
    ended: list[tuple[State, str]] = []
    for request in requests:
        if request.id in drafts:
            ended.append((State.SENT, ""))
        elif request.id in failures:
            ended.append((State.FAILED, failures[request.id][0]))
        else:
            backing = backed(current, request, situation, book, request.due_at)
            standing = situation.standings[request.customer_id]
            decision = decide(request, standing, current.rules, request.due_at, backing, situation.circumstances)
            ended.append(_end(decision.verdict))
    return ended


def _closed_at(closed: Mapping[str, Closure], at: Instant) -> Mapping[str, Closure]:
    """The accounts that will still be left alone then."""
    return {account: closure for account, closure in closed.items() if closure.until > at}


def _end(verdict: Verdict) -> tuple[State, str]:
    match verdict:
        case Send():
            return State.SENT, ""
        case Wait(_, reason):
            return State.DEFERRED, reason
        case Hold(reason):
            return State.HELD, reason
        case Drop(state, reason):
            return state, reason


def lasts_ms(campaign: Campaign, messages: int) -> int:
    """How long after its first message a campaign's last one is due."""
    return max(messages - 1, 0) * HOUR_MS // campaign.per_hour if campaign.per_hour else 0
