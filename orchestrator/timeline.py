"""Playing a past: events in the order in which they happened, on business time that follows them.

Business time stands still at a barrier while everything that is due by then is sent, then moves on to the next. What
happens to different customers shares a barrier; to one customer, one thing happens at a time, in the order of
`dispatch.turns`. So each message is decided and rendered by what was so in its own hour, however many workers there
are.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

import structlog

from orchestrator.app.accounts import wire
from orchestrator.dispatch.accept import Accepted, CustomerReference, EventDesk, IncomingEvent
from orchestrator.dispatch.runs.calling import Caller
from orchestrator.dispatch.turns import Turn, next_turn
from orchestrator.domain.errors import Refused, Unavailable
from orchestrator.domain.message import LANES
from orchestrator.store.port import BusinessClock, DueAlarm

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from orchestrator.app import App
    from orchestrator.dispatch.accept import Result
    from orchestrator.dispatch.tick import Bell
    from orchestrator.domain.time import Instant
    from orchestrator.mapping import MappedEvent
    from orchestrator.release import Release

log = structlog.get_logger()

TOGETHER_MAX = 500
"""Events and calls of one barrier."""

NEVER = 1 << 62
"""After every instant that there is."""

# How often the ledger is asked whether everything due is sent, and how long nothing may move before we say so.
LOOK_SECONDS = 0.002
RING_AGAIN_SECONDS = 0.5
STUCK_SECONDS = 300.0


class Timeline:
    """Events in time order, on disk while they are many: a year of a shop does not have to fit into memory."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute(
            "CREATE TABLE events (at INTEGER, place INTEGER PRIMARY KEY, row INTEGER, customer TEXT, body TEXT)"
        )

    def add(self, row: int, customer_id: str, events: Collection[MappedEvent]) -> None:
        """What one row told. Events of the same instant keep the order in which they were added."""
        self._database.executemany(
            "INSERT INTO events (at, row, customer, body) VALUES (?, ?, ?, ?)",
            [(one.occurred_at, row, customer_id, json.dumps([one.type, one.id, dict(one.data)])) for one in events],
        )

    def __len__(self) -> int:
        count: int = self._database.execute("SELECT count(*) FROM events").fetchone()[0]
        return count

    def events(self, source: str) -> Iterator[tuple[int, IncomingEvent]]:
        """(row, event) by time."""
        for at, row, customer_id, body in self._database.execute(
            "SELECT at, row, customer, body FROM events ORDER BY at, place"
        ):
            event_type, event_id, data = json.loads(body)
            yield (
                row,
                IncomingEvent(
                    source=source,
                    id=event_id,
                    type=event_type,
                    occurred_at=at,
                    data=data,
                    customer=CustomerReference(id=customer_id),
                ),
            )

    def close(self) -> None:
        """Throw it away."""
        self._database.close()


@dataclass
class Played:
    """What a playing did: new events by type, how many were known before, and those that were refused, by row."""

    events: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def require_local(app: App, release: Release) -> None:
    """Refuse to rehearse with accounts that reach people. Raises Refused (exit 4)."""
    real = [
        f"{account_id} ({adapter.channel.value})"
        for account_id, adapter in wire(app.settings)(release).items()
        if not adapter.can.local
    ]
    if real:
        raise Refused(
            "A replay or demo sends to made-up addresses, and those may be real people's: {accounts} would reach them.",
            remedy="Give every account in templates/project.yaml the adapter outbox.",
            accounts=", ".join(real),
        )


@dataclass(frozen=True, slots=True)
class _Barrier:
    """An hour, and what happens up to it: first pauses end. With nothing, what waits is decided at that hour."""

    hour: Instant
    pauses_end: bool = False
    events: Sequence[tuple[int, IncomingEvent]] = ()
    alarms: Sequence[DueAlarm] = ()


@dataclass(frozen=True, kw_only=True)
class Player:
    """Plays a timeline through the real path. Workers must be running; `bell` wakes them.

    Time ends at `until`; without it, when every run of these journeys is over, and nothing that they asked for waits.
    """

    app: App
    release: Release
    bell: Bell
    source: str
    journeys: Collection[str]
    origin: str
    sleep: Callable[[float], None]
    until: Instant = NEVER
    progress: Callable[[int], None] = lambda _done: None

    def play(self, timeline: Timeline) -> Played:
        """Let every event happen at its time and wait until what it asked for is sent.

        Raises:
            Unavailable: nothing moved for five minutes; what was done stays done, and a second run goes on from there.
        """
        played = Played()
        done = 0
        upcoming = _Upcoming(timeline.events(self.source), self.until)
        self._set_clock(BusinessClock(frozen_at=0))  # before all that happens: nobody is faster than we are
        try:
            while (barrier := self._next(upcoming)) is not None:
                upcoming.drop(len(barrier.events))
                self._wait(self._happen(barrier, played))
                done += len(barrier.events)
                if barrier.events:
                    self.progress(done)
        finally:
            self._set_clock(BusinessClock())
        return played

    # what comes next

    def _next(self, upcoming: _Upcoming) -> _Barrier | None:
        """Everything that may happen together, or None when all is over.

        Nobody and nothing occurs twice, and nobody's messages wait for an hour in between.
        """
        end = upcoming.end
        with self.app.store.read() as transaction:
            waiting = {
                Turn.HOLD_ENDS: transaction.pauses.next_end(self.journeys),
                Turn.MESSAGE: transaction.deliveries.next_due(self.journeys),
            }
            alarms = transaction.runs.due_alarms(TOGETHER_MAX, business_now=end, journeys=self.journeys)
        if len(alarms) == TOGETHER_MAX:
            end = alarms[-1].due_at
        happening: list[tuple[Instant, Turn, DueAlarm | tuple[int, IncomingEvent], set[Any]]] = [
            (alarm.due_at, Turn.CALL, alarm, {alarm.customer_id}) for alarm in alarms
        ]
        happening += [
            (event.occurred_at, Turn.HAPPENING, (row, event), self._touched(event))
            for row, event in upcoming.events
            if event.occurred_at <= end
        ]
        happening.sort(key=lambda one: one[:2])
        first = next_turn(waiting)
        if first is not None and first <= (happening[0][:2] if happening else (self.until, Turn.HAPPENING)):
            hour, turn = first
            return _Barrier(hour, pauses_end=turn is Turn.HOLD_ENDS)
        together: list[DueAlarm | tuple[int, IncomingEvent]] = []
        hour, met = self.until, set[Any]()
        for at, _, one, touched in happening[:TOGETHER_MAX]:
            if touched & met or (first is not None and at >= first[0]):
                break
            together.append(one)
            hour = at
            met |= touched
        if not together:
            return None
        return _Barrier(
            hour,
            events=[one for one in together if not isinstance(one, DueAlarm)],
            alarms=[one for one in together if isinstance(one, DueAlarm)],
        )

    def _touched(self, event: IncomingEvent) -> set[Any]:
        """Who and what an event is about."""
        customer_id = event.customer.id if event.customer is not None else None
        return {customer_id, *self.release.events[event.type].objects(event.data).items()}

    # what happens

    def _happen(self, barrier: _Barrier, played: Played) -> Instant:
        """Let it happen, and time move on to its hour, or to the first call before it that came of it; until when."""
        lanes: set[str] = set(LANES) if not barrier.events and not barrier.alarms else set()
        if barrier.pauses_end:
            self._end_pauses(barrier.hour)
        if barrier.alarms:
            with self.app.store.write() as transaction:
                lanes |= {one.purpose.value for one in self._caller.move(transaction, barrier.alarms, barrier.hour)}
        if barrier.events:
            with self.app.store.write() as transaction:
                results = self._desk.accept(transaction, [event for _, event in barrier.events])
            lanes |= _count(barrier.events, results, played)
        with self.app.store.write() as transaction:
            next_call = transaction.runs.due_alarms(1, business_now=barrier.hour, journeys=self.journeys)
            hour = next_call[0].due_at if next_call else barrier.hour
            transaction.ledger.set_clock(BusinessClock(frozen_at=hour))
        self._ring(lanes)
        return hour

    def _end_pauses(self, hour: Instant) -> None:
        """What they held is decided for this hour. In one commit, so that no sweeper decides it for an earlier one."""
        with self.app.store.write() as transaction:
            now = self.app.clock.now()
            for over in transaction.pauses.lift_over(hour, now):
                transaction.pauses.release(over.scope, over.subject, now, due_at=hour)

    @cached_property
    def _caller(self) -> Caller:
        return Caller(
            release=self.release,
            clock=self.app.clock,
            journeys=frozenset(self.journeys),
            origin=self.origin,
            at_alarm_time=True,
        )

    @cached_property
    def _desk(self) -> EventDesk:
        return EventDesk(
            release=self.release,
            clock=self.app.clock,
            journeys=frozenset(self.journeys),
            origin=self.origin,
            at_event_time=True,
        )

    def _wait(self, until: Instant) -> None:
        """Until nothing that is due by then is open. Other people's future is not waited for."""
        clock = self.app.clock
        moved_at = rung_at = clock.monotonic()
        left = -1
        while True:
            with self.app.store.read() as transaction:
                now_left = transaction.deliveries.open_until(until)
            if now_left == 0:
                return
            now = clock.monotonic()
            if now_left != left:
                left, moved_at = now_left, now
            if now - moved_at > STUCK_SECONDS:
                raise Unavailable(
                    "{left} messages have not moved for {seconds} seconds.",
                    remedy="Look at the worker's log. Run the same again to go on: nothing is sent twice.",
                    left=left,
                    seconds=int(STUCK_SECONDS),
                )
            if now - rung_at > RING_AGAIN_SECONDS:
                # A Redis that was emptied has forgotten the bell; workers would look by themselves, but later.
                self._ring(LANES)
                rung_at = now
            self.sleep(LOOK_SECONDS)

    def _ring(self, lanes: Collection[str]) -> None:
        for lane in LANES:
            if lane in lanes:
                self.bell.ring(lane)

    def _set_clock(self, clock: BusinessClock) -> None:
        with self.app.store.write() as transaction:
            transaction.ledger.set_clock(clock)


def _count(events: Sequence[tuple[int, IncomingEvent]], results: Sequence[Result], played: Played) -> set[str]:
    """Add what became of events; the lanes of what they asked for."""
    lanes: set[str] = set()
    for (row, event), result in zip(events, results, strict=True):
        if not isinstance(result, Accepted):
            played.refused.append((row, str(result)))
        elif result.repeated:
            played.repeated += 1
        else:
            played.events[event.type] += 1
            lanes |= {request.purpose.value for request in result.requests}
    return lanes


class _Upcoming:
    """The next events of a timeline, as many as may share a barrier; none that happens after `until`."""

    def __init__(self, events: Iterator[tuple[int, IncomingEvent]], until: Instant) -> None:
        self._left = takewhile(lambda one: one[1].occurred_at <= until, events)
        self._until = until
        self.events = deque(islice(self._left, TOGETHER_MAX))

    @property
    def end(self) -> Instant:
        """How far ahead they are known."""
        return self.events[-1][1].occurred_at if len(self.events) == TOGETHER_MAX else self._until

    def drop(self, count: int) -> None:
        """The first of them have happened."""
        for _ in range(count):
            self.events.popleft()
        self.events.extend(islice(self._left, TOGETHER_MAX - len(self.events)))
