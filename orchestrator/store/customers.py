"""Customers, their addresses, and what the gate reads of them."""

from __future__ import annotations

import json
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update

from orchestrator.domain.customer import Address, AddressKind, CapUse, Channel, ConsentState, Customer, Standing
from orchestrator.domain.message import Purpose
from orchestrator.store import bulk
from orchestrator.store.erased import ERASED, channels_of, suppress_erased
from orchestrator.store.silence import binds
from orchestrator.store.tables import (
    addresses,
    consent_state,
    customer_addresses,
    customer_ids,
    customers,
    deliveries,
    objects,
    rests,
    suppressions,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from orchestrator.domain.time import Instant

    Rows = Sequence[Sequence[Any]]

_KINDS = {kind.value: kind for kind in AddressKind}
_STATES = {state.value: state for state in ConsentState}

_NOTHING: Mapping[str, Any] = MappingProxyType({})

_PROFILE = (customers.c.id, customers.c.locale, customers.c.time_zone, customers.c.attributes)


class SqlCustomers:
    """See `port.Customers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, customer_ids: Collection[str]) -> None:
        # One order for everybody: two doors that lock the same two customers cannot wait for each other.
        # SQLite's write transaction already excludes all others.
        if customer_ids and self._connection.dialect.name != "sqlite":
            self._connection.execute(
                select(customers.c.id)
                .where(self._among(customers.c.id, customer_ids))
                .order_by(customers.c.id)
                .with_for_update(key_share=True)
            )

    def standings(
        self,
        customer_ids: Collection[str],
        topics: Collection[str],
        *,
        uses_since: Instant | None = None,
        kinds: Collection[str] = (),
    ) -> dict[str, Standing]:
        since = _NEVER if uses_since is None else uses_since
        documents = _GATE.documents(self._connection, ids=customer_ids, topics=topics, since=since, kinds=kinds)
        return dict(_standings(*documents))

    def get(self, customer_id: str) -> Customer | None:
        named = customers.alias("named")
        whose = select(func.coalesce(named.c.merged_into, named.c.id)).where(named.c.id == customer_id)
        wanted = select(*_PROFILE).where(customers.c.id == whose.scalar_subquery())
        profiles = bulk.fetch(self._connection, wanted)
        return next(iter(self._customers(profiles)), None)

    def external_ids(self, customer_id: str) -> dict[str, str]:
        rows = self._connection.execute(
            select(customer_ids.c.source, customer_ids.c.external_id).where(customer_ids.c.customer_id == customer_id)
        )
        return {row.source: row.external_id for row in rows}

    def named(self, owners: Collection[str]) -> dict[str, set[tuple[str, str]]]:
        rows = self._connection.execute(
            select(customer_ids.c.customer_id, customer_ids.c.source, customer_ids.c.external_id).where(
                self._among(customer_ids.c.customer_id, owners)
            )
        )
        found: dict[str, set[tuple[str, str]]] = {owner: set() for owner in owners}
        for owner, source, external_id in rows:
            found[owner].add((source, external_id))
        return found

    def known(self, customer_ids: Collection[str]) -> set[str]:
        return set(self._connection.scalars(select(customers.c.id).where(customers.c.id.in_(list(customer_ids)))))

    def whose(self, customer_ids: Collection[str]) -> dict[str, str]:
        rows = self._connection.execute(
            select(customers.c.id, func.coalesce(customers.c.merged_into, customers.c.id).label("whose")).where(
                self._among(customers.c.id, customer_ids)
            )
        )
        return {row.id: row.whose for row in rows}

    def by_external_id(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        rows = self._connection.execute(
            select(customer_ids.c.source, customer_ids.c.external_id, customer_ids.c.customer_id).where(
                tuple_(customer_ids.c.source, customer_ids.c.external_id).in_(list(pairs))
            )
        )
        return {(source, external_id): customer_id for source, external_id, customer_id in rows}

    def by_address(self, kind: AddressKind, values: Collection[str]) -> dict[str, list[str]]:
        rows = self._connection.execute(
            select(addresses.c.value, customer_addresses.c.customer_id)
            .join(customer_addresses, customer_addresses.c.address_id == addresses.c.id)
            .join(customers, customers.c.id == customer_addresses.c.customer_id)
            .where(addresses.c.kind == kind.value, addresses.c.value.in_(list(values)))
            .order_by(customers.c.created_at, customers.c.id)
        )
        found: dict[str, list[str]] = {}
        for value, customer_id in rows:
            found.setdefault(value, []).append(customer_id)
        return found

    def holders(self, address_ids: Collection[str]) -> set[str]:
        theirs = select(customer_addresses.c.customer_id).where(
            self._among(customer_addresses.c.address_id, address_ids)
        )
        return set(self._connection.scalars(theirs))

    def addresses(self, address_ids: Collection[str]) -> dict[str, Address]:
        rows = self._connection.execute(
            select(addresses.c.id, addresses.c.kind, addresses.c.value).where(self._among(addresses.c.id, address_ids))
        )
        return {row.id: Address(id=row.id, kind=_KINDS[row.kind], value=row.value) for row in rows}

    def address_ids(self, kind: AddressKind, values: Collection[str]) -> dict[str, str]:
        stored = self._stored({(kind.value, value) for value in values})
        return {value: address_id for (_, value), address_id in stored.items()}

    def keep_addresses(self, given: Sequence[Address], at: Instant) -> dict[tuple[str, str], str]:
        stored = self._keep(given, at)
        suppress_erased(self._connection, stored, at)
        return stored

    def _keep(self, given: Sequence[Address], at: Instant) -> dict[tuple[str, str], str]:
        bulk.insert_missing(
            self._connection,
            addresses,
            ("id", "kind", "value", "created_at"),
            # In one order for everybody, as locks are: two imports that share addresses must not wait for each other.
            sorted(
                ((address.id, address.kind.value, address.value, at) for address in given), key=lambda row: row[1:3]
            ),
        )
        return self._stored({(address.kind.value, address.value) for address in given})

    def lose_devices(self, address_ids: Collection[str], at: Instant) -> None:
        if address_ids:
            self._connection.execute(
                update(addresses)
                .where(self._among(addresses.c.id, sorted(address_ids)), addresses.c.gone_at.is_(None))
                .values(gone_at=at)
            )

    def hand_over_devices(self, owners: Mapping[str, str]) -> None:
        if not owners:
            return
        table, devices = customer_addresses.c, sorted(owners)
        held = self._connection.execute(
            select(table.address_id, table.customer_id).where(self._among(table.address_id, devices))
        )
        others = sorted((row.address_id, row.customer_id) for row in held if row.customer_id != owners[row.address_id])
        if others:
            self._connection.execute(
                delete(customer_addresses).where(tuple_(table.address_id, table.customer_id).in_(others))
            )
        self._connection.execute(
            update(addresses)
            .where(self._among(addresses.c.id, devices), addresses.c.gone_at.is_not(None))
            .values(gone_at=None)
        )

    def has(self, customer_id: str) -> dict[str, Instant | None]:
        table = customer_addresses.c
        rows = self._connection.execute(
            select(table.address_id, table.erased_at).where(table.customer_id == customer_id)
        )
        return {row.address_id: row.erased_at for row in rows}

    def page(self, after: str, limit: int) -> list[Customer]:
        wanted = select(*_PROFILE).where(customers.c.id > after, customers.c.merged_into.is_(None))
        return self._customers(bulk.fetch(self._connection, wanted.order_by(customers.c.id).limit(limit)))

    def add(self, new: Sequence[Customer], external_ids: Mapping[str, Mapping[str, str]], at: Instant) -> None:
        bulk.insert(
            self._connection,
            customers,
            ("id", "locale", "time_zone", "attributes", "created_at", "updated_at"),
            [(one.id, one.locale, one.time_zone, bulk.dumps(dict(one.attributes)), at, at) for one in new],
        )
        bulk.insert(
            self._connection,
            customer_ids,
            ("source", "external_id", "customer_id"),
            [
                (source, external_id, owner)
                for owner, ids in external_ids.items()
                for source, external_id in ids.items()
            ],
        )
        self._put_addresses(new, at, {})

    def change(self, customer: Customer, at: Instant, has: Mapping[str, Instant | None] = _NOTHING) -> None:
        has = {**self.has(customer.id), **has}
        self._connection.execute(
            update(customers)
            .where(customers.c.id == customer.id)
            .values(
                locale=customer.locale,
                time_zone=customer.time_zone,
                attributes=dict(customer.attributes),
                updated_at=at,
            )
        )
        self._connection.execute(delete(customer_addresses).where(customer_addresses.c.customer_id == customer.id))
        self._put_addresses([customer], at, has)

    def add_external_ids(self, customer_id: str, ids: Mapping[str, str]) -> None:
        """Further names of a customer in other systems."""
        for source, external_id in ids.items():
            self._connection.execute(
                insert(customer_ids).values(source=source, external_id=external_id, customer_id=customer_id)
            )

    def _put_addresses(self, owners: Iterable[Customer], at: Instant, has: Mapping[str, Instant | None]) -> None:
        """Share the addresses that exist: an address is one row, whoever gave it. Those that they have are no news."""
        given = [(owner.id, rank, address) for owner in owners for rank, address in enumerate(owner.addresses)]
        stored = self._keep([address for _, _, address in given], at)
        news = {address: address_id for address, address_id in stored.items() if address_id not in has}
        erased = {**has, **dict.fromkeys(suppress_erased(self._connection, news, at), at)}
        links = [(owner, stored[(address.kind.value, address.value)], rank) for owner, rank, address in given]
        bulk.insert_missing(
            self._connection,
            customer_addresses,
            ("customer_id", "address_id", "rank", "erased_at"),
            [(*link, erased.get(link[1])) for link in links],
        )

    def _stored(self, values: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for kind in {kind for kind, _ in values}:
            wanted = [value for of_kind, value in values if of_kind == kind]
            rows = self._connection.execute(
                select(addresses.c.value, addresses.c.id).where(addresses.c.kind == kind, addresses.c.value.in_(wanted))
            )
            found |= {(kind, value): address_id for value, address_id in rows}
        return found

    def _customers(self, profiles: Rows) -> list[Customer]:
        reached = _REACHED.rows(self._connection, ids=[customer_id for customer_id, *_ in profiles])
        return _customers(profiles, reached)

    def _among(self, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
        return bulk.among(self._connection, column, values)


# --- what the gate reads ----------------------------------------------------------------------------------------------

_PROFILES = bulk.Question(lambda dialect: select(*_PROFILE).where(bulk.given(dialect, customers.c.id, "ids")))

_REACHED = bulk.Question(
    lambda dialect: (
        select(
            customer_addresses.c.customer_id,
            addresses.c.id,
            addresses.c.kind,
            addresses.c.value,
            customer_addresses.c.erased_at,
            addresses.c.gone_at,
        )
        .join(addresses, addresses.c.id == customer_addresses.c.address_id)
        .where(bulk.given(dialect, customer_addresses.c.customer_id, "ids"))
        .order_by(customer_addresses.c.customer_id, customer_addresses.c.rank)
    )
)

_SAID = bulk.Question(
    lambda dialect: select(
        consent_state.c.customer_id, consent_state.c.topic, consent_state.c.channel, consent_state.c.state
    ).where(
        bulk.given(dialect, consent_state.c.customer_id, "ids"), bulk.given(dialect, consent_state.c.topic, "topics")
    )
)

_SILENCED = bulk.Question(
    lambda dialect: (
        select(
            customer_addresses.c.customer_id,
            suppressions.c.address_id,
            suppressions.c.channel,
            suppressions.c.reason,
        )
        .join(suppressions, suppressions.c.address_id == customer_addresses.c.address_id)
        .where(bulk.given(dialect, customer_addresses.c.customer_id, "ids"), binds(customer_addresses.c.customer_id))
    )
)

# A rest that is over is ended by whoever looks after them: see `port.Rests.wake`.
_RESTING = bulk.Question(
    lambda dialect: (
        select(customer_addresses.c.customer_id, rests.c.address_id, rests.c.channel)
        .join(rests, rests.c.address_id == customer_addresses.c.address_id)
        .where(bulk.given(dialect, customer_addresses.c.customer_id, "ids"), rests.c.until.is_not(None))
    )
)

_USED = bulk.Question(
    lambda dialect: select(
        deliveries.c.customer_id,
        deliveries.c.reserved_at,
        deliveries.c.reserved_day,
        deliveries.c.purpose,
        deliveries.c.channel,
        deliveries.c.topic,
        deliveries.c.id,
    ).where(
        bulk.given(dialect, deliveries.c.customer_id, "ids"),
        deliveries.c.reserved_at > bindparam("since"),
    )
)

_OWNED = bulk.Question(
    lambda dialect: select(objects.c.customer_id, objects.c.kind, objects.c.id, objects.c.data).where(
        bulk.given(dialect, objects.c.customer_id, "ids"), bulk.given(dialect, objects.c.kind, "kinds")
    )
)

_GATE = bulk.Questions(_PROFILES, _REACHED, _SAID, _SILENCED, _USED, _OWNED, _RESTING)

# Nothing was used after this, in milliseconds.
_NEVER = 2**62


# The gate asks what the claim has asked, and nearly always hears the same, letter for letter: then it means the same.
# Two slices are held, and between a claim and its gate the other one may have both.
@lru_cache(maxsize=4)
def _standings(  # what the gate asked, each as it was answered
    profiles: str, reached: str, said: str, silenced: str, used: str, owned: str, resting: str
) -> dict[str, Standing]:
    consents: dict[str, dict[tuple[str, str], ConsentState]] = {}
    for customer_id, topic, channel, state in json.loads(said):
        consents.setdefault(customer_id, {})[(topic, channel)] = _STATES[state]
    suppressed: dict[str, dict[tuple[str, str], str]] = {}
    for customer_id, address_id, channel, reason in json.loads(silenced):
        suppressed.setdefault(customer_id, {})[(address_id, channel)] = reason
    found = json.loads(reached)
    for customer_id, address_id, kind, _, erased_at, _ in found:
        if erased_at is not None:
            there = ((address_id, channel) for channel in channels_of(_KINDS[kind]))
            suppressed.setdefault(customer_id, {}).update(dict.fromkeys(there, ERASED))
    uses: dict[str, list[CapUse]] = {}
    for customer_id, at, day, purpose, channel, topic, delivery_id in json.loads(used):
        use = CapUse(at, day, Purpose(purpose), Channel(channel), topic, delivery_id)
        uses.setdefault(customer_id, []).append(use)
    objects_of: dict[str, dict[str, tuple[dict[str, Any], ...]]] = {}
    for customer_id, kind, object_id, data in json.loads(owned):
        theirs = objects_of.setdefault(customer_id, {})
        theirs[kind] = (*theirs.get(kind, ()), {**data, "id": object_id})
    rests_of: dict[str, set[tuple[str, str]]] = {}
    for customer_id, address_id, channel in json.loads(resting):
        rests_of.setdefault(customer_id, set()).add((address_id, channel))
    return {
        customer.id: Standing(
            customer=customer,
            consents=consents.get(customer.id, {}),
            suppressions=suppressed.get(customer.id, {}),
            uses=tuple(uses.get(customer.id, ())),
            objects=objects_of.get(customer.id, {}),
            rests=frozenset(rests_of.get(customer.id, ())),
        )
        # A device that is no more reaches nobody: to the gate it is not there.
        for customer in _customers(json.loads(profiles), [row for row in found if row[-1] is None])
    }


def _customers(profiles: Rows, reached: Rows) -> list[Customer]:
    addresses_of: dict[str, list[Address]] = {}
    for customer_id, address_id, kind, value, *_ in reached:
        addresses_of.setdefault(customer_id, []).append(Address(id=address_id, kind=_KINDS[kind], value=value))
    return [
        Customer(
            id=customer_id,
            locale=locale,
            time_zone=time_zone,
            attributes=attributes,
            addresses=tuple(addresses_of.get(customer_id, ())),
        )
        for customer_id, locale, time_zone, attributes in profiles
    ]
