"""Starting a campaign: a request for everybody in the segment, some hundreds in one commit.

Everybody in the segment is asked about, also those who will not be written to: the ledger then says why, of each.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.dispatch.promised import last_instant
from orchestrator.dispatch.record import record
from orchestrator.dispatch.whose import lock_customers
from orchestrator.faultpoints import nowhere
from orchestrator.store.port import NewDelivery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.dispatch.campaigns.campaign import Campaign
    from orchestrator.domain.time import Clock
    from orchestrator.domain.timer import WallTime
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

ORIGIN = "campaign"

PAGE = 500
"""Customers of one transaction. On SQLite nobody else writes meanwhile."""


def start(  # where, by which rules and clock, what, and who
    store: Store,
    release: Release,
    clock: Clock,
    campaign: Campaign,
    *,
    by: str,
    limit: int = PAGE,
    progress: Callable[[int], None] = lambda _done: None,
    passing: Callable[[str], None] = nowhere,
) -> int:
    """Ask for the message for each customer in the segment; how many those are.

    Those who were asked about before, under the same name of the campaign, are not asked about again. `progress` hears
    how many are in; `passing` is called before each commit: see `faultpoints`.
    """
    counts, reached = Counter[str](), ""
    audience = campaign.audience(release)
    while True:
        with store.write() as transaction:
            found = transaction.segments.page(audience, reached, limit)
            _ask(transaction, release, clock, campaign, found, counts["asked"])
            counts["asked"] += len(found)
            if len(found) < limit:
                _put_on_record(transaction, clock, campaign, counts["asked"], by)
            passing("after_campaign")
        progress(counts["asked"])
        if len(found) < limit:
            return counts["asked"]
        reached = found[-1]


def _ask(
    transaction: Transaction, release: Release, clock: Clock, campaign: Campaign, found: Sequence[str], place: int
) -> None:
    whose = lock_customers(transaction, found)
    standings = transaction.customers.standings({one for one in found if whose.get(one) == one}, ())
    ends = last_instant(release, campaign.message, {}, campaign.begun_at) if campaign.later is None else None
    at_once: list[NewDelivery] = []
    for_later: list[tuple[WallTime, NewDelivery]] = []
    for number, customer_id in enumerate(found):
        if customer_id not in standings:
            continue  # became somebody else while we waited for the lock
        request, when = campaign.request(
            release, clock, standings[customer_id].customer, place + number, not_after=ends
        )
        new = NewDelivery(request=request, identity=campaign.identity(customer_id), origin=ORIGIN)
        if when is None:
            at_once.append(new)
        else:
            for_later.append((when, new))
    transaction.deliveries.add_missing(at_once, clock.now())
    transaction.timers.add_missing(for_later, clock.now())


def _put_on_record(transaction: Transaction, clock: Clock, campaign: Campaign, asked: int, by: str) -> None:
    record(
        transaction, clock, "campaign.started", by=by, name=campaign.name, message=campaign.message,
        segment=campaign.segment.id, customers=asked,
    )  # fmt: skip
