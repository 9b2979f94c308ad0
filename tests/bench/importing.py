"""How fast customers come in from a file, each with a consent and its proof, and how much memory that takes."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app import SystemClock
from orchestrator.customer_file import examine
from orchestrator.customer_sheet import CustomerSheet
from orchestrator.dispatch.importing import Import
from orchestrator.dispatch.publish import publish
from orchestrator.project import SHIPPED, Project
from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore
from tests.bench.ledgers import database_of

if TYPE_CHECKING:
    from collections.abc import Callable

# Between the first tenth and the end. Whoever held the file, or all that was read of it, would need more.
GROWTH_MIB_MAX = 16.0

SHEET = CustomerSheet.model_validate(
    {
        "kind": "customers",
        "id": "bench",
        "title": "Bench",
        "owner": "crm",
        "source": "crm",
        "timezone": "America/Sao_Paulo",
        "times": "%d/%m/%Y %H:%M",
        "columns": {"id": "external_id", "e-mail": "email", "celular": "phone", "nome": "attributes.first_name"},
        "consents": [
            {
                "topic": "reviews",
                "channels": ["email"],
                "granted": "every_row",
                "wording": "optin_avaliacoes@1",
                "method": "form",
                "source": {"column": "formulário"},
                "at": {"column": "data"},
                "evidence": {"ip": {"column": "ip"}},
            }
        ],
    }
)
_HEADER = "id;e-mail;celular;nome;formulário;data;ip\r\n"


@dataclass(frozen=True)
class Figures:
    """What a run measured. The first tenth fills caches, so memory is measured from there on."""

    database: str
    rows: int
    granted: int
    seconds: float
    rows_per_s: float
    cpu_s_per_1000: float
    rss_tenth_mib: float
    rss_end_mib: float
    peak_rss_mib: float
    cores: int
    python: str

    @property
    def growth_mib(self) -> float:
        """What was added after the first tenth."""
        return self.rss_end_mib - self.rss_tenth_mib

    @property
    def ok(self) -> bool:
        """Everybody is in, and memory does not depend on how many they are."""
        return self.granted == self.rows and self.growth_mib <= GROWTH_MIB_MAX


def measure(rows: int, database: str, say: Callable[[str], None]) -> Figures:
    """Import so many people that nobody knows."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jogral-bench-")))
        store = SqlStore(stack.enter_context(database_of(database, folder)))
        stack.callback(store.close)
        upgrade(store)
        release, clock = Project(SHIPPED).read(), SystemClock()
        publish(store, release, clock.now())
        say(f"{rows} rows into {store.engine.dialect.name}")
        memory = _Memory(rows // 10)
        began, cpu_began = time.perf_counter(), time.process_time()
        ended = Import(
            store=store, release=release, clock=clock, file=examine(_written(folder / "people.csv", rows)),
            sheet=SHEET, folder=folder / "quarantine", by="cli:bench", progress=memory.look,
        ).run()  # fmt: skip
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        return Figures(
            database=store.engine.dialect.name,
            rows=rows,
            granted=ended.tally.counts["granted"],
            seconds=seconds,
            rows_per_s=rows / seconds,
            cpu_s_per_1000=cpu_s * 1_000 / rows,
            rss_tenth_mib=memory.after_tenth,
            rss_end_mib=_rss_mib(),
            peak_rss_mib=memory.peak,
            cores=len(os.sched_getaffinity(0)),
            python=".".join(map(str, sys.version_info[:3])),
        )


class _Memory:
    """What the process holds, batch by batch."""

    def __init__(self, tenth: int) -> None:
        self._tenth = tenth
        self.after_tenth = 0.0
        self.peak = 0.0

    def look(self, done: int) -> None:
        """Called after every batch."""
        now = _rss_mib()
        self.peak = max(self.peak, now)
        if not self.after_tenth and done >= self._tenth:
            self.after_tenth = now


def _rss_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _written(path: Path, rows: int) -> Path:
    """As an old spreadsheet writes it."""
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write(_HEADER)
        for number in range(rows):
            phone = f"(11) 9{70_000_000 + number:08}"
            file.write(
                f"{number};pessoa{number}@example.com;{phone};José {number};rodapé;01/02/2024 10:{number % 60:02};"
                "203.0.113.9\r\n"
            )
    return path
