"""Whose word about a profile stands, when two profiles become one, and when they part again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.identity import ADDRESS_FIELDS, fields_of, standing, stronger, with_fields
from orchestrator.store.port import FieldValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


def join_profiles(
    transaction: Transaction, release: Release, kept: Customer, merged: Customer, at: Instant
) -> dict[str, Any]:
    """Put into the profile that is kept what the other knew better; what was there before, for an undo.

    Addresses are not fields here: the kept one gets them all.
    """
    stated = transaction.identity.stated([kept.id, merged.id])
    before = fields_of(kept)
    mine = standing(before, stated.get(kept.id, {}))
    theirs = standing(fields_of(merged), stated.get(merged.id, {}))
    sources = release.project.known_by.sources
    said = {name: stronger(mine[name], one, sources) if name in mine else one for name, one in theirs.items()}
    changed = {
        name: one.value
        for name, one in said.items()
        if name not in ADDRESS_FIELDS.values() and before.get(name) != one.value
    }
    newest = transaction.identity.newest_value(kept.id)
    # The values of both are one history from now on: what stands is said once more at its end.
    transaction.identity.write_down(
        [FieldValue(kept.id, name, one.source, one.value, True, one.at) for name, one in sorted(said.items())]
    )
    transaction.customers.change(with_fields(kept, changed), at)
    return {
        "before": {name: before[name] for name in changed if name in before},
        "put": changed,
        "values": [newest, transaction.identity.newest_value(kept.id)],
    }


def part_profiles(transaction: Transaction, kept: Customer, moved: Mapping[str, Any]) -> Customer:
    """The profile as it was before the merge, but for what was changed since."""
    after, until = moved["values"]
    transaction.identity.take_back(kept.id, after=after, until=until)
    now = fields_of(kept)
    untouched = {name for name, value in moved["put"].items() if now.get(name) == value}
    return with_fields(kept, {name: moved["before"].get(name) for name in untouched})
