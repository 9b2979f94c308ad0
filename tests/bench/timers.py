"""How long so many due timers take to fire: each becomes a delivery that a worker may claim."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from orchestrator.dispatch.fire import ROUND
from orchestrator.dispatch.tick import NoBell, tick
from orchestrator.domain.customer import Channel, Customer
from orchestrator.domain.delivery import Request
from orchestrator.domain.message import Purpose
from orchestrator.domain.timer import WallTime
from orchestrator.store.migrate import upgrade
from orchestrator.store.port import NewDelivery
from orchestrator.store.sql import SqlStore
from tests.bench.ledgers import database_of

if TYPE_CHECKING:
    from collections.abc import Callable

ALLOWED_SECONDS = 120

# Ids as they are: those made later sort later.
_NUMBER = "substr(CAST(1000000000 + n AS VARCHAR), 2)"
# Every customer has one timer: two would make the table of customers smaller than it is in a shop.
_CUSTOMERS = f"""
INSERT INTO customers (id, attributes, created_at, updated_at)
SELECT 'cus_' || {_NUMBER}, '{{{{}}}}', 0, 0 FROM {{numbers}}
"""
# Like the one timer that the store wrote itself.
_TIMERS = f"""
INSERT INTO timers (id, identity, kind, customer_id, wall, zone, due_at, content, created_at)
SELECT 'msg_' || {_NUMBER}, 'bench/' || {_NUMBER}, kind, 'cus_' || {_NUMBER}, wall, zone, due_at, content, created_at
FROM timers, {{numbers}} WHERE timers.id = 'msg_0'
"""
_NUMBERS = {
    "sqlite": "(WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < {last})"
    " SELECT n FROM count) AS numbers",
    "postgresql": "generate_series(1, {last}) AS numbers(n)",
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured."""

    database: str
    timers: int
    fired: int
    deliveries: int
    seconds: float
    timers_per_s: float
    round: int
    slowest_round_s: float
    cores: int
    python: str

    @property
    def ok(self) -> bool:
        """Whether each fired once, in the time that was promised for a million."""
        return self.fired == self.deliveries == self.timers and self.seconds <= ALLOWED_SECONDS


def measure(count: int, database: str, say: Callable[[str], None]) -> Figures:
    """One run: `count` timers that are due, fired by one process in rounds, as the timer does every second.

    Args:
        count: how many timers there are.
        database: `sqlite`, `postgresql` (a server is started), or a URL of an empty database.
        say: told what is going on.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jogral-bench-")))
        store = SqlStore(stack.enter_context(database_of(database, folder)))
        stack.callback(store.close)
        say(f"setting {count} timers")
        _fill(store, count)
        say("firing")
        began = time.perf_counter()
        rounds = _rounds(store)
        seconds = time.perf_counter() - began
        return Figures(
            database=store.engine.dialect.name,
            timers=count,
            fired=_count(store, "SELECT count(*) FROM timers WHERE fired_at IS NOT NULL"),
            deliveries=_count(store, "SELECT count(*) FROM deliveries WHERE state = 'accepted'"),
            seconds=seconds,
            timers_per_s=count / seconds,
            round=ROUND,
            slowest_round_s=max(rounds, default=0.0),
            cores=len(os.sched_getaffinity(0)),
            python=".".join(map(str, sys.version_info[:3])),
        )


def _rounds(store: SqlStore) -> list[float]:
    """Seconds of each round, its rest and its ring included: fired as the timer does it."""
    ended = [time.perf_counter()]

    def rest(seconds: float) -> bool:
        time.sleep(seconds)
        ended.append(time.perf_counter())
        return False

    tick(store, NoBell(), time.time_ns() // 1_000_000, rest=rest)
    return [after - before for before, after in pairwise(ended)]


def _fill(store: SqlStore, count: int) -> None:
    upgrade(store)
    with store.write() as transaction:
        transaction.customers.add([Customer(id="cus_0")], {}, 0)
        transaction.timers.add([(WallTime("2026-11-20T09:00:00", "America/Sao_Paulo"), _pattern())], 0)
    numbers = _NUMBERS[store.engine.dialect.name].format(last=count - 1)
    with store.engine.begin() as connection:
        for statement in (_CUSTOMERS, _TIMERS):
            connection.execute(text(statement.format(numbers=numbers)))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _pattern() -> NewDelivery:
    """The delivery that all of them are like: as much in it as a real one has."""
    request = Request(
        id="msg_0",
        message="cart_offer",
        customer_id="cus_0",
        topic="offers",
        purpose=Purpose.MARKETING,
        candidates=(Channel.EMAIL, Channel.WHATSAPP),
        objects={"cart": "cart_10234"},
        data={"event": {"cart_id": "cart_10234", "total": 259.90, "url": "https://casalume.example/c/10234"}},
        locale=None,
        priority="normal",
        due_at=0,
        not_after=None,
        accepted_at=0,
    )
    return NewDelivery(request=request, identity="bench/0", origin="bench")


def _count(store: SqlStore, question: str) -> int:
    with store.engine.connect().execution_options(jogral_read_only=True) as connection:
        found: int = connection.scalars(text(question)).one()
    return found
