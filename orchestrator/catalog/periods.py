"""How long a period is that a text or a fact states: `7d`, `2w`, `5-7bd`, `12mo` (see `Statement`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """So many of the smallest unit that a clock or a calendar counts in: `1w` equals `7d`, and `1y` equals `12mo`.

    `unit` is minutes (`m`), months (`mo`), or minutes and days of business (`bm`, `bd`).
    """

    count: Decimal
    unit: str

    def excludes(self, other: Period) -> bool:
        """Whether no calendar makes both equally long. A month may have 30 days; 10 business days are never 7 days."""
        if self.unit == other.unit:
            return self.count != other.count
        return self._longest < other._shortest or other._longest < self._shortest

    @property
    def _shortest(self) -> Decimal:
        return self.count * _MINUTES[self.unit][0]

    @property
    def _longest(self) -> Decimal:
        return self.count * _MINUTES[self.unit][1]


def read_period(value: str) -> Period | None:
    """A value taken apart; of `5-7bd` the end counts. None for what is no period."""
    found = _PERIOD.fullmatch(value)
    if found is None or found["unit"] not in _UNITS:
        return None
    times, unit = _UNITS[found["unit"]]
    return Period(count=Decimal(found["count"]) * times, unit=unit)


_PERIOD = re.compile(r"(?:[\d.]+-)?(?P<count>\d+(?:\.\d+)?)(?P<unit>[a-z]+)")

_DAY = 24 * 60
_UNITS: Mapping[str, tuple[int, str]] = {
    "m": (1, "m"),
    "h": (60, "m"),
    "d": (_DAY, "m"),
    "w": (7 * _DAY, "m"),
    "mo": (1, "mo"),
    "y": (12, "mo"),
    "bm": (1, "bm"),
    "bh": (60, "bm"),
    "bd": (1, "bd"),
    "bw": (5, "bd"),
}

# The fewest and the most minutes of each. How many nights and holidays lie between is known to a calendar only.
_MINUTES: Mapping[str, tuple[Decimal, Decimal]] = {
    "m": (Decimal(1), Decimal(1)),
    "mo": (Decimal(28 * _DAY), Decimal(31 * _DAY)),
    "bm": (Decimal(1), Decimal("Infinity")),
    "bd": (Decimal(_DAY), Decimal("Infinity")),
}
