"""Who customers are: what was said of their profiles, who may be one with whom, and who became one."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, case, cast, delete, func, literal, or_, select, union_all

from orchestrator.domain.customer import AddressKind, ConsentState
from orchestrator.identity import MAILBOXES, InForce, Stated
from orchestrator.store import bulk, merging
from orchestrator.store.people_tables import merges, profile_values
from orchestrator.store.port.identity import FieldValue, Merge, MergeState
from orchestrator.store.tables import (
    addresses,
    consent_events,
    consent_state,
    customer_addresses,
    customer_ids,
    customers,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from orchestrator.domain.time import Instant
    from orchestrator.identity import MergeOn

# What more customers share than this is a shop's own phone, or a placeholder that somebody typed.
SHARED_BY_MAX = 5


class SqlIdentity:
    """See `port.Identity`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- profiles -----------------------------------------------------------------------------------------------------

    def stated(self, customer_ids: Collection[str]) -> dict[str, dict[str, Stated]]:
        table = profile_values.c
        newest = (
            select(func.max(table.seq))
            .where(bulk.among(self._connection, table.customer_id, customer_ids), table.won)
            .group_by(table.customer_id, table.field)
        )
        rows = self._connection.execute(select(profile_values).where(table.seq.in_(newest)))
        found: dict[str, dict[str, Stated]] = defaultdict(dict)
        for row in rows:
            found[row.customer_id][row.field] = Stated(source=row.source, value=row.value, at=row.at)
        return dict(found)

    def values(self, customer_id: str) -> list[FieldValue]:
        table = profile_values.c
        wanted = select(table.customer_id, table.field, table.source, table.value, table.won, table.at)
        rows = self._connection.execute(wanted.where(table.customer_id == customer_id).order_by(table.seq))
        return [FieldValue._make(row) for row in rows]

    def write_down(self, values: Sequence[FieldValue]) -> None:
        bulk.insert(
            self._connection,
            profile_values,
            ("customer_id", "field", "source", "value", "won", "at"),
            [(one.customer_id, one.field, one.source, bulk.dumps(one.value), one.won, one.at) for one in values],
        )

    def newest_value(self, customer_id: str) -> int:
        theirs = select(func.max(profile_values.c.seq)).where(profile_values.c.customer_id == customer_id)
        return self._connection.scalars(theirs).one() or 0

    def take_back(self, customer_id: str, *, after: int, until: int) -> None:
        table = profile_values.c
        self._connection.execute(
            delete(profile_values).where(table.customer_id == customer_id, table.seq > after, table.seq <= until)
        )

    # --- two who may be one -------------------------------------------------------------------------------------------

    def alike(self, merge_on: MergeOn) -> list[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        shared = union_all(*(query for query in self._shared(merge_on))).subquery("shared")
        # Counted first: most of what is known is shared by nobody, and stays in the database.
        several = (
            select(shared.c.what)
            .group_by(shared.c.what)
            .having(and_(func.count() > 1, func.count() <= SHARED_BY_MAX))
            .subquery("several")
        )
        rows = self._connection.execute(
            select(shared.c.what, customers.c.id)
            .join(several, several.c.what == shared.c.what)
            .join(customers, customers.c.id == shared.c.customer_id)
            .order_by(shared.c.what, customers.c.created_at, customers.c.id)
        )
        groups: dict[str, list[str]] = defaultdict(list)
        for what, customer_id in rows:
            groups[what].append(customer_id)
        for group in groups.values():
            found.update(dict.fromkeys(combinations(group, 2)))
        return list(found)

    def _shared(self, merge_on: MergeOn) -> list[Select[Any]]:
        """(what, customer) of everything by which somebody may be known again, each pair once."""
        reached = (
            select(_named(addresses.c.kind, self._compared()).label("what"), customer_addresses.c.customer_id)
            .join(addresses, addresses.c.id == customer_addresses.c.address_id)
            .where(addresses.c.kind.in_([AddressKind.EMAIL.value, AddressKind.PHONE.value]))
            .distinct()
        )
        of_attributes = [
            select(_named(literal(name), customers.c.attributes[name].as_string()), customers.c.id).where(
                customers.c.attributes[name].as_string() != "", customers.c.merged_into.is_(None)
            )
            for name in merge_on.attributes
        ]
        numbered_alike = [
            select(_named(literal("=".join(systems)), customer_ids.c.external_id), customer_ids.c.customer_id)
            .where(customer_ids.c.source.in_(systems))
            .distinct()
            for systems in merge_on.external_ids
        ]
        return [reached, *of_attributes, *numbered_alike]

    def _compared(self) -> ColumnElement[str]:
        """An address as it is compared: `identity.mailbox`, in the database's words."""
        value, find = addresses.c.value, func.instr if self._connection.dialect.name == "sqlite" else func.strpos
        at = find(value, "@")
        local, domain = func.substr(value, 1, at - 1), func.substr(value, at + 1)
        tag = find(local, "+")
        untagged = case((tag > 1, func.substr(local, 1, tag - 1)), else_=local)
        known = [
            (
                and_(addresses.c.kind == AddressKind.EMAIL.value, domain == name),
                (untagged if dots_count else func.replace(untagged, ".", "")).concat(f"@{under}"),
            )
            for name, (under, dots_count) in MAILBOXES.items()
        ]
        return case(*known, else_=value)

    def merges_between(self, one_id: str, other_id: str) -> list[Merge]:
        pairs = [
            and_(merges.c.kept_id == a, merges.c.merged_id == b) for a, b in ((one_id, other_id), (other_id, one_id))
        ]
        rows = self._connection.execute(select(merges).where(or_(*pairs)).order_by(merges.c.at, merges.c.id))
        return [_merge(row) for row in rows]

    def merge(self, merge_id: str) -> Merge | None:
        row = self._connection.execute(select(merges).where(merges.c.id == merge_id)).first()
        return None if row is None else _merge(row)

    def page(self, state: MergeState | None, after: str, limit: int, customer_id: str | None = None) -> list[Merge]:
        gone = select(customers.c.id).where(customers.c.merged_into.is_not(None))
        still_there = and_(merges.c.kept_id.not_in(gone), merges.c.merged_id.not_in(gone))
        wanted = select(merges).where(
            merges.c.id > after, or_(merges.c.state != MergeState.SUGGESTED.value, still_there)
        )
        if state is not None:
            wanted = wanted.where(merges.c.state == state.value)
        if customer_id is not None:
            wanted = wanted.where(or_(merges.c.kept_id == customer_id, merges.c.merged_id == customer_id))
        return [_merge(row) for row in self._connection.execute(wanted.order_by(merges.c.id).limit(limit))]

    def put(self, merge: Merge) -> None:
        bulk.upsert(
            self._connection,
            merges,
            ("id", "kept_id", "merged_id", "state", "reason", "moved", "by", "at", "ended_at"),
            ("id",),
            [
                (
                    merge.id,
                    merge.kept_id,
                    merge.merged_id,
                    merge.state.value,
                    merge.reason,
                    bulk.dumps(dict(merge.moved)),
                    merge.by,
                    merge.at,
                    merge.ended_at,
                )
            ],
        )

    def newest_into(self, kept_id: str) -> Merge | None:
        wanted = select(merges).where(merges.c.kept_id == kept_id, merges.c.state == MergeState.DONE.value)
        row = self._connection.execute(wanted.order_by(merges.c.at.desc()).limit(1)).first()
        return None if row is None else _merge(row)

    # --- becoming one, and two again ----------------------------------------------------------------------------------

    def take_over(self, kept_id: str, merged_id: str, at: Instant) -> dict[str, Any]:
        return merging.take_over(self._connection, kept_id, merged_id, at)

    def give_back(self, moved: Mapping[str, Any], kept_id: str, merged_id: str, at: Instant) -> None:
        merging.give_back(self._connection, moved, kept_id, merged_id, at)

    def consents(self, customer_id: str) -> dict[tuple[str, str], InForce]:
        rows = self._connection.execute(select(consent_state).where(consent_state.c.customer_id == customer_id))
        return {
            (row.topic, row.channel): InForce(state=ConsentState(row.state), event_id=row.event_id, at=row.at)
            for row in rows
        }

    def put_consents(self, customer_id: str, consents: Mapping[tuple[str, str], InForce]) -> None:
        bulk.upsert(
            self._connection,
            consent_state,
            ("customer_id", "topic", "channel", "state", "event_id", "at"),
            ("customer_id", "topic", "channel"),
            [
                (customer_id, topic, channel, one.state.value, one.event_id, one.at)
                for (topic, channel), one in consents.items()
            ],
        )

    def drop_consents(self, customer_id: str, keys: Collection[tuple[str, str]]) -> None:
        for topic, channel in keys:
            self._connection.execute(
                delete(consent_state).where(
                    consent_state.c.customer_id == customer_id,
                    consent_state.c.topic == topic,
                    consent_state.c.channel == channel,
                )
            )

    def newest_consent(self) -> int:
        return self._connection.scalars(select(func.max(consent_events.c.seq))).one() or 0

    def withdrawn_since(self, customer_id: str, seq: int) -> list[str]:
        table = consent_events.c
        wanted = select(table.id).where(
            table.customer_id == customer_id, table.seq > seq, table.state == ConsentState.WITHDRAWN.value
        )
        return list(self._connection.scalars(wanted.order_by(table.seq)))


def _named(kind: ColumnElement[str], value: ColumnElement[str]) -> ColumnElement[str]:
    return cast(kind, String).concat(":").concat(value)


def _merge(row: Row[Any]) -> Merge:
    return Merge(**{**row._mapping, "state": MergeState(row.state)})
