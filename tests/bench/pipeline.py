"""How fast one worker is, from accepted rows to settled ones, beside a bare loop on the same machine and sink."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from orchestrator.domain.customer import Channel
from orchestrator.store.sql import SqlStore
from tests.bench import processes, shop
from tests.bench.ledgers import database_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# The bare loop runs before and after the worker: a machine that gets slower or faster meanwhile decides nothing.
BARE_POSTS_MAX = 20_000

FIRST_CLAIM_POLL_SECONDS = 0.005
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 900

# Conditions as the indexes have them: each look at the ledger costs one step into an index, however long the queue.
_CLAIMED = "SELECT attempts > 0 FROM deliveries WHERE id = :first"
_OPEN = (
    "SELECT EXISTS (SELECT 1 FROM deliveries WHERE state IN ('accepted', 'deferred'))"
    " OR EXISTS (SELECT 1 FROM deliveries WHERE state IN ('sending', 'unknown'))"
)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured. `keys`: how many different references the sink saw; None when it is somebody's own."""

    database: str
    channel: str
    workers: int
    messages: int
    sent: int
    posts: int | None
    keys: int | None
    seconds: float
    messages_per_s: float
    cpu_s_per_1000: float
    peak_rss_mib: float
    bare_before_per_s: float
    bare_after_per_s: float
    bare_per_s: float
    bare_cpu_s_per_1000: float
    ratio: float
    cores: int
    python: str

    @property
    def ok(self) -> bool:
        """Whether every message was sent, and once."""
        return self.sent == self.messages and self.posts in (None, self.messages) and self.keys in (None, self.messages)


def measure(
    messages: int,
    database: str,
    given_sink: str | None,
    say: Callable[[str], None],
    *,
    channel: str = "sms",
    workers: int = 1,
) -> Figures:
    """One run.

    Args:
        messages: how many accepted rows there are.
        database: `sqlite`, `postgresql` (a server is started), or a URL of an empty database.
        given_sink: the URL that takes the posts; None starts the fast sink.
        say: told what is going on.
        channel: sms or email, both as posts to an HTTP API; an e-mail's carries its HTML and its text.
        workers: how many drain together.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jogral-bench-")))
        base = "" if given_sink else stack.enter_context(processes.sink())
        release = shop.open_shop(
            folder / "shop", given_sink or f"{base}/messages", own_sink=not given_sink, channel=Channel(channel)
        )
        url = stack.enter_context(database_of(database, folder))
        store = SqlStore(url)
        stack.callback(store.close)

        say(f"accepting {messages} requests")
        first = shop.fill(store, release, messages, Channel(channel))
        call = shop.sample(release, Channel(channel))
        posts = min(messages, BARE_POSTS_MAX)
        say("bare loop, before")
        before = processes.bare(call, given_sink or f"{base}/bare", posts)
        say("worker" if workers == 1 else f"{workers} workers")
        seconds, cpu_seconds, peak_rss_mib = _drained(store, folder / "shop", url, first, workers)
        say("bare loop, after")
        after = processes.bare(call, given_sink or f"{base}/bare", posts)

        tally = _tally(base) if base else None
        bare_per_s = (before.per_s + after.per_s) / 2
        return Figures(
            database=store.engine.dialect.name,
            channel=channel,
            workers=workers,
            messages=messages,
            sent=_sent(store),
            posts=tally["posts"] if tally else None,
            keys=tally["keys"] if tally else None,
            seconds=seconds,
            messages_per_s=messages / seconds,
            cpu_s_per_1000=cpu_seconds / messages * 1000,
            peak_rss_mib=peak_rss_mib,
            bare_before_per_s=before.per_s,
            bare_after_per_s=after.per_s,
            bare_per_s=bare_per_s,
            bare_cpu_s_per_1000=(before.cpu_s_per_1000 + after.cpu_s_per_1000) / 2,
            ratio=messages / seconds / bare_per_s,
            cores=len(os.sched_getaffinity(0)),
            python=".".join(map(str, sys.version_info[:3])),
        )


def _drained(store: SqlStore, project: Path, url: str, first: str, count: int) -> tuple[float, float, float]:
    """Seconds, CPU-seconds and MiB of so many workers, from the first claim to the last settlement."""
    environment = {"JOGRAL_DATABASE_URL": url, "JOGRAL_LOG_LEVEL": "warning"}
    with ExitStack() as stack:
        workers = [
            stack.enter_context(processes.worker(project, environment, f"bench{number}")) for number in range(count)
        ]
        _wait(store, workers, _CLAIMED, FIRST_CLAIM_POLL_SECONDS, first=first)
        began_at, cpu_before = time.time(), _cpu_seconds(workers)
        _wait(store, workers, f"SELECT NOT ({_OPEN})", POLL_SECONDS)
        cpu_seconds = _cpu_seconds(workers) - cpu_before
        with store.engine.connect() as connection:
            ended_at_ms: int = connection.scalars(text("SELECT max(settled_at) FROM deliveries")).one()
        return ended_at_ms / 1000 - began_at, cpu_seconds, max(worker.peak_rss_mib() for worker in workers)


def _cpu_seconds(workers: Sequence[processes.Worker]) -> float:
    return sum(worker.cpu_seconds() for worker in workers)


def _wait(
    store: SqlStore, workers: Sequence[processes.Worker], question: str, pause_seconds: float, **values: str
) -> None:
    """Ask the ledger until it says yes."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with store.engine.connect().execution_options(jogral_read_only=True) as connection:
            if connection.scalars(text(question), values).one():
                return
        for worker in workers:
            worker.ensure_alive()
        time.sleep(pause_seconds)
    raise processes.Broken(f"The worker is not done after {PATIENCE_SECONDS} s.")


def _sent(store: SqlStore) -> int:
    with store.read() as transaction:
        return transaction.deliveries.tally().get(shop.MESSAGE, {}).get("sent", 0)


def _tally(base: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{base}/tally", timeout=10) as answer:
        found: dict[str, int] = json.load(answer)["/messages"]
    return found
