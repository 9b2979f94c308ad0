"""Consent: what was said, in order, and what is in force because of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from orchestrator.consent import STOP, WRONG_PERSON
from orchestrator.domain.customer import ConsentState
from orchestrator.store import bulk
from orchestrator.store.people_tables import returns, wordings
from orchestrator.store.port import ConsentEvent, KeptConsent, KeptWording, Stop
from orchestrator.store.tables import addresses, consent_events, consent_state, customer_addresses, suppressions

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

        self._connection.execute(
            delete(returns).where(
                bulk.among(self._connection, returns.c.address_id, address_ids), returns.c.channel == channel
            )
        )

    def change_reason(self, address_ids: Collection[str], channel: str, reason: str, *, to: str) -> set[str]:
        changed = (
            update(suppressions)
            .where(
                bulk.among(self._connection, suppressions.c.address_id, address_ids),
                suppressions.c.channel == channel,
                suppressions.c.reason == reason,
            )
            .values(reason=to)
        )
        return set(self._connection.execute(changed.returning(suppressions.c.address_id)).scalars())

    def reasons(self, address_ids: Collection[str]) -> dict[tuple[str, str], str]:
        named = bulk.among(self._connection, suppressions.c.address_id, address_ids)
        rows = self._connection.execute(
            select(suppressions.c.address_id, suppressions.c.channel, suppressions.c.reason).where(named)
        )
        return {(row.address_id, row.channel): row.reason for row in rows}

    def stops(self, customer_ids: Collection[str]) -> dict[str, dict[tuple[str, str], Stop]]:
        return self._stops(customer_ids, (STOP, WRONG_PERSON))

    def come_back(self, customer_id: str, address_id: str, channel: str, at: Instant) -> bool:
        stop = self._stops([customer_id], (STOP,)).get(customer_id, {}).get((address_id, channel))
        if stop is None or stop.returned_at is not None:
            return False
        self._connection.execute(
            insert(returns).values(customer_id=customer_id, address_id=address_id, channel=channel, at=at)
        )
        return True

    def end_everything(self, address_ids: Collection[str], at: Instant) -> None:
        these = bulk.among(self._connection, addresses.c.id, address_ids)
        # In one order for everybody: families share more than one address.
        self._connection.execute(
            select(addresses.c.id).where(these).order_by(addresses.c.id).with_for_update(key_share=True)
        )
        self._connection.execute(update(addresses).where(these).values(ended_at=at))

    def ended(self, customer_ids: Collection[str]) -> dict[str, Instant]:
        owner = customer_addresses.c.customer_id
        last = (
            select(owner, func.max(addresses.c.ended_at).label("ended_at"))
            .join(addresses, addresses.c.id == customer_addresses.c.address_id)
            .where(bulk.among(self._connection, owner, customer_ids), addresses.c.ended_at.is_not(None))
            .group_by(owner)
        )
        return {row.customer_id: row.ended_at for row in self._connection.execute(last)}

    def wordings(self, ids: Collection[str]) -> dict[str, KeptWording]:
        rows = self._connection.execute(select(wordings).where(bulk.among(self._connection, wordings.c.id, ids)))
        return {row.id: KeptWording(id=row.id, topic=row.topic, texts=row.texts, digest=row.digest) for row in rows}

    def all_wordings(self) -> list[KeptWording]:
        rows = self._connection.execute(select(wordings).order_by(wordings.c.id))
        return [KeptWording(id=row.id, topic=row.topic, texts=row.texts, digest=row.digest) for row in rows]

    def keep_wordings(self, new: Sequence[KeptWording], at: Instant) -> None:
        bulk.insert_missing(
            self._connection,
            wordings,
            ("id", "topic", "texts", "digest", "created_at"),
            [(one.id, one.topic, bulk.dumps(dict(one.texts)), one.digest, at) for one in new],
        )

    def _stops(self, customer_ids: Collection[str], reasons: Collection[str]) -> dict[str, dict[tuple[str, str], Stop]]:
        owner = customer_addresses.c.customer_id
        said = (
            select(
                owner, suppressions.c.address_id, suppressions.c.channel, suppressions.c.at, returns.c.at.label("back")
            )
            .select_from(customer_addresses)
            .join(suppressions, suppressions.c.address_id == customer_addresses.c.address_id)
            .outerjoin(
                returns,
                (returns.c.address_id == suppressions.c.address_id)
                & (returns.c.channel == suppressions.c.channel)
                & (returns.c.customer_id == owner),
            )
            .where(bulk.among(self._connection, owner, customer_ids), suppressions.c.reason.in_(reasons))
        )
        found: dict[str, dict[tuple[str, str], Stop]] = {}
        for row in self._connection.execute(said):
            found.setdefault(row.customer_id, {})[(row.address_id, row.channel)] = Stop(row.at, row.back)
        return found


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
