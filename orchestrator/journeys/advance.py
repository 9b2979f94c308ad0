"""The only state machine: a run, and something that happened, give the run as it goes on and what it wishes for.

Pure: the caller stores the run and turns wishes into rows, in one transaction; nothing outside this package moves a
run. Steps form a tree that is walked downwards, so that every run comes to its end. Where a step waits, the run stands
there with an alarm set, so that it goes on even if nothing ever happens.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from orchestrator.journeys import steps as kinds
from orchestrator.journeys.chance import drawn
from orchestrator.journeys.clocks import END, GIVE_UP, HANDED_OFF, TIMEOUT, WAKE
from orchestrator.journeys.concern import ends, is_named, is_of
from orchestrator.journeys.conditions import is_true
from orchestrator.journeys.passage import Passage
from orchestrator.journeys.run import TRIGGER, Began, Ending, Heard, Moved, Placed, Rang
from orchestrator.journeys.waiting import wait_of
from orchestrator.journeys.wishes import EXIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.journeys.model import Exit, Journey, Trigger
    from orchestrator.journeys.outline import Place
    from orchestrator.journeys.run import Event, Happening, Run, Scene

_QUIET, _REACT = "quiet", "react:"


def advance(journey: Journey, run: Run, happening: Happening, scene: Scene) -> Moved:
    """Take a run as far as it goes without waiting.

    Args:
        journey: the journey as it is now; a run follows it live.
        run: where the customer stands; a new run stands nowhere yet.
        happening: what moved it. What does not concern the run leaves it as it is.
        scene: what is true around it.

    Returns:
        The run afterwards, the wishes of the steps that it passed, in order, and the way that it took.
    """
    if run.ended_at is not None:
        return Moved(run)
    walk = _Walk(journey, Passage(journey, run, scene))
    match happening:
        case Began(event):
            walk.begin(event)
        case Heard(event, told):
            walk.hear(event, told=told)
        case Rang(name, setting):
            walk.ring(name, setting)
        case Placed(step_id):
            walk.place(step_id)
    return walk.passage.moved()


class _Standing(Enum):
    """What coming to a step gives where the way does not go on."""

    HERE = "here"


class _Walk:
    """One call of `advance`. `at` is when that happened which moves the run."""

    def __init__(self, journey: Journey, passage: Passage) -> None:
        self.journey, self.passage = journey, passage
        self.at = passage.scene.now

    # what happens

    def begin(self, event: Event | None) -> None:
        """Start; with `quiet_for`, wait for silence first."""
        trigger, steps = self._beginning()
        if event is not None:
            self.at = event.at
            self.passage.moved_by(event)
        overtaken = next((one for one in self._past() if self._leaving(one) and self._is_since_begun(one)), None)
        if overtaken is not None:
            self.passage.end(Ending.NOT_ENTERED, overtaken.type, step=TRIGGER)
            return
        if trigger.quiet_for is not None and event is not None:
            self.passage.stand(TRIGGER)
            self.passage.hush(_QUIET, trigger.quiet_for, event)
            return
        self.passage.note(TRIGGER, "started", event.type if event is not None else trigger.enters or "schedule")
        self._go(steps[0].id)

    def hear(self, event: Event, *, told: bool) -> None:
        """Something happened to the customer: it may end the run, or be what it waits for."""
        self.at = event.at
        leaving = self._leaving(event)
        # Of two clocks one may be slow: what names the run's own key, and comes after it, is of it all the same.
        if leaving is not None and (self._is_since_begun(event) or is_named(self.journey, self.passage.run, event)):
            self._leave(leaving, event, told=told)
            return
        if self.passage.run.position == TRIGGER:
            self._begin_anew(event)
            return
        place = self._place()
        if place is not None:
            self._hear_at(place, event)

    def ring(self, name: str, setting: int) -> None:
        """A time has come. An alarm that was set anew or dropped since it was due says nothing any more."""
        alarm = self.passage.run.alarms.get(name)
        if alarm is None or alarm.set != setting:
            return
        self.passage.silence(name)
        if self.passage.run.position == TRIGGER:
            self._start_after_silence()
            return
        place = self._place()
        if place is None:
            gone = self.passage.run.position or ""
            self.passage.end(Ending.STEP_REMOVED, gone, step=gone)
        else:
            self._ring_at(place, name)

    def place(self, step_id: str) -> None:
        """Somebody put the run at a step, which it comes to now."""
        self.passage.note(step_id, "placed")
        self._go(step_id)

    # the beginning

    def _beginning(self) -> tuple[Trigger, Sequence[kinds.Step]]:
        """The trigger that started the run. One that was removed since leaves its runs to the last."""
        beginnings = self.journey.beginnings()
        return beginnings[min(self.passage.run.beginning, len(beginnings) - 1)]

    def _begin_anew(self, event: Event) -> None:
        trigger, _ = self._beginning()
        key = kinds.Awaited(event=trigger.event) if trigger.event is not None else None
        if trigger.quiet_for is not None and key is not None and is_of(self.journey, key, event, self.passage.run):
            self.passage.hush(_QUIET, trigger.quiet_for, event)

    def _start_after_silence(self) -> None:
        trigger, steps = self._beginning()
        said = self.passage.hushed(_QUIET)
        true, why = (True, "") if trigger.when is None else self._true(trigger.when, {"event": said or {}})
        if not true:
            self.passage.end(Ending.NOT_ENTERED, why or f"{trigger.when} is false", step=TRIGGER)
            return
        self.passage.note(TRIGGER, "started", trigger.event or "")
        if said is not None:
            self.passage.said(said)
        self._go(steps[0].id)

    # the way

    def _go(self, step_id: str | None) -> None:
        """Walk on from a step until one waits, or the way ends."""
        while step_id is not None:
            entered = self._enter(self.journey.outline.places[step_id])
            if isinstance(entered, _Standing):
                return
            step_id = entered
        self.passage.end(Ending.FINISHED)

    def _enter(self, place: Place) -> str | _Standing | None:
        """Come to a step: the id of the next one, or None where the way ends."""
        step = place.step
        match step:
            case kinds.BranchStep() | kinds.SplitStep():
                return self._parted(step, place)
            case kinds.WaitForStep():
                return self._come_to_wait(step, place)
            case kinds.WatchStep():
                return self._come_to_watch(step, place)
            case kinds.WaitStep():
                return self._come_to_stand(step, WAKE, step.wait)
            case kinds.HandoffStep():
                self.passage.take(step)
                return self._come_to_stand(step, HANDED_OFF, wait_of(step.handoff.at_most))
            case kinds.ExitStep():
                self.passage.end(Ending.EXIT_STEP, step.exit, step=step.id)
            case _:
                self.passage.take(step)
        return place.following if self.passage.run.ended_at is None else _Standing.HERE

    def _aside(self, steps: Sequence[kinds.Step]) -> None:
        """Steps that run while the run stands where it is. None of them waits, which the model sees to."""
        step_id = steps[0].id if steps else None
        while step_id is not None:
            place = self.journey.outline.places[step_id]
            match place.step:
                case kinds.BranchStep() | kinds.SplitStep():
                    step_id = self._parted(place.step, place)
                case kinds.ExitStep():
                    self.passage.end(Ending.EXIT_STEP, place.step.exit, step=place.step.id)
                    return
                case _:
                    self.passage.take(place.step)
                    step_id = place.following

    def _parted(self, step: kinds.BranchStep | kinds.SplitStep, place: Place) -> str | None:
        steps = self._arm(step) if isinstance(step, kinds.BranchStep) else self._share(step)
        return steps[0].id if steps else place.following

    def _arm(self, step: kinds.BranchStep) -> Sequence[kinds.Step]:
        for arm in step.branch:
            true, why = (True, "") if arm.when is None else self._true(arm.when)
            if true:
                self.passage.note(step.id, "when" if arm.when else "otherwise", arm.when or "")
                return arm.steps
            self.passage.note(step.id, "cannot be told" if why else "not", why or arm.when or "")
        return ()

    def _share(self, step: kinds.SplitStep) -> Sequence[kinds.Step]:
        weights = {name: share.weight for name, share in step.split.items()}
        name = drawn(weights, self.journey.id, step.id, self.passage.run.customer_id)
        self.passage.note(step.id, "split", name)
        return step.split[name].steps

    # coming to a place to stand

    def _come_to_stand(self, step: kinds.Step, alarm: str, wait: kinds.Wait) -> _Standing:
        self.passage.stand(step.id)
        self.passage.set_alarm(alarm, wait)
        return _Standing.HERE

    def _come_to_wait(self, step: kinds.WaitForStep, place: Place) -> str | _Standing | None:
        met = next((event for event in self._past() if self._awaits(step.id, step.wait_for, event)), None)
        if met is not None:
            self.at = max(self.at, met.at)
            self.passage.met(step.id, met)
            return place.following
        self.passage.stand(step.id)
        self.passage.set_alarm(GIVE_UP, wait_of(step.wait_for.give_up))
        if step.wait_for.timeout is not None:
            self.passage.set_alarm(TIMEOUT, step.wait_for.timeout)
        return _Standing.HERE

    def _come_to_watch(self, step: kinds.WatchStep, place: Place) -> _Standing:
        """An end counts also if it came before; reactions are to what happened after the run came here."""
        self.passage.stand(step.id)
        self.passage.set_alarm(END, wait_of(step.watch.duration))
        came_at = self.at
        for event in self._past():
            if event.at > came_at or self._is_end(step, event):
                self._hear_at(place, event)
            if self.passage.run.position != step.id:
                break
        return _Standing.HERE

    # standing

    def _hear_at(self, place: Place, event: Event) -> None:
        step = place.step
        match step:
            case kinds.WaitForStep() if self._awaits(step.id, step.wait_for, event):
                self._go_on(place, event)
            case kinds.WatchStep() if self._is_end(step, event):
                self._go_on(place, event)
            case kinds.WatchStep():
                self._react(step, event)
            case kinds.HandoffStep() if step.handoff.closed_by == event.type:
                self._go_on(place, event)

    def _go_on(self, place: Place, event: Event) -> None:
        self.at = max(self.at, event.at)
        self.passage.met(place.step.id, event)
        self._go(place.following)

    def _react(self, step: kinds.WatchStep, event: Event) -> None:
        for number, reaction in enumerate(step.watch.react):
            if reaction.debounce is not None and is_of(self.journey, reaction, event, self.passage.run):
                self.passage.hush(f"{_REACT}{number}", reaction.debounce, event)
            elif reaction.debounce is None and self._awaits(step.id, reaction, event):
                self.passage.moved_by(event)
                self.passage.note(step.id, "reacts", event.type)
                self._aside(reaction.steps)
            if self.passage.run.ended_at is not None:
                return

    def _ring_at(self, place: Place, name: str) -> None:
        step = place.step
        match step:
            case kinds.WaitStep() if name == WAKE:
                self.passage.note(step.id, "woke")
                self._go(place.following)
            case kinds.HandoffStep() if name == HANDED_OFF:
                self.passage.note(step.id, "not closed")
                self._go(place.following)
            case kinds.WaitForStep() if name == TIMEOUT:
                self.passage.note(step.id, "timeout")
                self._aside(step.wait_for.on_timeout)
            case kinds.WaitForStep() if name == GIVE_UP:
                self._give_up(place, step.wait_for.then)
            case kinds.WatchStep() if name == END:
                self._give_up(place, step.watch.then)
            case kinds.WatchStep() if name.startswith(_REACT):
                self._react_after_silence(step, name)
            case _:
                # The step became another kind while people stood in it: they come to it anew.
                self._go(step.id)

    def _react_after_silence(self, step: kinds.WatchStep, name: str) -> None:
        number, said = int(name.removeprefix(_REACT)), self.passage.hushed(name)
        reaction = step.watch.react[number] if number < len(step.watch.react) else None
        if reaction is None or said is None or said["type"] != reaction.event:
            self.passage.note(step.id, "does not react", "the reaction is gone")
            return
        true, why = (True, "") if reaction.when is None else self._true(reaction.when, {"event": said})
        if not true:
            self.passage.note(step.id, "does not react", why or f"{reaction.when} is false")
            return
        self.passage.note(step.id, "reacts", reaction.event)
        self.passage.said(said)
        self._aside(reaction.steps)

    def _give_up(self, place: Place, then: Sequence[kinds.Step] | None) -> None:
        if then is None:
            self.passage.end(Ending.GIVEN_UP, place.step.id, step=place.step.id)
            return
        self.passage.note(place.step.id, "given up")
        self._go(then[0].id if then else place.following)

    def _leave(self, leaving: Exit, event: Event, *, told: bool) -> None:
        self.passage.moved_by(event)
        if self.passage.run.position == TRIGGER:
            self.passage.end(Ending.NOT_ENTERED, event.type, step=TRIGGER)
            return
        self.passage.end(Ending.EXIT_EVENT, event.type)
        if leaving.send is not None and not told:
            self.passage.take(kinds.SendStep(id=EXIT, send=leaving.send, channels=leaving.channels))

    # asking

    def _place(self) -> Place | None:
        """Where the run stands in the journey as it is now: a renamed step is the same, one that is gone is None."""
        return self.journey.outline.find(self.passage.run.position or "")

    def _past(self) -> Sequence[Event]:
        """What happened before and did not move the run yet, oldest first.

        What names the run's key may have overtaken its beginning, and be older; but not another one of those that
        begin it, which is of the run before.
        """
        trigger, _ = self._beginning()
        unused = (
            event
            for event in self.passage.scene.past
            if event.id not in self.passage.run.used and (event.type != trigger.event or self._is_since_begun(event))
        )
        return sorted(unused, key=lambda event: event.at)

    def _is_since_begun(self, event: Event) -> bool:
        return event.at >= self.passage.run.started_at

    def _leaving(self, event: Event) -> Exit | None:
        return next((one for one in self.journey.exit_on if ends(one, event, self.passage.run)), None)

    def _is_end(self, step: kinds.WatchStep, event: Event) -> bool:
        return any(self._awaits(step.id, one, event) for one in step.watch.until)

    def _awaits(self, step_id: str, awaited: kinds.Awaited, event: Event) -> bool:
        """Whether an event is one that a step waits for, of this run, and its condition holds."""
        if not is_of(self.journey, awaited, event, self.passage.run):
            return False
        true, why = (True, "") if awaited.when is None else self._true(awaited.when, event.names)
        if not true:
            self.passage.note(step_id, "cannot be told" if why else "not", why or awaited.when or "")
        return true

    def _true(self, condition: str, names: Mapping[str, object] | None = None) -> tuple[bool, str]:
        renamed = self.journey.outline.renamed
        return is_true(condition, self.passage.run, self.passage.scene, names, renamed)
