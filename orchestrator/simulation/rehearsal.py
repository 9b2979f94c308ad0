"""A case of a scenario, lived through: what is given is made so, what happens happens, and all is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import JogralError, Phrase
from orchestrator.scenarios import model as kinds
from orchestrator.scenarios.expectations import Stands
from orchestrator.scenarios.times import MINUTE_MS, hour_of, instant_of
from orchestrator.simulation.cast import customer_of, live_facts, objects_of, standing_of
from orchestrator.simulation.clock import VirtualClock
from orchestrator.simulation.life import SOURCE, Life
from orchestrator.simulation.outside import happen, pause
from orchestrator.simulation.overlooked import not_begun, not_entered, overlooked
from orchestrator.simulation.story import Story
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.dispatch.current import Current
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.run import Alert, HandOff, Run
    from orchestrator.mapping import Persona
    from orchestrator.scenarios.model import Case, Scenario
    from orchestrator.simulation.life import Outcome
    from orchestrator.simulation.story import Beat
    from orchestrator.store.port import StoredEvent, Told

HORIZON_MS = 3 * 366 * 24 * 3_600_000
"""How long a case lasts at most that does not say it: a journey that begins itself anew would never end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsed:
    """What came of a case.

    `standing` are the runs that stood somewhere at the hour of an expectation, by its place. `overlooked` is why events
    did not do what they might have been expected to. `refused` is what could not happen (its place under `when`, and
    why); the case ended there.
    """

    journey: str
    start: Instant
    end: Instant
    zone: str
    story: Sequence[Beat]
    outcomes: Sequence[Outcome]
    alerts: Sequence[Told[Alert]]
    handoffs: Sequence[Told[HandOff]]
    emitted: Sequence[StoredEvent]
    runs: Sequence[Run]
    goals: Mapping[str, Instant]
    profile: Mapping[str, Any]
    standing: Mapping[int, Sequence[Run]] = field(default_factory=dict)
    overlooked: Sequence[Phrase] = ()
    refused: tuple[int, JogralError] | None = None

    def at(self, when: str) -> Instant:
        """The instant of a time that the case says."""
        return instant_of(when, self.start, self.zone)


def rehearse(scenario: Scenario, case: Case, persona: Persona, current: Current) -> Rehearsed:
    """Live a case through. `current` holds the journeys of the case and no others."""
    return _Rehearsal(scenario, case, persona, current).lived()


@dataclass(frozen=True, slots=True)
class _Look:
    """Somebody looks where runs stand, for an expectation."""


class _Rehearsal:
    """One case while it is lived."""

    def __init__(self, scenario: Scenario, case: Case, persona: Persona, current: Current) -> None:
        self._scenario, self._case, self._persona = scenario, case, persona
        release, given = current.release, case.given
        self._zone = zone_of(customer_of(persona, given), release.project.timezone)
        self._start = hour_of(scenario.start_of(case), self._zone)
        self._clock = VirtualClock(self._start, f"{scenario.id}/{case.name}")
        outcomes: list[Outcome] = []
        self._story = Story(outcomes, self._zone)
        self._life = Life(
            current,
            standing_of(persona, given, release, self._start),
            self._clock,
            live=live_facts(given, self._start),
            witness=self._story.moved,
            outcomes=outcomes,
        )
        self._ledger = self._life.ledger
        self._ledger.events.put_objects(list(objects_of(persona, given, release, self._start)), self._start)
        self._standing: dict[int, Sequence[Run]] = {}
        self._overlooked: list[Phrase] = []

    def lived(self) -> Rehearsed:
        """From the start to the end."""
        for stopped in self._case.given.paused:
            pause(self._life, stopped)
        for at, place, one in self._in_order():
            if isinstance(one, _Look):
                self._life.live_until(at)
                self._look(place)
                continue
            try:
                self._happen(at, one)
            except JogralError as error:
                return self._rehearsed((place, error))
        self._go_on()
        return self._rehearsed()

    def _in_order(self) -> Iterator[tuple[Instant, int, kinds.Happening | _Look]]:
        """What happens, and when somebody looks: by time, of the same time as it is written, looks last."""
        happening = [(self._at(one.at), 0, place) for place, one in enumerate(self._case.when)]
        looks = [
            (self._at(line.at) + MINUTE_MS - 1, 1, place)
            for place, line in enumerate(self._case.expect)
            if isinstance(line, Stands) and line.at is not None
        ]
        for at, looked, place in sorted([*happening, *looks]):
            yield at, place, _Look() if looked else self._case.when[place]

    def _happen(self, at: Instant, happening: kinds.Happening) -> None:
        self._life.live_until(at)
        known = len(self._ledger.runs.all)
        before = [run for run in self._ledger.runs.all.values() if run.ended_at is None]
        self._story.happened(at, _HEADLINES[type(happening)](happening))
        happen(self._life, happening, at, self._persona.data)
        if isinstance(happening, kinds.EventHappens):
            for whose, why in overlooked(self._life, before):
                self._overlook(at, whose, why)
        elif isinstance(happening, kinds.ScheduleFires) and len(self._ledger.runs.all) == known:
            self._overlook(at, happening.schedule, not_begun(self._life, happening.schedule))

    def _overlook(self, at: Instant, whose: str, why: Phrase) -> None:
        self._overlooked.append(why)
        self._story.overlooked(at, whose, why)

    def _go_on(self) -> None:
        """Until the case is over; then whoever has not looked yet does."""
        if self._case.until is not None:
            self._life.live_until(self._at(self._case.until) + MINUTE_MS - 1)
        else:
            self._life.live_on(self._clock.now() + HORIZON_MS)
        for whose, why in not_entered(self._life):
            self._overlook(self._clock.now(), whose, why)
        for place, line in enumerate(self._case.expect):
            if isinstance(line, Stands) and place not in self._standing:
                self._look(place)

    def _look(self, place: int) -> None:
        self._standing[place] = [run for run in self._ledger.runs.all.values() if run.ended_at is None]

    def _at(self, when: str) -> Instant:
        return instant_of(when, self._start, self._zone)

    def _rehearsed(self, refused: tuple[int, JogralError] | None = None) -> Rehearsed:
        runs = self._ledger.runs
        return Rehearsed(
            journey=self._scenario.journey,
            start=self._start,
            end=self._clock.now(),
            zone=self._zone,
            story=self._story.beats,
            outcomes=self._life.outcomes,
            alerts=runs.told,
            handoffs=runs.handed,
            emitted=[event for event in self._ledger.events.happened if event.source != SOURCE],
            runs=list(runs.all.values()),
            goals=runs.goals,
            profile=self._ledger.customers.standing.customer.attributes,
            standing=self._standing,
            overlooked=self._overlooked,
            refused=refused,
        )


_HEADLINES: Mapping[type[Any], Callable[[Any], Phrase]] = {
    kinds.EventHappens: lambda one: Phrase("{event} happens", event=one.event),
    kinds.ScheduleFires: lambda one: Phrase("the schedule of {journey} is due", journey=one.schedule),
    kinds.FactsChange: lambda one: Phrase("facts change: {facts}", facts=_listed(one.facts)),
    kinds.MindChanges: lambda one: Phrase("the customer changes their mind: {topics}", topics=", ".join(one.consent)),
    kinds.SaysStop: lambda one: Phrase("the customer says stop: {where}", where=one.stop),
    kinds.IsPaused: lambda one: Phrase("somebody pauses: {what}", what=_what(one.pause)),
    kinds.IsResumed: lambda one: Phrase("somebody lets go on: {what}", what=_what(one.resume)),
    kinds.Opens: lambda one: Phrase("the customer opens {message}", message=one.opens),
    kinds.Clicks: lambda one: Phrase("the customer clicks in {message}", message=one.clicks),
}
"""What happens, in a few words."""


def _listed(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{path} = {value}" for path, value in facts.items())


def _what(stopped: kinds.Stopped) -> str:
    scope, subject = stopped.subject("")
    return f"{scope.value} {subject}".rstrip()
