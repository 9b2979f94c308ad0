"""A fact whose value moves while we run: stock, a date that operations own. Values written in YAML are not these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

FACTS = ("offers", "policies", "promises", "inventory")
"""What the path of a fact begins with; every other path leads into a customer's data."""


def names_fact(path: str) -> bool:
    """Whether a path names a fact, not a value of the data."""
    return path.partition(".")[0] in FACTS


# What a live fact can be: a number of pieces, an amount, a date, a word.
FactValue = str | int | float | bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveFact:
    """One version of a live value: who said it (`source`), for when it holds (`as_of`), and when we heard it."""

    path: str
    value: FactValue
    version: int
    source: str
    as_of: Instant
    recorded_at: Instant
