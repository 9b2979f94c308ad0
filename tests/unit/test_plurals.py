"""Words that follow a number, by the rules of each language."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.catalog.formats import UnfitValue
from orchestrator.catalog.plurals import choose, plural_category

PLURALS = json.loads((Path(__file__).parents[1] / "vectors" / "l10n_pt_br.json").read_text("utf-8"))["plurals"]
CASES = [(row["n"], locale, category) for row in PLURALS for locale, category in row.items() if locale != "n"]

ITEMS = {"one": "{n} item", "other": "{n} itens"}


@pytest.mark.parametrize(("number", "locale", "category"), CASES)
def test_categories_are_those_of_cldr(number, locale, category):
    """In five languages, one of which has all six; the locale may be written with a hyphen or an underscore."""
    assert plural_category(number, locale) == category
    assert plural_category(Decimal(number), locale.replace("_", "-")) == category


@pytest.mark.parametrize(
    ("number", "locale", "expected"),
    [
        (0, "pt-BR", "0 item"),
        (1, "pt-BR", "1 item"),
        (2, "pt-BR", "2 itens"),
        ("1.5", "pt-BR", "1,5 item"),
        (1200, "pt-BR", "1.200 itens"),
        (1_000_000, "pt-BR", "1.000.000 itens"),  # "many", which is not given
        (0, "en", "0 itens"),
        (1200, "en", "1,200 itens"),
    ],
)
def test_a_form_writes_its_number_as_the_locale_does(number, locale, expected):
    assert choose(number, ITEMS, locale) == expected


def test_a_form_need_not_write_the_number():
    """Braces that are no place stay as they are: "um item" reads better than "1 item"."""
    assert choose(1, {"one": "um item {x}", "other": "{n} itens"}, "pt-BR") == "um item {x}"


def test_forms_without_other_are_refused():
    """A number that nobody thought of would have no words."""
    with pytest.raises(UnfitValue, match="other"):
        choose(1, {"one": "{n} item"}, "pt-BR")


@pytest.mark.parametrize("number", ["doze", "", "NaN", True, "1e999999999"])
def test_what_is_not_a_number_has_no_plural(number):
    with pytest.raises(UnfitValue):
        choose(number, ITEMS, "pt-BR")
