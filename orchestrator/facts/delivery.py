"""The one rule of delivery dates. Copy, replies and the API state what it says, and nothing else."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from orchestrator.domain.time import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from orchestrator.domain.time import Instant
    from orchestrator.facts.calendar import Calendar
    from orchestrator.facts.model import DeliveryPromise

_STATES: Mapping[str, str] = {
    "Norte": "AC AM AP PA RO RR TO",
    "Nordeste": "AL BA CE MA PB PE PI RN SE",
    "Centro-Oeste": "DF GO MS MT",
    "Sudeste": "ES MG RJ SP",
    "Sul": "PR RS SC",
}

REGIONS: Mapping[str, str] = {state: region for region, states in _STATES.items() for state in states.split()}
"""The 26 states and the Federal District of Brazil, and the region of each (IBGE)."""

BRAZILIAN = (*REGIONS, *_STATES)
"""What `business_days` may name where the carrier's calendar is Brazil's."""

_DAY = timedelta(days=1)


def delivery_date(
    promise: DeliveryPromise, ordered_at: Instant, region: str | None, calendar: Calendar, zone: str
) -> date:
    """The day by which an order arrives.

    Args:
        promise: the rule: cut-off and business days for each region.
        ordered_at: when the order was placed.
        region: where it goes: `SP`, `BR-SP` or `Sudeste`. Unknown or None counts as the slowest.
        calendar: whose holidays count.
        zone: where the cut-off is an hour of the day (IANA name).
    """
    ordered = moment(ordered_at, zone)
    counted_from = ordered.date()
    if calendar.is_business_day(counted_from) and _after_cutoff(promise, ordered.time()):
        counted_from += _DAY
    return calendar.add_business_days(counted_from, business_days(promise, region))


def business_days(promise: DeliveryPromise, region: str | None) -> int:
    """How long a region takes: its own entry, else that of the region it is part of, else the slowest of all."""
    days = {_folded(name): count for name, count in promise.business_days.items()}
    name = _folded(region or "").removeprefix("br ")
    within = _folded(REGIONS.get(name.upper(), ""))
    return days.get(name, days.get(within, max(days.values())))


def _after_cutoff(promise: DeliveryPromise, hour: time) -> bool:
    return promise.cutoff is not None and hour > time.fromisoformat(promise.cutoff)


def _folded(name: str) -> str:
    return name.strip().replace("-", " ").casefold()
