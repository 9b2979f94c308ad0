"""Tokens: how many calls an account may get, where the project says how many a second its provider takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Tokens:
    """One worker's tokens of every account: a second's worth at most, filled as time passes."""

    _left: dict[str, float] = field(default_factory=dict)
    _filled_at: dict[str, float] = field(default_factory=dict)

    def room(self, limits: Mapping[str, float], now: float) -> dict[str, int]:
        """Account → how many calls may begin now. `limits` are calls a second, `now` is a monotonic second."""
        for account, per_second in limits.items():
            # Fewer than one a second are saved up until there is one.
            most = max(per_second, 1.0)
            passed = now - self._filled_at.get(account, now - 1)
            self._left[account] = min(most, self._left.get(account, 0.0) + passed * per_second)
            self._filled_at[account] = now
        return {account: int(self._left[account]) for account in limits}

    def take(self, account: str, count: int) -> None:
        """So many calls were let through."""
        if account in self._left:
            self._left[account] -= count
