"""A ledger in memory for one customer: as much of the store's contract as a life needs.

The desk, the caller and the gate are the ones that run in a shop; this is what they read and write. A method that is
missing here is one that a life does not need: Python says so at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from orchestrator.domain.delivery import CLAIMABLE, State
from orchestrator.domain.fact import LiveFact
from orchestrator.domain.pause import HELD_AS, NOTHING_PAUSED, Pauses, PauseScope
from orchestrator.journeys.run import Ending
from orchestrator.store.port import BusinessClock, Deferred, DueAlarm, LastRun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from orchestrator.domain.customer import CapUse, Customer, Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.fact import FactValue
    from orchestrator.domain.object import Object
    from orchestrator.domain.pause import Pause
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.run import Alert, HandOff, Run
    from orchestrator.store.port import ExitMark, NewDelivery, StoredEvent, Told, Transaction


class MemoryLedger:
    """Stands in the place of a transaction. What happens in it stays."""

    def __init__(self, standing: Standing, live: Mapping[str, LiveFact]) -> None:
        self.customers = _Customers(standing, self)
        self.events = _Events(self)
        self.runs = _Runs(self)
        self.deliveries = _Deliveries()
        self.facts = _Facts(live)
        self.pauses = _Pauses(self.deliveries)
        self.ledger = _Clock()
        self.identity = _Identity()
        self.consents = _Identity()

    @property
    def transaction(self) -> Transaction:
        """What the desk, the caller and the gate are given."""
        return cast("Transaction", self)


@dataclass
class Asked:
    """A request and what became of it, as far as it got."""

    new: NewDelivery
    request: Request
    state: State = State.ACCEPTED
    reason: str = ""


class _Customers:
    def __init__(self, standing: Standing, ledger: MemoryLedger) -> None:
        self.standing, self._ledger = standing, ledger
        self.uses: list[CapUse] = []

    def whose(self, customer_ids: Collection[str]) -> dict[str, str]:
        mine = self.standing.customer.id
        return {one: mine for one in customer_ids if one == mine}

    def lock(self, customer_ids: Collection[str]) -> None:
        """Nobody else is here."""

    def by_external_id(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        del pairs
        return {}

    def external_ids(self, customer_id: str) -> dict[str, str]:
        del customer_id
        return {}

    def add_external_ids(self, customer_id: str, external_ids: Mapping[str, str]) -> None:
        """None is ever new here."""

    def get(self, customer_id: str) -> Customer | None:
        return self.standing.customer if customer_id == self.standing.customer.id else None

    def change(self, customer: Customer, at: Instant) -> None:
        del at
        self.standing = replace(self.standing, customer=customer)

    def standings(
        self,
        customer_ids: Collection[str],
        topics: Collection[str],
        *,
        uses_since: Instant | None = None,
        kinds: Collection[str] = (),
    ) -> dict[str, Standing]:
        del topics
        uses = () if uses_since is None else tuple(use for use in self.uses if use.at >= uses_since)
        objects = {
            kind: tuple(
                {**one.data, "id": one.id}
                for (of, _), one in sorted(self._ledger.events.known_objects.items())
                if of == kind
            )
            for kind in kinds
        }
        standing = replace(self.standing, uses=self.standing.uses + uses, objects=objects)
        return {one: standing for one in customer_ids if one == standing.customer.id}


class _Events:
    def __init__(self, ledger: MemoryLedger) -> None:
        self.known_objects: dict[tuple[str, str], Object] = {}
        self.happened: list[StoredEvent] = []
        self._marks: list[ExitMark] = []
        self._ledger = ledger

    def known(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], StoredEvent]:
        return {(one.source, one.source_id): one for one in self.happened if (one.source, one.source_id) in pairs}

    def add(self, events: Sequence[StoredEvent]) -> None:
        self.happened += events

    def objects(self, references: Collection[tuple[str, str]]) -> dict[tuple[str, str], Object]:
        return {one: self.known_objects[one] for one in references if one in self.known_objects}

    def data_of(self, references: Collection[tuple[str, str]]) -> dict[tuple[str, str], Mapping[str, Any]]:
        return {reference: one.data for reference, one in self.objects(references).items()}

    def put_objects(self, objects: Sequence[Object], at: Instant) -> None:
        del at
        self.known_objects |= {(one.kind, one.id): one for one in objects}

    def past(self, customer_ids: Collection[str], types: Collection[str], since: Instant) -> list[StoredEvent]:
        del customer_ids
        found = [one for one in self.happened if one.type in types and one.occurred_at >= since]
        return sorted(found, key=lambda one: (one.occurred_at, one.id))

    def add_exit_marks(self, marks: Sequence[ExitMark]) -> None:
        self._marks += marks

    def exits(self, run_ids: Collection[str]) -> dict[str, str]:
        found = {}
        for run in self._ledger.runs.get(run_ids):
            for mark in self._marks:
                ours = mark.journey == run.journey and mark.key in ("", run.key) and mark.at >= run.started_at
                if ours and mark.event_id != self._ledger.runs.begun_by.get(run.id):
                    found[run.id] = mark.event_type
        return found


class _Runs:
    def __init__(self, ledger: MemoryLedger) -> None:
        self.all: dict[str, Run] = {}
        self.begun_by: dict[str, str | None] = {}
        self.goals: dict[str, Instant] = {}
        self.alarms: dict[str, DueAlarm] = {}
        self.told: list[Told[Alert]] = []
        self.handed: list[Told[HandOff]] = []
        self.closed: set[str] = set()
        self.read: dict[str, set[str]] = {}
        self._ledger = ledger

    def last(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], LastRun]:
        found: dict[tuple[str, str], LastRun] = {}
        for run in sorted(self.all.values(), key=lambda run: run.number):
            if (run.journey, run.key) in keys:
                found[run.journey, run.key] = LastRun(
                    run.number, run.started_at, run.ended_at, run.ending is not Ending.NOT_ENTERED
                )
        return found

    def standing(self, customer_ids: Collection[str], journeys: Collection[str]) -> list[Run]:
        del customer_ids
        return [run for run in self.all.values() if run.ended_at is None and run.journey in journeys]

    def aiming(self, customer_ids: Collection[str], journeys: Collection[str]) -> list[Run]:
        del customer_ids
        return [run for run in self.all.values() if run.id not in self.goals and run.journey in journeys]

    def get(self, run_ids: Collection[str]) -> list[Run]:
        return [self.all[one] for one in sorted(run_ids) if one in self.all]

    def add(self, new: Sequence[tuple[Run, str | None]]) -> None:
        for run, event_id in new:
            self.all[run.id], self.begun_by[run.id] = run, event_id

    def save(self, moved: Sequence[Run]) -> None:
        self.all |= {run.id: run for run in moved}

    def set_alarms(self, before: Sequence[Run], after: Sequence[Run], at: Instant) -> None:
        del at
        self.drop_alarms([alarm.id for run in before for alarm in _alarms(run)])
        self.alarms |= {alarm.id: alarm for run in after for alarm in _alarms(run)}

    def drop_alarms(self, alarm_ids: Iterable[str]) -> None:
        for one in alarm_ids:
            self.alarms.pop(one, None)

    def next_alarm(self) -> DueAlarm | None:
        return min(self.alarms.values(), key=lambda alarm: (alarm.due_at, alarm.id), default=None)

    def still_due(self, alarms: Collection[DueAlarm]) -> list[DueAlarm]:
        return [alarm for alarm in alarms if alarm.id in self.alarms]

    def reach_goals(self, reached: Mapping[str, Instant]) -> None:
        self.goals |= reached

    def engaged(self, run_ids: Collection[str]) -> dict[str, frozenset[str]]:
        return {run_id: frozenset(self.read[run_id]) for run_id in run_ids if run_id in self.read}

    def tell(self, told: Sequence[Told[Alert]]) -> None:
        self.told += told

    def hand_off(self, told: Sequence[Told[HandOff]]) -> None:
        self.handed += told

    def close_handoffs(self, closed: Mapping[str, str], at: Instant) -> set[str]:
        self.closed |= {one.id for one in self.handed if closed.get(one.customer_id) == one.wish.closed_by}
        kept = {one.customer_id for one in self.handed if one.id not in self.closed and one.wish.until > at}
        return set(closed) - kept


@dataclass
class _Deliveries:
    asked: dict[str, Asked] = field(default_factory=dict)

    def add(self, deliveries: Sequence[NewDelivery], at: Instant) -> None:
        del at
        known = {one.new.identity for one in self.asked.values()}
        for new in deliveries:
            if new.identity not in known:
                self.asked[new.request.id] = Asked(new, new.request)

    def deferred_of(self, customer_ids: Collection[str]) -> list[Deferred]:
        del customer_ids
        return [
            Deferred(
                one.request.id,
                one.request.customer_id,
                one.request.topic,
                one.request.purpose,
                one.request.message,
                one.request.objects,
                one.reason,
                one.request.accepted_at,
            )
            for one in self.asked.values()
            if one.state is State.DEFERRED
        ]

    def release_held(self, reason: str, at: Instant) -> dict[str, int]:
        del at
        lanes = Counter[str]()
        for one in self.asked.values():
            if one.state is State.HELD and one.reason == reason:
                one.state, one.reason = State.ACCEPTED, ""
                lanes[one.request.purpose.value] += 1
        return dict(lanes)

    def waiting_of(self, messages: Collection[str]) -> int:
        waiting = (*CLAIMABLE, State.HELD)
        return sum(one.request.message in messages and one.state in waiting for one in self.asked.values())


@dataclass
class _Facts:
    live: Mapping[str, LiveFact]

    def put(  # as the store's own
        self,
        path: str,
        value: FactValue,
        *,
        source: str,
        as_of: Instant,
        at: Instant,
        expected: int | None = None,
    ) -> LiveFact:
        del expected  # nobody else changes it meanwhile
        known = self.live.get(path)
        fact = LiveFact(
            path=path,
            value=value,
            version=known.version + 1 if known is not None else 1,
            source=source,
            as_of=as_of,
            recorded_at=at,
        )
        self.live = {**self.live, path: fact}  # who has looked keeps what they saw
        return fact

    def current(self, paths: Collection[str] | None = None) -> dict[str, LiveFact]:
        return {path: fact for path, fact in self.live.items() if paths is None or path in paths}


@dataclass
class _Pauses:
    deliveries: _Deliveries
    standing: Mapping[tuple[str, str], Pause] = field(default_factory=dict)

    def active(self, business_now: Instant, customer_ids: Collection[str] = ()) -> Pauses:
        del customer_ids
        found = {
            one: pause for one, pause in self.standing.items() if pause.until is None or pause.until > business_now
        }
        return Pauses(found) if found else NOTHING_PAUSED

    def put(self, pause: Pause) -> None:
        self.standing = {**self.standing, (pause.scope.value, pause.subject): pause}

    def lift(self, scope: PauseScope, subject: str, at: Instant) -> bool:
        del at
        left = {one: pause for one, pause in self.standing.items() if one != (scope.value, subject)}
        was_paused, self.standing = len(left) < len(self.standing), left
        return was_paused

    def next_end(self) -> Instant | None:
        """When the first pause ends by itself."""
        return min((pause.until for pause in self.standing.values() if pause.until is not None), default=None)

    def end(self, now: Instant) -> None:
        """Lift the pauses that are over, and free what they held, as the timer does in a shop."""
        over = [pause for pause in self.standing.values() if pause.until is not None and pause.until <= now]
        for pause in over:
            self.lift(pause.scope, pause.subject, now)
            self.release(pause.scope, pause.subject, now)

    def release(self, scope: PauseScope, subject: str, at: Instant) -> dict[str, int]:
        """What another pause holds as well is held again when it is decided anew."""
        del subject
        return self.deliveries.release_held(HELD_AS[scope], at)


class _Clock:
    def clock(self) -> BusinessClock:
        return BusinessClock()


class _Identity:
    """Who said which value of a profile first is nobody's question here."""

    def stated(self, customer_ids: Collection[str]) -> dict[str, Any]:
        del customer_ids
        return {}

    def write_down(self, values: Sequence[Any]) -> None:
        """Forgotten."""

    def record(self, events: Sequence[Any], at: Instant) -> None:
        """Nothing is said about consent on the way."""


def _alarms(run: Run) -> list[DueAlarm]:
    return [
        DueAlarm(
            f"alarm/{run.id}/{name}/{alarm.set}", run.id, name, alarm.set, run.customer_id, alarm.at, alarm.at.instant
        )
        for name, alarm in run.alarms.items()
    ]
