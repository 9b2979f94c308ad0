"""The benchmark itself: small, so that it is known to work on the day when its figures are wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.store.audit import QUESTIONS
from orchestrator.store.port import Look
from tests.bench.audit import BUSY_MINUTE, Filled

ROOT = Path(__file__).parents[2]
ROWS = 20_000
NOW = 1_795_000_000_000

# They ask for a number of the newest rows, which is all of a small ledger.
OF_THE_NEWEST = ("sent_without_decision", "not_in_the_sum", "fired_for_nothing")
# Nothing, or little, is in them here.
SMALL = ("inbox", "merges", "returns", "suppressions")


def test_a_look_at_a_ledger_in_order_finds_nothing_and_its_time_is_told():
    """Every invariant holds in it, so that nothing but the looking is measured."""
    command = [sys.executable, "-m", "tests.bench", "audit", "--rows", "2000", "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode in (0, 1), ended.stderr  # on a machine that is busy with other things it may be slow
    document = json.loads(ended.stdout)
    assert document["schema"] == "jogral.bench.audit/1"
    assert (document["rows"], document["busy_messages"], document["violations"]) == (2000, BUSY_MINUTE, 0)
    for name in ("first_look_s", "quiet_look_s", "busy_look_s", "cores"):
        assert document[name] > 0, name


@pytest.fixture(scope="module")
def filled(postgresql):
    """A ledger of so many messages on PostgreSQL."""
    with postgresql.migrated() as store:
        Filled(store, ROWS)
        yield store


@pytest.mark.parametrize("invariant", [name for name in QUESTIONS if name not in OF_THE_NEWEST])
def test_no_question_reads_a_whole_table_on_postgresql(filled, invariant):
    """In a share of the ledger as small as that which a look goes back to, in one of ten million messages."""
    with filled.read() as transaction:
        after = transaction.audit.newest_decision() - ROWS // 2_000
    wanted = QUESTIONS[invariant](Look(now=NOW, business_now=NOW, after=after))
    statement = str(wanted.limit(10).compile(filled.engine, compile_kwargs={"literal_binds": True}))
    with filled.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}").scalars().all()

    assert [step for step in plan if "Seq Scan on" in step and not any(table in step for table in SMALL)] == [], plan
