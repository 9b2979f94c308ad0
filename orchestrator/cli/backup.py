"""Copying a ledger that is in use: SQLite by its backup interface, PostgreSQL by pg_dump."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ConfigurationError, Unavailable
from orchestrator.domain.system import system_words

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import URL

    from orchestrator.store.sql import SqlStore

# Between these steps other processes get their turn to write.
PAGES_PER_STEP = 1_000


def back_up(store: SqlStore, file: Path) -> None:
    """Write a complete copy, or nothing: it gets its name when it is whole and was read back."""
    url = store.engine.url
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        if url.get_backend_name() == "sqlite":
            _copy_sqlite(url.database or "", unfinished)
        else:
            _dump_postgresql(url, unfinished, file)
        unfinished.replace(file)
    except OSError as error:
        raise ConfigurationError(
            "{file} cannot be written: {why}.", remedy="Choose a folder that exists and has room.", file=file,
            why=system_words(error),
        ) from error  # fmt: skip
    finally:
        unfinished.unlink(missing_ok=True)


def _copy_sqlite(ledger: str, copy: Path) -> None:
    copy.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target, pages=PAGES_PER_STEP)
            (verdict,) = target.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        raise Unavailable("The ledger {place} cannot be copied: {why}.", place=ledger, why=error) from error
    if verdict != "ok":
        raise Unavailable(
            "The copy of {place} is damaged: {why}.", remedy="Keep older copies, and check the disk.", place=ledger,
            why=verdict,
        )  # fmt: skip


def _dump_postgresql(url: URL, copy: Path, file: Path) -> None:
    shown = url._replace(drivername="postgresql", password=None).render_as_string()  # noqa: SLF001  # a named tuple's
    program = shutil.which("pg_dump")
    if program is None:
        raise ConfigurationError(
            "pg_dump is not on the PATH, and nothing else copies a PostgreSQL database whole.",
            remedy="Install PostgreSQL's client, or run elsewhere: pg_dump --format=custom --file={file} {url}",
            file=file,
            url=shown,
        )
    # The password travels in the environment: what a command is given, every user of the machine can read.
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    done = subprocess.run(  # noqa: S603  # a program found on the PATH, with arguments of ours
        [program, "--format=custom", f"--file={copy}", shown],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Unavailable(
            "pg_dump refused: {why}",
            remedy="Run it by hand to see more: pg_dump --format=custom --file={file} {url}",
            why=" ".join(done.stderr.split()) or f"exit {done.returncode}",
            file=file,
            url=shown,
        )
