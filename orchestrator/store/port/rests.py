"""Addresses that rest: they failed on a channel, and may be better later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.domain.time import Instant

    # An address' id, and a channel that reaches it.
    Place = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RestRule:
    """When an address rests: after `failures` of this `reason`, and for how long.

    `within_ms`: failures that lie further apart than this are not added up; None: only a success comes between them.
    """

    reason: str
    failures: int
    within_ms: int | None
    rest_ms: int


class Rests(Protocol):
    """Failures that are counted by address and channel, and the rests that came of them (machine time)."""

    def lock(self, places: Collection[Place]) -> None:
        """Take these in one order for everybody, until the commit."""
        ...

    def count(self, places: Collection[Place], rule: RestRule, now: Instant) -> set[Place]:
        """Count one failure at each place; those that rest now. A rest that lasts is not made longer."""
        ...

    def end(self, places: Collection[Place]) -> None:
        """Somebody was reached there, or wrote from there: nothing is counted any more."""
        ...

    def wake(self, now: Instant) -> int:
        """End the rests whose time is over; how many there were."""
        ...
