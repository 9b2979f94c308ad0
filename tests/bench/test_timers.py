"""The benchmark itself: small, so that it is known to work on the day when its figures are wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNT = 4_500  # two rounds


def test_every_timer_fires_once_and_the_time_is_told():
    """Each is a delivery afterwards, and the promised figures are there."""
    command = [sys.executable, "-m", "tests.bench", "timers", "--count", str(COUNT), "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["schema"], document["ok"]) == ("jogral.bench.timers/1", True)
    assert (document["timers"], document["fired"], document["deliveries"]) == (COUNT, COUNT, COUNT)
    for name in ("seconds", "timers_per_s", "slowest_round_s", "cores"):
        assert document[name] > 0, name
