"""Decisions, newest first, page by page: by customer through an index, else backwards through a bounded stretch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.explain.past import reason_of

if TYPE_CHECKING:
    from orchestrator.store.evidence import Explanations, ListedDecision, WantedDecisions
    from orchestrator.store.port import Transaction

# What one page reads at most, and at a time. A rare reason may take several pages to find, each of them short.
LOOKED_AT_MAX = 100_000
STRETCH = 10_000
ROWS = 500

# Places follow time except for transactions that were open together; none is open for so long.
SLACK_MS = 60_000


def list_decisions(
    transaction: Transaction,
    wanted: WantedDecisions,
    *,
    reason: str = "",
    before: int | None = None,
    limit: int,
    looked_at_max: int = LOOKED_AT_MAX,
) -> tuple[list[ListedDecision], int | None]:
    """A page, and the place before which the next one begins; None on the last page.

    Args:
        transaction: the ledger.
        wanted: which decisions.
        reason: a reason code, whole or up to its colon: `frequency_cap`, `frequency_cap:marketing_dia`.
        before: the place that the page before ended with.
        limit: how many at most; fewer than that may be found in what one page reads.
        looked_at_max: how many places that is.
    """
    why = transaction.explanations
    top, bottom = _top(why, wanted, before), _bottom(why, wanted)
    # A customer has few enough to read them all.
    floor = bottom if wanted.customer_id is not None else max(bottom, top - looked_at_max)
    stretch = max(1, top - bottom) if wanted.customer_id is not None else STRETCH
    # One more than asked for tells whether there is a next page.
    batch = ROWS if reason else limit + 1
    found: list[ListedDecision] = []
    place = top
    while place > floor and len(found) <= limit:
        since = max(floor, place - stretch)
        rows = why.decisions(wanted, before=place, since=since, limit=batch)
        found += [row for row in rows if not reason or is_because(row, reason)]
        place = rows[-1].decision.seq if len(rows) == batch else since
    if len(found) > limit:
        return found[:limit], found[limit - 1].decision.seq
    return found, place if place > bottom else None


def is_because(listed: ListedDecision, reason: str) -> bool:
    """Whether a decision has this reason, or one that says more after a colon."""
    return f"{reason_of(listed.decision)}:".startswith(f"{reason}:")


def _top(why: Explanations, wanted: WantedDecisions, before: int | None) -> int:
    newest = why.newest_decision(None if wanted.until is None else wanted.until + SLACK_MS) + 1
    return newest if before is None else min(newest, before)


def _bottom(why: Explanations, wanted: WantedDecisions) -> int:
    # What was forgotten leaves millions of places empty: they are not walked through.
    oldest = why.oldest_decision()
    return oldest if wanted.since is None else max(oldest, why.newest_decision(wanted.since - SLACK_MS) + 1)
