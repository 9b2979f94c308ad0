"""Who customers are: what was said of their profiles, and which of them became one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.time import Instant
    from orchestrator.identity import InForce, MergeOn, Stated


class MergeState(StrEnum):
    """How far two customers are from being one."""

    SUGGESTED = "suggested"
    DONE = "done"
    UNDONE = "undone"
    DISMISSED = "dismissed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """Two customers who may be one, are one, or were. `moved` is what an undo puts back; it is empty before and after.

    `reason` says what spoke for it (`identity.Likeness`), or `by_hand`.
    """

    id: str
    kept_id: str
    merged_id: str
    state: MergeState
    reason: str
    by: str
    at: Instant
    ended_at: Instant | None = None
    moved: Mapping[str, Any] = field(default_factory=dict)


class FieldValue(NamedTuple):
    """A value that a source gave for a field of a profile. `won`: it was put in the place of what was there."""

    customer_id: str
    field: str
    source: str
    value: Any
    won: bool
    at: Instant


class Identity(Protocol):
    """What was said of whom, and who is who."""

    # --- profiles

    def stated(self, customer_ids: Collection[str]) -> dict[str, dict[str, Stated]]:
        """Customer → field → what was put in last, of the fields of which anything was written down."""
        ...

    def values(self, customer_id: str) -> list[FieldValue]:
        """Everything that was said of a customer's fields, in order."""
        ...

    def write_down(self, values: Sequence[FieldValue]) -> None:
        """Append what was said."""
        ...

    def newest_value(self, customer_id: str) -> int:
        """The number of the newest value of a customer; 0 without any."""
        ...

    def take_back(self, customer_id: str, *, after: int, until: int) -> None:
        """Forget the values of a customer between two numbers, the second included: what a merge wrote goes with it."""
        ...

    # --- two who may be one

    def alike(self, merge_on: MergeOn) -> list[tuple[str, str]]:
        """Pairs who share a mailbox, a phone, or what `merge_on` names; of each the older one first.

        What more than a handful share says nothing, and makes no pairs.
        """
        ...

    def merges_between(self, one_id: str, other_id: str) -> list[Merge]:
        """What was said of these two, oldest first."""
        ...

    def merge(self, merge_id: str) -> Merge | None: ...

    def page(self, state: MergeState | None, after: str, limit: int, customer_id: str | None = None) -> list[Merge]:
        """Merges in id order, after an id; of suggestions those whose customers are both still there."""
        ...

    def put(self, merge: Merge) -> None:
        """Keep a merge, in place of what was known of it."""
        ...

    def newest_into(self, kept_id: str) -> Merge | None:
        """The last merge into a customer that stands."""
        ...

    # --- becoming one, and two again

    def take_over(self, kept_id: str, merged_id: str, at: Instant) -> dict[str, Any]:
        """Give the one everything that was the other's, but profile, addresses and consents; what that was.

        The other is a tombstone from then on. Claims of its messages are forgotten: whoever made one looks again.
        """
        ...

    def give_back(self, moved: Mapping[str, Any], kept_id: str, merged_id: str, at: Instant) -> None:
        """Undo `take_over`, with what came of it that has not ended. What came later stays."""
        ...

    def consents(self, customer_id: str) -> dict[tuple[str, str], InForce]:
        """What is in force, by topic and channel."""
        ...

    def put_consents(self, customer_id: str, consents: Mapping[tuple[str, str], InForce]) -> None:
        """Put these in force, whatever was."""
        ...

    def drop_consents(self, customer_id: str, keys: Collection[tuple[str, str]]) -> None:
        """Nothing is in force for these any more."""
        ...

    def withdrawn_since(self, customer_id: str, seq: int) -> list[str]:
        """The ids of withdrawals that were recorded of a customer after a number of `newest_consent`."""
        ...

    def newest_consent(self) -> int:
        """The number of the newest consent event."""
        ...
