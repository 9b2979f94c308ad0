"""The next hour of a schedule, as a release would have it: whom it means, who is not written to and why, and who is.

Runs begin as the scheduler begins them, and what they ask for there and then is decided as a worker decides it; nothing
is locked or written. What comes of a run later (after a wait, or by what other journeys make of it) is not in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.dispatch.foretelling import Aside, Waterfall, foretell
from orchestrator.dispatch.runs.beginning import Beginning
from orchestrator.dispatch.runs.scheduling import occasion_of
from orchestrator.domain.delivery import State
from orchestrator.journeys.cron import fires_after
from orchestrator.journeys.entrance import rolled_out
from orchestrator.journeys.run import Ending
from orchestrator.store.port import Audience

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.foretelling import Foretold
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.journeys.entrance import Entrance
    from orchestrator.journeys.run import Moved, Run
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

PAGE = 500


@dataclass(kw_only=True, slots=True)
class Hour:
    """The next time (business time) at which a trigger fires, and what that would come to.

    `messages` are those that would be sent, by message and channel; where one waits for its hour, its channel is
    empty: that is chosen then.
    """

    journey: str
    beginning: int
    segment: str
    at: Instant
    waterfall: Waterfall = field(default_factory=Waterfall)
    messages: Counter[tuple[str, str]] = field(default_factory=Counter)


def foresee_hours(
    store: Store,
    current: Current,
    clock: Clock,
    schedules: Collection[tuple[str, int]],
    *,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[Hour]:
    """The next hour of each of these triggers of a release. `progress` hears how many customers were looked at."""
    with store.read() as transaction:
        now = transaction.ledger.clock().now(clock.now())
    hours = [*_next_hours(current.release, schedules, now)]
    looked_at = 0
    for hour in hours:
        for number in _look_at(store, current, clock, hour):
            looked_at += number
            progress(looked_at)
    return hours


def _next_hours(release: Release, schedules: Collection[tuple[str, int]], now: Instant) -> Iterator[Hour]:
    for journey, beginning in schedules:
        trigger = release.scheduled[journey, beginning]
        at = fires_after(trigger.schedule or "", now, release.project.timezone)
        if at is not None:
            yield Hour(journey=journey, beginning=beginning, segment=trigger.segment or "", at=at)


def _look_at(store: Store, current: Current, clock: Clock, hour: Hour) -> Iterator[int]:
    """Fill in what becomes of everybody in the segment; how many were looked at, page by page."""
    release = current.release
    where = release.segments[hour.segment].where
    audience, reached = Audience(where=where, now=hour.at, zone=release.project.timezone), ""
    while True:
        with store.read() as transaction:
            ids = transaction.segments.page(audience, reached, PAGE)
            _Page(transaction, current, clock, hour).look(ids)
        yield len(ids)
        if len(ids) < PAGE:
            return
        reached = ids[-1]


class _Page:
    """Some customers at an hour."""

    def __init__(self, transaction: Transaction, current: Current, clock: Clock, hour: Hour) -> None:
        self._transaction, self._current, self._clock, self._hour = transaction, current, clock, hour
        self._journey = current.release.journeys[hour.journey]
        self._runs: dict[str, Run] = {}

    def look(self, ids: Sequence[str]) -> None:
        """Count what becomes of them."""
        hour, release = self._hour, self._current.release
        beginning = Beginning(release=release, clock=self._clock, at_event_time=True, witness=self._see)
        occasion = occasion_of((hour.journey, hour.beginning), hour.at)
        imagined = beginning.imagine(self._transaction, occasion, ids, hour.at)
        foretold = foretell(self._transaction, self._current, self._clock, imagined.requests)
        asked: dict[str, list[Foretold]] = {}
        for request in imagined.requests:
            one = foretold[request.id]
            asked.setdefault(request.customer_id, []).append(one)
            if one.written:
                hour.messages[request.message, one.channel.value if one.channel is not None else ""] += 1
        hour.waterfall.ended.update(
            self._end(entrance, customer_id, asked) for customer_id, entrance in imagined.entrances.items()
        )

    def _see(self, moved: Moved, _now: Instant) -> None:
        self._runs[moved.run.customer_id] = moved.run

    def _end(
        self, entrance: Entrance, customer_id: str, asked: Mapping[str, Sequence[Foretold]]
    ) -> tuple[State | Aside, str]:
        if entrance.key is None:
            return Aside.NOT_ENTERED, "entry_key" if rolled_out(self._journey, customer_id) else "rollout"
        run, requests = self._runs.get(customer_id), asked.get(customer_id, ())
        if run is None:
            return Aside.NOT_ENTERED, "again_after"
        if run.ending is Ending.NOT_ENTERED:
            return Aside.NOT_ENTERED, "exit_event"
        if requests:
            # Written to at once, or later, or why not: of several messages the first such one.
            best = min(requests, key=lambda one: (not one.written, one.state is State.DEFERRED))
            return best.state, best.reason
        return (Aside.STANDING, run.position) if run.position is not None else (Aside.SILENT, "")
