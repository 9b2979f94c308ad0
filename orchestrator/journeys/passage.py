"""One move of a run as it is written: where it stands, what it asks for, and the way that it took."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.journeys.run import Alarm, Ending, Moved, Passed, Pending
from orchestrator.journeys.steps import kind_of
from orchestrator.journeys.waiting import exactly, wakes
from orchestrator.journeys.wishes import wishes_of
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.run import Event, Run, Scene, Wish
    from orchestrator.journeys.steps import Step, Wait

DEBOUNCES_MAX = 4
"""A silence that begins anew with each event lasts at most so many times its length (decisions, section 6)."""


class Passage:
    """A run while it moves. `run` and `scene` are replaced with each change; wishes and trace grow."""

    def __init__(self, journey: Journey, run: Run, scene: Scene) -> None:
        self.journey = journey
        self.scene = scene
        self.before = run
        self.run = replace(run, moves=run.moves + 1)
        self.wishes: list[Wish] = []
        self.trace: list[Passed] = []

    def moved(self) -> Moved:
        """What came of it. A run that nothing concerned is the one that it was."""
        if replace(self.run, moves=self.before.moves) == self.before:
            return Moved(self.before, trace=tuple(self.trace))
        return Moved(self.run, tuple(self.wishes), tuple(self.trace))

    def note(self, step: str, what: str, why: str = "") -> None:
        """A line of the trace."""
        self.trace.append(Passed(step, what, why))

    # where it stands

    def stand(self, position: str) -> None:
        """Come to a place and wait there; what was waited for before is forgotten."""
        self.run = replace(self.run, position=position, since=self.scene.now, alarms={}, pending={})

    def end(self, ending: Ending, note: str = "", *, step: str = "") -> None:
        """The run is over, at a step or behind the last one."""
        self.note(step, "ended", ending.value if note in {"", step} else f"{ending.value}: {note}")
        self.run = replace(
            self.run, position=None, ended_at=self.scene.now, ending=ending, note=note, alarms={}, pending={}
        )

    # what moved it

    def moved_by(self, event: Event) -> None:
        """From here on `event` is this one, and what it is about is the run's as well."""
        self.run = replace(self.run, event=event.said)
        self._take_in(event)

    def said(self, event: Mapping[str, object]) -> None:
        """From here on `event` is what was said before a silence that is over now."""
        self.run = replace(self.run, event=event)

    def met(self, step_id: str, event: Event) -> None:
        """A wait ended with an event."""
        self.moved_by(event)
        self.note(step_id, "met", event.type)
        self.run = replace(self.run, events={**self.run.events, step_id: event.said}, alarms={}, pending={})

    def _take_in(self, event: Event) -> None:
        used = self.run.used if event.id in self.run.used else (*self.run.used, event.id)
        self.run = replace(self.run, objects={**self.run.objects, **event.objects}, used=used)
        # The scene was set before the event was the run's: conditions further on read what it brought.
        self.scene = replace(self.scene, data={**self.scene.data, **event.data})

    # when it is called

    def set_alarm(self, name: str, wait: Wait) -> None:
        """Be called when a wait is over that began when the run came here."""
        self._set(name, Alarm(wakes(wait, self.run.since, self.scene.zone, self.scene.is_holiday), self.run.moves))

    def silence(self, name: str) -> None:
        """An alarm rang, or is not wanted any more."""
        self.run = replace(self.run, alarms={key: alarm for key, alarm in self.run.alarms.items() if key != name})

    def hush(self, name: str, length: str, event: Event) -> None:
        """Be called after a silence, which this event begins anew; after four times its length it is over anyway.

        One that comes late, and happened before what was said last, breaks no silence: the newest word counts.
        """
        known = self.run.pending.get(name)
        if known is not None and event.at < known.at:
            self._take_in(event)
            return
        since = known.since if known is not None else self.scene.now
        silence = parse_duration(length).milliseconds
        due = min(self.scene.now + silence, since + DEBOUNCES_MAX * silence)
        self.run = replace(self.run, pending={**self.run.pending, name: Pending(since, event.said, event.at)})
        self._take_in(event)
        self._set(name, Alarm(exactly(due), self.run.moves))

    def hushed(self, name: str) -> Mapping[str, object] | None:
        """What the last event said before the silence that is now over."""
        found = self.run.pending.get(name)
        self.run = replace(self.run, pending={key: one for key, one in self.run.pending.items() if key != name})
        return found.event if found is not None else None

    def _set(self, name: str, alarm: Alarm) -> None:
        self.run = replace(self.run, alarms={**self.run.alarms, name: alarm})

    # what it asks for

    def take(self, step: Step) -> None:
        """Ask for what a step asks for."""
        nth = self.run.taken.get(step.id, 0) + 1
        self.run = replace(self.run, taken={**self.run.taken, step.id: nth})
        self.wishes += wishes_of(self.journey, self.run, step, nth, self.scene.now)
        self.note(step.id, kind_of(step) or "")
