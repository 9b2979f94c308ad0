"""The benchmark itself: small, so that it is known to work on the day when its figures are wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_everybody_lives_every_run_moves_and_the_figures_are_told():
    """How fast it went is not asked of so few."""
    command = [sys.executable, "-m", "tests.bench", "journeys", "--customers", "20", "--runs", "600", "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    document = json.loads(ended.stdout)
    assert document["schema"] == "jogral.bench.journeys/1"
    assert (document["few"]["customers"], document["many"]["customers"]) == (2, 20)
    assert (document["runs"], document["moved"]) == (600, 600)
    assert document["steps"] == 4 * 600
    for name in ("customers_per_s", "steps_per_s", "bare_rows_per_s", "ratio", "cores"):
        assert document[name] > 0, name
