"""Commands that run in processes of their own, so that they can be hurt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


class Command:
    """A `jogral` command, running. Its JSON document is read from stdout when it ends."""

    def __init__(self, arguments, environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def workers(self):
        """The process ids of its workers that live."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for listed in children for pid in listed.read_text().split()]
        return [pid for pid in pids if b"orchestrator.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def document(self, seconds):
        """What it printed, once it has ended well."""
        out, err = self.process.communicate(timeout=seconds)
        assert self.process.returncode == 0, err
        return json.loads(out)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def jogral(shop, database_url):
    """Start a command in the test's shop and on its ledger."""
    started = []

    def start(*arguments):
        command = Command(["--project", str(shop), *arguments], {"JOGRAL_DATABASE_URL": database_url})
        started.append(command)
        return command

    yield start
    for command in started:
        command.end()
