"""The promises, at the size that every commit can pay for: `python -m tests.faults` runs all of them in full."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.faults.__main__ import FAST_AT_ONCE
from tests.faults.items import POSTGRESQL, SQLITE, registered
from tests.faults.run import opened, run_one

SECONDS = 600  # reached only by a test that fails

# A new one for every run would find more, and fail on the day when nobody looks for it: the full size does that.
SEED = 4

# On both databases where their locks decide. The longest come first, so that the others run beside them.
CASES = (
    ("kills", SQLITE),
    ("kills", POSTGRESQL),
    ("caps", SQLITE),
    ("caps", POSTGRESQL),
    ("opt_outs", SQLITE),
    ("opt_outs", POSTGRESQL),
    ("journeys", POSTGRESQL),
    ("receipts", POSTGRESQL),
    ("timers", POSTGRESQL),
    ("throttled", SQLITE),
    ("zones", SQLITE),
)


@pytest.fixture(scope="module")
def running(preloaded):
    """All of them, side by side: most of their time is spent waiting for leases to run out."""
    said = {case: [] for case in CASES}
    with ExitStack() as stack:
        ledgers = {database: stack.enter_context(opened(database)) for database in (SQLITE, POSTGRESQL)}
        pool = stack.enter_context(ThreadPoolExecutor(FAST_AT_ONCE))
        items = registered()
        found = {
            (name, database): pool.submit(
                run_one,
                items[name],
                database,
                ledgers[database],
                preloaded,
                fast=True,
                seed=SEED,
                say=said[name, database].append,
            )
            for name, database in CASES
        }
        yield lambda case: (found[case].result(SECONDS), said[case])


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_the_promises_hold(running, case):
    """The small size of an item breaks none of its promises."""
    ran, said = running(case)

    assert ran.item.ok, "\n".join(said)
