"""Consent: what was said, in order, and what is in force because of it."""

from __future__ import annotations

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


class SqlConsents:
    """See `port.Consents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, events: Sequence[ConsentEvent], at: Instant) -> None:
        bulk.insert(
            self._connection,
            consent_events,
            ("id", "customer_id", "topic", "channel", "state", "legal_basis", "method", "source", "wording",
             "evidence", "at", "recorded_at"),
            [
                (one.id, one.customer_id, one.topic, one.channel, one.state.value, one.legal_basis, one.method,
                 one.source, one.wording, bulk.dumps(dict(one.evidence)), one.at, at)
                for one in events
            ],
        )
        # A batch may say two things of one topic and channel: the last word is in force.
        last = {(one.customer_id, one.topic, one.channel): one for one in events}
        bulk.upsert(
            self._connection,
            consent_state,
            ("customer_id", "topic", "channel", "state", "event_id", "at"),
            ("customer_id", "topic", "channel"),
            [(*key, one.state.value, one.id, one.at) for key, one in last.items()],
        )

    def of(self, customer_id: str) -> dict[tuple[str, str], ConsentState]:
        rows = self._connection.execute(
            select(consent_state.c.topic, consent_state.c.channel, consent_state.c.state).where(
                consent_state.c.customer_id == customer_id
            )
        )
        return {(topic, channel): ConsentState(state) for topic, channel, state in rows}

    def suppress(self, address_ids: Collection[str], channel: str, reason: str, at: Instant) -> None:
        bulk.insert_missing(
            self._connection,
            suppressions,
            ("address_id", "channel", "reason", "at"),
            [(address_id, channel, reason, at) for address_id in address_ids],
        )
