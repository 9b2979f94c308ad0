"""A process that has imported the whole command line, and forks for each command: a second less for every test.

It reads one JSON request a line, and answers each with the exit code of the command.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

from orchestrator.cli.main import main
from orchestrator.cli.root import COMMANDS


def serve() -> None:
    for entry in COMMANDS.values():
        importlib.import_module(f"orchestrator.cli.{entry.module}")
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            run(request)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def run(request: dict[str, object]) -> None:
    """Become the command; does not return."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        opened = os.open(request[name], os.O_RDONLY if descriptor == 0 else os.O_WRONLY)
        os.dup2(opened, descriptor)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    code = 70
    try:
        code = main(request["arguments"])
        sys.stdout.flush()
    finally:
        # A traceback, which Python would print on its way out, must reach the test.
        if sys.exc_info()[0] is not None:
            sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
