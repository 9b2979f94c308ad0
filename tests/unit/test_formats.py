"""Values as the customer reads them, checked against Babel's own tables, and what is no value of its kind."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.formats import UnfitValue, refuse_price_pattern, state, write
from orchestrator.catalog.voice import Format, Formats
from orchestrator.domain.claim import ClaimKind
from orchestrator.schema import VariableType

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "l10n_pt_br.json").read_text(encoding="utf-8"))
MONEY = [case for case in VECTORS["cases"] if case["call"] == "format_currency"]
DATES = [case for case in VECTORS["cases"] if case["call"] == "format_date"]

CASA_LUME = Formats(
    delivery_date=Format(long="EEEE, d 'de' MMMM", short="dd/MM"),
    deadline=Format(long="d 'de' MMMM", short="dd/MM", time="HH'h'mm"),
)


def stated(kind, value, style="long", formats=CASA_LUME, locale="pt-BR"):
    return state(kind, value, formats, style, locale)


def written(kind, value, style="long", locale="pt-BR"):
    return write(kind, value, CASA_LUME, style, locale)


# --- against tables -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", MONEY, ids=lambda case: case["id"])
def test_money_is_written_as_the_locale_writes_it(case):
    """A claim and a plain variable alike, in one part or in two."""
    amount, currency, locale = case["args"]
    in_two_parts = {"amount": amount, "currency": currency}
    assert stated(ClaimKind.PRICE, f"{amount} {currency}", locale=locale)[1] == case["expect"]
    assert written(VariableType.MONEY, in_two_parts, locale=locale.replace("_", "-")) == case["expect"]


@pytest.mark.parametrize("case", DATES, ids=lambda case: case["id"])
def test_dates_are_written_as_the_locale_writes_them(case):
    day, pattern, locale = case["args"]
    formats = Formats(delivery_date=Format(long=pattern))
    assert stated(ClaimKind.DELIVERY_DATE, day, formats=formats, locale=locale) == (day, case["expect"])


# --- claims ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "style", "canonical", "words"),
    [
        (ClaimKind.DELIVERY_DATE, "2026-11-27", "long", "2026-11-27", "sexta-feira, 27 de novembro"),
        (ClaimKind.DELIVERY_DATE, "2026-11-27T18:00:00-03:00", "short", "2026-11-27", "27/11"),
        (ClaimKind.DEADLINE, "2026-11-29", "long", "2026-11-29", "29 de novembro"),
        (ClaimKind.DEADLINE, "2026-11-29T23:59:00-03:00", "long", "2026-11-29T23:59:00-03:00", "29 de novembro, 23h59"),
        (ClaimKind.DEADLINE, "2026-11-29T18:00:00-03:00", "short", "2026-11-29T18:00:00-03:00", "29/11, 18h00"),
        (ClaimKind.PRICE, "129.90 BRL", "long", "129.90 BRL", "R$\u00a0129,90"),
        (ClaimKind.DISCOUNT, "20%", "long", "20%", "20%"),
        (ClaimKind.DISCOUNT, 12.5, "long", "12.5%", "12,5%"),
        (ClaimKind.COUPON, "LUME20", "long", "LUME20", "LUME20"),
        (ClaimKind.POLICY, "7 dias", "long", "7 dias", "7 dias"),
    ],
)
def test_a_claim_has_one_value_and_the_voices_words_for_it(kind, value, style, canonical, words):
    assert stated(kind, value, style) == (canonical, words)


def test_a_pattern_that_would_drop_minutes_is_refused():
    """An "até 23h" for 23:59 broke a promise by 59 minutes; on the full hour nothing is dropped."""
    formats = Formats(deadline=Format(long="d/M", time="HH'h'"))
    assert stated(ClaimKind.DEADLINE, "2026-11-29T18:00:00-03:00", formats=formats)[1] == "29/11, 18h"
    with pytest.raises(UnfitValue, match="would drop the minutes of 23:59"):
        stated(ClaimKind.DEADLINE, "2026-11-29T23:59:00-03:00", formats=formats)


@pytest.mark.parametrize(
    ("pattern", "fits"), [("R$ 1.234,56", True), ("", True), ("R$1,234.56", False), ("$ 9", False)]
)
def test_a_price_pattern_is_how_the_locale_writes_money(pattern, fits):
    if fits:
        refuse_price_pattern(pattern, "pt-BR")
    else:
        with pytest.raises(ValueError, match="must read as pt-BR writes it"):
            refuse_price_pattern(pattern, "pt-BR")


# --- plain variables ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (VariableType.STRING, "Ana", "Ana"),
        (VariableType.STRING, 10234, "10234"),
        (VariableType.INTEGER, 12_345, "12.345"),
        (VariableType.INTEGER, 3.0, "3"),
        (VariableType.NUMBER, 0.1, "0,1"),
        (VariableType.BOOLEAN, True, "true"),
        (VariableType.BOOLEAN, 1, "1"),
        (VariableType.DATE, "2026-11-27", "sexta-feira, 27 de novembro"),
        (VariableType.DATETIME, "2026-11-27T18:00:00-03:00", "sexta-feira, 27 de novembro"),
        (VariableType.URL, "https://casalume.example/p/1?a=b&c=d#e", "https://casalume.example/p/1?a=b&c=d#e"),
    ],
)
def test_a_variable_is_written_by_its_type(kind, value, words):
    """1 and true are different values, however alike they are to a cache."""
    assert written(kind, value) == words


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "//casalume.example",
        "casalume.example",
        "https://",
        "https://[::1",
        'https://casalume.example/"onclick=x',
        "https://casalume.example/<b>",
        "https://casalume.example/a b",
        "https://casalume.example/\r\nBcc: all@example.com",
        "https://casalume.example/\u2028x",
        "https://casalume.example/\u202etxt.exe",
        "https://casalume.example/\0",
        "https:\\\\casalume.example",
        {"url": "https://casalume.example"},
        ["https://casalume.example"],
    ],
)
def test_only_a_plain_web_address_is_a_link(url):
    with pytest.raises(UnfitValue):
        written(VariableType.URL, url)


UNFIT = {
    VariableType.INTEGER: [1.5, "x"],
    VariableType.NUMBER: ["", "1,5", "NaN", "Infinity", "1e999999999", "1e15", "1e-400"],
    VariableType.DATE: ["27/11/2026", "2026-02-30", 7],
    VariableType.MONEY: [
        "129.90",
        "BRL",
        "1e999999999 BRL",
        "1e30000 BRL",
        "NaN BRL",
        {"amount": [1], "currency": "BRL"},
    ],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in UNFIT.items() for value in values])
def test_what_is_no_value_of_its_kind_is_refused_at_once(kind, value):
    """Eleven characters, "1e999999999", would be a gigabyte of digits."""
    started = time.process_time()
    with pytest.raises(UnfitValue):
        written(kind, value)
    assert time.process_time() - started < 0.2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.from_regex(r"-?[0-9]{1,3}e[0-9]{1,9} BRL"),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["amount", "currency", "x"]), inner, max_size=3)
    ),
)


@given(kind=st.sampled_from(ClaimKind) | st.sampled_from(VariableType), value=JSON)
def test_whatever_the_data_holds_is_written_or_unfit(kind, value):
    """Never another error: in a drain it would end the worker, and with it everybody else's messages."""
    try:
        words = stated(kind, value)[1] if isinstance(kind, ClaimKind) else written(kind, value)
    except UnfitValue:
        return
    assert isinstance(words, str)


@pytest.mark.parametrize(
    ("pattern", "locale", "near", "far"),
    [
        ("d 'de' MMMM", "pt-BR", "30 de novembro", "30 de novembro de 2030"),
        ("EEEE, d 'de' MMMM", "pt-BR", "segunda-feira, 30 de novembro", "sábado, 30 de novembro de 2030"),
        ("dd/MM", "pt-BR", "30/11", "30/11/2030"),
        ("dd-MM", "pt-BR", "30-11", "30-11-2030"),
        ("dd/MM/yyyy", "pt-BR", "30/11/2026", "30/11/2030"),
        ("MMMM d", "en", "November 30", "November 30, 2030"),
        ("MM/dd", "en", "11/30", "11/30/2030"),
    ],
)
def test_a_date_that_is_far_away_is_written_with_its_year(pattern, locale, near, far):
    """In November, "até 30 de novembro" is this week: four years of difference must be seen."""
    formats = Formats(deadline=Format(long=pattern))
    today = date(2026, 11, 25)
    assert state(ClaimKind.DEADLINE, "2026-11-30", formats, "long", locale, today=today)[1] == near
    assert state(ClaimKind.DEADLINE, "2030-11-30", formats, "long", locale, today=today)[1] == far
    assert state(ClaimKind.DEADLINE, "2027-05-27", formats, "long", locale, today=today)[1].count("2027") == (
        "yyyy" in pattern
    )


def test_without_a_day_on_which_it_is_said_a_date_is_written_as_the_pattern_says():
    formats = Formats(deadline=Format(long="dd/MM"))
    assert state(ClaimKind.DEADLINE, "2030-11-30", formats, "long", "pt-BR")[1] == "30/11"
