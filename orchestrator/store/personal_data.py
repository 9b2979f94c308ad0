"""A person's data as a whole: shown to them, or taken out of every table (LGPD art. 18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, insert, or_, select, union, update

from orchestrator.domain.customer import AddressKind
from orchestrator.domain.delivery import State
from orchestrator.identity import ADDRESS_FIELDS
from orchestrator.store import bulk, strangers
from orchestrator.store.erased import ERASED, USER, channels_of, digest_of, digests_of, known_digests, pepper_of
from orchestrator.store.holdings import HOLDINGS, RUN_IS_OVER, Search
from orchestrator.store.people_tables import erased_addresses, profile_values
from orchestrator.store.port.privacy import Person
from orchestrator.store.tables import (
    IN_FLIGHT_ROWS,
    addresses,
    customer_addresses,
    customer_ids,
    customers,
    deliveries,
    ledger,
    runs,
    suppressions,
    timers,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import ColumnElement, Connection

    from orchestrator.domain.time import Instant
    from orchestrator.store.holdings import Holding
    from orchestrator.store.port.privacy import AddressValue, Forgettable

_TABLE = deliveries.c
# What nobody has begun to send: it can still be stopped.
_WAITING = (State.ACCEPTED.value, State.DEFERRED.value, State.HELD.value)


class SqlPersonalData:
    """See `port.PersonalData`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- who ----------------------------------------------------------------------------------------------------------

    def person(self, customer_ids_: Collection[str]) -> Person:
        theirs = self._with_other_names(customer_ids_)
        own, shared = self._addresses(theirs)
        return Person(
            customer_ids=tuple(sorted(theirs)),
            own=tuple(address_id for address_id, _, _ in own),
            shared=tuple(address_id for address_id, _, _ in shared),
            values=tuple((AddressKind(kind), value) for _, kind, value in own),
            names=tuple(
                self._connection.scalars(
                    select(customer_ids.c.external_id).where(self._among(customer_ids.c.customer_id, theirs))
                )
            ),
        )

    def _with_other_names(self, known: Collection[str]) -> set[str]:
        """A merged customer is another name of the one who was kept: whoever names one names them all."""
        found: set[str] = set()
        wanted = set(known)
        while wanted - found:
            found |= wanted
            kept = select(customers.c.merged_into).where(self._among(customers.c.id, found))
            merged = select(customers.c.id).where(self._among(customers.c.merged_into, found))
            wanted = {name for name in self._connection.scalars(union(kept, merged)) if name is not None}
        return set(self._connection.scalars(select(customers.c.id).where(self._among(customers.c.id, found))))

    def _addresses(self, theirs: Collection[str]) -> tuple[list[Any], list[Any]]:
        """Their own, and those that others have too. One that was theirs once, and is nobody's now, is their own."""
        once = [and_(addresses.c.kind == kind, addresses.c.value == value) for kind, value in self._former(theirs)]
        held = select(customer_addresses.c.address_id).where(self._among(customer_addresses.c.customer_id, theirs))
        written_to = union(
            *(
                select(column).where(column.is_not(None), self._among(_TABLE.customer_id, theirs))
                for column in (_TABLE.address_id, _TABLE.pinned_address_id)
            )
        )
        others = exists().where(
            customer_addresses.c.address_id == addresses.c.id, ~self._among(customer_addresses.c.customer_id, theirs)
        )
        rows = self._connection.execute(
            select(addresses.c.id, addresses.c.kind, addresses.c.value, others, addresses.c.id.in_(held))
            .where(or_(addresses.c.id.in_(held), addresses.c.id.in_(written_to), *once))
            .order_by(addresses.c.id)
        ).all()
        own = [row[:3] for row in rows if not row[3]]
        shared = [row[:3] for row in rows if row[3] and row[4]]
        return own, shared

    def _former(self, theirs: Collection[str]) -> set[tuple[str, str]]:
        """Addresses that stood in their profile once, by kind."""
        kinds = {field: kind.value for kind, field in ADDRESS_FIELDS.items()}
        rows = self._connection.execute(
            select(profile_values.c.field, profile_values.c.value).where(
                self._among(profile_values.c.customer_id, theirs), profile_values.c.field.in_(kinds)
            )
        )
        return {(kinds[field], value) for field, values in rows for value in values or ()}

    def stranger(self, values: Collection[AddressValue], user_id: str = "") -> Person:
        found = strangers.addresses_of(self._connection, values, user_id)
        # An id without words that wait is no more than the address that it leads to.
        known = bool(user_id) and (bool(found) or strangers.is_kept(self._connection, user_id))
        return Person(
            customer_ids=(),
            own=tuple(address_id for address_id, _, _ in found),
            values=tuple((AddressKind(kind), value) for _, kind, value in found),
            users=(user_id,) if known else (),
        )

    def strangers_due(self, before: Instant, ending: Collection[str], limit: int) -> Forgettable | None:
        return strangers.due(self._connection, before, ending, limit)

    def forget_strangers(self, found: Forgettable) -> int:
        return strangers.forget(self._connection, found)

    # --- what there is of them ----------------------------------------------------------------------------------------

    def rows(self, person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        search = Search(self._connection, person)
        for holding in HOLDINGS:
            if holding.exported:
                shown = holding.shown or holding.theirs
                columns = [column for column in holding.table.c if column.name not in holding.hidden]
                wanted = select(*columns).where(shown(search)).order_by(*holding.table.primary_key.columns)
                yield holding.table.name, [dict(row._mapping) for row in self._connection.execute(wanted)]

    # --- taking it out ------------------------------------------------------------------------------------------------

    def stop(self, person: Person, at: Instant) -> int:
        search = Search(self._connection, person)
        self._connection.execute(delete(timers).where(search.customers(timers.c.customer_id)))
        # Without its alarms nothing would ever call it again.
        standing = (search.customers(runs.c.customer_id), runs.c.ended_at.is_(None))
        self._connection.execute(update(runs).where(*standing).values(RUN_IS_OVER))
        return self._connection.execute(
            update(deliveries)
            .where(search.customers(_TABLE.customer_id), _TABLE.state.in_(_WAITING))
            .values(state=State.SKIPPED.value, reason="cancelled", detail="", lease=None, settled_at=at)
        ).rowcount

    def on_its_way(self, person: Person, now: Instant) -> bool:
        begun = select(_TABLE.id).where(
            Search(self._connection, person).customers(_TABLE.customer_id),
            _TABLE.state == State.SENDING.value,
            _TABLE.next_action_at > now,
        )
        return self._connection.scalars(begun.limit(1)).first() is not None

    def erase(self, person: Person, *, remains: str, at: Instant) -> dict[str, int]:
        search = Search(self._connection, person)
        if person.customer_ids:
            self._connection.execute(insert(customers).values(id=remains, attributes={}, created_at=at, updated_at=at))
        self._settle_doubts(search, at)
        return {holding.table.name: self._empty(holding, search, remains) for holding in HOLDINGS}

    def _settle_doubts(self, search: Search, at: Instant) -> None:
        """Nobody will ever learn whether these arrived, and nobody sends them again."""
        doubts = (IN_FLIGHT_ROWS, search.customers(_TABLE.customer_id), _TABLE.settled_at.is_(None))
        lost = update(deliveries).where(*doubts, _TABLE.state == State.SENDING.value)
        self._connection.execute(lost.values(state=State.UNKNOWN.value, reason="lease_expired"))
        self._connection.execute(update(deliveries).where(*doubts).values(settled_at=at))

    def _empty(self, holding: Holding, search: Search, remains: str) -> int:
        theirs = holding.theirs(search)
        if holding.leaves is None:
            return self._connection.execute(delete(holding.table).where(theirs)).rowcount
        left = dict(holding.leaves) | ({holding.owner: remains} if holding.owner else {})
        return self._connection.execute(update(holding.table).where(theirs).values(left)).rowcount

    # --- what is left of an address -----------------------------------------------------------------------------------

    def pepper(self) -> str | None:
        return pepper_of(self._connection)

    def keep_pepper(self, pepper: str) -> None:
        # A ledger in which nothing was published yet has no row.
        bulk.insert_missing(self._connection, ledger, ("id", "offset_ms"), [(1, 0)])
        self._connection.execute(update(ledger).values(pepper=func.coalesce(ledger.c.pepper, pepper)))

    def digest(self, address: AddressValue) -> str:
        kind, value = address
        return digest_of(self._pepper(), kind, value)

    def user_digest(self, user_id: str) -> str:
        return digest_of(self._pepper(), USER, user_id)

    def remember_erased(self, values: Collection[AddressValue], reason: str, at: Instant) -> int:
        rows = [
            (digest, channel, reason, at)
            for (kind, _), digest in digests_of(self._pepper(), values).items()
            for channel in channels_of(kind)
        ]
        bulk.insert_missing(self._connection, erased_addresses, ("digest", "channel", "reason", "at"), rows)
        return len(rows)

    def remember_users(self, user_ids: Collection[str], at: Instant) -> None:
        rows = [(self.user_digest(one), "", ERASED, at) for one in user_ids]
        bulk.insert_missing(self._connection, erased_addresses, ("digest", "channel", "reason", "at"), rows)

    def comes_back(self, user_ids: Collection[str]) -> bool:
        if not user_ids or self.pepper() is None:
            return False
        digests = {self.user_digest(one) for one in user_ids}
        theirs = delete(erased_addresses).where(self._among(erased_addresses.c.digest, digests))
        return self._connection.execute(theirs).rowcount > 0

    def _pepper(self) -> str:
        found = self.pepper()
        if found is None:
            raise AssertionError("there is a pepper before the first digest")
        return found

    def erased(self, values: Collection[AddressValue]) -> set[AddressValue]:
        return known_digests(self._connection, values)

    def readmit(self, address: AddressValue) -> bool:
        kind, value = address
        if self.pepper() is None:
            return False
        stored = select(addresses.c.id).where(addresses.c.kind == kind.value, addresses.c.value == value)
        lifted = delete(suppressions).where(suppressions.c.reason == ERASED, suppressions.c.address_id.in_(stored))
        self._connection.execute(lifted)
        theirs = update(customer_addresses).where(customer_addresses.c.address_id.in_(stored))
        self._connection.execute(theirs.values(erased_at=None))
        forgotten = delete(erased_addresses).where(erased_addresses.c.digest == self.digest(address))
        return self._connection.execute(forgotten).rowcount > 0

    def _among(self, column: ColumnElement[Any], values: Collection[str]) -> ColumnElement[bool]:
        return bulk.among(self._connection, column, values)
