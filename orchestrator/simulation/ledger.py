"""A ledger in memory for one customer: as much of the store's contract as a life needs.

The desk, the caller and the gate are the ones that run in a shop; this is what they read and write. A method that is
missing here is one that a life does not need: Python says so at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from orchestrator.domain.fact import LiveFact
from orchestrator.journeys.run import Ending
from orchestrator.simulation.belonging import Belonging
from orchestrator.simulation.providers import Conversations, Shares, Templates
from orchestrator.simulation.requests import Breaks, Requests
from orchestrator.store.port import BusinessClock, DueAlarm, LastRun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from orchestrator.domain.customer import CapUse, Customer, Standing
    from orchestrator.domain.fact import FactValue
    from orchestrator.domain.object import Object
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.run import Alert, HandOff, Run
    from orchestrator.release import Release
    from orchestrator.store.port import ExitMark, StoredEvent, Told, Transaction


class MemoryLedger:
    """Stands in the place of a transaction. What happens in it stays."""

    def __init__(self, standing: Standing, live: Mapping[str, LiveFact], release: Release | None = None) -> None:
        self.customers = _Customers(standing, self)
        self.events = _Events(self)
        self.runs = _Runs(self)
        self.deliveries = Requests()
        self.facts = _Facts(live)
        self.pauses = Breaks(self.deliveries)
        self.segments = self.memberships = Belonging(self)
        self.ledger = _Clock()
        self.identity = _Identity()
        self.consents = _Identity()
        self.conversations = Conversations()
        self.shares = Shares()
        self.templates = Templates(release)

    @property
    def transaction(self) -> Transaction:
        """What the desk, the caller and the gate are given."""
        return cast("Transaction", self)


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
            begun_by = self._ledger.runs.begun_by.get(run.id)
            ends = [
                (mark.at, mark.event_type)
                for mark in self._marks
                if mark.journey == run.journey and mark.key in ("", run.key) and mark.at >= run.started_at
                and mark.event_id != begun_by
            ]  # fmt: skip
            if run.ending is Ending.EXIT_EVENT:
                ends.append((run.ended_at or run.since, run.note))
            if ends:
                _, found[run.id] = min(ends)
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
        self.clicked: set[tuple[str, str]] = set()
        self._ledger = ledger

    def last(self, wanted: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], LastRun]:
        found: dict[tuple[str, str, str], LastRun] = {}
        for run in sorted(self.all.values(), key=lambda run: run.number):
            if (run.journey, run.key, run.customer_id) in wanted:
                found[run.journey, run.key, run.customer_id] = LastRun(
                    run.number, run.started_at, run.ended_at, run.ending is not Ending.NOT_ENTERED
                )
        return found

    def standing(self, customer_ids: Collection[str], journeys: Collection[str]) -> list[Run]:
        del customer_ids
        return [run for run in self.all.values() if run.ended_at is None and run.journey in journeys]

    def aiming(self, customer_ids: Collection[str], journeys: Collection[str], since: Instant) -> list[Run]:
        del customer_ids
        aiming = (run for run in self.all.values() if run.id not in self.goals and run.journey in journeys)
        return [run for run in aiming if run.started_at >= since]

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

    def still_due(self, alarms: Collection[DueAlarm], customer_ids: Collection[str]) -> list[DueAlarm]:
        del customer_ids
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
