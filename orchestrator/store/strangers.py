"""Whoever wrote to us and is no customer: what they are known by, and how long their words stay.

A stranger has an address that no customer has, or an id by which a provider calls somebody whose address nobody knows.
What ended something stays without its words: the suppression of an address, and that an id has said STOP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, union, update

from orchestrator.store import bulk
from orchestrator.store.people_tables import inbound_texts, returns
from orchestrator.store.port.privacy import Forgettable
from orchestrator.store.tables import (
    addresses,
    conversations,
    customer_addresses,
    deliveries,
    forwards,
    inbox,
    provider_caps,
    provider_users,
    rests,
    suppressions,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant
    from orchestrator.store.port.privacy import AddressValue

_TEXT = inbound_texts.c


def addresses_of(
    connection: Connection, values: Collection[AddressValue], user_id: str
) -> list[tuple[str, str, str]]:  # fmt: skip
    """Those of these addresses, and of whoever is called so, that are stored and no customer's: (id, kind, value)."""
    called = select(provider_users.c.address_id).where(provider_users.c.user_id == user_id)
    named = [and_(addresses.c.kind == kind.value, addresses.c.value == value) for kind, value in values]
    wanted = select(addresses.c.id, addresses.c.kind, addresses.c.value).where(
        or_(*named, addresses.c.id.in_(called)), _nobodys(addresses.c.id)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted.order_by(addresses.c.id))]


def is_kept(connection: Connection, user_id: str) -> bool:
    """Whether anything is kept of whoever a provider calls so, and nobody knows."""
    waiting = select(_TEXT.id).where(_TEXT.user_id == user_id)
    return bool(user_id) and connection.scalars(waiting.limit(1)).first() is not None


def due(connection: Connection, before: Instant, ending: Collection[str], limit: int) -> Forgettable | None:
    """What strangers wrote before, and where they wrote from; None where there is nothing."""
    old = _TEXT.received_at < before
    texts = select(_TEXT.id, _TEXT.address_id).where(old, _TEXT.address_id.is_not(None), _nobodys(_TEXT.address_id))
    said = connection.execute(texts.limit(limit)).all()
    unknown = select(_TEXT.id).where(old, _TEXT.user_id.is_not(None), or_(_TEXT.text != "", ~_means(ending)))
    ids = [row.id for row in said] + list(connection.scalars(unknown.limit(limit)))
    talked, called = conversations.c, provider_users.c
    there = union(
        select(talked.address_id).where(talked.heard_at < before, _nobodys(talked.address_id)),
        select(called.address_id).where(called.at < before, _nobodys(called.address_id), _quiet(called.address_id)),
    )
    places = {row.address_id for row in said} | set(connection.scalars(there.limit(limit)))
    if not ids and not places:
        return None
    # Looked for here, where nobody waits for it: no index leads from an address to its messages.
    written_to = union(
        *(
            select(column).where(bulk.among(connection, column, sorted(places)))
            for column in (deliveries.c.address_id, deliveries.c.pinned_address_id)
        )
    )
    kept = set(connection.scalars(written_to)) if places else set()
    return Forgettable(
        before=before, ending=frozenset(ending), texts=frozenset(ids), places=frozenset(places),
        unwritten=frozenset(places - kept),
    )  # fmt: skip


def forget(connection: Connection, found: Forgettable) -> int:
    """Take out what `due` has found, where it is still a stranger's; how many texts that was."""
    before, places = found.before, found.places
    theirs = and_(
        bulk.among(connection, _TEXT.id, found.texts),
        or_(and_(_TEXT.address_id.is_not(None), _nobodys(_TEXT.address_id)), _TEXT.user_id.is_not(None)),
    )
    chosen = list(connection.scalars(select(_TEXT.id).where(theirs).with_for_update()))
    among = bulk.among(connection, _TEXT.id, chosen)
    connection.execute(delete(forwards).where(bulk.among(connection, forwards.c.inbound_id, chosen)))
    # A forward that the outbox took quotes them.
    connection.execute(
        delete(inbox).where(inbox.c.customer_id == "", bulk.among(connection, inbox.c.object_id, chosen))
    )
    # That somebody has said STOP holds for whoever the id turns out to be.
    ends = and_(_TEXT.user_id.is_not(None), _means(found.ending))
    connection.execute(update(inbound_texts).where(among, ends).values(text=""))
    connection.execute(delete(inbound_texts).where(among, or_(_TEXT.user_id.is_(None), ~_means(found.ending))))
    talked, called = conversations.c, provider_users.c
    connection.execute(
        delete(conversations).where(
            bulk.among(connection, talked.address_id, places), talked.heard_at < before, _nobodys(talked.address_id)
        )
    )
    connection.execute(
        delete(provider_users).where(
            bulk.among(connection, called.address_id, places), called.at < before,
            _nobodys(called.address_id), _quiet(called.address_id),
        )
    )  # fmt: skip
    _forget_addresses(connection, found.unwritten, before)
    return len(chosen)


def _forget_addresses(connection: Connection, places: Collection[str], before: Instant) -> None:
    """Those to which nothing was ever sent, and of which there is nothing more to say."""
    left = [
        ~exists().where(table.c.address_id == addresses.c.id)
        for table in (inbound_texts, conversations, provider_users)
    ]
    over = select(addresses.c.id).where(
        bulk.among(connection, addresses.c.id, places), addresses.c.created_at < before,
        addresses.c.ended_at.is_(None), _nobodys(addresses.c.id), _quiet(addresses.c.id), *left,
    )  # fmt: skip
    gone = list(connection.scalars(over.with_for_update()))
    for table in (provider_caps, rests, returns):
        connection.execute(delete(table).where(bulk.among(connection, table.c.address_id, gone)))
    connection.execute(delete(addresses).where(bulk.among(connection, addresses.c.id, gone)))


def _means(meanings: Collection[str]) -> ColumnElement[bool]:
    meaning: ColumnElement[str] = _TEXT.reading["kind"].as_string()
    return meaning.in_(sorted(meanings))


def _nobodys(address_id: ColumnElement[str]) -> ColumnElement[bool]:
    return ~exists().where(customer_addresses.c.address_id == address_id)


def _quiet(address_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Nothing keeps us from writing there: of a STOP, the address stays and how it goes along to another."""
    return ~exists().where(suppressions.c.address_id == address_id)
