"""Schedules: triggers that fire by the clock, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """The trigger at the place `beginning` of a journey, by the cron that it had when it was looked at last.

    Its next time is sought after `after`. While it fires, `firing` is the hour of that, `reached` the last customer
    who was looked at, and `begun` how many runs have begun. Business time.
    """

    journey: str
    beginning: int
    cron: str
    after: Instant
    firing: Instant | None = None
    reached: str = ""
    begun: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """Which trigger it is."""
        return self.journey, self.beginning


class Schedules(Protocol):
    """One row for each trigger, so that an hour is fired once, whoever looks and however often one dies."""

    def all(self) -> dict[tuple[str, int], Schedule]:
        """Every one, by its trigger."""
        ...

    def take(self, key: tuple[str, int]) -> Schedule | None:
        """One, locked until the commit; None where there is none, or somebody else has it."""
        ...

    def put(self, schedule: Schedule) -> None:
        """Write how far one has come."""
        ...

    def drop(self, keys: Collection[tuple[str, int]]) -> None:
        """Forget those of triggers that are gone."""
        ...
