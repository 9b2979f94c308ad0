"""Where the customers of a journey stand now, by its steps as they are called in the release that is in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.journeys.clocks import is_timed_anew
from orchestrator.journeys.run import TRIGGER
from orchestrator.plans.steps import becomes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.outline import Place
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """`positions`: where runs stand as the ledger has it → the step that it is.

    A run keeps the name of a step that was renamed while it stood there. One whose step was gone before is left out.
    """

    journey: Journey
    positions: Mapping[str, str]

    @classmethod
    def of(cls, transaction: Transaction, journey: Journey) -> Standing:
        """As it is now."""
        found: dict[str, str] = {}
        for position in transaction.runs.counts(journey.id):
            place = journey.outline.find(position)
            if position == TRIGGER or place is not None:
                found[position] = TRIGGER if place is None else place.step.id
        return cls(journey=journey, positions=found)

    def people(self, transaction: Transaction, steps: Collection[str]) -> int:
        """How many customers stand at any of these steps."""
        at = [position for position, step in self.positions.items() if step in steps]
        return transaction.runs.people(self.journey.id, at) if at else 0

    def gone(self, after: Journey) -> Mapping[str, list[str]]:
        """Step that is gone → the positions at which somebody stands there."""
        found: dict[str, list[str]] = {}
        for position, step_id in self.positions.items():
            if step_id != TRIGGER and self._becomes(step_id, after) is None:
                found.setdefault(step_id, []).append(position)
        return found

    def renamed(self, after: Journey) -> Mapping[str, str]:
        """Positions whose name leads to no step any more, though it is there, and what it is called now.

        It was renamed a second time, or has its old name again.
        """
        return {
            position: place.step.id
            for position, step_id in self.positions.items()
            for place in [self._becomes(step_id, after)]
            if place is not None and after.outline.find(position) is not place
        }

    def timed_anew(self, after: Journey) -> Mapping[str, str]:
        """Positions at which who stands there waits otherwise, and the step before."""
        return {
            position: step_id
            for position, step_id in self.positions.items()
            for place in [self._becomes(step_id, after)]
            if place is not None and is_timed_anew(self.journey.outline.places[step_id].step, place.step)
        }

    def _becomes(self, step_id: str, after: Journey) -> Place | None:
        return None if step_id == TRIGGER else becomes(step_id, self.journey, after)
