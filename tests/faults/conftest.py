"""Commands that run in processes of their own, so that they can be hurt."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.preloaded import JOGRAL


class Command:
    """A `jogral` command, running. Its JSON document is read from stdout when it ends."""

    def __init__(self, preloaded, arguments, environment, folder, said):
        self._out, self._err = said / "stdout", said / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = preloaded.start(
                JOGRAL, arguments, environment, folder, stdout=out.fileno(), stderr=err.fileno()
            )

    def workers(self):
        """The process ids of its workers that live."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for listed in children for pid in listed.read_text().split()]
        return [pid for pid in pids if b"orchestrator.worker" in _command_line(pid)]

    def log(self):
        """What it wrote to stderr until now."""
        return self._err.read_text()

    def document(self, seconds):
        """What it printed, once it has ended well."""
        assert self.process.wait(seconds) == 0, self.log()
        return json.loads(self._out.read_text())

    def end(self):
        self.process.kill()
        self.process.wait()


def _command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it ended since it was listed
        return b""


@pytest.fixture
def jogral(preloaded, shop, database_url, tmp_path_factory):
    """Start a command in the test's shop and on its ledger."""
    started = []

    def start(*arguments):
        environment = {**os.environ, "JOGRAL_DATABASE_URL": database_url}
        command = Command(preloaded, arguments, environment, shop, tmp_path_factory.mktemp("said"))
        started.append(command)
        return command

    yield start
    for command in started:
        command.end()
