"""Entering: whoever becomes a member of a segment begins the journeys whose trigger says `enters`.

Who is in such a segment is kept in rows. What an event changes is noticed in the commit of the event; what else makes
somebody a member (a profile, a consent, an opened message, time that passes) by a look at the whole segment, every
minute. Both write the row and begin the run in one commit, under the customer's lock: whoever dies in between, and
however many look at once, nobody begins twice, and nobody is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.runs.beginning import Beginning, Occasion
from orchestrator.dispatch.runs.moving import Witness, nobody
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.time import rfc3339
from orchestrator.faultpoints import nowhere
from orchestrator.store.port import Audience, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

log = structlog.get_logger()

ROUND = 500
"""Newcomers of one transaction. On SQLite nobody else writes meanwhile."""

LOOK_MS = 60_000
"""From one look to the next: each asks the database about every customer there is."""

AFTER_MS = 1
"""Somebody enters right after what made them a member: an event that does, and ends such runs, ends those before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entering:
    """Watches the segments of one release. What else it is given is as in `EventDesk`."""

    release: Release
    clock: Clock
    journeys: Collection[str] | None = None
    origin: str = "journey"
    at_event_time: bool = False
    witness: Witness = nobody

    def look(self, store: Store, now: Instant, limit: int = ROUND, *, passing: Callable[[str], None] = nowhere) -> int:
        """One round of each segment that is due for a look; how many there were, 0 when nothing is left to do.

        While business time stands still somebody plays a past, and nothing of the present happens. `passing` is called
        before the commit: see `faultpoints`.
        """
        with store.read() as transaction:
            clock, known = transaction.ledger.clock(), transaction.memberships.watches()
        if clock.frozen_at is not None:
            return 0
        business_now = clock.now(now)
        over = known.keys() - self.release.entered_by.keys()
        if over:
            with store.write() as transaction:
                if not transaction.ledger.stays_in_force(self.release.id):
                    return 0  # what this release does not name, the one that replaced it may
                transaction.memberships.end(over)
        due = [self._due(segment, known.get(segment), business_now) for segment in self.release.entered_by]
        looking = [watch for watch in due if watch is not None]
        for watch in looking:
            self._look_on(store, watch, business_now, limit, passing)
        return len(looking)

    def notice(self, transaction: Transaction, changed: Mapping[str, Instant], business_now: Instant) -> None:
        """Something happened to customers whose lock is held, each at an hour: they may have entered, or left."""
        known = transaction.memberships.watches()
        for segment in self.release.entered_by:
            watch = known.get(segment)
            # Before its first look came to an end, whoever is in it counts as having been there.
            if watch is not None and watch.filter == self.release.filters[segment]:
                for at, customer_ids in self._together(changed, business_now):
                    self._compare(transaction, watch, customer_ids, at)

    def begin(
        self, transaction: Transaction, segment: str, journeys: Collection[str], newcomers: Collection[str], at: Instant
    ) -> int:
        """Customers entered a segment: those of these journeys begin that they may; how many runs that is."""
        beginning = Beginning(
            release=self.release,
            clock=self.clock,
            journeys=self.journeys,
            origin=self.origin,
            at_event_time=self.at_event_time,
            witness=self.witness,
        )
        return sum(
            # Of several triggers the first that fits begins a run: the others find that its key has one.
            beginning.begin(transaction, occasion, newcomers, at)
            for occasion in self._occasions(segment, journeys, at)
        )

    def watched(self, segment: str, now: Instant) -> Watch:
        """A segment after a look at all of it. `now` is business time."""
        journeys = named(self.release, segment)
        return Watch(segment=segment, filter=self.release.filters[segment], journeys=journeys, looked_at=now)

    def _occasions(self, segment: str, journeys: Collection[str], at: Instant) -> Iterator[Occasion]:
        for journey in self.release.entered_by[segment]:
            if journey.id in journeys and (self.journeys is None or journey.id in self.journeys):
                for place, (trigger, _) in enumerate(journey.beginnings()):
                    if trigger.enters == segment:
                        yield Occasion(journey=journey.id, beginning=place, name=f"{segment}/{rfc3339(at)}")

    # a look

    def _due(self, segment: str, known: Watch | None, business_now: Instant) -> Watch | None:
        """How to look at a segment: anew, or from where somebody has come to; None: it is not time yet."""
        if known is None or known.filter != self.release.filters[segment]:
            # Whom a new filter fits was brought there by who wrote it, and by nothing that they did.
            return replace(self.watched(segment, business_now), journeys=frozenset())
        rests = known.looked_at <= business_now < known.looked_at + LOOK_MS
        # A journey that is new is for those who enter from now on: its first look is at once, and begins nothing of it.
        is_new = bool(named(self.release, segment) - known.journeys)
        return known if known.reached or is_new or not rests else None

    def _look_on(
        self, store: Store, watch: Watch, business_now: Instant, limit: int, passing: Callable[[str], None]
    ) -> None:
        """Find who may have come or gone without keeping anybody waiting; then ask again of those, under their lock."""
        audience = audience_of(self.release, watch.segment, business_now)
        with store.read() as transaction:
            found = transaction.memberships.changed(watch.segment, audience, watch.reached, limit)
        with store.write() as transaction:
            if not self._is_ours(transaction, watch, business_now):
                return
            whose = lock_customers(transaction, found)
            ours = {one for one in found if whose.get(one) == one}
            begun = self._compare(transaction, watch, ours, business_now)
            if begun:
                log.info("segment_entered", segment=watch.segment, begun=begun)
            if len(found) == limit:
                transaction.memberships.put(replace(watch, reached=found[-1]))
            else:
                self._end(transaction, watch, business_now)
            passing("after_look")

    def _is_ours(self, transaction: Transaction, watch: Watch, business_now: Instant) -> bool:
        """Whether the release still says so, nobody has gone further since, and nobody looks in this moment.

        The row is locked from here on.
        """
        if not transaction.ledger.stays_in_force(self.release.id):
            return False
        known = transaction.memberships.take(watch.segment)
        if known is None and watch.segment in transaction.memberships.watches():
            return False
        return self._due(watch.segment, known, business_now) == watch

    def _end(self, transaction: Transaction, watch: Watch, business_now: Instant) -> None:
        ended = self.watched(watch.segment, business_now)
        transaction.memberships.put(ended)
        if ended.journeys - watch.journeys:
            log.info("segment_watched", segment=watch.segment, journeys=sorted(ended.journeys))

    # who came, and who went

    def _together(self, changed: Mapping[str, Instant], business_now: Instant) -> Iterator[tuple[Instant, set[str]]]:
        if not self.at_event_time:
            yield business_now + AFTER_MS, set(changed)
            return
        for at in sorted(set(changed.values())):
            yield at + AFTER_MS, {customer_id for customer_id, when in changed.items() if when == at}

    def _compare(self, transaction: Transaction, watch: Watch, customer_ids: Collection[str], at: Instant) -> int:
        """Of customers whose lock is held: who is in a segment now, against who was in it; how many runs begin."""
        if not customer_ids:
            return 0
        inside = transaction.segments.among(audience_of(self.release, watch.segment, at), customer_ids)
        before = transaction.memberships.members(watch.segment, customer_ids)
        if before - inside:
            transaction.memberships.remove(watch.segment, before - inside)
        if not inside - before:
            return 0
        transaction.memberships.add(watch.segment, inside - before, at)
        return self.begin(transaction, watch.segment, watch.journeys, sorted(inside - before), at)


def named(release: Release, segment: str) -> frozenset[str]:
    """The journeys that somebody begins who enters a segment."""
    return frozenset(journey.id for journey in release.entered_by[segment])


def audience_of(release: Release, segment: str, now: Instant) -> Audience:
    """Whom a segment of a release means. `now` is business time."""
    return Audience(where=release.segments[segment].where, now=now, zone=release.project.timezone)
