"""Consent: what was said, in order, and what is in force because of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from orchestrator.domain.customer import ConsentState
from orchestrator.store import bulk
from orchestrator.store.people_tables import wordings
from orchestrator.store.port import ConsentEvent, KeptConsent, KeptWording
from orchestrator.store.tables import consent_events, consent_state, suppressions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Row

    from orchestrator.domain.time import Instant


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
                "actor",
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
                    one.actor,
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

    def in_force(self, customer_ids: Collection[str]) -> list[ConsentEvent]:
        # What was said of two customers who became one is a state of the one that was kept.
        owner = consent_state.c.customer_id
        found = (
            select(consent_events, owner.label("owner"))
            .select_from(consent_state)
            .join(consent_events, consent_events.c.id == consent_state.c.event_id)
            .where(bulk.among(self._connection, owner, customer_ids))
            .order_by(owner, consent_state.c.topic, consent_state.c.channel)
        )
        return [_event(row, row.owner) for row in self._connection.execute(found)]

    def history(self, customer_id: str, *, before: int | None = None, limit: int) -> list[KeptConsent]:
        wanted = select(consent_events).where(consent_events.c.customer_id == customer_id)
        if before is not None:
            wanted = wanted.where(consent_events.c.seq < before)
        rows = self._connection.execute(wanted.order_by(consent_events.c.seq.desc()).limit(limit))
        return [KeptConsent(row.seq, _event(row, row.customer_id), row.recorded_at) for row in rows]

    def suppress(self, address_ids: Collection[str], channel: str, reason: str, at: Instant) -> None:
        bulk.upsert(
            self._connection,
            suppressions,
            ("address_id", "channel", "reason", "at"),
            ("address_id", "channel"),
            [(address_id, channel, reason, at) for address_id in address_ids],
            where=_WEIGHS_MORE,
        )

    def release(self, address_ids: Collection[str], channel: str, reason: str) -> dict[str, Instant]:
        lifted = delete(suppressions).where(
            bulk.among(self._connection, suppressions.c.address_id, address_ids),
            suppressions.c.channel == channel,
            suppressions.c.reason == reason,
        )
        rows = self._connection.execute(lifted.returning(suppressions.c.address_id, suppressions.c.at))
        return {row.address_id: row.at for row in rows}

    def wordings(self, ids: Collection[str]) -> dict[str, KeptWording]:
        rows = self._connection.execute(select(wordings).where(bulk.among(self._connection, wordings.c.id, ids)))
        return {row.id: KeptWording(id=row.id, topic=row.topic, texts=row.texts, digest=row.digest) for row in rows}

    def keep_wordings(self, new: Sequence[KeptWording], at: Instant) -> None:
        bulk.insert_missing(
            self._connection,
            wordings,
            ("id", "topic", "texts", "digest", "created_at"),
            [(one.id, one.topic, bulk.dumps(dict(one.texts)), one.digest, at) for one in new],
        )


def _event(row: Row[Any], customer_id: str) -> ConsentEvent:
    return ConsentEvent(
        id=row.id,
        customer_id=customer_id,
        topic=row.topic,
        channel=row.channel,
        state=ConsentState(row.state),
        legal_basis=row.legal_basis,
        method=row.method,
        source=row.source,
        wording=row.wording,
        evidence=row.evidence,
        at=row.at,
        actor=row.actor,
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
