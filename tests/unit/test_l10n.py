"""Everything that the vectors say about Brazil, through the functions that write what customers read."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_timedelta
from babel.lists import format_list

from orchestrator.catalog.formats import state
from orchestrator.catalog.voice import Format, Formats
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.time import at_wall, rfc3339
from orchestrator.facts.calendar import Calendar

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "l10n_pt_br.json").read_text("utf-8"))
MOMENTS = [case for case in VECTORS["cases"] if case["call"] in ("format_time", "format_datetime")]
SENTENCES = [case for case in VECTORS["cases"] if case["call"] in ("format_timedelta", "format_list")]

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize("case", MOMENTS, ids=lambda case: case["id"])
def test_times_are_written_as_the_locale_writes_them(case):
    """A deadline is a day and an hour; between them stands our comma, where the locale may have a blank."""
    written, pattern, locale = case["args"]
    moment = datetime.fromisoformat(written).astimezone(SAO_PAULO)
    formats = Formats(deadline=Format(long=pattern, time=pattern))
    canonical, words = state(ClaimKind.DEADLINE, moment, formats, "long", locale)
    day, _, hour = words.rpartition(", ")

    assert datetime.fromisoformat(canonical) == moment
    if case["call"] == "format_time":
        assert hour == case["expect"]
    else:
        assert case["expect"] in (f"{day} {hour}", f"{day}, {hour}")


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case["id"])
def test_the_library_still_says_what_was_recorded(case):
    """Nothing of ours writes distances and lists yet; a new Babel that changed them would be seen here."""
    *arguments, locale = case["args"] if case["call"] == "format_list" else case["args"][:2]
    written = (
        format_list(*arguments, locale=locale)
        if case["call"] == "format_list"
        else format_timedelta(*arguments, locale=locale, add_direction=True)
    )

    assert written == case["expect"]


# --- holidays and zones ---------------------------------------------------------------------------------------------

HOLIDAYS = [(None, day) for day in VECTORS["holidays_br_public"]] + [("SP", day) for day in VECTORS["holidays_sp_2026"]]


@pytest.mark.parametrize(("part", "day"), HOLIDAYS)
def test_a_public_holiday_is_no_business_day(part, day):
    """Also Good Friday and 20 November, which other calendars lack for 2026."""
    assert not Calendar("BR", part).is_business_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", VECTORS["holidays_br_optional_2026"])
def test_an_optional_holiday_is_a_business_day(day):
    """Carriers work on Carnival, where it does not fall on a weekend."""
    assert Calendar("BR").is_business_day(date.fromisoformat(day))


def test_no_other_day_of_the_year_is_a_holiday():
    """Every weekday of 2026 and 2027 that is not listed is a business day."""
    listed = {date.fromisoformat(day) for day in VECTORS["holidays_br_public"]}
    first = date(2026, 1, 1).toordinal()
    days = [date.fromordinal(first + number) for number in range(365 * 2)]
    brazil = Calendar("BR")

    assert [day for day in days if brazil.is_business_day(day)] == [
        day for day in days if day.weekday() < 5 and day not in listed
    ]


@pytest.mark.parametrize(("zone", "offsets"), VECTORS["utc_offset_jan_jul_2026"].items())
def test_brazil_has_no_summer_time(zone, offsets):
    """The offset of every zone in January and in July."""
    noons = [at_wall(datetime(2026, month, 15, 12), zone) for month in (1, 7)]  # noqa: DTZ001  # a wall time

    assert [rfc3339(noon, zone)[-6:] for noon in noons] == offsets
