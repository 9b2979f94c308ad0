"""Beginning: runs that no event begins, but an occasion such as the hour of a schedule, some hundreds in one commit.

A shop and a life that is only imagined begin them here, so that both do the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.dispatch.accept.desk import EventDesk
from orchestrator.dispatch.runs.backstage import Backstage
from orchestrator.dispatch.runs.fulfil import Fulfilment
from orchestrator.dispatch.runs.moving import Moving, Witness, nobody
from orchestrator.dispatch.whose import lock_customers
from orchestrator.journeys.entrance import called_entrance

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.journeys.entrance import Entrance
    from orchestrator.journeys.model import Journey
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """Why runs begin: a trigger, by its journey and its place there, and the name of the occasion.

    The name is a part of a run's key where the journey has no other: the hour of a schedule.
    """

    journey: str
    beginning: int
    name: str

    def key_of(self, customer_id: str) -> str:
        """What names the occasion and a customer."""
        return f"{self.name}/{customer_id}"


@dataclass(frozen=True, slots=True)
class Imagined:
    """What beginning would come to: who may enter, and the messages that would be asked for there and then."""

    entrances: Mapping[str, Entrance]
    requests: Sequence[Request]


@dataclass(frozen=True, kw_only=True, slots=True)
class Beginning:
    """Begins runs under one release. What else it is given is as in `EventDesk`."""

    release: Release
    clock: Clock
    journeys: Collection[str] | None = None
    origin: str = "journey"
    at_event_time: bool = False
    witness: Witness = nobody

    def begin(self, transaction: Transaction, occasion: Occasion, customer_ids: Collection[str], now: Instant) -> int:
        """Runs for these customers, those left out who may not have another one; how many began. `now`: business time.

        Who was merged while we waited for the lock comes with who they are now, if those are among them.
        """
        backstage = self._backstage(transaction, occasion, _locked(transaction, customer_ids))
        moving = self._gathered(transaction, backstage, occasion, self._entrances(backstage, occasion, now), now)
        fulfilment = self._fulfilment(moving)
        moving.store(transaction)
        fulfilment.store(transaction)
        self._desk.say(transaction, fulfilment.emitted)
        return moving.begun

    def imagine(
        self, transaction: Transaction, occasion: Occasion, customer_ids: Collection[str], now: Instant
    ) -> Imagined:
        """What `begin` would come to; nothing is locked, and nothing written."""
        backstage = self._backstage(transaction, occasion, customer_ids)
        entrances = self._entrances(backstage, occasion, now)
        moving = self._gathered(transaction, backstage, occasion, entrances, now)
        return Imagined(entrances, [delivery.request for delivery in self._fulfilment(moving).deliveries])

    def entrances(
        self, transaction: Transaction, occasion: Occasion, customer_ids: Collection[str], now: Instant
    ) -> dict[str, Entrance]:
        """Customer → whether and under which key they may enter; those who are gone are left out."""
        return self._entrances(
            self._backstage(transaction, occasion, _locked(transaction, customer_ids)), occasion, now
        )

    def _gathered(
        self,
        transaction: Transaction,
        backstage: Backstage,
        occasion: Occasion,
        entrances: Mapping[str, Entrance],
        now: Instant,
    ) -> Moving:
        journey = self.release.journeys[occasion.journey]
        moving = Moving(release=self.release, clock=self.clock, backstage=backstage, witness=self.witness)
        entered = {customer_id: one for customer_id, one in entrances.items() if one.key is not None}
        if entered:
            moving.last = transaction.runs.last({(journey.id, one.key or "", whose) for whose, one in entered.items()})
            backstage.remember(transaction, (), [journey], [now])
        for customer_id, one in entered.items():
            moving.begin(journey, one, customer_id, None, now)
        return moving

    def _backstage(self, transaction: Transaction, occasion: Occasion, customer_ids: Collection[str]) -> Backstage:
        standings = transaction.customers.standings(set(customer_ids), ())
        backstage = Backstage(
            release=self.release,
            customers={customer_id: standing.customer for customer_id, standing in sorted(standings.items())},
        )
        backstage.look_up(transaction, self.release.journeys[occasion.journey].asked_to_begin)
        return backstage

    def _entrances(self, backstage: Backstage, occasion: Occasion, now: Instant) -> dict[str, Entrance]:
        journey: Journey = self.release.journeys[occasion.journey]
        return {
            customer_id: called_entrance(
                journey, occasion.beginning, occasion.key_of(customer_id), backstage.around(customer_id, now)
            )
            for customer_id in backstage.customers
        }

    def _fulfilment(self, moving: Moving) -> Fulfilment:
        fulfilment = Fulfilment(
            self.release, self.clock, moving.backstage, origin=self.origin, at_event_time=self.at_event_time
        )
        fulfilment.take(moving.wished)
        return fulfilment

    @property
    def _desk(self) -> EventDesk:
        return EventDesk(
            release=self.release,
            clock=self.clock,
            journeys=self.journeys,
            origin=self.origin,
            at_event_time=self.at_event_time,
            witness=self.witness,
        )


def _locked(transaction: Transaction, customer_ids: Collection[str]) -> list[str]:
    """Those of them who are still themselves once they are locked."""
    whose = lock_customers(transaction, customer_ids)
    return [one for one in customer_ids if whose.get(one) == one]
