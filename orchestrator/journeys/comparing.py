"""The ways of a split beside each other: how many went each, how many of them reached the goal, and what that is worth.

Everybody whose run began counts for the way that is theirs, also who never came so far: whoever is left out because
of what happened on the way would make the ways unlike, and what is found then is not what the way did.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from orchestrator.journeys.chance import drawn
from orchestrator.journeys.steps import SplitStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.journeys.model import Journey

MINIMUM = 500
"""Runs of each way before anything is told, where the file does not say another number: early leads are chance."""

# Of a thousand splits that are as they should be, one is taken for another (two-sided, as a normal deviate).
_DEVIATE = 3.0902


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way of a split: its weight, how many runs are its own, and how many of them reached the goal."""

    name: str
    weight: int
    runs: int
    reached: int

    @property
    def share(self) -> float | None:
        """The part that reached the goal; None where there was no run."""
        return self.reached / self.runs if self.runs else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """All ways of a split. `minimum`: so many runs each before what they reached is told."""

    step: str
    hypothesis: str
    minimum: int
    ways: tuple[Way, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every way has had as many runs as were agreed on before anybody looked."""
        return all(way.runs >= self.minimum for way in self.ways)

    @property
    def is_uneven(self) -> bool:
        """Whether more went one way than chance explains (sample ratio mismatch): then nothing can be concluded."""
        runs, weights = sum(way.runs for way in self.ways), sum(way.weight for way in self.ways)
        expected = [(way.runs, runs * way.weight / weights) for way in self.ways]
        return bool(runs) and sum((got - due) ** 2 / due for got, due in expected) > _critical(len(self.ways) - 1)


def compared(journey: Journey, runs: Iterable[tuple[str, bool]]) -> tuple[Comparison, ...]:
    """The splits of a journey that are compared by its goal, over runs: whose each is, and whether it reached it."""
    splits = tuple(_compared(journey))
    counts: dict[tuple[str, str], list[int]] = {}
    for customer_id, reached in runs:
        for split in splits:
            way = drawn(_weights(split), journey.id, split.id, customer_id)
            count = counts.setdefault((split.id, way), [0, 0])
            count[0] += 1
            count[1] += reached
    return tuple(
        Comparison(
            step=split.id,
            hypothesis=split.hypothesis or "",
            minimum=split.minimum or MINIMUM,
            ways=tuple(
                Way(name=name, weight=weight, runs=count[0], reached=count[1])
                for name, weight in _weights(split).items()
                for count in (counts.get((split.id, name), [0, 0]),)
            ),
        )
        for split in splits
    )


def is_compared(journey: Journey) -> bool:
    """Whether a journey has a split that is compared."""
    return any(_compared(journey))


def _compared(journey: Journey) -> Iterator[SplitStep]:
    return (step for step in journey.all_steps() if isinstance(step, SplitStep) and step.metric == "goal")


def _weights(split: SplitStep) -> Mapping[str, int]:
    return {name: share.weight for name, share in split.split.items()}


def _critical(freedom: int) -> float:
    """The chi-square that one in a thousand exceeds (Wilson and Hilferty, 1931)."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + _DEVIATE * sqrt(spread)) ** 3)
