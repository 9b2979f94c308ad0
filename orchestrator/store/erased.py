"""What is left of an address whose owner was erased: a digest, by which it stays suppressed when it comes back.

Where others have it too it stays theirs, and is suppressed for whoever comes to it later. `SqlCustomers` asks here
whenever it stores addresses, so that no door has to think of it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from sqlalchemy import select

from orchestrator.domain.customer import ADDRESS_KINDS, AddressKind
from orchestrator.store import bulk
from orchestrator.store.people_tables import erased_addresses
from orchestrator.store.tables import customer_addresses, ledger, suppressions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant
    from orchestrator.store.port.privacy import AddressValue

ERASED = "erased"
"""The reason of a suppression that outlives the person."""

USER = "user"
"""The kind, in a digest, of an id by which a provider calls somebody."""


def digest_of(pepper: str, kind: str, value: str) -> str:
    """What stands for an address: without the pepper, which stays in the ledger, nobody can look it up in a table."""
    return hmac.new(pepper.encode(), f"{kind}|{value}".encode(), hashlib.sha256).hexdigest()


def digests_of(pepper: str, values: Collection[AddressValue]) -> dict[AddressValue, str]:
    """Address → its digest."""
    return {(kind, value): digest_of(pepper, kind, value) for kind, value in values}


def channels_of(kind: AddressKind) -> list[str]:
    """The channels that write to addresses of a kind."""
    return [channel.value for channel, needed in ADDRESS_KINDS.items() if needed is kind]


def pepper_of(connection: Connection) -> str | None:
    """What this ledger's digests are made with; None where nothing was ever erased."""
    return connection.scalars(select(ledger.c.pepper)).first()


def known_digests(connection: Connection, values: Collection[AddressValue]) -> set[AddressValue]:
    """Those addresses whose owner was erased."""
    pepper = pepper_of(connection)
    if pepper is None or not values:
        return set()
    digests = digests_of(pepper, values)
    wanted = select(erased_addresses.c.digest).where(
        bulk.among(connection, erased_addresses.c.digest, set(digests.values()))
    )
    known = set(connection.scalars(wanted))
    return {address for address, digest in digests.items() if digest in known}


def suppress_erased(connection: Connection, stored: Mapping[tuple[str, str], str], at: Instant) -> set[str]:
    """Suppress those addresses (kind and value → id) that an erased person had, on every channel that uses them.

    Not those that somebody has: they are returned, and nothing goes there to whoever else comes to them.
    """
    back = {stored[kind, value]: kind for kind, value in known_digests(connection, _read(stored))}
    held = select(customer_addresses.c.address_id).where(
        bulk.among(connection, customer_addresses.c.address_id, back.keys())
    )
    of_others = set(connection.scalars(held)) if back else set()
    rows = [
        (address_id, channel, ERASED, at)
        for address_id, kind in back.items()
        if address_id not in of_others
        for channel in channels_of(AddressKind(kind))
    ]
    # What is suppressed already, for whatever reason, stays so; a STOP alone would let orders through.
    bulk.upsert(
        connection,
        suppressions,
        ("address_id", "channel", "reason", "at"),
        ("address_id", "channel"),
        sorted(rows),
        where="suppressions.reason = 'stop'",
    )
    return of_others


def _read(stored: Mapping[tuple[str, str], str]) -> list[AddressValue]:
    return [(AddressKind(kind), value) for kind, value in stored]
