"""What journeys achieved: of those who entered, and of those who were told something, who reached the goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Achieved:
    """How many runs there were, how many of them reached the goal, and how many may still: their time is not over."""

    runs: int
    reached: int
    open: int = 0

    @property
    def share(self) -> float | None:
        """The part that reached it, of all; None where there was no run."""
        return self.reached / self.runs if self.runs else None


class Goals(Protocol):
    """Goals as runs reached them. Times are business time."""

    def achieved(self, journey: str, *, since: Instant, within: int, now: Instant) -> Achieved:
        """By the runs of a journey that began since then; a goal is reached within so many milliseconds."""
        ...

    def runs(self, journey: str, *, since: Instant) -> Iterator[tuple[str, bool]]:
        """Whose each of these runs is, and whether it reached the goal."""
        ...

    def achieved_by(self, journey: str, *, since: Instant) -> dict[tuple[str, str], Achieved]:
        """By those of them that were sent a message on a channel, by both; reached after it was sent counts.

        A run that several messages reached before its goal counts for each of them.
        """
        ...
