"""What is left of an address whose owner was erased: a digest, by which it stays suppressed when it comes back.

`SqlCustomers` asks here whenever it stores addresses, so that no door has to think of it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from sqlalchemy import select

from orchestrator.domain.customer import ADDRESS_KINDS, AddressKind
from orchestrator.store import bulk
from orchestrator.store.people_tables import erased_addresses
from orchestrator.store.tables import ledger, suppressions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant
    from orchestrator.store.port.privacy import AddressValue

ERASED = "erased"
"""The reason of a suppression that outlives the person."""


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


def suppress_erased(connection: Connection, stored: Mapping[tuple[str, str], str], at: Instant) -> None:
    """Suppress those addresses (kind and value → id) that an erased person had, on every channel that uses them."""
    back = known_digests(connection, [(AddressKind(kind), value) for kind, value in stored])
    rows = [(stored[kind, value], channel, ERASED, at) for kind, value in back for channel in channels_of(kind)]
    # What is suppressed already, for whatever reason, stays so; a STOP alone would let orders through.
    bulk.upsert(
        connection,
        suppressions,
        ("address_id", "channel", "reason", "at"),
        ("address_id", "channel"),
        sorted(rows),
        where="suppressions.reason = 'stop'",
    )
