"""Consent: what was said, in order, and what is in force because of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import select

from orchestrator.domain.customer import ConsentState
from orchestrator.store import bulk
from orchestrator.store.tables import consent_events, consent_state, suppressions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import ConsentEvent


# An opt-out is in force as soon as it is recorded; anything else only when nothing newer was said. So a form of last
# year that is imported today, or one whose clock was wrong, cannot undo it.
_IN_FORCE = "excluded.state = 'withdrawn' OR excluded.at >= consent_state.at"

# The first reason stays, but for a STOP, which ends marketing only: an address that is dead is so for everything.
_WEIGHS_MORE = "suppressions.reason = 'stop'"


class SqlConsents:
    """See `port.Consents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, events: Sequence[ConsentEvent], at: Instant) -> None:
        bulk.insert(
            self._connection,
            consent_events,
            (
                "id",
                "customer_id",
                "topic",
                "channel",
                "state",
                "legal_basis",
                "method",
                "source",
                "wording",
                "evidence",
                "at",
                "recorded_at",
            ),
            [
                (
                    one.id,
                    one.customer_id,
                    one.topic,
                    one.channel,
                    one.state.value,
                    one.legal_basis,
                    one.method,
                    one.source,
                    one.wording,
                    bulk.dumps(dict(one.evidence)),
                    one.at,
                    at,
                )
                for one in events
            ],
        )
        for turn in _turns(events):
            bulk.upsert(
                self._connection,
                consent_state,
                ("customer_id", "topic", "channel", "state", "event_id", "at"),
                ("customer_id", "topic", "channel"),
                [(one.customer_id, one.topic, one.channel, one.state.value, one.id, one.at) for one in turn],
                where=_IN_FORCE,
            )

    def of(self, customer_id: str) -> dict[tuple[str, str], ConsentState]:
        rows = self._connection.execute(
            select(consent_state.c.topic, consent_state.c.channel, consent_state.c.state).where(
                consent_state.c.customer_id == customer_id
            )
        )
        return {(topic, channel): ConsentState(state) for topic, channel, state in rows}

    def suppress(self, address_ids: Collection[str], channel: str, reason: str, at: Instant) -> None:
        bulk.upsert(
            self._connection,
            suppressions,
            ("address_id", "channel", "reason", "at"),
            ("address_id", "channel"),
            [(address_id, channel, reason, at) for address_id in address_ids],
            where=_WEIGHS_MORE,
        )


def _turns(events: Sequence[ConsentEvent]) -> list[list[ConsentEvent]]:
    """Events in order, cut so that none says two things of one topic and channel: nearly always one turn."""
    turns: list[list[ConsentEvent]] = []
    said = Counter[tuple[str, str, str]]()
    for one in events:
        key = (one.customer_id, one.topic, one.channel)
        if said[key] == len(turns):
            turns.append([])
        turns[said[key]].append(one)
        said[key] += 1
    return turns
