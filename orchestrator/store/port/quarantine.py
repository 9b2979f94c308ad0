"""Events that nobody understood: kept whole until somebody mends what they name, or throws them away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class QuarantinedEvent:
    """An event as it came, and why it was not understood when it was last tried: `reason` is the code of its error.

    `customer_id` is whose it is, where that was known, and `named` whom it names, in whatever way: by both an erasure
    finds it. `timeless`: its source did not say when it happened.
    """

    id: str
    source: str
    source_id: str
    type: str
    content: Mapping[str, Any]
    timeless: bool
    occurred_at: Instant
    received_at: Instant
    tried_at: Instant
    reason: str
    customer_id: str | None = None
    named: str | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """What makes it the same event."""
        return self.source, self.source_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Which events of the quarantine: those with these ids, or of this type; all of them where neither is given."""

    ids: tuple[str, ...] | None = None
    type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """How many events wait, by reason, and since when the first of them does."""

    counts: Mapping[str, int]
    since: Instant | None

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.counts.values())


class Quarantine(Protocol):
    """What waits to be understood. (source, source id) is unique here as well."""

    def known(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], QuarantinedEvent]:
        """Those of the (source, source id) pairs that are in here."""
        ...

    def add(self, new: Sequence[QuarantinedEvent]) -> None: ...

    def put(self, changed: Sequence[QuarantinedEvent]) -> None:
        """Overwrite those that are in here."""
        ...

    def get(self, event_id: str) -> QuarantinedEvent | None: ...

    def page(self, after: str, limit: int, *, of_type: str | None = None) -> list[QuarantinedEvent]:
        """Events in the order in which they came, after an id."""
        ...

    def chosen(self, chosen: Chosen, limit: int, *, after: tuple[Instant, str] | None = None) -> list[QuarantinedEvent]:
        """Those that are chosen in the order in which they happened, after an instant and the id of one of it."""
        ...

    def remove(self, chosen: Chosen) -> int:
        """Throw away those that are chosen; how many."""
        ...

    def understood(self, pairs: Collection[tuple[str, str]]) -> None:
        """Let go of what was accepted."""
        ...

    def waiting(self) -> Waiting: ...

    def forget(self, before: Instant) -> int:
        """Delete those that came before; how many."""
        ...
