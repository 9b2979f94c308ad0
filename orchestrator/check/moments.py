"""The moment in which a run comes to a step: what has just happened, and what must be true for it to come there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.check.implied import all_implied
from orchestrator.expressions import operands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.check.reach import KeyPath
    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.steps import Awaited, Wait

Occasion = tuple[str | None, ...]
"""What two journeys may have in common: an event and the silence after it, a schedule and its segment, or a segment
that is entered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """An event, an hour that a schedule or a wait says, or that somebody enters a segment, and where the file says so.

    `silence`: how long nothing more must happen. `conditions` are all that must be true besides, as the file writes
    them; where a run has to stand for it, or chance decides, a name for that which is like no condition.
    """

    at: KeyPath
    event: str | None = None
    silence: str | None = None
    schedule: str | None = None
    segment: str | None = None
    wait: Wait | None = None
    conditions: frozenset[str] = frozenset()

    @property
    def occasion(self) -> Occasion | None:
        """What it is the moment of; None for an hour that a run of its own waits for."""
        told = (self.event, self.silence, self.schedule, self.segment)
        return told if self.event is not None or self.segment is not None else None

    @property
    def said(self) -> str:
        """The same in a word."""
        return self.event or self.schedule or self.segment or ""

    @property
    def is_at_once(self) -> bool:
        """Whether nothing can have happened since."""
        return self.occasion is not None and self.silence is None

    def only(self, conditions: Iterable[str]) -> Moment:
        """The same where more must be true."""
        return replace(self, conditions=self.conditions.union(" ".join(one.split()) for one in conditions))

    def implies(self, other: Moment) -> bool:
        """Whether a run that comes here in this moment is not alone: one comes there in the same one."""
        same = self.occasion is not None and self.occasion == other.occasion
        return same and all_implied(self.conditions, other.conditions)


def beginning(journey: Journey, trigger: Trigger, at: KeyPath) -> Moment:
    """The moment in which a run begins."""
    begun = Moment(
        at=at,
        event=trigger.event,
        silence=trigger.quiet_for,
        schedule=trigger.schedule,
        segment=trigger.segment or trigger.enters,
    )
    chance = [] if journey.rollout is None else [f"rollout of {journey.id}"]
    return begun.only([*chance, *(operands(trigger.when) if trigger.when is not None else ())])


def hearing(journey: Journey, step: str, awaited: Awaited, at: KeyPath, silence: str | None = None) -> Moment:
    """The moment in which a run that stands at a step hears what it waits for."""
    heard = Moment(at=at, event=awaited.event, silence=silence)
    return heard.only([f"a run of {journey.id} at {step}", *(operands(awaited.when) if awaited.when else ())])
