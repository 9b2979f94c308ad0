"""How long the auditor's look takes at a ledger of millions of messages, which it does once a minute."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from sqlalchemy import text

from orchestrator.dispatch.audit import Auditor, Violation
from orchestrator.dispatch.publish import publish
from orchestrator.project import SHIPPED, Project
from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore
from tests.bench.ledgers import database_of

if TYPE_CHECKING:
    from collections.abc import Callable

ALLOWED_SECONDS = 2.0

# What is sent between two looks, at somewhat more than 300 messages a second.
BUSY_MINUTE = 20_000
# What waits all the time, planned for later.
WAITING = 10_000

MINUTE_MS, DAY_MS = 60_000, 86_400_000
# The newest message was sent an hour ago, the oldest three months before, and each customer has had twenty.
SPAN_MS = 90 * DAY_MS
MESSAGES_EACH = 20

# Message by message, what the gate, the worker and the provider write of it; half of it is marketing. Every one was
# decided at noon in São Paulo, by business time: none left in quiet hours.
_MESSAGES = (
    """
INSERT INTO deliveries (id, identity, message, customer_id, topic, purpose, candidates, objects, data, priority, origin,
    state, lane, due_at, next_action_at, channel, account, address_id, release_id, provider_id, accepted_at,
    first_call_at, sending_at, settled_at, reserved_at, reserved_day, receipt)
SELECT 'msg_' || $number, 'bench/' || $number, 'review_request', 'cus_' || $customer,
    CASE n % 2 WHEN 0 THEN 'reviews' ELSE 'orders' END, CASE n % 2 WHEN 0 THEN 'marketing' ELSE 'transactional' END,
    'email', '{}', '{}', 'normal', 'bench', 'sent', CASE n % 2 WHEN 0 THEN 'marketing' ELSE 'transactional' END,
    $at, $at, 'email', 'email', 'adr_' || $customer, '$release', 'provider/' || $number, $at,
    $at, $at, $at + 100, $noon, $day, 'delivered'
FROM $numbers
""",
    """
INSERT INTO decisions (delivery_id, verdict, trace, at, business_at, release_id)
SELECT 'msg_' || $number, 'send', '[]', $at, $noon, '$release' FROM $numbers
""",
    """
INSERT INTO renderings (delivery_id, channel, locale, release_id, content, claims, at)
SELECT 'msg_' || $number, 'email', 'pt-BR', '$release', '{}', '[]', $at FROM $numbers
""",
    """
INSERT INTO receipts
    (account, event_key, delivery_id, provider_id, kind, permanent, detail, at, received_at, applied_at)
SELECT 'email', 'delivered/' || $number, 'msg_' || $number, 'provider/' || $number, 'delivered', false, '',
    $at, $at, $at
FROM $numbers
""",
)
_CUSTOMERS = (
    """
INSERT INTO customers (id, time_zone, attributes, created_at, updated_at)
SELECT 'cus_' || $customer, 'America/Sao_Paulo', '{}', 0, 0 FROM $numbers
""",
    """
INSERT INTO addresses (id, kind, value, created_at)
SELECT 'adr_' || $customer, 'email', $customer || '@example.com', 0 FROM $numbers
""",
    """
INSERT INTO customer_addresses (customer_id, address_id, rank)
SELECT 'cus_' || $customer, 'adr_' || $customer, 0 FROM $numbers
""",
    """
INSERT INTO consent_events
    (id, customer_id, topic, channel, state, legal_basis, method, source, evidence, at, recorded_at)
SELECT 'con_' || $customer, 'cus_' || $customer, 'reviews', 'email', 'granted', 'consent', '', '', '{}', 0, 0
FROM $numbers
""",
    # One in a hundred opted out after everything that is there, and as many addresses bounced.
    """
INSERT INTO consent_events
    (id, customer_id, topic, channel, state, legal_basis, method, source, evidence, at, recorded_at)
SELECT 'opt_' || $customer, 'cus_' || $customer, 'reviews', 'email', 'withdrawn', 'consent', '', '', '{}', $now, $now
FROM $numbers WHERE n % 100 = 0
""",
    """
INSERT INTO suppressions (address_id, channel, reason, at)
SELECT 'adr_' || $customer, 'email', 'bounce', $now FROM $numbers WHERE n % 100 = 0
""",
)
_WAITING = (
    """
INSERT INTO deliveries (id, identity, message, customer_id, topic, purpose, candidates, objects, data, priority, origin,
    state, lane, due_at, next_action_at, accepted_at)
SELECT 'msg_1' || $number, 'waiting/' || $number, 'review_request', 'cus_' || $customer, 'reviews', 'marketing',
    'email', '{}', '{}', 'normal', 'bench', 'accepted', 'marketing', $now + 86400000, 0, $now
FROM $numbers
""",
    # Half of them have fired, and made one of the messages above.
    """
INSERT INTO timers (id, identity, kind, customer_id, wall, zone, due_at, content, created_at, fired_at)
SELECT 'msg_' || $number, 'bench/' || $number, 'delivery', 'cus_' || $customer, '2026-12-01T09:00:00',
    'America/Sao_Paulo', $now + 86400000, '{}', 0, CASE n % 2 WHEN 0 THEN $now END
FROM $numbers
""",
)
_NUMBERS = {
    "sqlite": "(WITH RECURSIVE count(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM count WHERE n < {last})"
    " SELECT n FROM count) AS numbers",
    "postgresql": "generate_series(CAST({first} AS BIGINT), {last}) AS numbers(n)",
}
_DATE = {
    "sqlite": "date({noon} / 1000, 'unixepoch')",
    "postgresql": "to_char(to_timestamp({noon} / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured."""

    database: str
    rows: int
    first_look_s: float
    quiet_look_s: float
    busy_look_s: float
    busy_messages: int
    violations: int
    cores: int
    python: str

    @property
    def ok(self) -> bool:
        """Whether every look but the first was quick, and nothing was found where nothing is wrong."""
        return not self.violations and max(self.quiet_look_s, self.busy_look_s) <= ALLOWED_SECONDS


def measure(rows: int, database: str, say: Callable[[str], None]) -> Figures:
    """Three looks of one auditor: its first, one after a quiet minute, one after a busy one.

    Args:
        rows: how many messages were ever sent.
        database: `sqlite`, `postgresql` (a server is started), or a URL of an empty database.
        say: told what is going on.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jogral-bench-")))
        store = SqlStore(stack.enter_context(database_of(database, folder)))
        stack.callback(store.close)
        say(f"writing {rows} messages")
        ledger = Filled(store, rows)
        auditor = Auditor(store)
        say("looking")
        first = _look(auditor, ledger.now)
        quiet = _look(auditor, ledger.now + MINUTE_MS)
        ledger.busy_minute()
        busy = _look(auditor, ledger.now + 2 * MINUTE_MS)
        return Figures(
            database=store.engine.dialect.name,
            rows=rows,
            first_look_s=first.seconds,
            quiet_look_s=quiet.seconds,
            busy_look_s=busy.seconds,
            busy_messages=BUSY_MINUTE,
            violations=len({one.invariant for look in (first, quiet, busy) for one in look.found}),
            cores=len(os.sched_getaffinity(0)),
            python=".".join(map(str, sys.version_info[:3])),
        )


@dataclass(frozen=True)
class Look:
    """One look, and how long it took."""

    seconds: float
    found: list[Violation]


def _look(auditor: Auditor, now: int) -> Look:
    began = time.perf_counter()
    found = auditor.look(now)
    return Look(time.perf_counter() - began, found)


class Filled:
    """A ledger where so many messages were sent, and everything was in order."""

    def __init__(self, store: SqlStore, rows: int) -> None:
        self.now = time.time_ns() // 1_000_000
        self._store = store
        self._rows = rows
        upgrade(store)
        release = Project(SHIPPED).read()
        publish(store, release, self.now)
        customers = (rows + BUSY_MINUTE) // MESSAGES_EACH
        step = SPAN_MS // (rows + BUSY_MINUTE)
        at = f"({self.now - 60 * MINUTE_MS - SPAN_MS} + n * {step})"
        noon = f"({at} / {DAY_MS} * {DAY_MS} + {15 * 60 * MINUTE_MS})"
        self._given = {
            # As ids are: those made later sort later.
            "number": "substr(CAST(1000000000 + n AS VARCHAR), 2)",
            "customer": f"CAST(n % {customers} AS VARCHAR)",
            "release": release.id,
            "at": at,
            "noon": noon,
            "day": _DATE[store.engine.dialect.name].format(noon=noon),
            "now": str(self.now),
        }
        self._run(_CUSTOMERS, 1, customers)
        self._run(_MESSAGES, 1, rows)
        self._run(_WAITING, 1, min(WAITING, rows // 100))
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))  # a server does it by itself, sooner or later

    def busy_minute(self) -> None:
        """What is sent while nobody looks."""
        self._run(_MESSAGES, self._rows + 1, self._rows + BUSY_MINUTE)

    def _run(self, statements: tuple[str, ...], first: int, last: int) -> None:
        numbers = _NUMBERS[self._store.engine.dialect.name].format(first=first, last=last)
        with self._store.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(Template(statement).substitute(self._given, numbers=numbers)))
