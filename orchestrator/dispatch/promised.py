"""What a message promises at one moment: the data with the facts in it, and what stands behind the promise.

Asked when a request is accepted (until when may it be said?), before rendering, and again under lock at the gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.decide import NOTHING_PROMISED, Backing
from orchestrator.facts.book import FactBook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.catalog.claimed import Claimed
    from orchestrator.domain.fact import LiveFact
    from orchestrator.domain.time import Instant
    from orchestrator.release import Release


def book_of(release: Release, live: Mapping[str, LiveFact]) -> FactBook:
    """The release's facts with the live values of now."""
    return FactBook(release.facts, live, release.project.calendar, release.project.timezone)


def with_facts(data: dict[str, Any], claimed: Claimed, book: FactBook, now: Instant, locale: str) -> dict[str, Any]:
    """The data that a message reads, with its facts as a locale says them.

    Facts win: no event can bring a price of its own.
    """
    return {**data, **book.nested(claimed.facts, data, now, locale=locale)} if claimed.facts else data


def backing(data: Mapping[str, Any], claimed: Claimed, book: FactBook, now: Instant) -> Backing:
    """Until when the message may be said, and what stands in its way."""
    if claimed.only_data:
        return NOTHING_PROMISED
    return Backing(obstacle=book.obstacle(claimed.facts, now), ends=book.ends(claimed.lasting, data, now))


def last_instant(release: Release, message: str, data: Mapping[str, Any], now: Instant) -> Instant | None:
    """The end of what a message promises, as far as it is known when it is asked for."""
    claimed = release.messages[message].claimed
    return None if claimed.only_data else book_of(release, {}).ends(claimed.lasting, data, now)
