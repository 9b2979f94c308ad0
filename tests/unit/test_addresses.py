"""Addresses in one form: what people type, what is stored, and what is no address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.addresses import InvalidAddress, can_receive_texts, normalise, sender_forms
from orchestrator.domain.customer import AddressKind, Channel

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "phone_numbers.json").read_text(encoding="utf-8"))
PHONES = [case for case in VECTORS["cases"] if case["region"] in ("BR", "US", "PT", "AR", "MX")]


@pytest.mark.parametrize("case", PHONES, ids=lambda case: case["input"] or "nothing")
def test_a_phone_is_stored_as_e164_or_refused(case):
    """Checked against what the library's own authors say of numbers as Brazilians type them."""
    if case["e164"] == "invalid":
        with pytest.raises(InvalidAddress):
            normalise(AddressKind.PHONE, case["input"], case["region"])
        return
    assert normalise(AddressKind.PHONE, case["input"], case["region"]) == case["e164"]
    assert can_receive_texts(case["e164"]) is case["sms_capable"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ana@Example.COM ", "ana@example.com"),
        ("ana+loja@example.com", "ana+loja@example.com"),
        ("ana@pão.example", "ana@pão.example"),
        ("ana@XN--PO-SIA.example", "ana@pão.example"),
        ("ANA@faß.example", "ana@faß.example"),
    ],
)
def test_an_email_is_stored_in_one_spelling(typed, stored):
    """However it is typed, a suppression of it is found."""
    assert normalise(AddressKind.EMAIL, typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@exam ple.com",
        "ana@example.com, bia@example.com",
        "Ana <ana@example.com>",
        "ana@example.com\r\nBcc: all@example.com",
        "ana@[127.0.0.1]",
        '"ana silva"@example.com',
        "ana@example.com\0",
        f"a@{'b' * 260}.com",
    ],
)
def test_what_no_mail_can_reach_is_refused(typed):
    with pytest.raises(InvalidAddress):
        normalise(AddressKind.EMAIL, typed)


@pytest.mark.parametrize(
    ("token", "fits"), [("a" * 8, True), ("a" * 4_096, True), ("a" * 7, False), ("a" * 4_097, False)]
)
def test_a_push_token_is_kept_as_it_is(token, fits):
    if fits:
        assert normalise(AddressKind.PUSH_TOKEN, f" {token}\n") == token
    else:
        with pytest.raises(InvalidAddress):
            normalise(AddressKind.PUSH_TOKEN, token)


@pytest.mark.parametrize("token", ["with a space", "zero\u200bwidth", "çedilha-token", "line\nbreak-token"])
def test_a_push_token_is_visible_ascii(token):
    with pytest.raises(InvalidAddress):
        normalise(AddressKind.PUSH_TOKEN, token)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [(AddressKind.EMAIL, "joana.silva@"), (AddressKind.PHONE, "11 5555-joana"), (AddressKind.PUSH_TOKEN, "joana x")],
)
def test_a_refusal_never_repeats_the_address(kind, typed):
    """Errors are logged and answered, and an address is somebody's."""
    with pytest.raises(InvalidAddress) as caught:
        normalise(kind, typed)
    assert "joana" not in str(caught.value)
    assert caught.value.code == "invalid_address"


@given(st.sampled_from(AddressKind), st.text() | st.from_regex(r"[\d ()+.-]{4,20}") | st.emails())
def test_a_stored_address_is_its_own_stored_form(kind, typed):
    """Nothing but InvalidAddress is ever raised, and normalising twice changes nothing."""
    try:
        stored = normalise(kind, typed)
    except InvalidAddress:
        return
    assert normalise(kind, stored) == stored
    assert stored.isprintable()
    assert stored.strip() == stored


@pytest.mark.parametrize("case", VECTORS["wa_id_variants"], ids=lambda case: case["wa_id"])
def test_a_whatsapp_sender_is_known_by_every_form_of_their_number(case):
    """Of the forms that it may have, those that a phone can have, with the ninth digit first."""
    forms = sender_forms(Channel.WHATSAPP, case["wa_id"])
    possible = {f"+{one}" for one in case["candidates"] if is_a_phone(f"+{one}")}
    assert set(forms) == possible
    assert forms[0] == max(possible, key=len)


def is_a_phone(value):
    try:
        return normalise(AddressKind.PHONE, value) == value
    except InvalidAddress:
        return False


@pytest.mark.parametrize(
    ("channel", "given", "stored"),
    [
        (Channel.WHATSAPP, "+55 11 98765-4321", "+5511987654321"),
        (Channel.WHATSAPP, "11 98765-4321", "+5511987654321"),
        (Channel.SMS, "5511987654321", "+5511987654321"),
        (Channel.EMAIL, "Ana@Example.com", "ana@example.com"),
        (Channel.EMAIL, "Ana <ana2@Example.com>", "ana2@example.com"),
        (Channel.EMAIL, "<ana@example.com>", "ana@example.com"),
        (Channel.EMAIL, '"Silva, Ana <a>" <ana@example.com> ', "ana@example.com"),
        (Channel.EMAIL, "Conceição, Ana <ana@example.com>", "ana@example.com"),
        (Channel.EMAIL, "ana@example.com <ana@example.com>", "ana@example.com"),
    ],
)
def test_any_other_sender_is_known_by_the_form_in_which_they_are_stored(channel, given, stored):
    assert sender_forms(channel, given) == (stored,)


@pytest.mark.parametrize("given", ["Ana <ana@example.com", "Ana <>", "Ana <a@example.com>, Bia <b@example.com>", '"<'])
def test_a_letter_from_nobody_or_from_two_has_no_sender(given):
    """Nobody can say whose act it was."""
    with pytest.raises(InvalidAddress):
        sender_forms(Channel.EMAIL, given)


def test_a_name_belongs_to_a_letter_and_to_no_stored_address():
    """A form that says more than the address is refused, as before."""
    with pytest.raises(InvalidAddress):
        normalise(AddressKind.EMAIL, "Ana <ana@example.com>")


def test_a_whatsapp_user_id_is_no_phone():
    """The library would read the letters as a keypad's digits."""
    with pytest.raises(InvalidAddress):
        sender_forms(Channel.WHATSAPP, "MY.2026206508304015")
