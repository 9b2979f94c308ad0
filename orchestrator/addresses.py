"""Addresses in one form: what a person typed becomes the value that is stored, compared and written to."""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from orchestrator.contract.subscriptions import is_subscription, subscription
from orchestrator.domain.customer import ADDRESS_KINDS, AddressKind, Channel
from orchestrator.domain.errors import InputError

_LETTER = re.compile(r"[^\W\d_]")
_TOKEN = re.compile(r"[\x21-\x7e]{8,4096}")
# Who writes a letter, as its head says it: a name, in quotation marks or not, and the address.
_MAILBOX = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^<>"])*<([^<>]+)>\s*')
# A sender as WhatsApp writes it: country code and number, in digits alone.
_WHATSAPP_ID = re.compile(r"[1-9][0-9]{9,14}", re.ASCII)
# A Brazilian mobile without its ninth digit, and with it: eight digits that begin as no landline does.
_BRAZILIAN_SHORT = re.compile(r"(\+55[1-9][0-9])([6-9][0-9]{7})", re.ASCII)
_BRAZILIAN_FULL = re.compile(r"(\+55[1-9][0-9])9([6-9][0-9]{7})", re.ASCII)
_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})


class InvalidAddress(InputError):
    """Not an address of its kind. The value itself is never repeated in an error: it is personal data."""

    code = "invalid_address"


@lru_cache(maxsize=4_096)
def normalise(kind: AddressKind, value: str, region: str = "BR") -> str:
    """The stored form of an address.

    E-mail: domain in lower case and IDNA, local part in lower case for comparison; phone: E.164; push token: as it is,
    or a browser's subscription: its endpoint and its keys, as compact JSON.

    Args:
        kind: what it is.
        value: as it was given.
        region: where a phone without a country code is (ISO 3166).

    Raises:
        InvalidAddress: nothing can be sent to it.
    """
    return _NORMALISE[kind](value.strip(), region)


def sender_forms(channel: Channel, value: str, region: str = "BR") -> tuple[str, ...]:
    """The stored forms of who writes to us on a channel, the likeliest first.

    WhatsApp names senders by digits alone, and Brazilian mobiles with or without their ninth digit: whichever form
    the customer gave us, it is them. Mail programs put a name before the address: `Ana <ana@example.com>`.

    Raises:
        InvalidAddress: nobody can be reached there.
    """
    kind = ADDRESS_KINDS[channel]
    if channel is Channel.EMAIL:
        named = _MAILBOX.fullmatch(value)
        return (normalise(kind, named[1] if named else value, region),)
    if channel is not Channel.WHATSAPP or not _WHATSAPP_ID.fullmatch(value.strip()):
        return (normalise(kind, value, region),)
    digits = f"+{value.strip()}"
    short, full = _BRAZILIAN_SHORT.fullmatch(digits), _BRAZILIAN_FULL.fullmatch(digits)
    with_ninth = f"{short[1]}9{short[2]}" if short else digits
    without = f"{full[1]}{full[2]}" if full else digits
    forms: list[str] = []
    for one in dict.fromkeys((with_ninth, without)):
        with contextlib.suppress(InvalidAddress):
            forms.append(normalise(kind, one))
    return tuple(forms) or (normalise(kind, value, region),)


def can_receive_texts(phone: str) -> bool:
    """Whether an E.164 phone is a mobile: landlines are valid numbers that no SMS reaches."""
    return phonenumbers.number_type(phonenumbers.parse(phone)) in _MOBILE


def masked(kind: AddressKind, value: str) -> str:
    """A stored address as somebody may see it who must not read it: `j••@example.com`, `+55 11 9••••-5678`."""
    return _MASK[kind](value)


def _email(value: str, _region: str) -> str:
    try:
        checked = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidAddress("This is not an e-mail address: {why}", why=str(error)) from error
    # Lower case, and no more: folding would turn faß.example into fass.example, which is somebody else's.
    return f"{checked.local_part.lower()}@{checked.domain}"


def _phone(value: str, region: str) -> str:
    # The library reads letters as a keypad's digits: "ramal 5" and WhatsApp's user ids would become numbers.
    if _LETTER.search(value):
        raise InvalidAddress("A phone number has no letters in it.")
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException as error:
        raise InvalidAddress("This is not a phone number. Write it as +5511912345678.") from error
    if not phonenumbers.is_valid_number(number):
        raise InvalidAddress("No phone has this number. Write it as +5511912345678.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _push_token(value: str, _region: str) -> str:
    if is_subscription(value):
        found = subscription(value)
        if found is None:
            raise InvalidAddress("This is no push subscription: write it as JSON.stringify(subscription) does.")
        return found.stored
    if not _TOKEN.fullmatch(value):
        raise InvalidAddress("This is not a push token: 8 to 4,096 visible ASCII characters.")
    return value


_NORMALISE = {AddressKind.EMAIL: _email, AddressKind.PHONE: _phone, AddressKind.PUSH_TOKEN: _push_token}


def _masked_email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    return f"{local[:1]}••@{domain}"


def _masked_phone(value: str) -> str:
    """Country, area and the first digit stay, and the last four."""
    number = phonenumbers.parse(value)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    digits = [place for place, sign in enumerate(written) if sign.isdigit()]
    shown = len(str(number.country_code)) + _SHOWN_FIRST
    hidden = set(digits[shown:-_SHOWN_LAST])
    return "".join("•" if place in hidden else sign for place, sign in enumerate(written))


def _masked_token(value: str) -> str:
    found = subscription(value) if is_subscription(value) else None
    value = found.endpoint if found is not None else value
    return f"••{value[-_SHOWN_LAST:]}"


_SHOWN_FIRST = 3
_SHOWN_LAST = 4

_MASK = {
    AddressKind.EMAIL: _masked_email,
    AddressKind.PHONE: _masked_phone,
    AddressKind.PUSH_TOKEN: _masked_token,
}
