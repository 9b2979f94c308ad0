"""One customer's life in virtual time: what happens to them, what journeys make of it, and what reaches them.

Nothing is imitated: events go through the desk, alarms through the caller, and each message is decided and rendered by
the gate, as in a shop. Only providers are missing: what would be called counts as sent.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.accept import Accepted, CustomerReference, EventDesk, IncomingEvent
from orchestrator.dispatch.draft import drafts_of, look
from orchestrator.dispatch.gate import Gate, replaced
from orchestrator.dispatch.links import ExampleLinks
from orchestrator.dispatch.runs.backstage import Backstage, profile
from orchestrator.dispatch.runs.calling import Caller
from orchestrator.dispatch.runs.fulfil import Fulfilment
from orchestrator.dispatch.runs.moving import Moving, Witness, nobody
from orchestrator.domain.customer import CapUse, Channel
from orchestrator.domain.delivery import CLAIMABLE, State
from orchestrator.domain.time import rfc3339
from orchestrator.journeys.entrance import scheduled_entrance
from orchestrator.simulation.ledger import MemoryLedger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.dispatch.current import Current
    from orchestrator.domain.customer import Standing
    from orchestrator.domain.fact import LiveFact
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.entrance import Entrance
    from orchestrator.journeys.model import Journey
    from orchestrator.simulation.clock import VirtualClock
    from orchestrator.simulation.ledger import Asked

SOURCE = "simulation"


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """What happens to the customer from outside: an event of a declared type."""

    at: Instant
    type: str
    data: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a request at one moment: a message that would have been sent, or why it was not.

    `trace` is the decision gate by gate, as the ledger would keep it.
    """

    at: Instant
    request_id: str
    run_id: str | None
    journey: str | None
    step: str | None
    message: str
    purpose: str
    state: State
    reason: str
    channel: Channel | None = None
    rendered: Rendered | None = None
    trace: str = ""


@dataclass
class Life:
    """One customer, from the hour of the clock on. `outcomes` are in the order in which they came about.

    `witness` sees how runs move, `listener` hears each outcome when it comes about.
    """

    current: Current
    standing: Standing
    clock: VirtualClock
    live: Mapping[str, LiveFact] = field(default_factory=dict)
    journeys: frozenset[str] | None = None
    witness: Witness = nobody
    outcomes: list[Outcome] = field(default_factory=list)
    listener: Callable[[Outcome], None] | None = None

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(self.standing, self.live)
        self._desk = EventDesk(
            release=self.current.release,
            clock=self.clock,
            journeys=self.journeys,
            origin=SOURCE,
            at_event_time=True,
            witness=self.witness,
        )
        self._caller = Caller(
            release=self.current.release,
            clock=self.clock,
            journeys=self.journeys,
            origin=SOURCE,
            at_alarm_time=True,
            witness=self.witness,
        )
        self._queue: list[tuple[Instant, int, str]] = []
        self._queued: set[str] = set()
        self._numbers = itertools.count(1)

    def happen(self, happening: Happening) -> None:
        """Something happens, after all that is due before it. Raises InputError for an event that would be refused."""
        event = IncomingEvent(
            source=SOURCE,
            id=f"{self.standing.customer.id}/{next(self._numbers)}",
            type=happening.type,
            occurred_at=happening.at,
            data=happening.data,
            customer=CustomerReference(id=self.standing.customer.id),
        )
        self.meanwhile(happening.at, lambda: self._accept(event))

    def enter(self, journey_id: str) -> None:
        """The time of a journey's schedule has come, and the customer is in its segment."""
        release, transaction, now = self.current.release, self.ledger.transaction, self.clock.now()
        journey, customer = release.journeys[journey_id], self.ledger.customers.standing.customer
        entered = self.entrance(journey)
        if entered.key is None:
            return
        backstage = Backstage(release=release, customers={customer.id: customer})
        backstage.remember(transaction, [], [journey], [now], now)
        moving = Moving(release=release, clock=self.clock, backstage=backstage, witness=self.witness)
        moving.last = transaction.runs.last({(journey.id, entered.key)})
        moving.begin(journey, entered, customer.id, None, now)
        fulfilment = Fulfilment(release, self.clock, backstage, origin=SOURCE, at_event_time=True)
        fulfilment.take(moving.wished)
        moving.store(transaction)
        fulfilment.store(transaction)
        if fulfilment.emitted:
            self._desk.accept(transaction, fulfilment.emitted)

    def entrance(self, journey: Journey) -> Entrance:
        """Whether the schedule of a journey lets the customer in now, and under which key."""
        customer = self.ledger.customers.standing.customer
        scheduled = (place for place, (trigger, _) in enumerate(journey.beginnings()) if trigger.schedule is not None)
        own_key = f"{rfc3339(self.clock.now())}/{customer.id}"
        return scheduled_entrance(journey, next(scheduled, 0), profile(customer), own_key)

    def meanwhile(self, at: Instant, act: Callable[[], object]) -> None:
        """Something is done to the ledger, after all that is due before it; then what is due by it is decided."""
        self.live_until(at - 1)
        self.clock.set(at)
        act()
        self._send_due(at)

    def live_until(self, end: Instant) -> None:
        """Let time pass: runs are called, and what waits for its hour is decided then."""
        self.live_on(end)
        self.clock.set(end)

    def live_on(self, end: Instant) -> None:
        """The same, only as long as anything is due: the clock stands at the last of it."""
        while True:
            self._enqueue()
            pause_ends, alarm = self.ledger.pauses.next_end(), self.ledger.runs.next_alarm()
            called = None if alarm is None else alarm.due_at
            waiting = self._queue[0][0] if self._queue else None
            due = min((at for at in (pause_ends, waiting, called) if at is not None), default=None)
            if due is None or due > end:
                return
            self.clock.set(due)
            if alarm is not None and due == called and due not in {pause_ends, waiting}:
                self._caller.move(self.ledger.transaction, [alarm], due)
                continue
            if due == pause_ends:
                self.ledger.pauses.end(due)
            self._send_due(due)

    def _accept(self, event: IncomingEvent) -> None:
        (result,) = self._desk.accept(self.ledger.transaction, [event])
        if not isinstance(result, Accepted):
            raise result

    # sending

    def _enqueue(self) -> None:
        for request_id, asked in self.ledger.deliveries.asked.items():
            if asked.state in CLAIMABLE and request_id not in self._queued:
                self._queued.add(request_id)
                heapq.heappush(self._queue, (asked.request.due_at, len(self._queued), request_id))

    def _send_due(self, now: Instant) -> None:
        self._enqueue()
        self.clock.set(now)
        while self._queue and self._queue[0][0] <= now:
            _, _, request_id = heapq.heappop(self._queue)
            self._queued.discard(request_id)
            asked = self.ledger.deliveries.asked[request_id]
            if asked.state in CLAIMABLE:
                self._decide(asked, now)
            self._enqueue()

    def _decide(self, asked: Asked, now: Instant) -> None:
        transaction, request = self.ledger.transaction, asked.request
        found = look(transaction, self.current, [request], now, {})
        drafts, failures = drafts_of(self.current, [(request, now)], found, ExampleLinks())
        gate = Gate(self.current, found, found, drafts, failures, {})
        gate.ask(request, now)
        for sending in gate.sendings:
            asked.state, asked.reason = State.SENT, ""
            channel = Channel(sending.channel)
            if sending.reserved_day is not None:
                self.ledger.customers.uses.append(
                    CapUse(now, sending.reserved_day, request.purpose, channel, request.topic, request.id)
                )
            self._tell(asked, now, sending.trace, channel, drafts[request.id].rendered)
        for conclusion in gate.conclusions:
            asked.state, asked.reason = conclusion.state, conclusion.reason
            asked.request = replace(request, due_at=conclusion.due_at)
            self._tell(asked, now, conclusion.trace)
        for older in replaced(transaction, gate.deferred_customers, now):
            other = self.ledger.deliveries.asked[older.id]
            other.state, other.reason = older.state, older.reason
            self._tell(other, now, older.trace)

    def _tell(
        self,
        asked: Asked,
        now: Instant,
        trace: str,
        channel: Channel | None = None,
        rendered: Rendered | None = None,
    ) -> None:
        outcome = Outcome(
            at=now,
            request_id=asked.request.id,
            run_id=asked.request.run_id,
            journey=asked.request.journey,
            step=asked.new.step,
            message=asked.request.message,
            purpose=asked.request.purpose.value,
            state=asked.state,
            reason=asked.reason,
            channel=channel,
            rendered=rendered,
            trace=trace,
        )
        self.outcomes.append(outcome)
        if self.listener is not None:
            self.listener(outcome)
