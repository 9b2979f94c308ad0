"""What a notice would do, found out by doing it and undoing it: nothing of it stays."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.hear import apply_parked, heed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.channels import Received
    from orchestrator.dispatch.hear import Ear, Heeded
    from orchestrator.store.port import Match, Store, Transaction

# Receipts of one notice that are looked at.
_MATCHES_MAX = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Would:
    """What a notice would do. `deliveries` are those that it is about: (state, furthest) before and after."""

    heeded: Heeded
    matches: tuple[Match, ...]
    deliveries: Mapping[str, tuple[tuple[str, str], tuple[str, str]]]


def rehearse(ear: Ear, received: Received) -> Would:
    """Keep and apply a genuine notice in a transaction that is taken back. Raises Unavailable."""
    found: list[Would] = []
    with contextlib.suppress(_TakenBack), ear.store.write() as transaction:
        found.append(_done(replace(ear, store=_Inside(transaction)), transaction, received))
        raise _TakenBack
    return found[0]


def _done(ear: Ear, transaction: Transaction, received: Received) -> Would:
    now = ear.clock.now()
    heeded = heed(ear, received)
    matches = tuple(transaction.receipts.matched(_MATCHES_MAX, since=now, now=ear.clock.now()))
    ids = sorted({one.delivery_id for one in matches})
    before = {one: _stands(transaction, one) for one in ids}
    apply_parked(ear.store, ear.clock, since=now)
    return Would(
        heeded=heeded, matches=matches, deliveries={one: (before[one], _stands(transaction, one)) for one in ids}
    )


def _stands(transaction: Transaction, delivery_id: str) -> tuple[str, str]:
    found = transaction.deliveries.get(delivery_id) or {}
    return str(found.get("state", "")), str(found.get("receipt", ""))


class _TakenBack(Exception):  # no error: it is how a transaction ends that leaves no trace
    pass


@dataclass(frozen=True, slots=True)
class _Inside:
    """A ledger whose every transaction is the one that will be taken back."""

    transaction: Transaction

    @contextlib.contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Transaction]:
        del durable
        yield self.transaction

    @contextlib.contextmanager
    def read(self) -> Iterator[Transaction]:
        yield self.transaction

    def overwrite_deleted(self, *, bytes_max: int | None = None) -> bool:
        del bytes_max
        return True


if TYPE_CHECKING:
    _: type[Store] = _Inside
