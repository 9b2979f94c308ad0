"""What a step asks for when a run comes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.journeys import steps as kinds
from orchestrator.journeys.run import Alert, Emit, HandOff, Send, Update
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.customer import Channel
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.run import Run, Wish

EXIT = "exit_on"
"""The step of what an exit event says, as records name it."""


def wishes_of(journey: Journey, run: Run, step: kinds.Step, nth: int, now: Instant) -> Sequence[Wish]:
    """The wishes of a step that is taken for the `nth` time, in order; none for a step that only leads the way."""
    match step:
        case kinds.SendStep():
            return _sends(journey, run, step, nth, now)
        case kinds.UpdateStep():
            values = {path.removeprefix("customer."): value for path, value in step.update.items()}
            return [Update(step=step.id, values=values)]
        case kinds.EmitStep():
            return [Emit(step=step.id, nth=nth, type=step.emit.event, data=dict(step.emit.data))]
        case kinds.AlertStep():
            return [Alert(step=step.id, nth=nth, team=step.alert.team, message=step.alert.message)]
        case kinds.HandoffStep():
            return [_hand_off(step, nth, now)]
    return []


def handed_off_until(step: kinds.HandoffStep, now: Instant) -> Instant:
    """Until when a person keeps the customer, if nobody closes the ticket before (business time)."""
    return now + parse_duration(step.handoff.at_most).milliseconds


def _sends(journey: Journey, run: Run, step: kinds.SendStep, nth: int, now: Instant) -> Sequence[Send]:
    not_after = now + parse_duration(step.window).milliseconds if step.window is not None else None
    return [
        Send(
            step=step.id,
            slot=slot,
            nth=nth,
            message=step.send,
            candidates=candidates,
            priority=step.priority or journey.priority,
            objects=run.objects,
            event=run.event,
            not_after=not_after,
        )
        for slot, candidates in _slots(step)
    ]


def _hand_off(step: kinds.HandoffStep, nth: int, now: Instant) -> HandOff:
    return HandOff(
        step=step.id,
        nth=nth,
        team=step.handoff.team,
        queue=step.handoff.queue,
        reason=step.handoff.reason,
        closed_by=step.handoff.closed_by,
        until=handed_off_until(step, now),
    )


def _slots(step: kinds.SendStep) -> Sequence[tuple[str, tuple[Channel, ...]]]:
    """The deliveries that a step asks for. No candidates: those on which the message is said, as the customer likes."""
    return step.channels.slots() if isinstance(step.channels, kinds.Channels) else [(kinds.PREFERRED, ())]
