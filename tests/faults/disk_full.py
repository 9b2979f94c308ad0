"""The disk of the ledger is full: nothing is promised that could not be kept, and everything goes on when it is not."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd
import resource
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from psycopg import sql

from orchestrator.folder import STATE
from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore
from tests.faults import caller, postgres_server, provider
from tests.faults.crew import Crew
from tests.faults.harness import shop, until
from tests.faults.items import SQLITE, Item, item, judged
from tests.faults.postgres_server import OwnLedgers
from tests.faults.running import first_taken_after, judge, lapse, under_traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.caller import Answer, Caller
    from tests.faults.harness import Shop
    from tests.faults.items import Setting

DISK_MIB = 64

# So that each could doubt what the other holds: the full size is full for longer than a lease.
WORKERS = 2
REFUSED = 503

# Slow enough that some messages are on the wire in the moment in which the disk is full: they can then not be settled.
LATENCY_S = 0.3


@item()
def disk_full(setting: Setting) -> Item:
    """The ledger's disk is full for longer than a lease, at 20 requests a second: 503, and no false 202."""
    times, full_s, between_s = setting.size(2, fast=1), setting.size(75, fast=2), setting.size(6, fast=3)
    freed: list[float] = []
    refused = 0
    with (
        _disk(setting) as disk,
        provider.running(setting.folder) as far,
        shop(dataclasses.replace(setting, ledgers=disk), far) as sold,
        Crew(sold, 0) as crew,
    ):
        far.behave(latency_s=LATENCY_S)
        disk.hold_state_of(sold)
        for number in range(WORKERS):
            crew.add_worker(f"worker{number}")
        with under_traffic(sold, crew) as asking:
            for _ in range(times):
                lapse(between_s)
                filled = time.time()
                disk.fill(crew)
                until(lambda since=filled: _refusals(asking, since), what="a refusal")  # type: ignore[misc]  # lambdas infer no default
                lapse(full_s)
                refused += len(_refusals(asking, filled))
                disk.free(crew)
                freed.append(time.time())
            lapse(between_s)
            answers = asking.end()
        sold.until_done(crew.tend)
        verdict = judge(sold, answers)
        sending_again_s = max(first_taken_after(sold, at, answers) for at in freed)
    answering_again_s = max(_first_promise_after(at, answers) for at in freed)
    return judged(
        "disk_full",
        {"way": disk.way, "times_full": times, "refused_while_full": refused}
        | verdict.figures
        | {"answering_again_s": answering_again_s, "sending_again_s": sending_again_s},
        {
            **verdict.promises,
            "Whatever is not promised is 503, with Retry-After.": all(
                answer.status == caller.ACCEPTED or (answer.status == REFUSED and answer.retry_after)
                for answer in answers
            ),
            "It answers within 10 s of space being there.": answering_again_s <= 10,
            "It sends within 10 s of space being there.": sending_again_s <= 10,
        },
    )


def _refusals(asking: Caller, since: float) -> list[Answer]:
    return [answer for answer in asking.answers() if answer.status == REFUSED and answer.asked_at >= since]


def _first_promise_after(instant: float, answers: list[Answer]) -> float:
    return min(
        (answer.at - instant for answer in answers if answer.status == caller.ACCEPTED and answer.asked_at > instant),
        default=float("inf"),
    )


# --- disks ------------------------------------------------------------------------------------------------------------


class Disk(Protocol):
    """A small disk, and the ledger on it."""

    way: str

    def migrated(self) -> contextlib.AbstractContextManager[SqlStore]: ...

    def hold_state_of(self, sold: Shop) -> None:
        """The project's private folder lies on it too, as it does where nobody says otherwise."""
        ...

    def fill(self, crew: Crew) -> None: ...

    def free(self, crew: Crew) -> None: ...


@contextmanager
def _disk(setting: Setting) -> Iterator[Disk]:
    with _mounted() as place:
        if setting.database == SQLITE:
            yield _SqliteOn(place) if place is not None else _LimitedFiles(setting.folder)
        else:
            assert place is not None, "a tablespace on a small disk needs a mount, and that needs root"
            with postgres_server.running() as server:
                yield _PostgresOn(place, server)


@contextmanager
def _mounted() -> Iterator[Path | None]:
    """A small disk in memory; None where this user may mount nothing."""
    place = Path(tempfile.mkdtemp(prefix="jogral-small-"))
    options = f"size={DISK_MIB}m,mode=0755"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
    try:
        yield place if made.returncode == 0 else None
    finally:
        if made.returncode == 0:
            subprocess.run(["umount", "--lazy", place], check=True)
        shutil.rmtree(place, ignore_errors=True)


class _Mounted:
    """A ballast fills it."""

    way = "tmpfs"

    def __init__(self, place: Path) -> None:
        self.place = place
        place.chmod(0o755)

    def hold_state_of(self, sold: Shop) -> None:
        state = self.place / "state"
        state.mkdir(mode=0o700, exist_ok=True)
        (sold.folder / STATE).symlink_to(state)

    def fill(self, _crew: Crew) -> None:
        with (self.place / "ballast").open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))

    def free(self, _crew: Crew) -> None:
        (self.place / "ballast").unlink()


class _SqliteOn(_Mounted):
    """SQLite's file beside the project's private folder."""

    @contextmanager
    def migrated(self) -> Iterator[SqlStore]:
        with _store(f"sqlite:///{self.place / 'ledger.db'}") as store:
            yield store


class _PostgresOn(_Mounted):
    """A tablespace: the server's own log of changes lies elsewhere, as an administrator would have it."""

    way = "tablespace on tmpfs"

    def __init__(self, place: Path, server: postgres_server.PostgresServer) -> None:
        super().__init__(place)
        self._server = server

    @contextmanager
    def migrated(self) -> Iterator[SqlStore]:
        space = self.place / "space"
        space.mkdir(mode=0o700)
        if self._server.wheel.system_user:
            os.chown(space, pwd.getpwnam(self._server.wheel.system_user).pw_uid, -1)
        self._server.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(space))))
        with OwnLedgers(self._server, "small").migrated() as store:
            yield store


class _LimitedFiles:
    """Where nothing may be mounted, no file of our processes may grow (RLIMIT_FSIZE): SQLite is told of an error."""

    way = "file size limit"

    def __init__(self, folder: Path) -> None:
        self._ledger = folder / "ledger.db"

    @contextmanager
    def migrated(self) -> Iterator[SqlStore]:
        with _store(f"sqlite:///{self._ledger}") as store:
            yield store

    def hold_state_of(self, _sold: Shop) -> None:
        """Every disk is full."""

    def fill(self, crew: Crew) -> None:
        # The ledger's own length: logs are shorter, and stay so.
        self._limit(crew, self._ledger.stat().st_size)

    def free(self, crew: Crew) -> None:
        self._limit(crew, resource.RLIM_INFINITY)

    def _limit(self, crew: Crew, size: int) -> None:
        for member in crew.members:
            _, hardest = resource.prlimit(member.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(member.process.pid, resource.RLIMIT_FSIZE, (size, hardest))


@contextmanager
def _store(url: str) -> Iterator[Any]:
    store = SqlStore(url)
    try:
        upgrade(store)
        yield store
    finally:
        store.close()
