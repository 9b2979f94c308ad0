"""Memberships: who is in the segments that begin journeys, as far as anybody has looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.domain.time import Instant
    from orchestrator.store.port.segments import Audience


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """How far somebody has looked at a segment. Business time.

    `filter` names what its file says. `journeys` are those that ran when a look with this filter came to its end:
    whoever is found in the segment since has entered it for them. While somebody looks, `reached` is the last customer.
    """

    segment: str
    filter: str
    journeys: frozenset[str]
    looked_at: Instant
    reached: str = ""


class Memberships(Protocol):
    """One row for each segment that is watched, and one for each customer in it."""

    def watches(self) -> dict[str, Watch]:
        """Every one, by its segment."""
        ...

    def take(self, segment: str) -> Watch | None:
        """One, locked until the commit; None where there is none, or somebody else has it."""
        ...

    def put(self, watch: Watch) -> None:
        """Write how far one has come."""
        ...

    def end(self, segments: Collection[str]) -> None:
        """Forget segments that nobody watches any more, and who was in them."""
        ...

    def changed(self, segment: str, audience: Audience, after: str, limit: int) -> list[str]:
        """Up to `limit` customers, in the order of their ids, after an id: who is in it and was not, or the reverse."""
        ...

    def members(self, segment: str, customer_ids: Collection[str]) -> set[str]:
        """Those of these customers who were in it when somebody looked last."""
        ...

    def since(self, customer_id: str) -> dict[str, Instant]:
        """The segments in which a customer was at the last look, each with when they were found there first."""
        ...

    def add(self, segment: str, customer_ids: Collection[str], at: Instant) -> None:
        """They are in it from now on."""
        ...

    def remove(self, segment: str, customer_ids: Collection[str]) -> None:
        """They are in it no more."""
        ...
