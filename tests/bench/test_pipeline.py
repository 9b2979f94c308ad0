"""The benchmark itself: small, so that it is known to work on the day when its figures are wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MESSAGES = 120


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="what a process used is read from /proc")
def test_it_sends_everything_once_and_says_what_it_cost():
    """Every row ends as sent, the sink saw as many different references, and the promised figures are there."""
    command = [sys.executable, "-m", "tests.bench", "pipeline", "--messages", str(MESSAGES), "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["schema"], document["ok"]) == ("jogral.bench.pipeline/1", True)
    assert (document["sent"], document["posts"], document["keys"]) == (MESSAGES, MESSAGES, MESSAGES)
    for name in ("messages_per_s", "peak_rss_mib", "bare_per_s", "ratio", "cores"):
        assert document[name] > 0, name
    assert document["cpu_s_per_1000"] >= 0
