"""The real orders of the Olist data set, replayed: every count equals what the file alone says."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.olist_counts import counts
from tests.preloaded import clean_environment

# The data may not be in the repository (its licence); a checkout has it beside itself, or names it.
NAMED = os.environ.get("JOGRAL_TEST_ORDERS")
ORDERS = Path(NAMED or Path(__file__).parents[3] / "shared" / "data" / "olist_orders_3000.csv")

# Nearly all orders went well, in the same few steps. A file that somebody names is replayed to its last row.
WELL, WELL_IN = "delivered", 4

pytestmark = pytest.mark.skipif(not ORDERS.is_file(), reason=f"the Olist orders are not there: {ORDERS}")


@pytest.fixture
def orders(tmp_path):
    """Every order that went another way, and one row in four of the others."""
    if NAMED:
        return ORDERS
    with ORDERS.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    status = head.index("order_status")
    kept = [row for number, row in enumerate(rows) if row[status] != WELL or number % WELL_IN == 0]
    path = tmp_path / "orders.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *kept])
    return path


def replay(shop, orders):
    command = [sys.executable, "-m", "orchestrator", "replay", str(orders), "--mapping", "olist", "--json"]
    done = subprocess.run(
        command,
        cwd=shop,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_real_order_is_told_what_happened_to_it_once(orders_alone, orders):
    """One message an event, all of them sent; and a second run of the same file sends nothing."""
    expected = counts(orders)

    first = replay(orders_alone, orders)

    assert first["rows"] == len(orders.read_text("utf-8").splitlines()) - 1
    assert first["quarantined"] == 0
    assert first["messages"] == {message: {"requested": count, "sent": count} for message, count in expected.items()}

    second = replay(orders_alone, orders)

    assert second["events_repeated"] == sum(first["events"].values())
    assert second["messages"] == {message: {"requested": 0} for message in expected}
