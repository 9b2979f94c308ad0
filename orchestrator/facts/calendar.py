"""Business days: Monday to Friday without the public holidays of a country and of a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from orchestrator.domain.errors import Phrase, did_you_mean

_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose holidays count: `BR` and its part `SP` (ISO 3166). Without a country only weekends do.

    Optional days off, such as Carnival in Brazil, are business days.
    """

    country: str | None = None
    subdivision: str | None = None

    def is_business_day(self, day: date) -> bool:
        """Whether shops and carriers work."""
        return day.weekday() < _SATURDAY and not self.is_holiday(day)

    def is_holiday(self, day: date) -> bool:
        """Whether it is a public holiday."""
        return day in _holidays(self.country, self.subdivision, day.year)

    def add_business_days(self, day: date, count: int) -> date:
        """The business day that is `count` business days after a day; 0 is the day itself or the next that is one."""
        if count < 0:
            raise ValueError(f"{count} business days cannot be added")
        # From a day off, the first business day is where counting starts, not the first one counted.
        while not self.is_business_day(day):
            day += _DAY
        for _ in range(count):
            day += _DAY
            while not self.is_business_day(day):
                day += _DAY
        return day

    def fault(self) -> Phrase | None:
        """What is wrong with its names, as a sentence. Asked once, when files are read."""
        import holidays  # noqa: PLC0415  # see _holidays

        known = holidays.list_supported_countries(include_aliases=False)
        country, part = self.country, self.subdivision
        if country is None:
            return None
        if country not in known:
            return Phrase('There is no country "{country}"{hint}', country=country, hint=did_you_mean(country, known))
        if part is not None and part not in known[country]:
            hint = did_you_mean(part, known[country])
            return Phrase('{country} has no part "{part}"{hint}', country=country, part=part, hint=hint)
        return None


def read_calendar(code: str) -> Calendar:
    """The calendar of an ISO 3166 code: `BR` or `BR-SP`."""
    country, _, subdivision = code.partition("-")
    return Calendar(country, subdivision or None)


@lru_cache(maxsize=256)
def _holidays(country: str | None, subdivision: str | None, year: int) -> frozenset[date]:
    if country is None:
        return frozenset()
    # The library takes 19 MB and 0.2 s: only processes that count business days pay for it.
    import holidays  # noqa: PLC0415

    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
