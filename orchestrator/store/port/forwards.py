"""What people wrote, on its way to whoever answers them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from orchestrator.domain.time import Instant


FORWARD = "fwd_"
"""What every id of one begins with: it is the reference of a letter that was sent for it."""


class ForwardState(StrEnum):
    """Where a forward stands."""

    OPEN = "open"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    """The text is gone: its writer was erased; or nobody is to be told any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Forward:
    """One text on one route (`email`, `webhook`). It holds no word of it: that is read when it goes."""

    id: str
    inbound_id: str
    route: str
    at: Instant
    attempts: int = 0


class Forwards(Protocol):
    """Forwards, each until it was taken or given up (machine time)."""

    def add(self, forwards: Sequence[Forward]) -> None:
        """Ask for these; what was asked for before is not asked for twice."""
        ...

    def waiting(self, now: Instant) -> bool:
        """Whether any is due."""
        ...

    def handed_to(self, customer_ids: Collection[str], business_now: Instant) -> str | None:
        """The team that one of these customers is handed off to now."""
        ...

    def due(self, limit: int, now: Instant, until: Instant) -> list[Forward]:
        """Up to `limit` that are due, oldest first; nobody else is given them before `until`."""
        ...

    def end(self, forward_id: str, state: ForwardState, detail: str) -> None:
        """It was taken, given up, or has nothing left to say."""
        ...

    def put_off(self, forward_id: str, until: Instant, detail: str) -> None:
        """Try again then."""
        ...

    def tally(self) -> dict[str, int]:
        """State → how many."""
        ...

    def oldest(self) -> Instant | None:
        """Since when the oldest of those that are open has waited."""
        ...
