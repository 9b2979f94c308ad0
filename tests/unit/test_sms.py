"""What an SMS costs and how it is written."""

# ruff: noqa: RUF001  # characters that look like others are what is tested

from __future__ import annotations

import json
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.catalog.sms import (
    CURRENCIES,
    GSM_16_BIT_PROFILE,
    GSM_BASIC,
    GSM_EXTENSION,
    GSM_PROFILE,
    Offender,
    Segmentation,
    changed_characters,
    lost_letters,
    offending_characters,
    segment,
    transliterate,
)

VECTORS = Path(__file__).parents[1] / "vectors"
SEGMENTS = json.loads((VECTORS / "sms_segments.json").read_text("utf-8"))["cases"]
TRANSLITERATIONS = json.loads((VECTORS / "sms_transliteration.json").read_text("utf-8"))["cases"]
TABLES = json.loads((VECTORS / "gsm7_tables.json").read_text("utf-8"))

EVERY_CHARACTER = list(map(chr, range(sys.maxunicode + 1)))

# Long texts of few kinds of characters, so that doubles meet the ends of parts.
gsm_texts = st.text(st.sampled_from("ab é€[~"), max_size=700)
mixed_texts = st.text(st.sampled_from("ab é€ã😀"), max_size=400)
profiles = st.sampled_from([GSM_PROFILE, GSM_16_BIT_PROFILE])
policies = st.sampled_from(["ascii", "gsm"])
customer_texts = st.text() | st.text(st.sampled_from("aZ 09,$€£₹¹½①٣ãé…🎉李\u200d\u0301\n\r\t\x1f`"))
unhurried = settings(deadline=None)


# --- parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SEGMENTS, ids=lambda case: case["id"])
def test_parts_are_those_of_the_vectors(case):
    """Encoding, units and the size of every part agree with the published calculators."""
    found = segment(case["text"])

    assert found == Segmentation(case["encoding"], case["units"], case["segments"], tuple(case["units_per_segment"]))


@unhurried
@given(gsm_texts | mixed_texts, profiles)
def test_parts_are_those_of_a_splitter_that_walks_character_by_character(text, profile):
    """The arithmetic equals filling parts one character at a time."""
    found = segment(text, profile)

    assert list(found.units_per_segment) == _walked(text, profile)
    assert found.segments == len(found.units_per_segment)
    assert found.units == sum(found.units_per_segment)


def _walked(text, profile):
    gsm = all(character in GSM_BASIC or character in GSM_EXTENSION for character in text)
    if gsm:
        alone, in_part = profile.septets_alone, profile.septets_in_part
        costs = [2 if character in GSM_EXTENSION else 1 for character in text]
    else:
        alone, in_part = profile.units_alone, profile.units_in_part
        costs = [len(character.encode("utf-16-le")) // 2 for character in text]
    limit = alone if sum(costs) <= alone else in_part
    parts = []
    for cost in costs:
        if parts and parts[-1] + cost <= limit:
            parts[-1] += cost
        else:
            parts.append(cost)
    return parts


def test_a_16_bit_reference_costs_a_septet_of_every_part():
    """The profile is data of the route: 152 and 66 instead of 153 and 67."""
    assert segment("a" * 161, GSM_16_BIT_PROFILE).units_per_segment == (152, 9)
    assert segment("ã" * 71, GSM_16_BIT_PROFILE).units_per_segment == (66, 5)
    assert segment("a" * 160, GSM_16_BIT_PROFILE).segments == 1


def test_the_alphabet_is_that_of_3gpp_without_the_escape():
    """The escape announces an extension character and is never written by itself."""
    basic = {chr(int(row["cp"].removeprefix("U+"), 16)) for row in TABLES["basic"]}
    extension = {chr(int(row["cp"].removeprefix("U+"), 16)) for row in TABLES["extension"]}

    assert basic - {"\x1b"} == GSM_BASIC
    assert extension == GSM_EXTENSION
    assert segment("\x1b").encoding == "UCS-2"


def test_the_capacities_are_those_of_3gpp():
    """Both profiles equal the published capacities."""
    for profile, name in ((GSM_PROFILE, "concat8"), (GSM_16_BIT_PROFILE, "concat16")):
        capacity = TABLES["capacity"][name]

        assert (profile.septets_in_part, profile.units_in_part) == (capacity["septets"], capacity["ucs2_units"])


def test_half_a_character_counts_as_one_unit():
    """A lone surrogate, which JSON can carry, is counted and does not raise."""
    assert segment("\ud83d").units == 1


def test_offending_characters_are_named_where_they_stand():
    """A writer is shown what triples the cost, and each place of it."""
    assert offending_characters("R$\u00a010, não vá") == (
        Offender(2, "\u00a0"),
        Offender(8, "ã"),
        Offender(12, "á"),
    )
    assert offending_characters("R$ 10, nao va €") == ()


# --- transliteration ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["ascii", "gsm"])
@pytest.mark.parametrize("case", TRANSLITERATIONS, ids=lambda case: ascii(case["text"]))
def test_transliterations_are_those_of_the_vectors(case, policy):
    """Text, encoding and cost after transliteration agree with the vectors."""
    expected = case[policy]
    found = transliterate(case["text"], policy)

    assert found == expected["text"]
    assert segment(case["text"]).segments == case["original"]["segments"]
    assert (segment(found).encoding, segment(found).units) == (expected["encoding"], expected["units"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10€ hoje", "10 EUR hoje"),
        ("custa 5€.", "custa 5 EUR."),
        ("¥ 300", "JPY 300"),
        ("₮300", "TUGRIK 300"),
        ("￡5", "GBP 5"),
        ("R$ 59,90¹ à vista", "R$ 59,90 1 a vista"),
        ("1½ kg", "1 1/2 kg"),
        ("½ kg", "1/2 kg"),
        ("40 m²", "40 m2"),
        ("3× R$ 20", "3x R$ 20"),
        ("10👉20", "10 20"),
        ("de 10①②", "de 10 1 2"),
        ("1️⃣0️⃣%", "10%"),
        ("１２３", "123"),
        ("٣٤", "34"),
        ("➊ passo", "1 passo"),
        ("a ≠ b ≤ c", "a != b <= c"),
        ("“Olá” – ‘tudo’ — d’água…", "\"Ola\" - 'tudo' - d'agua..."),
        ("Parabéns 🎉", "Parabens"),
        ("Oi 🎉🎉 Ana", "Oi Ana"),
        ("Oi 🎉\nAna", "Oi\nAna"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\tb\u00a0\u00a0c", "a b c"),
        ("a\x00b\x1f\x1ec\x1b", "abc"),
        ("`x`", "'x'"),
        ("  a   b ", "a b"),
    ],
)
def test_a_plainer_spelling_says_the_same(text, expected):
    """Numbers and words do not grow together, and signs are spelled."""
    assert transliterate(text, "ascii") == expected


def test_keep_leaves_a_text_as_it_is():
    """Who keeps accents pays for UCS-2, and nothing is touched."""
    text = "Olá  🎉\u00a0"

    assert transliterate(text, "keep") == text
    assert changed_characters(text, "keep") == ()
    assert lost_letters(text, "keep") == ()


@unhurried
@given(customer_texts)
def test_ascii_always_gives_ascii_of_gsm_7(text):
    """Whatever a customer is called, the SMS stays in the cheap alphabet."""
    found = transliterate(text, "ascii")

    assert found.isascii()
    assert offending_characters(found) == ()


@unhurried
@given(customer_texts, policies)
def test_transliteration_always_ends_in_gsm_7_and_stays_there(text, policy):
    """A transliterated text is not changed by doing it again."""
    found = transliterate(text, policy)

    assert offending_characters(found) == ()
    assert transliterate(found, policy) == found
    assert changed_characters(found, policy) == ()


@unhurried
@given(customer_texts, policies)
def test_no_digit_is_ever_lost(text, policy):
    """Every digit of every script is there afterwards, in its order."""
    wanted = [str(unicodedata.digit(character)) for character in text if character.isdigit()]
    found = iter(transliterate(text, policy))

    assert all(digit in found for digit in wanted)


@pytest.mark.parametrize("policy", ["ascii", "gsm"])
def test_every_digit_of_unicode_has_a_spelling(policy):
    """Not only those that a generator finds."""
    for character in filter(str.isdigit, EVERY_CHARACTER):
        assert str(unicodedata.digit(character)) in transliterate(character, policy)


@pytest.mark.parametrize("policy", ["ascii", "gsm"])
def test_every_currency_sign_is_kept_or_spelled_apart_from_the_number(policy):
    """A dropped sign would change the offer."""
    signs = [character for character in EVERY_CHARACTER if unicodedata.category(character) == "Sc"]

    for sign in {*signs, *CURRENCIES}:
        found = transliterate(f"{sign}7", policy)

        assert re.fullmatch("(?:[$£¥¤€]|Rs|[A-Za-z][A-Za-z -]* )7", found), f"{sign} became {found}"


def test_changed_characters_are_named_once_in_their_order():
    """The finding about lost accents reads as the text does."""
    assert changed_characters("São João, à vista 🎉 é", "ascii") == ("ã", "à", "🎉", "é")
    assert changed_characters("São João, à vista 🎉 é", "gsm") == ("ã", "🎉")
    assert changed_characters("tudo certo", "ascii") == ()


def test_a_decomposed_letter_is_one_letter():
    """Some keyboards write e and an accent; GSM-7 has the letter that they mean."""
    assert transliterate("e\u0301", "gsm") == "é"
    assert changed_characters("e\u0301", "gsm") == ()
    assert changed_characters("e\u0301", "ascii") == ("é",)


def test_letters_that_leave_nothing_behind_are_named():
    """Dropping an emoji keeps the meaning; dropping a name does not."""
    assert lost_letters("Olá, 李! 🎉 ½", "ascii") == ("李",)
    assert lost_letters("Olá! 🎉", "ascii") == ()


def test_memory_of_spellings_is_bounded():
    """Names in every script do not make a worker grow, and spellings stay right beyond the bound."""
    for character in EVERY_CHARACTER[0x3400:0x9000]:
        transliterate(character, "ascii")

    assert transliterate("Ǻ 亞 ş", "ascii") == "A s"
