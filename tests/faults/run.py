"""Running items, each in a folder of its own, on real databases."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.items import POSTGRESQL, Item, Setting
from tests.ledgers import Ledgers, SqliteFiles, postgres
from tests.preloaded import Preloaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orchestrator.store.sql import SqlStore
    from tests.faults.items import Entry


@dataclass(frozen=True, kw_only=True)
class Ran:
    """An item that ran."""

    item: Item
    sentence: str
    database: str
    seed: int
    seconds: float


def run_all(
    entries: Sequence[Entry],
    databases: Sequence[str],
    *,
    fast: bool,
    seed: int,
    say: Callable[[str], None],
    at_once: int = 1,
) -> list[Ran]:
    """Every item on every one of these databases that it is for.

    Args:
        entries: the items.
        databases: kinds of database.
        fast: whether they are small.
        seed: their chance.
        say: told what is going on.
        at_once: how many run side by side. Most of their time is spent waiting for leases to run out; figures of speed
            are only worth something alone.
    """
    wanted = [(entry, database) for entry in entries for database in databases if database in entry.databases]
    with ExitStack() as stack:
        ledgers = {database: stack.enter_context(opened(database)) for database in {one for _, one in wanted}}
        preloaded = stack.enter_context(Preloaded())
        pool = stack.enter_context(ThreadPoolExecutor(at_once, thread_name_prefix="item"))
        running = [
            pool.submit(run_one, entry, database, ledgers[database], preloaded, fast=fast, seed=seed, say=say)
            for entry, database in wanted
        ]
        return [one.result() for one in running]


def run_one(
    entry: Entry,
    database: str,
    ledgers: Ledgers,
    preloaded: Preloaded,
    *,
    fast: bool,
    seed: int,
    say: Callable[[str], None],
) -> Ran:
    """One item. What it raises is a broken promise too; the folder of an item that is not ok stays."""
    folder = Path(tempfile.mkdtemp(prefix=f"jogral-faults-{entry.name}-"))
    setting = Setting(
        database=database,
        ledgers=ledgers,
        preloaded=preloaded,
        folder=folder,
        fast=fast,
        seed=seed,
        say=lambda what: say(f"{entry.name} on {database}: {what}"),
    )
    setting.say(f"begins with seed {seed}")
    began = time.monotonic()
    try:
        item = entry.run(setting)
    except Exception as error:  # noqa: BLE001  # the other items are worth as much as before
        setting.say(traceback.format_exc())
        item = Item(entry.name, ok=False, figures={}, broken=(f"It did not end: {error!r}",))
    seconds = time.monotonic() - began
    for sentence in item.broken:
        setting.say(f"BROKEN: {sentence}")
    if item.ok:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        setting.say(f"figures: {dict(item.figures)}")
        setting.say(f"what it left is in {folder}")
    setting.say(f"{'ok' if item.ok else 'NOT OK'} after {seconds:.0f} s")
    return Ran(item=item, sentence=entry.sentence, database=database, seed=seed, seconds=seconds)


@contextmanager
def opened(database: str) -> Iterator[Ledgers]:
    """Where empty ledgers of this kind come from."""
    with ExitStack() as stack:
        if database == POSTGRESQL:
            ledgers = SharedLedgers(stack.enter_context(postgres()))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="jogral-faults-"))
            ledgers = SharedLedgers(SqliteFiles(Path(folder)))
        stack.callback(ledgers.drop_all)
        yield ledgers


class SharedLedgers(Ledgers):
    """Items that run side by side take and leave their ledgers one at a time."""

    @contextmanager
    def migrated(self) -> Iterator[SqlStore]:
        taking = super().migrated()
        with _TAKING:
            store = taking.__enter__()
        yield store
        with _TAKING:
            taking.__exit__(None, None, None)


# One for all databases: what Alembic knows of a migration that runs belongs to the process.
_TAKING = threading.Lock()
