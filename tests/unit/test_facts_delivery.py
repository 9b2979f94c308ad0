"""The one rule of delivery dates: business days, holidays, cut-off and region."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.time import instant
from orchestrator.facts.calendar import Calendar, read_calendar
from orchestrator.facts.delivery import BRAZILIAN, REGIONS, business_days, delivery_date
from orchestrator.facts.model import DeliveryPromise

ZONE = "America/Sao_Paulo"
BRAZIL = Calendar("BR")
DAYS = {"SP": 2, "Sudeste": 3, "Sul": 4, "Centro-Oeste": 5, "Nordeste": 7, "Norte": 9}
STANDARD = DeliveryPromise(cutoff="14:00", business_days=DAYS)
VECTORS = json.loads((Path(__file__).parents[1] / "vectors/l10n_pt_br.json").read_text(encoding="utf-8"))


def at(wall):
    return instant(datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(ZONE)))


# --- the calendar -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", VECTORS["holidays_br_public"])
def test_a_public_holiday_is_no_business_day(day):
    assert not BRAZIL.is_business_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", VECTORS["holidays_br_optional_2026"])
def test_an_optional_day_off_is_a_business_day(day):
    """Carnival, Corpus Christi, the eves: carriers work."""
    assert BRAZIL.is_business_day(date.fromisoformat(day))


def test_a_state_has_holidays_of_its_own():
    revolution = date(2026, 7, 9)
    assert BRAZIL.is_business_day(revolution)
    assert not Calendar("BR", "SP").is_business_day(revolution)


def test_without_a_country_only_weekends_are_off():
    assert Calendar().is_business_day(date(2026, 12, 25))
    assert not Calendar().is_business_day(date(2026, 12, 26))


@pytest.mark.parametrize(
    ("day", "count", "arrives"),
    [
        ("2026-11-18", 0, "2026-11-18"),
        ("2026-11-18", 1, "2026-11-19"),
        ("2026-11-18", 2, "2026-11-23"),  # over Zumbi, a Friday
        ("2026-11-20", 0, "2026-11-23"),  # from a day off, counting starts at the next business day
        ("2026-11-21", 1, "2026-11-24"),
        ("2026-12-31", 1, "2027-01-04"),
    ],
)
def test_business_days_are_counted_over_weekends_and_holidays(day, count, arrives):
    assert BRAZIL.add_business_days(date.fromisoformat(day), count) == date.fromisoformat(arrives)


def test_business_days_are_not_counted_backwards():
    with pytest.raises(ValueError, match="cannot be added"):
        BRAZIL.add_business_days(date(2026, 11, 18), -1)


@pytest.mark.parametrize(
    ("code", "calendar"), [("BR", Calendar("BR")), ("BR-SP", Calendar("BR", "SP")), ("PT", Calendar("PT"))]
)
def test_a_calendar_is_named_by_its_code(code, calendar):
    assert read_calendar(code) == calendar
    assert calendar.fault() is None


@pytest.mark.parametrize(
    ("calendar", "fault"),
    [
        (Calendar(), None),
        (Calendar("XX"), 'There is no country "XX"'),
        (Calendar("BR", "SPP"), 'BR has no part "SPP"; did you mean "SP"?'),
    ],
)
def test_a_calendar_knows_whether_it_exists(calendar, fault):
    assert calendar.fault() == fault


def test_nobody_pays_for_holidays_before_a_day_is_counted():
    """Workers stay lean: the library is loaded by the first business day that is asked for."""
    code = "import sys, orchestrator.facts.book, orchestrator.facts.sheet; print('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# --- the date ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordered", "region", "arrives"),
    [
        # Around 20 November 2026, a Friday and a holiday.
        ("2026-11-18 10:00", "SP", "2026-11-23"),
        ("2026-11-18 15:00", "SP", "2026-11-24"),
        ("2026-11-19 14:00", "SP", "2026-11-24"),  # at the cut-off is in time
        ("2026-11-19 14:01", "SP", "2026-11-25"),
        ("2026-11-20 10:00", "SP", "2026-11-25"),
        ("2026-11-20 18:00", "SP", "2026-11-25"),
        ("2026-11-21 10:00", "SP", "2026-11-25"),
        ("2026-11-22 23:59", "SP", "2026-11-25"),
        ("2026-11-23 00:00", "SP", "2026-11-25"),
        # A Friday, before and after the cut-off.
        ("2026-11-27 13:59", "SP", "2026-12-01"),
        ("2026-11-27 15:00", "SP", "2026-12-02"),
        ("2026-11-27 10:00", "RJ", "2026-12-02"),
        ("2026-11-27 10:00", "RS", "2026-12-03"),
        # Christmas and New Year are Fridays; their eves are business days.
        ("2026-12-23 10:00", "SP", "2026-12-28"),
        ("2026-12-24 15:00", "SP", "2026-12-30"),
        ("2026-12-30 10:00", "SP", "2027-01-04"),
        ("2026-12-21 10:00", "AM", "2027-01-05"),
        # Carnival is no holiday, Good Friday is.
        ("2026-02-13 10:00", "SP", "2026-02-17"),
        ("2026-04-01 10:00", "SP", "2026-04-06"),
    ],
)
def test_a_date_is_what_a_person_counts(ordered, region, arrives):
    assert delivery_date(STANDARD, at(ordered), region, BRAZIL, ZONE) == date.fromisoformat(arrives)


@pytest.mark.parametrize(
    ("ordered", "arrives"),
    [
        (datetime(2026, 11, 18, 16, 59, tzinfo=UTC), date(2026, 11, 23)),  # 13:59 in São Paulo
        (datetime(2026, 11, 18, 17, 1, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 19, 1, 0, tzinfo=UTC), date(2026, 11, 24)),  # still Wednesday there
    ],
)
def test_the_cut_off_is_an_hour_of_the_project_s_zone(ordered, arrives):
    assert delivery_date(STANDARD, instant(ordered), "SP", BRAZIL, ZONE) == arrives


def test_without_a_cut_off_the_whole_day_counts():
    promise = DeliveryPromise(business_days={"SP": 2})
    assert delivery_date(promise, at("2026-11-18 23:59"), "SP", BRAZIL, ZONE) == date(2026, 11, 23)


def test_a_holiday_of_the_state_makes_a_day_later():
    ordered = at("2026-07-08 10:00")
    assert delivery_date(STANDARD, ordered, "SP", BRAZIL, ZONE) == date(2026, 7, 10)
    assert delivery_date(STANDARD, ordered, "SP", Calendar("BR", "SP"), ZONE) == date(2026, 7, 13)


# --- the region -------------------------------------------------------------------------------------------------------


def test_brazil_has_26_states_and_a_federal_district():
    assert len(REGIONS) == 27
    assert set(REGIONS.values()) == {"Norte", "Nordeste", "Centro-Oeste", "Sudeste", "Sul"}
    assert set(REGIONS) == {
        "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR",
        "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("region", "days"),
    [
        ("SP", 2),  # its own entry before its region's
        ("RJ", 3),
        ("PR", 4),
        ("DF", 5),
        ("CE", 7),
        ("TO", 9),
        ("sp", 2),
        (" BR-SP ", 2),
        ("Sudeste", 3),
        ("centro oeste", 5),
        ("Lisboa", 9),  # unknown is the slowest
        ("", 9),
        (None, 9),
    ],
)
def test_a_region_has_its_own_days_or_those_that_it_is_part_of(region, days):
    assert business_days(STANDARD, region) == days


# --- what always holds ------------------------------------------------------------------------------------------------

instants = st.integers(min_value=at("2026-01-01 00:00"), max_value=at("2028-12-31 00:00"))
regions = st.sampled_from((*BRAZILIAN, None))
cutoffs = st.sampled_from(("00:00", "09:30", "14:00", "18:00", "23:59"))
calendars = st.sampled_from((Calendar(), BRAZIL, Calendar("BR", "SP")))


def promise(cutoff):
    return DeliveryPromise(cutoff=cutoff, business_days=DAYS)


@given(instants, regions, cutoffs, calendars)
def test_nothing_arrives_on_a_day_off_or_before_it_was_ordered(ordered, region, cutoff, calendar):
    arrives = delivery_date(promise(cutoff), ordered, region, calendar, ZONE)
    assert calendar.is_business_day(arrives)
    assert arrives >= datetime.fromtimestamp(ordered / 1000, ZoneInfo(ZONE)).date()


@given(instants, st.integers(min_value=0, max_value=10 * 86_400_000), regions, cutoffs, calendars)
def test_who_orders_later_gets_it_no_earlier(ordered, wait, region, cutoff, calendar):
    first = delivery_date(promise(cutoff), ordered, region, calendar, ZONE)
    assert delivery_date(promise(cutoff), ordered + wait, region, calendar, ZONE) >= first


@given(instants, regions, cutoffs, cutoffs, calendars)
def test_a_later_cut_off_makes_nothing_later(ordered, region, one, other, calendar):
    earlier, later = sorted((one, other))
    with_later = delivery_date(promise(later), ordered, region, calendar, ZONE)
    assert with_later <= delivery_date(promise(earlier), ordered, region, calendar, ZONE)


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.integers(min_value=0, max_value=30), calendars)
def test_the_business_days_between_are_as_many_as_were_added(day, count, calendar):
    """Counted by walking, day by day."""
    arrives = calendar.add_business_days(day, count)
    walked = [day + timedelta(days=n) for n in range((arrives - day).days + 1)]
    assert sum(calendar.is_business_day(one) for one in walked) == count + 1
