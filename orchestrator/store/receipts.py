"""Receipts: kept raw as they came, each once, and joined with the delivery that they are about when there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, delete, literal, or_, select, text, union_all, update

from orchestrator.domain.delivery import Rejection, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.receipt import Receipt, ReceiptKind, furthest
from orchestrator.store import bulk
from orchestrator.store.port import HeardOf, Match
from orchestrator.store.requests import channels_of, exclusions_of
from orchestrator.store.tables import deliveries, receipts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Progress

_RECEIPT = receipts.c
_DELIVERY = deliveries.c
# As the index says it: see `tables.CLAIMABLE_ROWS`.
_PARKED = text("receipts.applied_at IS NULL")


class SqlReceipts:
    """See `port.Receipts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, account: str, heard: Sequence[Receipt], at: Instant) -> None:
        bulk.insert_missing(
            self._connection,
            receipts,
            (
                "account", "event_key", "reference", "provider_id", "kind", "permanent", "detail", "at", "received_at",
                "rejection",
            ),
            # In one order for everybody: two notices with the same news must not wait for each other.
            sorted(
                (
                    account, one.event_key, one.reference or None, one.provider_id or None, one.kind.value,
                    one.permanent, one.detail, one.at, at, one.rejection.value if one.rejection else "",
                )
                for one in heard
            ),
        )  # fmt: skip

    def add_applied(self, told: Mapping[str, Sequence[Receipt]], at: Instant) -> None:
        bulk.insert_missing(
            self._connection,
            receipts,
            (
                "account", "event_key", "reference", "kind", "permanent", "detail", "at", "received_at", "rejection",
                "delivery_id", "applied_at",
            ),
            sorted(
                ("test", one.event_key, delivery_id, one.kind.value, one.permanent, one.detail, one.at, at, "",
                 delivery_id, at)
                for delivery_id, news in told.items()
                for one in news
            ),
        )  # fmt: skip
        reached = [(furthest("", [one.kind for one in news]), delivery_id) for delivery_id, news in told.items()]
        bulk.update(self._connection, deliveries, ("receipt",), reached)

    def matched(self, limit: int, *, since: Instant, now: Instant) -> list[Match]:
        ready = (
            _PARKED,
            _RECEIPT.received_at >= since,
            _DELIVERY.account == _RECEIPT.account,
            _no_call_on_its_way(now),
        )
        ours = self._matches(0, _DELIVERY.id == _RECEIPT.reference, *ready)
        theirs = self._matches(1, _DELIVERY.provider_id == _RECEIPT.provider_id, *ready)
        # Unsorted: to sort by number, SQLite would walk through every receipt that was ever applied.
        found = self._connection.execute(union_all(ours, theirs).limit(limit)).all()
        by_number: dict[int, Match] = {}
        for one in sorted(found, key=lambda row: (row.seq, row.way)):
            about = _rejection(one.rejection)
            match = Match(one.seq, one.id, one.address_id, ReceiptKind(one.kind), one.permanent, about)
            by_number.setdefault(match.seq, match)
        return list(by_number.values())

    def take(self, matches: Sequence[Match], now: Instant) -> list[HeardOf]:
        # Whoever holds a row of either kind is about to change it: another round finds what they made of it. Nobody
        # waits here, so nobody who locks deliveries in another order can be waited for in a circle.
        news = dict(self._news([match.seq for match in matches]))
        wanted = (
            select(
                _DELIVERY.id, _DELIVERY.state, _DELIVERY.receipt, _DELIVERY.provider_id, _DELIVERY.channel,
                _DELIVERY.address_id, _DELIVERY.account, _DELIVERY.doubts, _DELIVERY.calls, _DELIVERY.purpose,
                _DELIVERY.first_call_at, _DELIVERY.candidates, _DELIVERY.excluded,
            )
            .where(
                bulk.among(self._connection, _DELIVERY.id, {match.delivery_id for match in matches}),
                _no_call_on_its_way(now),
            )
            .with_for_update(skip_locked=True)
        )  # fmt: skip
        found = {row[0]: row for row in bulk.fetch(self._connection, wanted)}
        told: dict[str, dict[int, Receipt]] = {}
        for match in matches:
            if match.seq in news and match.delivery_id in found:
                told.setdefault(match.delivery_id, {})[match.seq] = news[match.seq]
        return [_heard_of(found[delivery_id], heard) for delivery_id, heard in told.items()]

    def whose(self, account: str, provider_id: str) -> str | None:
        named = (_DELIVERY.provider_id == provider_id, _DELIVERY.account == account)
        return self._connection.scalars(select(_DELIVERY.customer_id).where(*named).limit(1)).first()

    def answered(self, account: str, about: str) -> tuple[str, str] | None:
        by_id, by_provider = _DELIVERY.id == about, (_DELIVERY.provider_id == about, _DELIVERY.account == account)
        for named in ((by_id,), by_provider):
            wanted = select(_DELIVERY.id, _DELIVERY.address_id).where(*named, _DELIVERY.address_id.is_not(None))
            if found := self._connection.execute(wanted.limit(1)).first():
                return found.id, found.address_id
        return None

    def failed_calls(self, delivery_id: str) -> set[str]:
        told = select(_RECEIPT.provider_id).where(
            _RECEIPT.delivery_id == delivery_id,
            _RECEIPT.kind == ReceiptKind.FAILED.value,
            _RECEIPT.provider_id.is_not(None),
        )
        return {one for one in self._connection.scalars(told) if one is not None}

    def told_lost(self, delivery_ids: Collection[str]) -> set[str]:
        return self._told(delivery_ids, _RECEIPT.kind.in_((ReceiptKind.FAILED.value, ReceiptKind.BOUNCED.value)))

    def told_left(self, delivery_ids: Collection[str]) -> set[str]:
        return self._told(delivery_ids, _RECEIPT.kind != ReceiptKind.FAILED.value)

    def take_back(self, delivery_ids: Collection[str], at: Instant) -> None:
        self._connection.execute(
            update(deliveries)
            .where(bulk.among(self._connection, _DELIVERY.id, delivery_ids), _DELIVERY.state == State.SENT.value)
            # Whoever settles it counts its call again.
            .values(state=State.UNKNOWN.value, settled_at=None, next_action_at=at, calls=_DELIVERY.calls - 1)
        )

    def progress(self, progress: Sequence[Progress]) -> None:
        bulk.update(self._connection, deliveries, ("receipt",), [(one.receipt, one.id) for one in progress])

    def settle(self, proven: Sequence[Progress], at: Instant) -> None:
        bulk.update(
            self._connection,
            deliveries,
            (
                "state", "reason", "detail", "provider_id", "receipt", "lease", "attempts", "next_action_at",
                "settled_at",
            ),
            [
                (State.SENT.value, "", "", one.provider_id, one.receipt, None, 0, at, at, one.id)
                for one in proven
            ],
        )  # fmt: skip

    def applied(self, heard: Sequence[HeardOf], at: Instant) -> None:
        bulk.update(
            self._connection,
            receipts,
            ("delivery_id", "applied_at"),
            [(one.id, at, seq) for one in heard for seq in one.receipts],
            key="seq",
        )
        # Of an erased person's message only the kind of the news is kept: providers repeat addresses in their words.
        bulk.update(
            self._connection,
            receipts,
            ("reference", "provider_id", "detail"),
            [(None, None, "", seq) for one in heard if one.address_id is None for seq in one.receipts],
            key="seq",
        )

    def forget(self, before: Instant) -> int:
        forgotten = self._connection.execute(
            delete(receipts).where(_PARKED, _RECEIPT.delivery_id.is_(None), _RECEIPT.received_at < before)
        )
        return forgotten.rowcount

    def _told(self, delivery_ids: Collection[str], kind: ColumnElement[bool]) -> set[str]:
        told = select(_RECEIPT.delivery_id).where(
            bulk.among(self._connection, _RECEIPT.delivery_id, delivery_ids), kind
        )
        return {one for one in self._connection.scalars(told) if one is not None}

    def _matches(
        self, way: int, *conditions: ColumnElement[bool] | TextClause
    ) -> Select[tuple[int, str, str, str, bool, str, int]]:
        return select(
            _RECEIPT.seq,
            _DELIVERY.id,
            _DELIVERY.address_id,
            _RECEIPT.kind,
            _RECEIPT.permanent,
            _RECEIPT.rejection,
            literal(way, Integer).label("way"),
        ).where(*conditions)

    def _news(self, seqs: Collection[int]) -> list[tuple[int, Receipt]]:
        wanted = select(
            _RECEIPT.seq,
            _RECEIPT.event_key,
            _RECEIPT.kind,
            _RECEIPT.permanent,
            _RECEIPT.provider_id,
            _RECEIPT.detail,
            _RECEIPT.at,
            _RECEIPT.rejection,
        ).where(_RECEIPT.seq.in_(list(seqs)), _PARKED)
        rows = self._connection.execute(wanted.with_for_update(skip_locked=True))
        return [(row.seq, _receipt(row)) for row in rows]


def _heard_of(row: Sequence[Any], heard: Mapping[int, Receipt]) -> HeardOf:
    """A row of `SqlReceipts.take`, by place: what `bulk.fetch` brings has no names."""
    (
        delivery_id, state, furthest_told, provider_id, channel, address_id, account, doubts, calls, purpose,
        first_call_at, candidates, excluded,
    ) = row  # fmt: skip
    return HeardOf(
        delivery_id,
        State(state),
        furthest_told,
        provider_id,
        channel,
        address_id,
        heard,
        account or "",
        # One whose worker never came back may have arrived, too.
        doubts=doubts + (state == State.SENDING.value),
        calls=calls,
        purpose=Purpose(purpose),
        first_call_at=first_call_at,
        elsewhere=not {*exclusions_of(excluded), channel}.issuperset(channels_of(candidates)),
    )


def _receipt(row: Row[Any, *tuple[Any, ...]]) -> Receipt:
    return Receipt(
        event_key=row.event_key,
        kind=ReceiptKind(row.kind),
        permanent=row.permanent,
        provider_id=row.provider_id or "",
        detail=row.detail,
        at=row.at,
        rejection=_rejection(row.rejection),
    )


def _rejection(word: str) -> Rejection | None:
    return Rejection(word) if word else None


def _no_call_on_its_way(now: Instant) -> ColumnElement[bool]:
    """Whoever makes the call settles the row first: they know more than the receipt, and hold the lease."""
    return or_(_DELIVERY.state != State.SENDING.value, _DELIVERY.next_action_at <= now)
