"""Of several accounts of a channel, how much of its weight each has at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant


class Shares(Protocol):
    """Shares of accounts, in percent of their weight. An account that was never moved has all of it."""

    def current(self) -> dict[str, int]:
        """Account → its share, of those that were moved at any time."""
        ...

    def move(self, by: Mapping[str, int], at: Instant, *, least: int, unmoved_ms: int) -> None:
        """Give accounts so many points more or less, between `least` and 100.

        Only those that nobody moved in the last `unmoved_ms` milliseconds: however many workers see it, an account
        moves once in that time.
        """
        ...

    def restore(self, accounts: Mapping[str, int], at: Instant) -> None:
        """Give accounts these shares, whatever they had."""
        ...
