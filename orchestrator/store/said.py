"""What customers said of consent, beside what the audit chain holds of it: page by page, for whoever compares both."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from orchestrator.audit_chain import ChainEntry
from orchestrator.domain.customer import ConsentState
from orchestrator.store import bulk
from orchestrator.store.people_tables import audit_entries, merges
from orchestrator.store.port.identity import MergeState
from orchestrator.store.port.values import ConsentEvent, SaidByCustomer
from orchestrator.store.tables import consent_events, consent_state, customers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Select

ENTRY = tuple(audit_entries.c[name] for name in ChainEntry.__dataclass_fields__)
_EVENT = tuple(consent_events.c[name] for name in ConsentEvent.__dataclass_fields__)

_OF_CONSENT = audit_entries.c.kind.startswith("consent.", autoescape=True) & audit_entries.c.payload.is_not(None)

_ROWS_AT_A_TIME = 2_000


def said_by(connection: Connection, after: str, customers_max: int) -> list[SaidByCustomer]:
    """See `port.Chain`."""
    wanted = select(customers.c.id).where(customers.c.merged_into.is_(None), customers.c.id > after)
    page = list(connection.scalars(wanted.order_by(customers.c.id).limit(customers_max)))
    whose = _names(connection, page)
    events, entries = _events(connection, whose), _entries(connection, whose)
    in_force, merged = _in_force(connection, page), _merged(connection, page)
    return [
        SaidByCustomer(
            customer_id=one,
            events=tuple(events[one]),
            entries=tuple(entries[one]),
            in_force=in_force[one],
            merged=one in merged,
        )
        for one in page
    ]


def said_by_nobody(connection: Connection) -> Iterator[ChainEntry]:
    """See `port.Chain`."""
    nobodys = (
        select(*ENTRY)
        .outerjoin(customers, customers.c.id == audit_entries.c.customer_id)
        .where(_OF_CONSENT, customers.c.id.is_(None))
        .order_by(audit_entries.c.seq)
    )
    last = 0
    while found := connection.execute(nobodys.where(audit_entries.c.seq > last).limit(_ROWS_AT_A_TIME)).all():
        yield from (ChainEntry(**row._mapping) for row in found)
        last = found[-1].seq


def names_of(customer_id: str) -> Select[tuple[str]]:
    """Every name of the customer whom a name means: of whoever became one with them, and their own."""
    whose = func.coalesce(customers.c.merged_into, customers.c.id)
    named = select(whose).where(customers.c.id == customer_id).scalar_subquery()
    return select(customers.c.id).where(or_(customers.c.id == named, customers.c.merged_into == named))


def _names(connection: Connection, page: Collection[str]) -> dict[str, str]:
    """Each name of these customers, those of tombstones too → the customer."""
    rows = connection.execute(
        select(customers.c.id, customers.c.merged_into).where(bulk.among(connection, customers.c.merged_into, page))
    )
    return {one: one for one in page} | {row.id: row.merged_into for row in rows}


def _events(connection: Connection, whose: Mapping[str, str]) -> Mapping[str, list[ConsentEvent]]:
    theirs = bulk.among(connection, consent_events.c.customer_id, whose.keys())
    found: dict[str, list[ConsentEvent]] = defaultdict(list)
    for row in connection.execute(select(*_EVENT).where(theirs).order_by(consent_events.c.seq)):
        found[whose[row.customer_id]].append(ConsentEvent(**{**row._mapping, "state": ConsentState(row.state)}))
    return found


def _entries(connection: Connection, whose: Mapping[str, str]) -> Mapping[str, list[ChainEntry]]:
    theirs = bulk.among(connection, audit_entries.c.customer_id, whose.keys())
    found: dict[str, list[ChainEntry]] = defaultdict(list)
    for row in connection.execute(select(*ENTRY).where(_OF_CONSENT, theirs).order_by(audit_entries.c.seq)):
        found[whose[row.customer_id]].append(ChainEntry(**row._mapping))
    return found


def _in_force(
    connection: Connection, page: Collection[str]
) -> Mapping[str, dict[tuple[str, str], tuple[ConsentState, str]]]:
    theirs = bulk.among(connection, consent_state.c.customer_id, page)
    found: dict[str, dict[tuple[str, str], tuple[ConsentState, str]]] = defaultdict(dict)
    for row in connection.execute(select(consent_state).where(theirs)):
        found[row.customer_id][(row.topic, row.channel)] = (ConsentState(row.state), row.event_id)
    return found


def _merged(connection: Connection, page: Collection[str]) -> set[str]:
    both = (merges.c.kept_id, merges.c.merged_id)
    was_done = merges.c.state.in_([MergeState.DONE.value, MergeState.UNDONE.value])
    theirs = or_(*(bulk.among(connection, column, page) for column in both))
    return {name for row in connection.execute(select(*both).where(was_done, theirs)) for name in row}
