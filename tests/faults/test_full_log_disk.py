"""A log that cannot be written fails nobody's work: /dev/full is a file on a disk that is full."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.app import SystemClock
from orchestrator.dispatch.publish import publish
from tests.faults.harness import until
from tests.preloaded import JOGRAL, pipe

FULL = Path("/dev/full")
SECONDS = 30  # for anything that is waited for; reached only by a test that fails

pytestmark = [
    pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here"),
    pytest.mark.parametrize("ledgers", ["sqlite"], indirect=True),  # the ledger has no part in it
]


@pytest.fixture
def talking_to_a_full_disk(preloaded, shop, database_url):
    """A command, running; with what it writes to stdout."""
    environment = {**os.environ, "JOGRAL_DATABASE_URL": database_url, "JOGRAL_REDIS_URL": "none"}

    @contextmanager
    def talking(*arguments):
        with pipe() as (told, out), FULL.open("w") as full:
            process = preloaded.start(JOGRAL, arguments, environment, shop, stdout=out, stderr=full.fileno())
        try:
            yield process, told
        finally:
            process.terminate()
            process.wait(SECONDS)
            told.close()

    return talking


def test_the_api_answers(talking_to_a_full_disk):
    """Every request has its line in the log, and none of them its answer because of it."""
    with talking_to_a_full_disk("serve", "--port", "0") as (_, told):
        url = re.search(r"http://\S+:\d+", told.readline())[0]

        with urllib.request.urlopen(f"{url}/readyz", timeout=SECONDS) as answer:
            assert json.load(answer)["ok"] is True


def test_a_worker_works(talking_to_a_full_disk, store, release):
    """It says that it has started, to nobody, and goes on to look for work."""
    publish(store, release, SystemClock().now())
    with talking_to_a_full_disk("worker", "--no-publish") as (process, _):
        until(lambda: b"orchestrator.worker" in Path(f"/proc/{process.pid}/cmdline").read_bytes(), seconds=SECONDS)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)  # without the rule it ends at its first line
