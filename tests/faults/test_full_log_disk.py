"""A log that cannot be written fails nobody's work: /dev/full is a file on a disk that is full."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.app import SystemClock
from orchestrator.dispatch.publish import publish
from tests.faults.harness import until

FULL = Path("/dev/full")
SECONDS = 30  # for anything that is waited for; reached only by a test that fails

pytestmark = [
    pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here"),
    pytest.mark.parametrize("ledgers", ["sqlite"], indirect=True),  # the ledger has no part in it
]


@contextmanager
def talking_to_a_full_disk(shop, database_url, *arguments):
    environment = {**os.environ, "JOGRAL_DATABASE_URL": database_url, "JOGRAL_REDIS_URL": "none"}
    with FULL.open("w") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", "--project", shop, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


def test_the_api_answers(shop, database_url):
    """Every request has its line in the log, and none of them its answer because of it."""
    with talking_to_a_full_disk(shop, database_url, "serve", "--port", "0") as process:
        url = re.search(r"http://\S+:\d+", process.stdout.readline())[0]

        with urllib.request.urlopen(f"{url}/readyz", timeout=SECONDS) as answer:
            assert json.load(answer)["ok"] is True


def test_a_worker_works(shop, database_url, store, release):
    """It says that it has started, to nobody, and goes on to look for work."""
    publish(store, release, SystemClock().now())
    with talking_to_a_full_disk(shop, database_url, "worker", "--no-publish") as process:
        until(lambda: b"orchestrator.worker" in Path(f"/proc/{process.pid}/cmdline").read_bytes(), seconds=SECONDS)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)  # without the rule it ends at its first line
