"""Where the steps of a journey stand: a tree of lists, walked downwards and never back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.journeys.steps import Step


@dataclass(frozen=True, slots=True)
class Place:
    """A step and the id of the one that follows when it is over, None at the end of the journey.

    `beside` is the step next to which it runs while people stand there (under `on_timeout` or `react`), None on the
    way itself; what follows it there is within the same list.
    """

    step: Step
    following: str | None
    beside: str | None


@dataclass(frozen=True, slots=True)
class Outline:
    """Every step by its id."""

    places: Mapping[str, Place]
    renamed: Mapping[str, str]

    @classmethod
    def of(cls, lists: Sequence[Sequence[Step]]) -> Outline:
        """Of the lists that follow each trigger."""
        places: dict[str, Place] = {}
        for steps in lists:
            _lay_out(steps, None, None, places)
        renamed = {place.step.was: step_id for step_id, place in places.items() if place.step.was is not None}
        return cls(places, renamed)

    def find(self, step_id: str) -> Place | None:
        """A step by its id, or by the one that it had before it was renamed. None when it is gone."""
        return self.places.get(step_id) or self.places.get(self.renamed.get(step_id, ""))


def _lay_out(steps: Sequence[Step], after: str | None, beside: str | None, places: dict[str, Place]) -> None:
    for step, following in zip(steps, [*(step.id for step in steps[1:]), after], strict=False):
        places[step.id] = Place(step, following, beside)
        for _, inner, aside in step.lists():
            _lay_out(inner, None if aside else following, step.id if aside else beside, places)
