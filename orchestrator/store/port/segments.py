"""Segments: which customers a filter fits, at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.domain.time import Instant
    from orchestrator.segments.model import Filter


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """Whom a filter means at a moment: `now` is business time, `zone` the project's."""

    where: Filter
    now: Instant
    zone: str


class Segments(Protocol):
    """Customers by what is true of them. Who was merged into another is that other."""

    def count(self, audience: Audience) -> int:
        """How many they are."""
        ...

    def page(self, audience: Audience, after: str, limit: int) -> list[str]:
        """Up to `limit` of them, in the order of their ids, after an id."""
        ...

    def sample(self, audience: Audience, limit: int) -> list[str]:
        """Up to `limit` of them at equal distances in that order: the same ones while the segment is the same."""
        ...

    def among(self, audience: Audience, customer_ids: Collection[str]) -> set[str]:
        """Those of these customers who are among them."""
        ...
