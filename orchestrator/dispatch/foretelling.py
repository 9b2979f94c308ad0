"""What would become of requests that nobody has made, each at its own hour, by what is known now. Nothing is written.

Nothing is estimated: each is decided and said as a worker would do it. What they use of frequency caps themselves is
not in it, so it is true of requests of which each customer has one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.decide import decide
from orchestrator.dispatch.draft import backed, drafts_of
from orchestrator.dispatch.links import ExampleLinks
from orchestrator.dispatch.outlook import closures
from orchestrator.dispatch.situation import look
from orchestrator.domain.delivery import State
from orchestrator.domain.verdict import Drop, Hold, Send, Wait

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.decide import Closure
    from orchestrator.dispatch.current import Current
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.domain.verdict import Verdict
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, slots=True)
class Foretold:
    """What a request would come to: `sent` on a channel, else its state and reason code."""

    state: State
    reason: str = ""
    channel: Channel | None = None

    @property
    def written(self) -> bool:
        """Whether the customer is written to, now or later."""
        return self.state in WRITTEN


WRITTEN = (State.SENT, State.DEFERRED)


class Aside(StrEnum):
    """Why nothing is asked for of a customer whom a journey means."""

    NOT_ENTERED = "not_entered"
    SILENT = "silent"
    STANDING = "standing"


@dataclass
class Waterfall:
    """Customers by what would become of them: what and reason code. One who is `sent` a message has no reason."""

    ended: Counter[tuple[State | Aside, str]] = field(default_factory=Counter)

    @property
    def in_segment(self) -> int:
        """All of them."""
        return self.ended.total()

    @property
    def left_out(self) -> list[tuple[State | Aside, str, int]]:
        """Why some would not be written to, and how many: the most first."""
        return [(*key, count) for key, count in self._sorted() if key[0] not in WRITTEN]

    @property
    def later(self) -> list[tuple[State | Aside, str, int]]:
        """Why some of those who would be written to wait for it."""
        return [(*key, count) for key, count in self._sorted() if key[0] is State.DEFERRED]

    @property
    def will_be_sent(self) -> int:
        """What is left of the segment."""
        return sum(count for (what, _), count in self.ended.items() if what in WRITTEN)

    def _sorted(self) -> list[tuple[tuple[State | Aside, str], int]]:
        return sorted(self.ended.items(), key=lambda one: (-one[1], one[0]))


def foretell(
    transaction: Transaction, current: Current, clock: Clock, requests: Sequence[Request]
) -> dict[str, Foretold]:
    """Request id → what would become of it when it is due."""
    if not requests:
        return {}
    closed = _closed_at(closures(transaction, clock.now()), requests[0].due_at)
    earliest = min(request.due_at for request in requests)
    situation = look(transaction, current, requests, earliest, closed)
    drafts, failures = drafts_of(
        current, [(request, request.due_at) for request in requests], situation, ExampleLinks()
    )
    book = current.book(situation.live)
    found: dict[str, Foretold] = {}
    for request in requests:
        if request.id in drafts:
            found[request.id] = Foretold(State.SENT, channel=drafts[request.id].send.channel)
        elif request.id in failures:
            found[request.id] = Foretold(State.FAILED, failures[request.id][0])
        else:
            backing = backed(current, request, situation, book, request.due_at)
            standing = situation.standings[request.customer_id]
            decision = decide(request, standing, current.rules, request.due_at, backing, situation.circumstances)
            found[request.id] = _end(decision.verdict)
    return found


def _closed_at(closed: Mapping[str, Closure], at: Instant) -> Mapping[str, Closure]:
    """The accounts that will still be left alone then."""
    return {account: closure for account, closure in closed.items() if closure.until > at}


def _end(verdict: Verdict) -> Foretold:
    match verdict:
        case Send():
            return Foretold(State.SENT)
        case Wait(_, reason):
            return Foretold(State.DEFERRED, reason)
        case Hold(reason):
            return Foretold(State.HELD, reason)
        case Drop(state, reason):
            return Foretold(state, reason)
