"""Why: requests with their decisions, and the rows that stood behind them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, or_, select

from orchestrator.consent import SOFT_BOUNCE
from orchestrator.domain.customer import AddressKind, ConsentState
from orchestrator.domain.delivery import State
from orchestrator.domain.fact import LiveFact
from orchestrator.domain.pause import Pause, PauseScope
from orchestrator.domain.said import read
from orchestrator.domain.verdict import Step
from orchestrator.store.erased import ERASED, channels_of
from orchestrator.store.evidence import (
    ConsentSaid,
    ExitEvent,
    KnownRequest,
    ListedDecision,
    PromiseMade,
    ReceiptHeard,
    RecordedDecision,
    RunBegun,
    Silenced,
)
from orchestrator.store.port import StoredEvent
from orchestrator.store.promises import promises_to
from orchestrator.store.requests import REQUEST, request_of
from orchestrator.store.silence import binds
from orchestrator.store.tables import (
    addresses,
    consent_events,
    customer_addresses,
    customers,
    decisions,
    deliveries,
    events,
    exit_marks,
    facts,
    pauses,
    receipts,
    rests,
    runs,
    suppressions,
    timers,
)
from orchestrator.store.timers import DELIVERY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from orchestrator.domain.time import Instant
    from orchestrator.store.evidence import WantedDecisions

_TABLE = deliveries.c

# What is told of a request beside what is decided about; the names are those of KnownRequest.
_STANDING = (
    _TABLE.state, _TABLE.reason, _TABLE.detail, _TABLE.origin, _TABLE.step, _TABLE.event_id, runs.c.key,
    _TABLE.channel, _TABLE.account, _TABLE.release_id, _TABLE.sending_at, _TABLE.settled_at,
    _TABLE.possible_duplicate, _TABLE.receipt,
)  # fmt: skip
_DECISION = (
    decisions.c.seq, decisions.c.delivery_id, decisions.c.verdict, decisions.c.trace, decisions.c.at,
    decisions.c.business_at, decisions.c.release_id,
)  # fmt: skip
_SUBJECT = (_TABLE.message, _TABLE.customer_id, _TABLE.journey, _TABLE.run_id, _TABLE.step, _TABLE.state)


class SqlExplanations:
    """See `evidence.Explanations`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- requests and decisions ---------------------------------------------------------------------------------------

    def requests(self, customer_id: str, message: str, limit: int) -> list[KnownRequest]:
        found = self._requests(
            _known().where(_TABLE.customer_id == customer_id, _TABLE.message == message)
            .order_by(_TABLE.accepted_at.desc(), _TABLE.id.desc()).limit(limit)
        )  # fmt: skip
        found += [one for one in self._planned(timers.c.customer_id == customer_id) if one.request.message == message]
        return sorted(found, key=lambda one: (one.request.accepted_at, one.request.id), reverse=True)[:limit]

    def request(self, delivery_id: str) -> KnownRequest | None:
        found = self._requests(_known().where(_TABLE.id == delivery_id))
        return next(iter(found or self._planned(timers.c.id == delivery_id)), None)

    def decisions_of(self, delivery_id: str) -> list[RecordedDecision]:
        wanted = select(*_DECISION).where(decisions.c.delivery_id == delivery_id).order_by(decisions.c.seq)
        return [_decision(row) for row in self._connection.execute(wanted)]

    def decided(self, seq: int) -> str | None:
        return self._connection.scalars(select(decisions.c.delivery_id).where(decisions.c.seq == seq)).first()

    def oldest_decision(self) -> int:
        return self._connection.scalars(select(func.min(decisions.c.seq))).one() or 1

    def newest_decision(self, before: Instant | None = None) -> int:
        newest = self._connection.scalars(select(func.max(decisions.c.seq))).one() or 0
        return newest if before is None else self._newest_before(before, newest)

    def decisions(self, wanted: WantedDecisions, *, before: int, since: int, limit: int) -> list[ListedDecision]:
        rows = self._connection.execute(
            select(*_DECISION, *_SUBJECT)
            .join(deliveries, _TABLE.id == decisions.c.delivery_id)
            .where(decisions.c.seq < before, decisions.c.seq >= since, *_conditions(wanted))
            .order_by(decisions.c.seq.desc())
            .limit(limit)
        )
        return [_listed(row) for row in rows]

    def _requests(self, wanted: Select[Any]) -> list[KnownRequest]:
        return [
            KnownRequest(request=request_of(row[: len(REQUEST)]), **_standing(row))
            for row in self._connection.execute(wanted)
        ]

    def _planned(self, which: ColumnElement[bool]) -> list[KnownRequest]:
        rows = self._connection.execute(
            select(timers).where(which, timers.c.kind == DELIVERY, timers.c.fired_at.is_(None))
        )
        return [_of_timer(row) for row in rows]

    def _newest_before(self, before: Instant, newest: int) -> int:
        """Places follow time, give or take transactions that were open together, and time has no index: halve."""
        low, high = 0, newest
        while low < high:
            middle = (low + high + 1) // 2
            row = self._connection.execute(
                select(decisions.c.seq, decisions.c.at)
                .where(decisions.c.seq > low, decisions.c.seq <= middle)
                .order_by(decisions.c.seq.desc())
                .limit(1)
            ).first()
            low, high = (middle, high) if row is None or row.at < before else (low, row.seq - 1)
        return low

    # --- evidence -----------------------------------------------------------------------------------------------------

    def consents(self, customer_id: str, topic: str) -> list[ConsentSaid]:
        table = consent_events.c
        rows = self._connection.execute(
            select(
                table.id, table.topic, table.channel, table.state, table.legal_basis, table.method, table.source,
                table.wording, table.at, table.recorded_at,
            )
            .where(table.customer_id == customer_id, table.topic == topic)
            .order_by(table.seq)
        )  # fmt: skip
        return [ConsentSaid(**{**row._mapping, "state": ConsentState(row.state)}) for row in rows]

    def silenced(self, customer_id: str, address_ids: Collection[str]) -> list[Silenced]:
        rows = self._connection.execute(
            select(suppressions)
            .where(suppressions.c.address_id.in_(list(address_ids)), binds(literal(customer_id)))
            .order_by(suppressions.c.at, suppressions.c.address_id, suppressions.c.channel)
        )
        found = [Silenced(address_id=row.address_id, channel=row.channel, reason=row.reason, at=row.at) for row in rows]
        return [*found, *self._resting(address_ids), *self._erased(customer_id, address_ids)]

    def _resting(self, address_ids: Collection[str]) -> list[Silenced]:
        """Where messages failed lately, and none goes for a while."""
        rows = self._connection.execute(
            select(rests)
            .where(rests.c.address_id.in_(list(address_ids)), rests.c.until.is_not(None))
            .order_by(rests.c.since, rests.c.address_id, rests.c.channel)
        )
        return [
            Silenced(address_id=row.address_id, channel=row.channel, reason=SOFT_BOUNCE, at=row.since) for row in rows
        ]

    def _erased(self, customer_id: str, address_ids: Collection[str]) -> list[Silenced]:
        """Where nothing goes to this one alone: others have the address."""
        theirs = (
            select(addresses.c.id, addresses.c.kind, customer_addresses.c.erased_at)
            .join(customer_addresses, customer_addresses.c.address_id == addresses.c.id)
            .where(
                customer_addresses.c.customer_id == customer_id,
                customer_addresses.c.erased_at.is_not(None),
                addresses.c.id.in_(list(address_ids)),
            )
            .order_by(addresses.c.id)
        )
        return [
            Silenced(address_id=row.id, channel=channel, reason=ERASED, at=row.erased_at)
            for row in self._connection.execute(theirs)
            for channel in channels_of(AddressKind(row.kind))
        ]

    def events_of(self, customer_id: str, types: Collection[str], limit: int) -> list[StoredEvent]:
        return self._events(
            select(events)
            .where(events.c.customer_id == customer_id, events.c.type.in_(list(types)))
            .order_by(events.c.occurred_at.desc(), events.c.id.desc())
            .limit(limit)
        )

    def event(self, event_id: str) -> StoredEvent | None:
        return next(iter(self._events(select(events).where(events.c.id == event_id))), None)

    def runs(self, journey: str, keys: Collection[str]) -> dict[str, RunBegun]:
        rows = self._connection.execute(
            select(runs.c.id, runs.c.key, runs.c.event_id, runs.c.started_at)
            .where(runs.c.journey == journey, runs.c.key.in_(list(keys)))
            .order_by(runs.c.number)  # the last of a key wins
        )
        return {row.key: RunBegun(**row._mapping) for row in rows}

    def exits(self, journey: str, customer_id: str) -> list[ExitEvent]:
        table = exit_marks.c
        rows = self._connection.execute(
            select(table.journey, table.key, table.event_id, table.event_type, table.at)
            .where(table.journey == journey, table.customer_id == customer_id)
            .order_by(table.at, table.event_id)
        )
        return [ExitEvent(**row._mapping) for row in rows]

    def pauses_of(self, pairs: Collection[tuple[str, str]], at: Instant) -> list[Pause]:
        these = or_(*(and_(pauses.c.scope == scope, pauses.c.subject == subject) for scope, subject in pairs))
        rows = self._connection.execute(
            select(pauses).where(these, pauses.c.at <= at).order_by(pauses.c.at.desc(), pauses.c.id.desc())
        )
        return [Pause(**{**row._mapping, "scope": PauseScope(row.scope)}) for row in rows]

    def facts_at(self, paths: Collection[str], at: Instant) -> dict[str, LiveFact]:
        found = (self._fact_at(path, at) for path in sorted(paths))
        return {fact.path: fact for fact in found if fact is not None}

    def receipts_of(self, delivery_id: str) -> list[ReceiptHeard]:
        table = receipts.c
        rows = self._connection.execute(
            select(table.kind, table.permanent, table.detail, table.at)
            .where(table.delivery_id == delivery_id)
            .order_by(table.at, table.seq)
        )
        return [ReceiptHeard(**row._mapping) for row in rows]

    def promised_to(self, customer_id: str, limit: int) -> list[PromiseMade]:
        return promises_to(self._connection, customer_id, limit)

    def customers_near(self, customer_id: str, limit: int) -> list[str]:
        before = select(customers.c.id).where(customers.c.id < customer_id).order_by(customers.c.id.desc())
        after = select(customers.c.id).where(customers.c.id > customer_id).order_by(customers.c.id)
        return [found for wanted in (before, after) for found in self._connection.scalars(wanted.limit(limit))]

    def _fact_at(self, path: str, at: Instant) -> LiveFact | None:
        row = self._connection.execute(
            select(facts)
            .where(facts.c.path == path, facts.c.recorded_at <= at)
            .order_by(facts.c.version.desc())
            .limit(1)
        ).first()
        return None if row is None else LiveFact(**row._mapping)

    def _events(self, wanted: Select[Any]) -> list[StoredEvent]:
        return [StoredEvent(**row._mapping) for row in self._connection.execute(wanted)]


def _known() -> Select[Any]:
    return select(*REQUEST, *_STANDING).outerjoin(runs, runs.c.id == _TABLE.run_id)


# What a row has that nobody has touched yet, where that is not nothing.
_UNTOUCHED = {
    "state": State.ACCEPTED, "reason": "", "detail": "", "receipt": "", "excluded": "", "attempts": 0, "calls": 0,
    "possible_duplicate": False,
}  # fmt: skip


def _of_timer(row: Row[Any]) -> KnownRequest:
    """The request that a timer will become."""
    columns: dict[str, Any] = {
        **_UNTOUCHED,
        **row.content,
        "id": row.id,
        "customer_id": row.customer_id,
        "due_at": row.due_at,
        "accepted_at": row.created_at,
        "state": State.ACCEPTED,
    }
    request = request_of([columns.get(column.name) for column in REQUEST])
    standing: dict[str, Any] = {column.name: columns.get(column.name) for column in _STANDING}
    return KnownRequest(request=request, planned=True, **standing)


def _standing(row: Row[Any]) -> dict[str, Any]:
    columns = {column.name: value for column, value in zip(_STANDING, row[len(REQUEST) :], strict=True)}
    return {**columns, "state": State(columns["state"]), "detail": read(columns["detail"])}


def _conditions(wanted: WantedDecisions) -> Iterable[ColumnElement[bool]]:
    for column, value in (
        (_TABLE.customer_id, wanted.customer_id),
        (_TABLE.message, wanted.message),
        (_TABLE.journey, wanted.journey),
        (_TABLE.state, wanted.state),
        (decisions.c.verdict, wanted.verdict),
    ):
        if value is not None:
            yield column == value
    if wanted.since is not None:
        yield decisions.c.at >= wanted.since
    if wanted.until is not None:
        yield decisions.c.at < wanted.until


def _listed(row: Sequence[Any]) -> ListedDecision:
    message, customer_id, journey, run_id, step, state = row[len(_DECISION) :]
    return ListedDecision(
        decision=_decision(row[: len(_DECISION)]),
        message=message,
        customer_id=customer_id,
        journey=journey,
        run_id=run_id,
        step=step,
        state=State(state),
    )


def _decision(row: Sequence[Any]) -> RecordedDecision:
    seq, delivery_id, verdict, trace, at, business_at, release_id = row
    return RecordedDecision(
        seq=seq,
        delivery_id=delivery_id,
        verdict=verdict,
        trace=tuple(
            Step(one["gate"], one["result"], read(one.get("detail", "")), one.get("channel", ""))
            for one in json.loads(trace)
        ),
        at=at,
        business_at=business_at,
        release_id=release_id,
    )
