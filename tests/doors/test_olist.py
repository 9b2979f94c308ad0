"""The real orders of the Olist data set, replayed: every count equals what the file alone says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.olist_counts import counts

# The data may not be in the repository (its licence); a checkout has it beside itself, or names it.
ORDERS = Path(
    os.environ.get("JOGRAL_TEST_ORDERS", Path(__file__).parents[3] / "shared" / "data" / "olist_orders_3000.csv")
)

pytestmark = pytest.mark.skipif(not ORDERS.is_file(), reason=f"the Olist orders are not there: {ORDERS}")


def replay(shop):
    command = [
        sys.executable,
        "-m",
        "orchestrator",
        "--project",
        shop,
        "replay",
        ORDERS,
        "--mapping",
        "olist",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_real_order_is_told_what_happened_to_it_once(shop):
    """One message an event, all of them sent; and a second run of the same file sends nothing."""
    expected = counts(ORDERS)

    first = replay(shop)

    assert first["rows"] == 3000
    assert first["quarantined"] == 0
    assert first["messages"] == {message: {"requested": count, "sent": count} for message, count in expected.items()}

    second = replay(shop)

    assert second["events_repeated"] == sum(first["events"].values())
    assert second["messages"] == {message: {"requested": 0} for message in expected}
