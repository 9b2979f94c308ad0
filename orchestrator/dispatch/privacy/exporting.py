"""Everything that we hold about a person, as one document: a copy for programs, and the same as a page for people.

It is made when it is asked for and kept nowhere, so that there is no second place to erase.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger

from orchestrator.domain.time import rfc3339
from orchestrator.store.holdings import HOLDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.privacy.desk import PrivacyDesk
    from orchestrator.store.port import Person, Transaction

SCHEMA = "jogral.privacy.export/1"

# Text columns that hold JSON.
_DOCUMENTS = frozenset({"content", "claims", "trace", "payload", "reading"})

# Columns of numbers that are instants, by table: every BigInteger but the running numbers.
_INSTANTS: Mapping[str, frozenset[str]] = {
    holding.table.name: frozenset(
        column.name for column in holding.table.c if isinstance(column.type, BigInteger) and not column.primary_key
    )
    for holding in HOLDINGS
}


def export(transaction: Transaction, desk: PrivacyDesk, person: Person) -> dict[str, Any]:
    """The person's rows, table by table, with times as people read them; tables without any are left out."""
    rules, zone = desk.rules, desk.release.project.timezone
    return {
        "schema": SCHEMA,
        "ok": True,
        "made_at": rfc3339(desk.clock.now(), zone),
        "controller": rules.controller if rules else desk.release.project.name,
        "contact": rules.dpo if rules else None,
        "customers": list(person.customer_ids),
        "tables": {
            table: [_shown(table, row, zone) for row in rows]
            for table, rows in transaction.personal_data.rows(person)
            if rows
        },
    }


def _shown(table: str, row: Mapping[str, Any], zone: str) -> dict[str, Any]:
    return {name: _value(table, name, value, zone) for name, value in row.items()}


def _value(table: str, name: str, value: Any, zone: str) -> Any:
    if value is None:
        return None
    if name in _INSTANTS[table]:
        return rfc3339(value, zone)
    if name in _DOCUMENTS and isinstance(value, str):
        return _read(value)
    return value


def _read(text: str) -> Any:
    """JSON that is kept as text; words stay words."""
    try:
        return json.loads(text)
    except ValueError:
        return text
