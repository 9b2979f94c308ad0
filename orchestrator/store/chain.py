"""The audit chain in the ledger: entries are appended by every door, and sealed by one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, text, update

from orchestrator.audit_chain import ERASED, START, ChainEntry, Head
from orchestrator.store import bulk, said
from orchestrator.store.people_tables import audit_entries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import Connection, Row, Select

    from orchestrator.audit_chain import Seal, Written
    from orchestrator.store.port.values import ChainQuery, SaidByCustomer

# Whoever seals holds this of PostgreSQL's advisory locks; the number is the word "seal" in ASCII.
_SEALING = 0x7365616C

# Rows that are read at a time where all are.
_PAGE = 2_000


class SqlChain:
    """See `port.Chain`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, entries: Sequence[Written]) -> None:
        columns = ("kind", "customer_id", "at", "payload", "salt", "digest")
        bulk.insert(self._connection, audit_entries, columns, [tuple(entry) for entry in entries])

    def empty(self, customer_ids: Collection[str]) -> int:
        return self._connection.execute(
            update(audit_entries)
            .where(bulk.among(self._connection, audit_entries.c.customer_id, customer_ids))
            .values(customer_id=None, payload=None, salt=None)
        ).rowcount

    def take_the_seal(self) -> bool:
        # SQLite's write transaction already excludes all others.
        if self._connection.dialect.name == "sqlite":
            return True
        return bool(self._connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _SEALING}))

    def unsealed(self, limit: int) -> list[ChainEntry]:
        # In the order of their numbers as they are seen now: a transaction that commits late comes behind.
        wanted = select(*said.ENTRY).where(audit_entries.c.place.is_(None)).order_by(audit_entries.c.seq).limit(limit)
        return self._entries(wanted)

    def put_seals(self, seals: Sequence[Seal]) -> None:
        bulk.update(
            self._connection,
            audit_entries,
            ("key_id", "place", "mac"),
            [(seal.key_id, seal.place, seal.mac, seal.seq) for seal in seals],
            key="seq",
        )

    def head(self) -> Head:
        found = self._connection.execute(
            select(audit_entries.c.place, audit_entries.c.mac)
            .where(audit_entries.c.place.is_not(None))
            .order_by(audit_entries.c.place.desc())
            .limit(1)
        ).first()
        return START if found is None else Head(found.place, found.mac)

    def waiting(self) -> int:
        unsealed = select(func.count()).select_from(audit_entries).where(audit_entries.c.place.is_(None))
        return self._connection.scalar(unsealed) or 0

    def erasures_waiting(self) -> list[ChainEntry]:
        return self._entries(select(*said.ENTRY).where(audit_entries.c.place.is_(None), audit_entries.c.kind == ERASED))

    def sealed(self) -> Iterator[ChainEntry]:
        last = None
        while True:
            wanted = select(*said.ENTRY).where(audit_entries.c.place.is_not(None)).order_by(audit_entries.c.place)
            page = self._entries((wanted if last is None else wanted.where(audit_entries.c.place > last)).limit(_PAGE))
            if not page:
                return
            yield from page
            last = page[-1].place

    def page(self, asked: ChainQuery) -> list[ChainEntry]:
        # By their places, which the seals guard; a number is none, and two of them could be swapped by hand.
        before = None if asked.before is None else self._place_of(asked.before)
        wanted, found = _asked_for(asked), []
        if before is None:
            waiting = wanted.where(audit_entries.c.place.is_(None)).order_by(audit_entries.c.seq.desc())
            if asked.before is not None:
                waiting = waiting.where(audit_entries.c.seq < asked.before)
            found = self._entries(waiting.limit(asked.limit))
        if len(found) == asked.limit:
            return found
        sealed = wanted.where(audit_entries.c.place.is_not(None)).order_by(audit_entries.c.place.desc())
        if before is not None:
            sealed = sealed.where(audit_entries.c.place < before)
        return found + self._entries(sealed.limit(asked.limit - len(found)))

    def said_by(self, after: str, customers_max: int) -> list[SaidByCustomer]:
        return said.said_by(self._connection, after, customers_max)

    def said_by_nobody(self) -> Iterator[ChainEntry]:
        return said.said_by_nobody(self._connection)

    def _place_of(self, seq: int) -> int | None:
        return self._connection.scalar(select(audit_entries.c.place).where(audit_entries.c.seq == seq))

    def _entries(self, wanted: Select[tuple[object, ...]]) -> list[ChainEntry]:
        return [_entry(row) for row in self._connection.execute(wanted)]


def _asked_for(asked: ChainQuery) -> Select[tuple[object, ...]]:
    wanted = select(*said.ENTRY)
    if asked.customer_id is not None:
        about = audit_entries.c.customer_id
        # Written under the id of then: whoever was merged is found by either, and one who is gone by their own.
        wanted = wanted.where(or_(about == asked.customer_id, about.in_(said.names_of(asked.customer_id))))
    if asked.kind is not None:
        kind = audit_entries.c.kind
        # `consent` means every kind of its family.
        wanted = wanted.where((kind == asked.kind) | kind.startswith(f"{asked.kind}.", autoescape=True))
    if asked.by is not None:
        # Who did it stands first in every payload: see `audit_chain.write`.
        begins = f'{{"by":{bulk.dumps(asked.by)}'
        wanted = wanted.where(audit_entries.c.payload.startswith(begins, autoescape=True))
    if asked.since is not None:
        wanted = wanted.where(audit_entries.c.at >= asked.since)
    if asked.until is not None:
        wanted = wanted.where(audit_entries.c.at < asked.until)
    return wanted


def _entry(row: Row[tuple[object, ...]]) -> ChainEntry:
    return ChainEntry(**row._mapping)
