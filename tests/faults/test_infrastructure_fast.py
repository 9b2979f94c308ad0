"""What the items about infrastructure promise, at the size that every commit can pay for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.items import POSTGRESQL, SQLITE, registered
from tests.faults.run import opened, run_one

SECONDS = 300  # reached only by a test that fails
SEED = 4
CASES = (
    ("postgres_away", POSTGRESQL),
    ("disk_full", SQLITE),
    ("redis_away", SQLITE),
    ("beside_a_campaign", SQLITE),
)


@pytest.fixture(scope="module")
def running(preloaded):
    """All of them, two at a time: much of what they do is to wait."""
    with ThreadPoolExecutor(2) as pool:
        found = {case: pool.submit(_ran, preloaded, *case) for case in CASES}
        yield lambda case: found[case].result(SECONDS)


def _ran(preloaded, name, database):
    said = []
    with opened(database) as ledgers:
        return run_one(registered()[name], database, ledgers, preloaded, fast=True, seed=SEED, say=said.append), said


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_the_promises_hold(running, case):
    """The small size of an item breaks none of its promises."""
    ran, said = running(case)

    assert ran.item.ok, "\n".join(said)
