"""Playing a past: events in the order in which they happened, on business time that follows them.

Business time stands still at a barrier while everything that is due by then is sent, then moves on to the next. A
barrier takes as many events as touch different customers and objects, so that no message is rendered with what
happened after its own event; each request is decided for the instant at which it became due.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from orchestrator.app.accounts import wire
from orchestrator.dispatch.accept import Accepted, CustomerReference, EventDesk, IncomingEvent
from orchestrator.domain.errors import Refused, Unavailable
from orchestrator.domain.message import LANES
from orchestrator.store.port import BusinessClock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from orchestrator.app import App
    from orchestrator.dispatch.tick import Bell
    from orchestrator.domain.time import Instant
    from orchestrator.mapping import MappedEvent
    from orchestrator.release import Release

log = structlog.get_logger()

EVENTS_PER_BARRIER_MAX = 500

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


@dataclass(frozen=True, kw_only=True)
class Player:
    """Plays a timeline through the real path. Workers must be running; `bell` wakes them."""

    app: App
    release: Release
    bell: Bell
    source: str
    journeys: Collection[str]
    origin: str
    sleep: Callable[[float], None]
    progress: Callable[[int], None] = lambda _done: None

    def play(self, timeline: Timeline) -> Played:
        """Accept every event at its time and wait until what it asked for is sent.

        Raises:
            Unavailable: nothing moved for five minutes; what was done stays done, and a second run goes on from there.
        """
        desk = EventDesk(
            release=self.release,
            clock=self.app.clock,
            journeys=frozenset(self.journeys),
            origin=self.origin,
            at_event_time=True,
        )
        played = Played()
        done = 0
        try:
            for barrier in _barriers(timeline.events(self.source), self.release):
                self._accept(desk, barrier, played)
                self._wait(barrier[-1][1].occurred_at)
                done += len(barrier)
                self.progress(done)
        finally:
            self._set_clock(BusinessClock())
        return played

    def _accept(self, desk: EventDesk, barrier: list[tuple[int, IncomingEvent]], played: Played) -> None:
        with self.app.store.write() as transaction:
            transaction.ledger.set_clock(BusinessClock(frozen_at=barrier[-1][1].occurred_at))
            results = desk.accept(transaction, [event for _, event in barrier])
        lanes = set()
        for (row, event), result in zip(barrier, results, strict=True):
            if not isinstance(result, Accepted):
                played.refused.append((row, str(result)))
            elif result.repeated:
                played.repeated += 1
            else:
                played.events[event.type] += 1
                lanes |= {request.purpose.value for request in result.requests}
        self._ring(lanes)

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


def _barriers(
    events: Iterator[tuple[int, IncomingEvent]], release: Release
) -> Iterator[list[tuple[int, IncomingEvent]]]:
    """Runs of consecutive events in which nobody and nothing occurs twice."""
    barrier: list[tuple[int, IncomingEvent]] = []
    touched: set[Any] = set()
    for row, event in events:
        named = {event.customer, *release.events[event.type].objects(event.data).items()}
        if barrier and (named & touched or len(barrier) == EVENTS_PER_BARRIER_MAX):
            yield barrier
            barrier, touched = [], set()
        barrier.append((row, event))
        touched |= named
    if barrier:
        yield barrier
