"""The segments that begin journeys, and whether one customer is in them: found by looking at that customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.delivery import State
from orchestrator.segments.member import Member, SentTo, fits, turns_after

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.domain.time import Instant
    from orchestrator.simulation.ledger import MemoryLedger
    from orchestrator.simulation.requests import Asked
    from orchestrator.store.port import Audience, Watch


class Belonging:
    """Stands in the place of the store's segments, and of its memberships.

    `from_the_start` are those in which the customer was before anything happened, `entered` those that they entered.
    """

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._watches: dict[str, Watch] = {}
        self._inside: set[str] = set()
        self.from_the_start: set[str] = set()
        self.entered: set[str] = set()

    def watch(self, watch: Watch, audience: Audience) -> None:
        """From now on it is told when the customer enters: whoever is in it now has been there."""
        self._watches[watch.segment] = watch
        if fits(audience.where, self._member(), audience.now, audience.zone):
            self._inside.add(watch.segment)
            self.from_the_start.add(watch.segment)

    def turns_after(self, audience: Audience) -> Instant | None:
        """When time alone may bring the customer in or out next."""
        return turns_after(audience.where, self._member(), audience.now, audience.zone)

    # as `port.Segments`

    def among(self, audience: Audience, customer_ids: Collection[str]) -> set[str]:
        return set(customer_ids) if fits(audience.where, self._member(), audience.now, audience.zone) else set()

    # as `port.Memberships`

    def watches(self) -> dict[str, Watch]:
        return self._watches

    def members(self, segment: str, customer_ids: Collection[str]) -> set[str]:
        return set(customer_ids) if segment in self._inside else set()

    def add(self, segment: str, customer_ids: Collection[str], at: Instant) -> None:
        del customer_ids, at
        self._inside.add(segment)
        self.entered.add(segment)

    def remove(self, segment: str, customer_ids: Collection[str]) -> None:
        del customer_ids
        self._inside.discard(segment)

    def _member(self) -> Member:
        standing, events = self._ledger.customers.standing, self._ledger.events
        customer = standing.customer
        own = {"id": customer.id, "locale": customer.locale, "time_zone": customer.time_zone}
        sent = (one for one in self._ledger.deliveries.asked.values() if one.state is State.SENT)
        return Member(
            profile={**customer.attributes, **own},
            events=[(one.type, one.occurred_at, one.data) for one in events.happened],
            objects=[(one.kind, one.data) for one in events.known_objects.values()],
            consents=standing.consents,
            messages=[self._sent_to(one) for one in sent],
        )

    def _sent_to(self, asked: Asked) -> SentTo:
        request, runs = asked.request, self._ledger.runs
        step = (request.run_id or "", asked.new.step or "")
        reached = "clicked" if step in runs.clicked else "read" if step[1] in runs.read.get(step[0], ()) else ""
        return SentTo(
            message=request.message,
            topic=request.topic,
            channel=asked.channel or request.candidates[0],
            due_at=request.due_at,
            reached=reached,
        )
