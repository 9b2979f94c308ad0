"""The process that has imported everything of ours, and used it once, and forks whoever is asked for: see `preloaded`.

A request is one JSON message with four file descriptors: stdin, stdout, stderr, and where to report. For each there is
a keeper, which reports the process id, waits, and reports the exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from contextlib import suppress
from datetime import date
from typing import Any, NoReturn

import orchestrator
from orchestrator import worker
from orchestrator.check.run import admitted
from orchestrator.cli.main import main
from orchestrator.project import SHIPPED, Project
from tests.preloaded import JOGRAL, NUMBER_BYTES, WORKER

MAINS = {JOGRAL: main, WORKER: worker.main}
REQUEST_BYTES_MAX = 200_000
TODAY = date(2026, 11, 25)


def serve(control: socket.socket) -> int:
    """Until whoever asks is gone. Returns in every process that was forked as well: with its exit code."""
    make_ready()
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, REQUEST_BYTES_MAX, 4)
        if not request:
            return 0
        forget_keepers()
        if os.fork() == 0:
            control.close()
            return keep(json.loads(request), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def make_ready() -> None:
    """Everything is imported; every pattern and every page that a check compiles is compiled."""
    for module in pkgutil.walk_packages(orchestrator.__path__, "orchestrator."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    admitted(Project(SHIPPED), TODAY)
    gc.collect()
    gc.freeze()  # nobody looks for cycles in what all of them share


def forget_keepers() -> None:
    """Those that have ended: their processor time counts as ours."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def keep(wanted: dict[str, Any], stdin: int, stdout: int, stderr: int, report: int) -> int:
    """Fork the process itself, and stay behind until it has ended."""
    pid = os.fork()
    if pid == 0:
        os.close(report)
        return become(wanted, stdin, stdout, stderr)
    for descriptor in (stdin, stdout, stderr):
        os.close(descriptor)
    tell(report, pid)
    _, status = os.waitpid(pid, 0)
    tell(report, os.waitstatus_to_exitcode(status))
    os._exit(0)


def tell(report: int, number: int) -> None:
    with suppress(BrokenPipeError):  # nobody wants to know
        os.write(report, number.to_bytes(NUMBER_BYTES, signed=True))


def become(wanted: dict[str, Any], *streams: int) -> int:
    """What was asked for; its exit code."""
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it runs in the background
    sys.argv = [wanted["module"], *wanted["arguments"]]
    run = MAINS[wanted["module"]]
    return run(wanted["arguments"]) if wanted["whole_end"] else end_at_once(run, wanted["arguments"])


def end_at_once(run: Any, arguments: list[str]) -> NoReturn:
    code = 70
    try:
        code = run(arguments)
        sys.stdout.flush()
    finally:
        # A traceback, which Python would print on its way out, must reach the test.
        if sys.exc_info()[0] is not None:
            sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        code = serve(asked)
    sys.exit(code)
