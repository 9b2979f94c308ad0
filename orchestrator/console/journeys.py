"""The journeys of the current release, and where people stand in them now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import NotFound, did_you_mean
from orchestrator.journeys.map import HEIGHT, WIDTH, map_of
from orchestrator.journeys.tree import trees_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.journeys.map import Line, Map
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.tree import Node
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

LETTERS, LETTERS_ABOUT = 34, 28
"""As many as are as wide as a box of the map, and of those that say what a step is about; the list says all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A journey, and how many people are in it."""

    journey: Journey
    inside: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A journey with its map and its list. `here` is how many stand at a step, `gone` at steps that it lost."""

    journey: Journey
    map: Map
    trees: Sequence[Sequence[Node]]
    here: Mapping[str, int]
    gone: Mapping[str, int]

    @property
    def inside(self) -> int:
        """How many are in it."""
        return sum(self.here.values()) + sum(self.gone.values())


def read_journeys(transaction: Transaction, release: Release | None) -> list[Listed]:
    """Every journey, by title."""
    journeys = sorted(release.journeys.values(), key=lambda one: (one.title, one.id)) if release is not None else []
    return [Listed(journey=one, inside=sum(transaction.runs.counts(one.id).values())) for one in journeys]


def open_journey(transaction: Transaction, release: Release | None, journey_id: str) -> Opened:
    """One journey. Raises NotFound."""
    known = release.journeys if release is not None else {}
    if journey_id not in known:
        raise NotFound(
            'There is no journey "{name}"{hint}',
            remedy="What runs is the release that was applied last, not what the files say.",
            name=journey_id, hint=did_you_mean(journey_id, known),
        )  # fmt: skip
    journey = known[journey_id]
    here, gone = _counted(journey, transaction.runs.counts(journey_id))
    return Opened(journey=journey, map=map_of(journey), trees=trees_of(journey), here=here, gone=gone)


def path_of(line: Line) -> str:
    """A line as SVG draws it."""
    return "M" + " L".join(f"{x} {y}" for x, y in line.points)


def fitted(text: str, letters: int = LETTERS) -> str:
    """A text as long as a box is wide."""
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"


SIZES = {"width": WIDTH, "height": HEIGHT, "letters": LETTERS_ABOUT}
"""Of a box."""


def _counted(journey: Journey, counts: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """People by the step where they stand, under its name now; whose step is gone, by the name that it had."""
    here: dict[str, int] = {}
    gone: dict[str, int] = {}
    for position, count in sorted(counts.items()):
        place = journey.outline.find(position)
        if place is not None:
            here[place.step.id] = here.get(place.step.id, 0) + count
        elif position.startswith("@"):
            here[position] = count
        else:
            gone[position] = count
    return here, gone
