"""Runs: where each customer stands in a journey, and when it wants to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, select, text, tuple_, union

from orchestrator.domain.timer import WallTime
from orchestrator.journeys.run import Alarm, Ending, Pending, Run
from orchestrator.store import bulk
from orchestrator.store.port import DueAlarm, LastRun
from orchestrator.store.tables import alerts, deliveries, handoffs, runs, timers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from orchestrator.domain.time import Instant
    from orchestrator.journeys.run import Alert, HandOff
    from orchestrator.store.port import Told

ALARM = "alarm"
"""The kind of a timer that calls a run."""

_TABLE = runs.c
# As the index says it: see `tables.CLAIMABLE_ROWS`.
_STANDING = text("runs.ended_at IS NULL")
_PENDING = text("timers.fired_at IS NULL")

_MOVING = ("position", "since", "ended_at", "ending", "note", "moves", "state")
_COLUMNS = ("id", "journey", "key", "number", "customer_id", "event_id", "beginning", "started_at", *_MOVING)


_ABOUT = ("customer_id", "run_id", "step", "at")

_OF_LAST = tuple(
    _TABLE[name] for name in ("journey", "key", "customer_id", "number", "started_at", "ended_at", "ending")
)


class SqlRuns:
    """See `port.Runs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self, wanted: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], LastRun]:
        if not wanted:
            return {}
        of_keys = tuple_(_TABLE.journey, _TABLE.key).in_(sorted({(journey, key) for journey, key, _ in wanted}))
        # Where the customer is the key, those who became one with them brought runs of their own key.
        admitted_once = [(journey, customer_id) for journey, key, customer_id in wanted if key == customer_id]
        of_theirs = and_(
            bulk.among(self._connection, _TABLE.customer_id, {customer_id for _, customer_id in admitted_once}),
            _TABLE.journey.in_(sorted({journey for journey, _ in admitted_once})),
            _TABLE.key != _TABLE.customer_id,
        )
        # Two questions: asked one with OR in it, a database reads the whole table.
        asked = [select(*_OF_LAST).where(one) for one in ((of_keys, of_theirs) if admitted_once else (of_keys,))]
        return _last_of(wanted, self._connection.execute(union(*asked).order_by("started_at", "number")).all())

    def standing(self, customer_ids: Collection[str], journeys: Collection[str]) -> list[Run]:
        return self._read(
            _STANDING,
            bulk.among(self._connection, _TABLE.customer_id, customer_ids),
            _TABLE.journey.in_(sorted(journeys)),
        )

    def get(self, run_ids: Collection[str]) -> list[Run]:
        return self._read(bulk.among(self._connection, _TABLE.id, run_ids))

    def add(self, new: Sequence[tuple[Run, str | None]]) -> None:
        bulk.insert(self._connection, runs, _COLUMNS, [_row(run, event_id) for run, event_id in new])

    def save(self, moved: Sequence[Run]) -> None:
        bulk.update(self._connection, runs, _MOVING, [(*_moving(run), run.id) for run in moved])

    def set_alarms(self, before: Sequence[Run], after: Sequence[Run], at: Instant) -> None:
        had = {identity for run in before for identity, _ in _alarms(run)}
        wanted = {identity: (run, alarm) for run in after for identity, alarm in _alarms(run)}
        self.drop_alarms(had - wanted.keys())
        bulk.insert(
            self._connection,
            timers,
            ("id", "identity", "kind", "customer_id", "wall", "zone", "due_at", "content", "created_at"),
            [
                (
                    identity,
                    identity,
                    ALARM,
                    run.customer_id,
                    alarm.at.wall,
                    alarm.at.zone,
                    alarm.at.instant,
                    bulk.dumps({"journey": run.journey}),
                    at,
                )
                for identity, (run, alarm) in wanted.items()
                if identity not in had
            ],
        )

    def due_alarms(
        self, limit: int, *, business_now: Instant, journeys: Collection[str] | None = None
    ) -> list[DueAlarm]:
        wanted = (
            select(timers.c.id, timers.c.customer_id, timers.c.wall, timers.c.zone, timers.c.due_at)
            .where(_PENDING, timers.c.kind == ALARM, timers.c.due_at <= business_now)
            .order_by(timers.c.due_at, timers.c.id)
            .limit(limit)
        )
        if journeys is not None:
            ours = timers.c.content["journey"].as_string().in_(sorted(journeys))
            wanted = wanted.where(ours)
        return [
            DueAlarm.of(row.id, row.customer_id, WallTime(row.wall, row.zone), row.due_at)
            for row in self._connection.execute(wanted)
        ]

    def still_due(self, alarms: Collection[DueAlarm], customer_ids: Collection[str]) -> list[DueAlarm]:
        found = set(
            self._connection.scalars(
                select(timers.c.id).where(
                    _PENDING,
                    bulk.among(self._connection, timers.c.id, {alarm.id for alarm in alarms}),
                    bulk.among(self._connection, timers.c.customer_id, customer_ids),
                )
            )
        )
        return [alarm for alarm in alarms if alarm.id in found]

    def move_alarms(self, moved: Mapping[str, Instant]) -> None:
        bulk.update(self._connection, timers, ("due_at",), [(due_at, alarm_id) for alarm_id, due_at in moved.items()])

    def drop_alarms(self, alarm_ids: Collection[str]) -> None:
        if alarm_ids:
            self._connection.execute(delete(timers).where(bulk.among(self._connection, timers.c.id, alarm_ids)))

    def reach_goals(self, reached: Mapping[str, Instant]) -> None:
        bulk.update(self._connection, runs, ("goal_at",), [(at, run_id) for run_id, at in sorted(reached.items())])

    def aiming(self, customer_ids: Collection[str], journeys: Collection[str], since: Instant) -> list[Run]:
        return self._read(
            _TABLE.goal_at.is_(None),
            _TABLE.started_at >= since,
            bulk.among(self._connection, _TABLE.customer_id, customer_ids),
            _TABLE.journey.in_(sorted(journeys)),
        )

    def engaged(self, run_ids: Collection[str]) -> dict[str, frozenset[str]]:
        rows = self._connection.execute(
            select(deliveries.c.run_id, deliveries.c.step)
            # By their customer, of whom there is an index.
            .join(runs, and_(runs.c.id == deliveries.c.run_id, runs.c.customer_id == deliveries.c.customer_id))
            .where(bulk.among(self._connection, runs.c.id, run_ids), deliveries.c.receipt.in_(["read", "clicked"]))
        )
        found: dict[str, set[str]] = {}
        for run_id, step in rows:
            found.setdefault(run_id, set()).add(step)
        return {run_id: frozenset(steps) for run_id, steps in found.items()}

    def tell(self, told: Sequence[Told[Alert]]) -> None:
        bulk.insert_missing(
            self._connection,
            alerts,
            ("id", "identity", "team", "message", *_ABOUT),
            [
                (
                    one.id,
                    one.identity,
                    one.wish.team,
                    one.wish.message,
                    one.customer_id,
                    one.run_id,
                    one.wish.step,
                    one.at,
                )
                for one in told
            ],
        )

    def hand_off(self, told: Sequence[Told[HandOff]]) -> None:
        bulk.insert_missing(
            self._connection,
            handoffs,
            ("id", "identity", "team", "queue", "reason", "closed_by", "until", *_ABOUT),
            [
                (one.id, one.identity, to.team, to.queue, to.reason, to.closed_by, to.until, *_about(one))
                for one in told
                for to in (one.wish,)
            ],
        )

    def close_handoffs(self, closed: Mapping[str, str], at: Instant) -> set[str]:
        table = handoffs.c
        for customer_id, event_type in sorted(closed.items()):
            theirs = and_(table.customer_id == customer_id, table.closed_by == event_type, table.closed_at.is_(None))
            self._connection.execute(handoffs.update().where(theirs).values(closed_at=at))
        kept = select(table.customer_id).where(
            bulk.among(self._connection, table.customer_id, closed.keys()), table.closed_at.is_(None), table.until > at
        )
        return set(closed) - set(self._connection.scalars(kept))

    def counts(self, journey: str) -> dict[str, int]:
        rows = self._connection.execute(
            select(_TABLE.position, func.count()).where(_STANDING, _TABLE.journey == journey).group_by(_TABLE.position)
        )
        return {position: count for position, count in rows if position is not None}

    def people(self, journey: str, positions: Collection[str] | None = None) -> int:
        wanted = select(func.count(_TABLE.customer_id.distinct())).where(_STANDING, _TABLE.journey == journey)
        if positions is not None:
            wanted = wanted.where(_TABLE.position.in_(sorted(positions)))
        return self._connection.scalar(wanted) or 0

    def at(self, journey: str, positions: Collection[str]) -> list[Run]:
        return self._read(_STANDING, _TABLE.journey == journey, _TABLE.position.in_(sorted(positions)))

    def _read(self, *conditions: Any) -> list[Run]:
        wanted = select(*(_TABLE[name] for name in _COLUMNS)).where(*conditions).order_by(_TABLE.id)
        return [_run(row) for row in self._connection.execute(wanted)]


def _last_of(wanted: Collection[tuple[str, str, str]], rows: Sequence[Row[Any]]) -> dict[tuple[str, str, str], LastRun]:
    """Of rows in the order in which they began: the last of each, and how many there are of its key."""
    numbers: dict[tuple[str, str], int] = {}
    newest: dict[tuple[str, str, str], Row[Any]] = {}
    for row in rows:
        key = (row.journey, row.key)
        numbers[key] = max(numbers.get(key, 0), row.number)
        newest[*key, row.customer_id] = row
        newest[row.journey, row.customer_id, row.customer_id] = row
    found: dict[tuple[str, str, str], LastRun] = {}
    for one in wanted:
        number, last = numbers.get(one[:2], 0), newest.get(one)
        if last is not None:
            found[one] = LastRun(number, last.started_at, last.ended_at, last.ending != Ending.NOT_ENTERED.value)
        elif number:
            found[one] = LastRun(number, 0, None, entered=False)
    return found


def _about(one: Told[Any]) -> tuple[Any, ...]:
    return (one.customer_id, one.run_id, one.wish.step, one.at)


def _alarms(run: Run) -> list[tuple[str, Alarm]]:
    return [(f"{ALARM}/{run.id}/{name}/{alarm.set}", alarm) for name, alarm in run.alarms.items()]


def _row(run: Run, event_id: str | None) -> tuple[Any, ...]:
    fixed = (run.id, run.journey, run.key, run.number, run.customer_id, event_id, run.beginning, run.started_at)
    return (*fixed, *_moving(run))


def _moving(run: Run) -> tuple[Any, ...]:
    ending = run.ending.value if run.ending is not None else None
    return (run.position, run.since, run.ended_at, ending, run.note, run.moves, bulk.dumps(_state(run)))


def _state(run: Run) -> dict[str, Any]:
    """What a run remembers. One that is over has nothing left to remember."""
    if run.ended_at is not None:
        return {}
    return {
        "event": dict(run.event) if run.event is not None else None,
        "objects": dict(run.objects),
        "events": {step: dict(event) for step, event in run.events.items()},
        "taken": dict(run.taken),
        "used": list(run.used),
        "alarms": {name: [alarm.at.wall, alarm.at.zone, alarm.set] for name, alarm in run.alarms.items()},
        "pending": {name: [one.since, dict(one.event), one.at] for name, one in run.pending.items()},
    }


def _run(row: Row[Any]) -> Run:
    state = row.state
    return Run(
        id=row.id,
        journey=row.journey,
        key=row.key,
        number=row.number,
        customer_id=row.customer_id,
        started_at=row.started_at,
        beginning=row.beginning,
        position=row.position,
        since=row.since,
        ended_at=row.ended_at,
        ending=Ending(row.ending) if row.ending is not None else None,
        note=row.note,
        moves=row.moves,
        event=state.get("event"),
        objects=state.get("objects", {}),
        events=state.get("events", {}),
        taken=state.get("taken", {}),
        used=tuple(state.get("used", ())),
        alarms={
            name: Alarm(WallTime(wall, zone), setting)
            for name, (wall, zone, setting) in state.get("alarms", {}).items()
        },
        pending={name: Pending(*parts) for name, parts in state.get("pending", {}).items()},
    )
