"""Runs that move in one transaction: each is taken as far as it goes, and all is written at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.journeys.advance import advance
from orchestrator.journeys.concern import ends, only_of
from orchestrator.journeys.entrance import may_begin
from orchestrator.journeys.run import Began, Ending, Heard, Placed, Rang, Run
from orchestrator.journeys.wishes import EXIT
from orchestrator.store.port import LastRun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from orchestrator.dispatch.runs.backstage import Backstage
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.journeys.entrance import Entrance
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.run import Event, Happening, Moved, Wish
    from orchestrator.release import Release
    from orchestrator.store.port import DueAlarm, Transaction


@dataclass(frozen=True, slots=True)
class Wished:
    """A wish, the run that has it, what moved it (the id of an event, if it was one), and when (business time)."""

    wish: Wish
    run: Run
    event_id: str | None
    at: Instant


class Witness(Protocol):
    """Looks on while runs move: what each move came to, and when (business time)."""

    def __call__(self, moved: Moved, now: Instant, /) -> None: ...


def nobody(_moved: Moved, _now: Instant) -> None:
    """A shop has no use for the way that each run takes; tests of journeys have."""


@dataclass(kw_only=True)
class Moving:
    """Moves runs of customers whose lock is held.

    `last` are the last runs of those that may begin now, by journey, key and customer.
    """

    release: Release
    clock: Clock
    backstage: Backstage
    witness: Witness = nobody
    last: dict[tuple[str, str, str], LastRun] = field(default_factory=dict)
    wished: list[Wished] = field(default_factory=list)
    _before: dict[str, Run] = field(default_factory=dict)
    _now: dict[str, Run] = field(default_factory=dict)
    _of: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _begun: dict[str, str | None] = field(default_factory=dict)
    _reached: dict[str, Instant] = field(default_factory=dict)
    _aiming: dict[str, Run] = field(default_factory=dict)

    def stand(self, runs: Iterable[Run]) -> None:
        """Runs that stand somewhere, as the ledger has them."""
        for run in runs:
            self._before[run.id] = run
            self._put(run)

    @property
    def standing(self) -> Collection[Run]:
        """The runs that stood somewhere before anything moved."""
        return self._before.values()

    @property
    def begun(self) -> int:
        """How many runs began."""
        return len(self._begun)

    def aim(self, runs: Iterable[Run]) -> None:
        """Runs that have not reached their goal, over or not."""
        self._aiming |= {run.id: run for run in runs}

    def begin(self, journey: Journey, entered: Entrance, customer_id: str, event: Event | None, now: Instant) -> None:
        """Start a run, unless the customer has one of its key that forbids it."""
        key = (journey.id, entered.key or "")
        last = self.last.get((*key, customer_id))
        before = (last.started_at, last.ended_at) if last is not None and last.entered else None
        if not may_begin(journey, before, now):
            return
        number = max(last.number if last is not None else 0, self._numbers.get(key, 0)) + 1
        started_at = min(event.at, now) if event is not None else now
        run = Run(
            id=new_id("run", self.clock.now(), self.clock.entropy(ENTROPY_SIZE)),
            journey=journey.id,
            key=key[1],
            number=number,
            customer_id=customer_id,
            started_at=started_at,
            beginning=entered.beginning,
        )
        self._numbers[key] = number
        self._begun[run.id] = event.id if event is not None else None
        self._aiming[run.id] = run
        self._move(journey, run, Began(event), now)
        if journey.goal is not None:
            # What it is for may have overtaken what began it.
            for overtaking in self.backstage.since(run, journey.goal.event):
                self._reach(journey, overtaking, customer_id)

    def hear(self, event: Event, customer_id: str, now: Instant) -> None:
        """Something happened to a customer: their runs hear it, and some may have been for it."""
        for journey in self.release.journeys_hearing.get(event.type, ()):
            told = False
            for run in self._standing(journey, customer_id, only_of(journey, event)):
                moved = self._move(journey, run, Heard(event, told), now)
                told = told or any(wish.step == EXIT for wish in moved.wishes)
        for journey in self.release.journeys_aiming_at.get(event.type, ()):
            self._reach(journey, event, customer_id)

    def ring(self, alarm: DueAlarm, now: Instant) -> None:
        """An alarm's time has come. A run whose journey is gone is over."""
        run = self._now.get(alarm.run_id)
        if run is None or run.ended_at is not None:
            return
        journey = self.release.journeys.get(run.journey)
        if journey is not None:
            self._move(journey, run, Rang(alarm.name, alarm.set), now)
        else:
            self.end(run.id, run.journey, now)

    def place(self, run_id: str, step: str, now: Instant) -> None:
        """Somebody put a run at a step of its journey: it goes on from there."""
        run = self._now[run_id]
        self._move(self.release.journeys[run.journey], run, Placed(step), now)

    def put(self, run: Run) -> None:
        """A run as it stands where it stood, after its journey changed."""
        self._put(run)

    def end(self, run_id: str, removed: str, now: Instant) -> None:
        """A run is over because where it stood is gone: a step, or the whole journey."""
        self._now[run_id] = replace(
            self._now[run_id], position=None, ended_at=now, ending=Ending.STEP_REMOVED, note=removed,
            alarms={}, pending={},
        )  # fmt: skip

    def store(self, transaction: Transaction) -> None:
        """Write where runs stand now and when they want to be called. What they wish for is the caller's."""
        begun = [(self._now[run_id], event_id) for run_id, event_id in self._begun.items()]
        moved = [run for run_id, run in self._now.items() if run_id in self._before and run != self._before[run_id]]
        transaction.runs.add(begun)
        transaction.runs.save(moved)
        before = [self._before[run.id] for run in moved]
        after = [run for run, _ in begun] + moved
        if any(run.alarms for run in (*before, *after)):
            transaction.runs.set_alarms(before, after, self.clock.now())
        if self._reached:
            transaction.runs.reach_goals(self._reached)

    def _standing(self, journey: Journey, customer_id: str, key: str | None) -> Collection[Run]:
        """Their runs of this key that are not over; None: of any."""
        found = (self._now[run_id] for run_id in self._of.get((journey.id, customer_id), ()))
        return [run for run in found if run.ended_at is None and key in (None, run.key)]

    def _put(self, run: Run) -> None:
        if run.id not in self._now:
            self._of.setdefault((run.journey, run.customer_id), []).append(run.id)
        self._now[run.id] = run

    def _move(self, journey: Journey, run: Run, happening: Happening, now: Instant) -> Moved:
        moved = advance(journey, run, happening, self.backstage.scene(run, now))
        self.witness(moved, now)
        self._put(moved.run)
        self.last[(journey.id, run.key, run.customer_id)] = LastRun(
            run.number, run.started_at, moved.run.ended_at, moved.run.ending is not Ending.NOT_ENTERED
        )
        event = happening.event if isinstance(happening, (Began, Heard)) else None
        event_id = None if event is None else event.id
        self.wished += [Wished(wish, moved.run, event_id, now) for wish in moved.wishes]
        return moved

    def _reach(self, journey: Journey, event: Event, customer_id: str) -> None:
        goal = journey.goal
        if goal is None:
            return
        for run in self._aiming.values():
            aims = run.customer_id == customer_id and run.journey == journey.id and run.id not in self._reached
            if aims and run.started_at < event.at <= run.started_at + goal.milliseconds and ends(goal, event, run):
                self._reached[run.id] = event.at
