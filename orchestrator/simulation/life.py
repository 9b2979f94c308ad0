"""One customer's life in virtual time: what happens to them, what journeys make of it, and what reaches them.

Nothing is imitated: events go through the desk, alarms through the caller, and each message is decided and rendered by
the gate, as in a shop. Only providers are missing: what would be called counts as sent.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.dispatch.accept import CustomerReference, EventDesk, IncomingEvent
from orchestrator.dispatch.draft import drafts_of
from orchestrator.dispatch.gate import Gate, replaced
from orchestrator.dispatch.links import ExampleLinks
from orchestrator.dispatch.runs.beginning import Beginning
from orchestrator.dispatch.runs.calling import Caller
from orchestrator.dispatch.runs.entering import AFTER_MS, Entering, audience_of, named
from orchestrator.dispatch.runs.moving import Witness, nobody
from orchestrator.dispatch.runs.scheduling import occasion_of
from orchestrator.dispatch.situation import look
from orchestrator.dispatch.turns import Turn, next_turn
from orchestrator.dispatch.wake import held_for, wake_promised
from orchestrator.domain.customer import CapUse, Channel
from orchestrator.domain.errors import InputError
from orchestrator.simulation.ledger import MemoryLedger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.draft import Draft
    from orchestrator.dispatch.runs.beginning import Occasion
    from orchestrator.domain.customer import Standing
    from orchestrator.domain.delivery import State
    from orchestrator.domain.fact import LiveFact
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.entrance import Entrance
    from orchestrator.simulation.clock import VirtualClock
    from orchestrator.simulation.requests import Asked
    from orchestrator.store.port import Conclusion, Sending

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

    `witness` sees how runs move, `listener` hears each outcome when it comes about. `watched`: entering a segment
    begins what it does in a shop; without it, somebody says when the customer joins one.
    """

    current: Current
    standing: Standing
    clock: VirtualClock
    live: Mapping[str, LiveFact] = field(default_factory=dict)
    journeys: frozenset[str] | None = None
    witness: Witness = nobody
    outcomes: list[Outcome] = field(default_factory=list)
    listener: Callable[[Outcome], None] | None = None
    watched: bool = True

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(self.standing, self.live, self.current.release)
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
        self._beginning = Beginning(
            release=self.current.release,
            clock=self.clock,
            journeys=self.journeys,
            origin=SOURCE,
            at_event_time=True,
            witness=self.witness,
        )
        self._entering = Entering(
            release=self.current.release,
            clock=self.clock,
            journeys=self.journeys,
            origin=SOURCE,
            at_event_time=True,
            witness=self.witness,
        )
        self._numbers = itertools.count(1)
        self._compared_at: Instant | None = None

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

    def enter(self, journey_id: str, beginning: int | None = None) -> None:
        """The time of a journey's schedule has come, and the customer is in its segment."""
        occasion, now = self._occasion(journey_id, beginning), self.clock.now()
        self._beginning.begin(self.ledger.transaction, occasion, [self.standing.customer.id], now)

    def entrance(self, journey_id: str) -> Entrance:
        """Whether the schedule of a journey lets the customer in now, and under which key."""
        customer_id = self.standing.customer.id
        occasion, now = self._occasion(journey_id), self.clock.now()
        return self._beginning.entrances(self.ledger.transaction, occasion, [customer_id], now)[customer_id]

    def join(self, segment: str) -> None:
        """The customer enters a segment, whatever it says."""
        release, now = self.current.release, self.clock.now()
        journeys = named(release, segment)
        self._entering.begin(self.ledger.transaction, segment, journeys, [self.standing.customer.id], now)

    def meanwhile(self, at: Instant, act: Callable[[], object]) -> None:
        """Something is done to the ledger, after all that is due by then; then what is due of it is decided."""
        self.live_until(at)
        act()
        self._send_due(at)
        self._compare(at)

    def live_until(self, end: Instant) -> None:
        """Let time pass: runs are called, and what waits for its hour is decided then."""
        self.live_on(end)
        self.clock.set(end)

    def live_on(self, end: Instant) -> None:
        """The same, only as long as anything is due: the clock stands at the last of it."""
        self._watch()
        while (comes := next_turn(self._due())) is not None and comes[0] <= end:
            at, turn = comes
            self.clock.set(at)
            match turn:
                case Turn.HOLD_ENDS:
                    self.ledger.pauses.end(at)
                    wake_promised(self.ledger.transaction, self.current, at)
                case Turn.MESSAGE:
                    self._send_due(at)
                case Turn.ENTERING:
                    self._compare(at - AFTER_MS)
                case _:
                    self._call(at)
            self._compare(at)

    def _due(self) -> dict[Turn, Instant | None]:
        waiting, alarm = self.ledger.deliveries.next_due(), self.ledger.runs.next_alarm()
        return {
            Turn.HOLD_ENDS: min(filter(None, (self.ledger.pauses.next_end(), self._next_promise())), default=None),
            # What a pause held was due long ago, and is decided when that is over.
            Turn.MESSAGE: max(waiting, self.clock.now()) if waiting is not None else None,
            Turn.CALL: alarm.due_at if alarm is not None else None,
            Turn.ENTERING: self._next_turn_of_time(),
        }

    def _next_promise(self) -> Instant | None:
        """When time alone ends that something is held for want of a fact: its offer begins, or is over for ever."""
        facts = held_for(self.ledger.deliveries.held_reasons())
        book = self.current.book(self.ledger.facts.current()) if facts else None
        return book.turns_at(facts, self.clock.now()) if book is not None else None

    def _call(self, at: Instant) -> None:
        alarm = self.ledger.runs.next_alarm()
        if alarm is not None:
            self._caller.move(self.ledger.transaction, [alarm], at)

    # segments

    def _watch(self) -> None:
        """Once, before anything happens: whoever is in a segment now has been there."""
        if self._compared_at is None and self.watched:
            release, self._compared_at = self.current.release, self.clock.now()
            for segment in release.entered_by:
                audience = audience_of(release, segment, self._compared_at)
                self.ledger.memberships.watch(self._entering.watched(segment, self._compared_at), audience)

    def _compare(self, at: Instant) -> None:
        """What was done may have brought the customer into a segment. A shop finds that at its next look."""
        if self._compared_at is not None and self.current.release.entered_by:
            self._entering.notice(self.ledger.transaction, {self.standing.customer.id: at}, at)
            self._compared_at = at + AFTER_MS

    def _next_turn_of_time(self) -> Instant | None:
        if self._compared_at is None:
            return None
        release = self.current.release
        audiences = (audience_of(release, segment, self._compared_at) for segment in release.entered_by)
        return min(filter(None, map(self.ledger.memberships.turns_after, audiences)), default=None)

    def _occasion(self, journey_id: str, beginning: int | None = None) -> Occasion:
        journey = self.current.release.journeys[journey_id]
        scheduled = (place for place, (trigger, _) in enumerate(journey.beginnings()) if trigger.schedule is not None)
        place = next(scheduled, 0) if beginning is None else beginning
        return occasion_of((journey_id, place), self.clock.now())

    def _accept(self, event: IncomingEvent) -> None:
        (result,) = self._desk.accept(self.ledger.transaction, [event])
        if isinstance(result, InputError):
            raise result

    # sending

    def _send_due(self, now: Instant) -> None:
        """As a worker sends: slice by slice, the first lane first."""
        while due := self.ledger.deliveries.due(now):
            self._decide(due, now)

    def _decide(self, due: Sequence[Asked], now: Instant) -> None:
        transaction, requests = self.ledger.transaction, [asked.request for asked in due]
        found = look(transaction, self.current, requests, now, {})
        drafts, failures = drafts_of(self.current, [(one, now) for one in requests], found, ExampleLinks())
        gate = Gate(self.current, found, found, drafts, failures, {})
        for request in requests:
            gate.ask(request, now)
        for sending in gate.sendings:
            self._sent(sending, drafts[sending.id], now)
        for conclusion in gate.conclusions:
            self._concluded(conclusion, now)
        for older in replaced(transaction, gate.deferred_customers):
            self._concluded(older, now)

    def _sent(self, sending: Sending, draft: Draft, now: Instant) -> None:
        asked, channel = self.ledger.deliveries.send(sending), Channel(sending.channel)
        request = asked.request
        if sending.reserved_day is not None:
            use = CapUse(now, sending.reserved_day, request.purpose, channel, request.topic, request.id)
            self.ledger.customers.uses.append(use)
        self._tell(asked, now, sending.trace, channel, draft.rendered)

    def _concluded(self, conclusion: Conclusion, now: Instant) -> None:
        self._tell(self.ledger.deliveries.conclude(conclusion), now, conclusion.trace)

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
