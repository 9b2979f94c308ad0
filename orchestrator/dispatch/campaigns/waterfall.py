"""The waterfall of a campaign: how many its segment holds, why some would not be written to, and how many would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.campaigns.campaign import HOUR_MS
from orchestrator.dispatch.foretelling import Waterfall, foretell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orchestrator.dispatch.campaigns.campaign import Campaign
    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.foretelling import Foretold
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import Store, Transaction

PAGE = 500


def foresee(
    store: Store,
    current: Current,
    clock: Clock,
    campaign: Campaign,
    *,
    progress: Callable[[int], None] = lambda _done: None,
) -> Waterfall:
    """What a campaign would come to, and nothing is written. `progress` hears how many were looked at."""
    found, reached = Waterfall(), ""
    audience = campaign.audience(current.release)
    while True:
        with store.read() as transaction:
            ids = transaction.segments.page(audience, reached, PAGE)
            ended = _foreseen(transaction, current, clock, campaign, ids, found.in_segment)
            found.ended.update((one.state, one.reason) for one in ended)
        progress(found.in_segment)
        if len(ids) < PAGE:
            return found
        reached = ids[-1]


def _foreseen(
    transaction: Transaction, current: Current, clock: Clock, campaign: Campaign, ids: Sequence[str], place: int
) -> Iterator[Foretold]:
    """What would become of each of these customers, of whom the first stands at `place`."""
    standings = transaction.customers.standings(ids, ())
    requests = [
        campaign.request(current.release, clock, standings[customer_id].customer, place + number)[0]
        for number, customer_id in enumerate(ids)
    ]
    yield from foretell(transaction, current, clock, requests).values()


def lasts_ms(campaign: Campaign, messages: int) -> int:
    """How long after its first message a campaign's last one is due."""
    return max(messages - 1, 0) * HOUR_MS // campaign.per_hour if campaign.per_hour else 0
