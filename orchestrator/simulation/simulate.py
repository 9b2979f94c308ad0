"""Many customers over some days of virtual time, one life after the other; what is left of each is numbers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from orchestrator.domain.delivery import State
from orchestrator.domain.fact import LiveFact
from orchestrator.journeys.cron import fires_after
from orchestrator.simulation.clock import VirtualClock
from orchestrator.simulation.habits import Role, happenings
from orchestrator.simulation.life import Happening, Life
from orchestrator.simulation.making_up import made_up
from orchestrator.simulation.tally import Tally
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.dispatch.current import Current
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey
    from orchestrator.release import Release
    from orchestrator.simulation.crowd import Crowd, Somebody
    from orchestrator.simulation.habits import Habit, Happened
    from orchestrator.simulation.life import Outcome

DAY_MS = 24 * 3_600_000

PLENTY = 1_000_000
"""Pieces in stock of what is on offer, where no ledger says how many there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Play:
    """What is simulated. `opened` is the share of the messages sent that are opened, at once; `zone` the project's."""

    journeys: tuple[Journey, ...]
    habits: tuple[Habit, ...]
    opened: float
    start: Instant
    days: int
    zone: str
    seed: str
    live: Mapping[str, LiveFact]

    @property
    def end(self) -> Instant:
        """Until when time passes, exclusively."""
        return self.start + self.days * DAY_MS


def simulate(current: Current, play: Play, crowd: Crowd, told: Callable[[int], None]) -> Tally:
    """Let a crowd live, one customer after the other.

    The same arguments give the same tally. It holds no more than one life at a time, however many there are.

    Args:
        current: the release, as it would run.
        play: what is simulated.
        crowd: who lives through it.
        told: called with how many are through, after each.

    Raises:
        InputError: an event cannot be made up: its file requires a field, and gives no example of it.
    """
    tally, schedules = Tally(), list(_schedules(current.release, play))
    for somebody in crowd():
        _Living(current, play, somebody, tally).live(schedules)
        told(tally.customers)
    return tally


def plenty(release: Release, at: Instant) -> dict[str, LiveFact]:
    """Live facts where there is no ledger: of everything on offer there is enough."""
    paths = sorted({offer.stock.live for offer in release.facts.offers.values() if offer.stock is not None})
    return {
        path: LiveFact(path=path, value=PLENTY, version=1, source="simulation", as_of=at, recorded_at=at)
        for path in paths
    }


@dataclass(frozen=True, slots=True)
class _Scheduled:
    """An hour at which a schedule begins a journey for a segment, by the trigger at that place."""

    at: Instant
    journey: str
    beginning: int
    segment: str


def _schedules(release: Release, play: Play) -> Iterator[_Scheduled]:
    for journey in play.journeys:
        for place, (trigger, _) in enumerate(journey.beginnings()):
            at = play.start - 1 if trigger.schedule is not None else None
            while at is not None and trigger.schedule is not None:
                at = fires_after(trigger.schedule, at, release.project.timezone)
                if at is None or at >= play.end:
                    break
                yield _Scheduled(at, journey.id, place, trigger.segment or "")


class _Living:
    """One customer of the crowd while they live."""

    def __init__(self, current: Current, play: Play, somebody: Somebody, tally: Tally) -> None:
        customer = somebody.standing.customer
        self._current, self._play, self._tally = current, play, tally
        self._id, self._zone = customer.id, zone_of(customer, current.release.project.timezone)
        name = f"{play.seed}/{customer.id}"
        self._chance = Random(name)  # noqa: S311  # the same life from the same seed, and nobody's secret
        self._life = Life(
            current,
            somebody.standing,
            VirtualClock(play.start, name),
            live=play.live,
            journeys=frozenset(journey.id for journey in play.journeys),
            listener=self._hear,
            watched=False,  # who is in a segment, or enters it, is a habit here
        )
        self._life.ledger.events.put_objects(somebody.objects, play.start)

    def live(self, schedules: Sequence[_Scheduled]) -> None:
        """From the first day to the last, and count what is left."""
        play = self._play
        happened = happenings(play.habits, self._chance, play.start, play.days, self._zone)
        mine: list[Happened | _Scheduled] = [*happened, *self._called(schedules)]
        for one in sorted(mine, key=lambda one: one.at):
            if one.at >= play.end:
                break
            self._live_through(one)
        self._life.live_until(play.end - 1)
        self._tally.close(self._life.ledger)

    def _called(self, schedules: Sequence[_Scheduled]) -> Iterator[_Scheduled]:
        """The hours of schedules whose segment they are in."""
        shares = {habit.name: habit.share for habit in self._play.habits if habit.role is Role.SEGMENT}
        within = {segment for segment, share in shares.items() if self._chance.random() < share}
        return (one for one in schedules if one.segment in within)

    def _live_through(self, one: Happened | _Scheduled) -> None:
        if isinstance(one, _Scheduled):
            self._life.meanwhile(one.at, lambda: self._life.enter(one.journey, one.beginning))
            return
        if one.enters:
            self._life.meanwhile(one.at, lambda: self._life.join(one.type))
            return
        self._life.live_until(one.at)
        known = self._life.ledger.events.known_objects
        event_type = self._current.release.events[one.type]
        data = made_up(event_type, one, self._id, known, self._chance, self._zone)
        self._tally.events[one.type] += 1
        self._life.happen(Happening(at=one.at, type=one.type, data=data))

    def _hear(self, outcome: Outcome) -> None:
        self._tally.hear(outcome, self._zone, self._current.release.project.timezone)
        if outcome.state is State.SENT and outcome.run_id and outcome.step and self._opens():
            self._life.ledger.runs.read.setdefault(outcome.run_id, set()).add(outcome.step)

    def _opens(self) -> bool:
        return self._chance.random() < self._play.opened
