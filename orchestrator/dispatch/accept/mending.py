"""The quarantine, once what its events name was mended: accept them after all, or throw them away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.accept.event import Accepted, Quarantined
from orchestrator.dispatch.accept.set_aside import event_of
from orchestrator.dispatch.record import record
from orchestrator.domain.errors import InputError, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.dispatch.accept.desk import EventDesk
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import Chosen, QuarantinedEvent, Store, Transaction

DAY_MS = 86_400_000

KEPT_DAYS = 30
"""How long an event waits to be understood. What it was about is over by then, and people are named in it."""

ROUND = 500

Place = tuple["Instant", str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Retried:
    """What became of a round of them, in the order in which they happened. `after`: where the next round begins."""

    results: Sequence[tuple[QuarantinedEvent, Accepted | InputError]]
    after: Place | None

    @property
    def accepted(self) -> Sequence[Accepted]:
        """Those that are stored now."""
        return [result for _, result in self.results if isinstance(result, Accepted)]


def retry(
    transaction: Transaction,
    desk: EventDesk,
    chosen: Chosen,
    *,
    by: str,
    after: Place | None = None,
    limit: int = ROUND,
) -> Retried:
    """Accept a round of those that can be understood by now, as if they came now; the others stay.

    They keep the time at which they happened, and move what they belong to as late events do. What was accepted
    meanwhile under the same id goes.

    Raises:
        NotFound: one that was named is not in quarantine.
    """
    if after is None:  # in later rounds some of them are accepted
        _require(transaction, chosen)
    rows = transaction.quarantine.chosen(chosen, limit, after=after)
    results = replace(desk, quarantines=True).accept(transaction, [event_of(row) for row in rows])
    found = [
        (row, result.error if isinstance(result, Quarantined) else result)
        for row, result in zip(rows, results, strict=True)
    ]
    transaction.quarantine.understood({row.pair for row, result in zip(rows, results, strict=True) if _over(result)})
    retried = Retried(results=found, after=(rows[-1].occurred_at, rows[-1].id) if len(rows) == limit else None)
    if retried.accepted:
        record(transaction, desk.clock, "events.retried", by=by, events=len(retried.accepted))
    return retried


def discard(transaction: Transaction, clock: Clock, chosen: Chosen, *, by: str) -> int:
    """Throw events away for good; how many.

    Raises:
        NotFound: one that was named is not in quarantine.
    """
    _require(transaction, chosen)
    discarded = transaction.quarantine.remove(chosen)
    if discarded:
        record(transaction, clock, "events.discarded", by=by, events=discarded)
    return discarded


def problems(transaction: Transaction, desk: EventDesk, rows: Sequence[QuarantinedEvent]) -> Mapping[str, InputError]:
    """What stands against each of them now, by its id: nothing against those that a retry would accept."""
    in_order = sorted(rows, key=lambda row: (row.occurred_at, row.id))
    found = desk.examine(transaction, [event_of(row) for row in in_order])
    return {in_order[place].id: error for place, error in found.items()}


def held(transaction: Transaction, event_id: str) -> QuarantinedEvent:
    """One of them. Raises NotFound."""
    found = transaction.quarantine.get(event_id)
    if found is None:
        raise NotFound(
            'There is no event "{id}" in quarantine.',
            remedy="It was accepted or discarded since, or waited {days} days. See: jogral events quarantine list",
            code="unknown_quarantined_event",
            id=event_id,
            days=KEPT_DAYS,
        )
    return found


def tidy(store: Store, now: Instant) -> int:
    """Delete what nobody mended in time; how many there were."""
    with store.write() as transaction:
        return transaction.quarantine.forget(now - KEPT_DAYS * DAY_MS)


def _require(transaction: Transaction, chosen: Chosen) -> None:
    for event_id in chosen.ids or ():
        held(transaction, event_id)


def _over(result: object) -> bool:
    """Whether there is nothing left to wait for: stored now, or another event has taken the id."""
    return not isinstance(result, Quarantined)
