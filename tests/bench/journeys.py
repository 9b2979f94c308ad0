"""What journeys cost: simulated customers a second and their memory, and steps of runs that stand in a ledger.

A run that is called is read, moved over four steps, and written; it asks for one message, and its alarm goes. Beside
it stands the least that this could cost: the same rows, inserted in batches of the same size and nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app import SystemClock
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.runs.calling import ROUND, Caller
from orchestrator.domain.customer import Customer
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.journeys.advance import advance
from orchestrator.journeys.model import Journey
from orchestrator.journeys.run import Began, Run, Scene
from orchestrator.project import SHIPPED, Project
from orchestrator.release import Release
from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore
from orchestrator.store.tables import deliveries, runs, timers
from tests.bench.ledgers import database_of
from tests.bench.processes import ROOT, Broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table

    from orchestrator.journeys.run import Moved

DAYS = 14
RSS_MIB_MAX = 300.0
# What ten times as many customers may add: allocators do not give everything back.
GROWTH_MIB_MAX = 16.0
STEPS_PER_S_MIN = 1_500

JOURNEY = Journey.model_validate(
    {
        "kind": "journey", "id": "bench", "title": "Bench", "owner": "bench", "topic": "offers",
        "trigger": {"event": "cart.updated"},
        "entry": {"key": "cart.id"},
        "steps": [
            {"id": "rest", "wait": "1m"},
            {
                "id": "who",
                "branch": [
                    {"when": "customer.orders_count >= 2", "steps": []},
                    {"otherwise": True, "steps": [{"id": "gone", "exit": "new"}]},
                ],
            },
            {"id": "say", "send": "win_back", "channels": {"first_reachable": ["email"]}},
            {"id": "rest_again", "wait": "7d"},
        ],
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Lived:
    """One simulation."""

    customers: int
    seconds: float
    peak_rss_mib: float
    requested: int

    @property
    def per_s(self) -> float:
        """Customers a second."""
        return self.customers / self.seconds


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured."""

    database: str
    few: Lived
    many: Lived
    customers_per_s: float
    runs: int
    moved: int
    steps: int
    steps_per_s: float
    bare_rows_per_s: float
    rows_per_s: float
    ratio: float
    cores: int
    python: str

    @property
    def ok(self) -> bool:
        """Everybody lived, every run moved once, and memory does not depend on how many there are."""
        grown = self.many.peak_rss_mib - self.few.peak_rss_mib
        flat = self.many.peak_rss_mib <= RSS_MIB_MAX and grown <= GROWTH_MIB_MAX
        return flat and self.moved == self.runs and self.steps_per_s >= STEPS_PER_S_MIN


def measure(customers: int, count: int, database: str, say: Callable[[str], None]) -> Figures:
    """One run.

    Args:
        customers: how many are simulated, after a tenth of them in a process of their own.
        count: how many runs stand in the ledger.
        database: `sqlite`, `postgresql` (a server is started), or a URL of an empty database.
        say: told what is going on.
    """
    say(f"simulating {customers // 10} customers, then {customers}")
    few, many = _lived(customers // 10), _lived(customers)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jogral-bench-")))
        store = SqlStore(stack.enter_context(database_of(database, folder)))
        stack.callback(store.close)
        release = _release()
        say(f"{count} runs that wait in {store.engine.dialect.name}")
        _fill(store, release, count)
        say("calling them")
        steps, seconds, moved = _call(store, release)
        say("the same rows, bare")
        rows, bare_seconds = _bare(store)
        return Figures(
            database=store.engine.dialect.name,
            few=few,
            many=many,
            customers_per_s=many.per_s,
            runs=count,
            moved=moved,
            steps=steps,
            steps_per_s=steps / seconds,
            bare_rows_per_s=rows / bare_seconds,
            rows_per_s=rows / seconds,
            ratio=bare_seconds / seconds,
            cores=len(os.sched_getaffinity(0)),
            python=".".join(map(str, sys.version_info[:3])),
        )


def _lived(customers: int) -> Lived:
    """In a process of its own, whose memory is that of this simulation alone."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench.living"],
        cwd=ROOT,
        input=json.dumps({"customers": customers, "days": DAYS}).encode(),
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        raise Broken(f"The simulation failed: {ended.stderr.decode().strip().splitlines()[-1]}")
    return Lived(**json.loads(ended.stdout))


def _release() -> Release:
    shipped = Project(SHIPPED).read()
    parts = {name: getattr(shipped, name) for name in Release.model_fields}
    return Release.model_validate(parts | {"journeys": {JOURNEY.id: JOURNEY}})


# --- runs that stand in a ledger ------------------------------------------------------------------------------------


def _fill(store: SqlStore, release: Release, count: int) -> None:
    upgrade(store)
    clock = SystemClock()
    began = clock.now() - 3_600_000  # what they wait for is over
    publish(store, release, began)
    for start in range(0, count, ROUND):
        numbers = range(start, min(start + ROUND, count))
        people = [Customer(id=f"cus_{number:08d}", attributes={"orders_count": 3}) for number in numbers]
        standing = [_standing(release, person, clock, began) for person in people]
        with store.write() as transaction:
            transaction.customers.add(people, {}, began)
            transaction.runs.add([(run, None) for run in standing])
            transaction.runs.set_alarms([], standing, began)
    if store.engine.dialect.name == "postgresql":
        with store.engine.begin() as connection:  # what autovacuum does within a minute
            connection.exec_driver_sql("ANALYZE")


def _standing(release: Release, person: Customer, clock: SystemClock, began: int) -> Run:
    """A run as it is after its first move."""
    run = Run(
        id=new_id("run", began, clock.entropy(ENTROPY_SIZE)),
        journey=JOURNEY.id, key=person.id, customer_id=person.id, started_at=began,
    )  # fmt: skip
    scene = Scene(
        now=began, data={}, zone=release.project.timezone, is_holiday=release.project.calendar.is_holiday
    )  # fmt: skip
    return advance(JOURNEY, run, Began(None), scene).run


def _call(store: SqlStore, release: Release) -> tuple[int, float, int]:
    """Steps that were passed, the seconds that it took, and how many runs moved."""
    passed = moved = 0

    def see(one: Moved, _now: int) -> None:
        nonlocal passed, moved
        moved += 1
        # The wait that was over, what was asked or asked for, and the wait where it stands now.
        passed += len([line for line in one.trace if line.step]) + (one.run.position is not None)

    caller = Caller(release=release, clock=SystemClock(), witness=see)
    began = time.perf_counter()
    while caller.call(store, caller.clock.now()):
        pass
    return passed, time.perf_counter() - began, moved


# --- the yardstick --------------------------------------------------------------------------------------------------


def _bare(store: SqlStore) -> tuple[int, float]:
    """How many rows the calls left, and the seconds that it takes to insert as many of the same into empty tables."""
    kept = {table: _rows(store, table) for table in (runs, timers, deliveries)}
    with store.engine.begin() as connection:
        for table in reversed(list(kept)):
            connection.execute(table.delete())
    began = time.perf_counter()
    for start in range(0, max(map(len, kept.values())), ROUND):
        with store.engine.begin() as connection:
            for table, rows in kept.items():
                connection.execute(table.insert(), rows[start : start + ROUND])
    return sum(map(len, kept.values())), time.perf_counter() - began


def _rows(store: SqlStore, table: Table) -> list[dict[str, object]]:
    with store.engine.connect().execution_options(jogral_read_only=True) as connection:
        return [dict(row) for row in connection.execute(table.select()).mappings()]
