"""The ledger on SQLAlchemy Core: the same statements on SQLite and PostgreSQL."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from orchestrator.store.audit import SqlAudit
from orchestrator.store.chain import SqlChain
from orchestrator.store.consents import SqlConsents
from orchestrator.store.conversations import SqlConversations
from orchestrator.store.customers import SqlCustomers
from orchestrator.store.deliveries import SqlDeliveries
from orchestrator.store.engine import connect, transaction, where_is
from orchestrator.store.events import SqlEvents
from orchestrator.store.explanations import SqlExplanations
from orchestrator.store.facts import SqlFacts
from orchestrator.store.forwards import SqlForwards
from orchestrator.store.goals import SqlGoals
from orchestrator.store.identity import SqlIdentity
from orchestrator.store.imports import SqlImports
from orchestrator.store.inbound import SqlInbound
from orchestrator.store.inbox import SqlInbox
from orchestrator.store.ledger import SqlLedger
from orchestrator.store.memberships import SqlMemberships
from orchestrator.store.pauses import SqlAccounts, SqlPauses
from orchestrator.store.personal_data import SqlPersonalData
from orchestrator.store.privacy_requests import SqlPrivacyRequests
from orchestrator.store.provider_users import SqlProviderUsers
from orchestrator.store.quarantine import SqlQuarantine
from orchestrator.store.receipts import SqlReceipts
from orchestrator.store.rests import SqlRests
from orchestrator.store.runs import SqlRuns
from orchestrator.store.schedules import SqlSchedules
from orchestrator.store.segments import SqlSegments
from orchestrator.store.shares import SqlShares
from orchestrator.store.templates import SqlTemplates
from orchestrator.store.timers import SqlTimers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


SCHEMA = "0012"
"""The migration that this version of the code works with."""


@dataclass(frozen=True, slots=True)
class SqlTransaction:
    """See `port.Transaction`."""

    customers: SqlCustomers
    consents: SqlConsents
    identity: SqlIdentity
    events: SqlEvents
    deliveries: SqlDeliveries
    receipts: SqlReceipts
    rests: SqlRests
    provider_users: SqlProviderUsers
    quarantine: SqlQuarantine
    runs: SqlRuns
    goals: SqlGoals
    segments: SqlSegments
    memberships: SqlMemberships
    schedules: SqlSchedules
    timers: SqlTimers
    facts: SqlFacts
    pauses: SqlPauses
    accounts: SqlAccounts
    shares: SqlShares
    conversations: SqlConversations
    templates: SqlTemplates
    imports: SqlImports
    inbound: SqlInbound
    forwards: SqlForwards
    inbox: SqlInbox
    audit: SqlAudit
    chain: SqlChain
    explanations: SqlExplanations
    ledger: SqlLedger
    personal_data: SqlPersonalData
    privacy_requests: SqlPrivacyRequests


class SqlStore:
    """See `port.Store`."""

    def __init__(self, database_url: str) -> None:
        self.engine = connect(database_url)

    @property
    def place(self) -> str:
        """Where the ledger is, without its password."""
        return where_is(self.engine)

    @property
    def serves_writers_together(self) -> bool:
        """Whether two transactions write at a time; where not, the second waits for the end of the first."""
        return self.engine.dialect.name != "sqlite"

    @contextlib.contextmanager
    def write(self, *, durable: bool = True) -> Iterator[SqlTransaction]:
        with transaction(self.engine, durable=durable) as connection:
            yield _transaction(connection)

    @contextlib.contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        with transaction(self.engine, read_only=True) as connection:
            yield _transaction(connection)

    def schema_version(self) -> str | None:
        """The migration that the database stands at, or None before the first. Raises Unavailable."""
        with transaction(self.engine, read_only=True) as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.scalars(text("SELECT version_num FROM alembic_version")).first()

    def overwrite_deleted(self, *, bytes_max: int | None = None) -> bool:
        """Leave nothing of deleted rows in SQLite's file; False where somebody reads now, or it is larger than that.

        `secure_delete` overwrites rows, but when SQLite moves rows from page to page, copies of them stay in the gaps
        (tried: an erased id was still there). Only writing the file anew closes those: half a second for 100 MB, in
        which nobody else writes. PostgreSQL takes deleted rows out of its files in its own time, as it vacuums them.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        # Beside every transaction, which is where SQLite takes these.
        with (
            contextlib.closing(self.engine.raw_connection()) as connection,
            contextlib.closing(connection.cursor()) as cursor,
        ):
            pages, size = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            if bytes_max is not None and pages * size > bytes_max:
                return False
            cursor.execute("VACUUM")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _transaction(connection: Connection) -> SqlTransaction:
    return SqlTransaction(
        customers=SqlCustomers(connection),
        consents=SqlConsents(connection),
        identity=SqlIdentity(connection),
        events=SqlEvents(connection),
        deliveries=SqlDeliveries(connection),
        receipts=SqlReceipts(connection),
        rests=SqlRests(connection),
        provider_users=SqlProviderUsers(connection),
        quarantine=SqlQuarantine(connection),
        runs=SqlRuns(connection),
        goals=SqlGoals(connection),
        segments=SqlSegments(connection),
        memberships=SqlMemberships(connection),
        schedules=SqlSchedules(connection),
        timers=SqlTimers(connection),
        facts=SqlFacts(connection),
        pauses=SqlPauses(connection),
        accounts=SqlAccounts(connection),
        shares=SqlShares(connection),
        conversations=SqlConversations(connection),
        templates=SqlTemplates(connection),
        imports=SqlImports(connection),
        inbound=SqlInbound(connection),
        forwards=SqlForwards(connection),
        inbox=SqlInbox(connection),
        audit=SqlAudit(connection),
        chain=SqlChain(connection),
        explanations=SqlExplanations(connection),
        ledger=SqlLedger(connection),
        personal_data=SqlPersonalData(connection),
        privacy_requests=SqlPrivacyRequests(connection),
    )
