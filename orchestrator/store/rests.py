"""Addresses that rest: failures are counted in one statement, so that two who count at once both count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text, tuple_

from orchestrator.store.tables import rests

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection

    from orchestrator.domain.time import Instant
    from orchestrator.store.port.rests import Place, RestRule

_TABLE = rests.c

# Every right side reads the row as it was before.
_COUNT = text(
    """
    INSERT INTO rests (address_id, channel, reason, failures, since, until)
    VALUES (:address_id, :channel, :reason, 1, :now, NULL)
    ON CONFLICT (address_id, channel) DO UPDATE SET
        reason = excluded.reason,
        failures = CASE WHEN rests.reason = excluded.reason AND rests.since > :begin
            THEN rests.failures + 1 ELSE 1 END,
        since = CASE WHEN rests.reason = excluded.reason AND rests.since > :begin
            THEN rests.since ELSE excluded.since END,
        until = CASE WHEN rests.reason = excluded.reason AND rests.since > :begin AND rests.failures + 1 >= :most
            THEN :until ELSE NULL END
    WHERE rests.until IS NULL OR rests.until <= :now
    """
)


class SqlRests:
    """See `port.Rests`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, places: Collection[Place]) -> None:
        if places:
            wanted = select(_TABLE.address_id).where(_among(places)).order_by(_TABLE.address_id, _TABLE.channel)
            self._connection.execute(wanted.with_for_update()).all()

    def count(self, places: Collection[Place], rule: RestRule, now: Instant) -> set[Place]:
        if not places:
            return set()
        begin = 0 if rule.within_ms is None else now - rule.within_ms
        counted = {
            "reason": rule.reason, "now": now, "begin": begin, "most": rule.failures, "until": now + rule.rest_ms,
        }  # fmt: skip
        # In one order for everybody, as locks are.
        rows = [{"address_id": address_id, "channel": channel, **counted} for address_id, channel in sorted(places)]
        self._connection.execute(_COUNT, rows)
        resting = select(_TABLE.address_id, _TABLE.channel).where(_among(places), _TABLE.until > now)
        return {(row.address_id, row.channel) for row in self._connection.execute(resting)}

    def end(self, places: Collection[Place]) -> None:
        if places:
            self._connection.execute(delete(rests).where(_among(places)))

    def wake(self, now: Instant) -> int:
        return self._connection.execute(delete(rests).where(_TABLE.until <= now)).rowcount


def _among(places: Collection[Place]) -> ColumnElement[bool]:
    return tuple_(_TABLE.address_id, _TABLE.channel).in_(sorted(places))
