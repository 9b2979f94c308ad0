"""Where a customer's clock is: their word, else their phone's area code, else the shop's zone."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from orchestrator.domain.customer import Address, AddressKind, Customer
from orchestrator.zones import is_guessed, zone_of, zone_of_phone

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/br_area_code_timezones.json").read_text("utf-8"))
BY_LIBRARY = {code: entry["zones"] for entry in VECTOR["map"] for code in entry["ddd"]}
RECIFE = 81
SHOP = "America/Sao_Paulo"


def phone(value):
    return Address(id=value, kind=AddressKind.PHONE, value=value)


def somebody(*addresses, time_zone=None):
    return Customer(id="cus_1", time_zone=time_zone, addresses=addresses)


@pytest.mark.parametrize("code", range(100))
def test_every_area_code_is_where_the_library_says_but_recife(code):
    """One code has two zones: Fernando de Noronha is much the smaller part of 81. Codes that do not exist have none."""
    found = zone_of_phone(f"+55{code:02}912345678")
    if code == RECIFE:
        assert (found, BY_LIBRARY[code]) == ("America/Recife", ["America/Noronha"])
    else:
        assert [found] == BY_LIBRARY.get(code, [None])


def test_every_zone_of_the_table_exists():
    assert {zone_of_phone(f"+55{code}912345678") for code in BY_LIBRARY} <= available_timezones()


@pytest.mark.parametrize("number", ["+351912345678", "+12015550123", "+5", "+55"])
def test_a_phone_of_elsewhere_tells_nothing(number):
    """Nor does what is too short to have an area code."""
    assert zone_of_phone(number) is None
    assert zone_of(somebody(phone(number)), SHOP) == SHOP


@pytest.mark.parametrize(
    ("phones", "zone", "guessed"),
    [
        (["+351912345678"], None, True),
        (["+351912345678", "+5592912345678"], None, True),
        (["+351912345678"], "Europe/Lisbon", False),
        (["+351912345678"], "Europe/Lisboa", True),
        (["+5592912345678", "+351912345678"], None, False),
        ([], None, False),
    ],
)
def test_a_phone_of_elsewhere_without_a_zone_makes_the_shops_a_guess(phones, zone, guessed):
    assert is_guessed(somebody(*map(phone, phones), time_zone=zone)) is guessed


def test_what_the_customer_said_wins():
    """Somebody from Manaus who lives in Lisbon."""
    assert zone_of(somebody(phone("+5592912345678"), time_zone="Europe/Lisbon"), SHOP) == "Europe/Lisbon"


@pytest.mark.parametrize("nowhere", ["America/Sao_Paolo", "", "../etc/passwd", "America"])
def test_a_zone_that_does_not_exist_is_as_none(nowhere):
    """A mapping may bring any text; the phone is asked then, as without one."""
    assert zone_of(somebody(phone("+5592912345678"), time_zone=nowhere), SHOP) == "America/Manaus"


def test_the_first_phone_counts():
    """E-mail addresses and push tokens are nowhere."""
    email = Address(id="a", kind=AddressKind.EMAIL, value="ana@example.com")
    assert zone_of(somebody(email, phone("+5568912345678"), phone("+5511912345678")), SHOP) == "America/Rio_Branco"


def test_without_a_phone_it_is_the_shops():
    assert zone_of(somebody(), SHOP) == SHOP
