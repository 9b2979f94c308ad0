"""The head of a letter, line by line: what cannot stand in a header is encoded, and a line break is refused."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.contract.adapter import one_click_headers
from orchestrator.contract.mail.addresses import ATOMS, DOT_ATOM, ascii_address
from orchestrator.domain.errors import InputError

if TYPE_CHECKING:
    from orchestrator.domain.delivery import Delivery

_BREAKS = re.compile(r"[\r\n\x00]")
_PRINTABLE = re.compile(r"[!-~]+(?: [!-~]+)*")

# A line with encoded words has at most 76 characters (RFC 2047); 39 bytes become 52 of base64 and 12 around them,
# which fits beside "Reply-To: ", the longest name here.
_WORD_BYTES_MAX = 39
_LINE_ROOM = 64


@lru_cache(maxsize=2048)
def subject(text: str) -> str:
    """The value of a Subject. Raises InputError for a line break."""
    refuse_breaks("the subject", text)
    if len(text) <= _LINE_ROOM and _is_literal(text, _PRINTABLE):
        return text
    return _encoded_words(text)


@lru_cache(maxsize=64)
def mailbox(text: str) -> tuple[str, str]:
    """The bare address and the header value of `Casa Lume <oi@casalume.example>`. Raises InputError."""
    refuse_breaks("the address", text)
    name, bracket, rest = text.rpartition("<")
    if not bracket:
        address = ascii_address(text.strip())
        return address, address
    address = ascii_address(rest.strip().removesuffix(">"))
    return address, _named(name.strip().strip('"'), address)


def message_id_left(reference: str) -> str:
    """Our reference as the left side of a Message-ID. Raises InputError."""
    if not DOT_ATOM.fullmatch(reference):
        raise InputError('"{reference}" cannot stand in a Message-ID', reference=reference)
    return reference


def one_click(delivery: Delivery) -> str:
    """Each header on a line of its own, however long: a server that folds one may break the signature over it."""
    refuse_breaks("the unsubscribe link", delivery.unsubscribe_url)
    return "".join(f"{name}: {value}\r\n" for name, value in one_click_headers(delivery).items())


def refuse_breaks(what: str, text: str) -> None:
    """Raises InputError for CR, LF or NUL: what follows one would be a header of its own."""
    if _BREAKS.search(text):
        raise InputError("{what} contains a line break", code="line_break_in_header", what=what)


def utf8(what: str, text: str) -> bytes:
    """Text as bytes. Raises InputError for half a character."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InputError("{what} contains half a character", what=what) from error


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=16)
def date(second: int) -> str:
    """RFC 5322 date; strftime would write names of days in the machine's language."""
    year, month, day, hour, minute, second_of_minute, weekday, *_ = time.gmtime(second)
    clock = f"{hour:02}:{minute:02}:{second_of_minute:02}"
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year} {clock} +0000"


def _named(name: str, address: str) -> str:
    if not name:
        return address
    short = len(name) <= _LINE_ROOM
    if short and _is_literal(name, ATOMS):
        return f"{name} <{address}>"
    if short and _is_literal(name, _PRINTABLE):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_encoded_words(name)}\r\n <{address}>"


def _is_literal(text: str, shape: re.Pattern[str]) -> bool:
    """It may stand as it is: nothing in it reads as an encoded word."""
    return "=?" not in text and bool(shape.fullmatch(text))


def _encoded_words(text: str) -> str:
    """RFC 2047 in base64, folded, each word made of whole characters."""
    data = utf8("a header", text)
    words: list[str] = []
    start = 0
    while start < len(data):
        end = min(start + _WORD_BYTES_MAX, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # noqa: PLR2004  # inside a UTF-8 character: step back
            end -= 1
        words.append(f"=?UTF-8?B?{b64encode(data[start:end]).decode()}?=")
        start = end
    return "\r\n ".join(words)
