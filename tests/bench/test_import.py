"""The benchmark itself: small, so that it is known to work on the day when its figures are wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_everybody_of_a_file_comes_in_and_the_pace_and_the_memory_are_told():
    """Each with a consent that can be proven."""
    command = [sys.executable, "-m", "tests.bench", "import", "--rows", "1200", "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode in (0, 1), ended.stderr  # so few rows may still fill caches
    document = json.loads(ended.stdout)
    assert document["schema"] == "jogral.bench.import/1"
    assert (document["rows"], document["granted"]) == (1200, 1200)
    for name in ("seconds", "rows_per_s", "cpu_s_per_1000", "rss_tenth_mib", "rss_end_mib", "peak_rss_mib", "cores"):
        assert document[name] > 0, name
