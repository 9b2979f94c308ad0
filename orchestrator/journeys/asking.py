"""Where a journey asks for messages: its send steps, and what it says to those whose run an event ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from orchestrator.journeys.steps import Channels, SendStep
from orchestrator.journeys.wishes import EXIT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.steps import AnyChannels


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """One place that asks for a message, and the path of the mapping that says so.

    `step` is its id, as records name it. `priority` is what it says itself. `triggers` are those that lead to it, and
    `on` is the event that must end the run first.
    """

    path: tuple[str | int, ...]
    step: str
    message: str
    channels: AnyChannels
    priority: str | None
    triggers: tuple[Trigger, ...]
    on: str | None = None

    def written_to(self, said_on: Collection[Channel]) -> tuple[Channel, ...]:
        """Where it may write a message that is said on some channels."""
        return written_to(self.channels, said_on)


def written_to(channels: AnyChannels, said_on: Collection[Channel]) -> tuple[Channel, ...]:
    """Those of the channels that a step names on which its message is said; with `preferred`, all of these."""
    if not isinstance(channels, Channels):
        return tuple(channel for channel in Channel if channel in said_on)
    named = (channel for _, candidates in channels.slots() for channel in candidates)
    return tuple(channel for channel in named if channel in said_on)


def askings(journey: Journey) -> Iterator[Asking]:
    """Every one, in the order of the file; what exits say comes last."""
    triggers = tuple(trigger for trigger, _ in journey.beginnings())
    for path, step in journey.placed_steps():
        if isinstance(step, SendStep):
            yield Asking(
                path=path,
                step=step.id,
                message=step.send,
                channels=step.channels,
                priority=step.priority,
                triggers=(triggers[int(path[1])],) if journey.triggers else triggers,
            )
    for place, leaving in enumerate(journey.exit_on):
        if leaving.send is not None:
            yield Asking(
                path=("exit_on", place),
                step=EXIT,
                message=leaving.send,
                channels=leaving.channels,
                priority=None,
                triggers=triggers,
                on=leaving.event,
            )
