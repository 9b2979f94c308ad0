"""E-mail through any SMTP server.

The MIME message is put together by hand: `EmailMessage.as_bytes` costs 1.5 ms a mail, this about 50 µs. What the
standard library would have guarded against (line breaks in headers, split characters, wrong folding) is refused or
encoded here, and `tests/unit/test_mime.py` reads every message back with the standard library's parser.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NoReturn

from orchestrator.channels import (
    Capabilities,
    NoAnswer,
    SmtpAnswer,
    SmtpCall,
    no_callbacks,
    one_click_headers,
    still_unknown,
    unanswered,
)
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, InputError, Phrase, did_you_mean
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Answer, Notice
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant

SECURITIES = ("starttls", "tls", "none")

# Where a password may travel unencrypted: it does not leave the machine.
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

# Codes that speak of our login, whatever command they answer: the account is wrong, not the message.
ACCOUNT_CODES = frozenset({530, 534, 535, 538})

# What a permanent refusal is about, by the beginning of its enhanced status (RFC 3463); the first match wins.
# "policy" and "message" never say anything against the address.
REFUSALS_BY_STATUS = (
    ("5.1.7", "policy"),  # our own address is malformed
    ("5.1.8", "policy"),  # our own domain is unknown
    ("5.1.", "address"),
    ("5.2.1", "address"),  # mailbox disabled
    ("5.2.", "message"),  # full, or the message is too long
    ("5.3.", "message"),
    ("5.6.", "message"),
    ("5.7.", "policy"),
)
# The same for servers that give no enhanced status. A bare 550 can mean anything: its words decide.
REFUSALS_BY_CODE = {551: "address", 553: "address", 556: "address"}
ADDRESS_WORDS = re.compile(
    r"(?:user|recipient|mailbox|account|address)\b.{0,40}\b(?:unknown|not found|not exist|n't exist|disabled|inactive)"
    r"|(?:unknown|invalid|no such) (?:user|recipient|mailbox|account|address)",
    re.IGNORECASE | re.DOTALL,
)

QUEUE_IDS = re.compile(r"(?:queued as|\bid=)\s*(\S+)", re.IGNORECASE)
ENHANCED_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
DETAIL_LENGTH_MAX = 300


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One SMTP account.

    `sender` is `Casa Lume <oi@casalume.example>`; `bounce_to` is the envelope sender (default: the address in
    `sender`); `message_id_domain` is the right side of Message-ID (default: the sender's domain).
    """

    channel: Channel
    host: str
    sender: str
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    reply_to: str = ""
    bounce_to: str = ""
    message_id_domain: str = ""

    # Made once from the settings.
    _envelope_sender: str = field(init=False, repr=False, compare=False)
    _account_headers: str = field(init=False, repr=False, compare=False)
    _id_domain: str = field(init=False, repr=False, compare=False)

    can: ClassVar[Capabilities] = Capabilities(channels=frozenset({Channel.EMAIL}), html=True)

    def __post_init__(self) -> None:
        _check_connection(self)
        try:
            address, mailbox = _mailbox(self.sender)
            reply_to = f"Reply-To: {_mailbox(self.reply_to)[1]}\r\n" if self.reply_to else ""
            envelope_sender = _ascii_address(self.bounce_to) if self.bounce_to else address
            domain = _ascii_domain(self.message_id_domain) if self.message_id_domain else address.rpartition("@")[2]
        except InputError as error:
            raise ConfigurationError(
                "the e-mail account cannot write its own headers: {problem}",
                remedy='Write "from" as: Casa Lume <oi@casalume.example>.',
                problem=error.told(),
            ) from error
        object.__setattr__(self, "_envelope_sender", envelope_sender)
        object.__setattr__(self, "_account_headers", f"From: {mailbox}\r\n{reply_to}MIME-Version: 1.0\r\n")
        object.__setattr__(self, "_id_domain", domain)

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> SmtpCall:  # noqa: ARG002  # a retry must give the same Message-ID, so nothing is drawn
        """The SMTP transaction. Message-ID comes from the reference: a resent mail is recognised as the same one.

        Raises:
            InputError: an address or subject that cannot stand in a header.
        """
        recipient = _ascii_address(delivery.address.value)
        automatic = "Auto-Submitted: auto-generated\r\n" if delivery.purpose is Purpose.TRANSACTIONAL else ""
        headers = (
            f"Date: {_date(now // 1000)}\r\n"
            f"{self._account_headers}"
            f"To: {recipient}\r\n"
            f"Subject: {_subject(delivery.rendered.subject)}\r\n"
            f"Message-ID: <{_id_left(delivery.reference)}@{self._id_domain}>\r\n"
            f"{automatic}"
            f"{_one_click(delivery)}"
        )
        return SmtpCall(
            self.host,
            self.port,
            self.security,
            self.username,
            self.password,
            self._envelope_sender,
            recipient,
            headers.encode("ascii") + _body(delivery.rendered),
        )

    def outcome(self, answer: Answer) -> Outcome:
        match answer:
            case SmtpAnswer(code, text):
                return _replied(code, text)
            case NoAnswer():
                return unanswered(answer)
            case _:
                return Outcome(
                    OutcomeKind.UNKNOWN, "unreadable_answer", detail=Phrase("not an answer of an SMTP server")
                )

    def look_up(self, reference: str) -> None:  # noqa: ARG002  # SMTP has no question to ask
        return None

    def found(self, answer: Answer) -> Outcome:  # noqa: ARG002  # and so no answer to read
        return still_unknown("SMTP cannot be asked")

    def receive(self, notice: Notice, now: Instant) -> NoReturn:  # noqa: ARG002  # bounces come as e-mail
        raise no_callbacks()


# --- what replies mean ----------------------------------------------------------------------------------------------


def _replied(code: int, text: str) -> Outcome:
    """Any reply is definite: the server has told us whether it took the message."""
    detail = f"{code} {text}"[:DETAIL_LENGTH_MAX]
    if code in ACCOUNT_CODES:
        locked_out = Phrase("the account cannot log in: {said}", said=detail)
        return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=locked_out)
    match code // 100:
        case 2:
            return Outcome(OutcomeKind.SENT, provider_id=_queue_id(text))
        case 5:
            return Outcome(OutcomeKind.REFUSED, f"provider_rejected:{_refused_for(code, text)}", detail=detail)
        case _:
            return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=detail)


def _queue_id(text: str) -> str:
    found = QUEUE_IDS.search(text)
    return (found[1] if found else ENHANCED_STATUS.sub("", text, count=1).strip())[:DETAIL_LENGTH_MAX]


def _refused_for(code: int, text: str) -> str:
    found = ENHANCED_STATUS.match(text)
    status = found[1] if found else ""
    by_status = next((about for beginning, about in REFUSALS_BY_STATUS if status.startswith(beginning)), None)
    if by_status:
        return by_status
    by_words = "address" if code == 550 and ADDRESS_WORDS.search(text) else "message"  # noqa: PLR2004  # 550 is its name
    return REFUSALS_BY_CODE.get(code, by_words)


# --- settings -------------------------------------------------------------------------------------------------------


def _check_connection(account: Adapter) -> None:
    if account.security not in SECURITIES:
        raise ConfigurationError(
            'security "{security}" is not one of starttls, tls and none{hint}',
            security=account.security,
            hint=did_you_mean(account.security, SECURITIES),
        )
    if not 0 < account.port < 65536:  # noqa: PLR2004  # the range of ports
        raise ConfigurationError("port {port} does not exist", port=account.port)
    if account.password and account.security == "none" and account.host not in LOCAL_HOSTS:
        raise ConfigurationError(
            "the password of {host} would travel unencrypted",
            remedy="Use security: starttls (port 587) or tls (port 465).",
            host=account.host,
        )


# --- headers --------------------------------------------------------------------------------------------------------

_BREAKS = re.compile(r"[\r\n\x00]")
_PRINTABLE = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}|localhost")

# A line with encoded words has at most 76 characters (RFC 2047); 39 bytes become 52 of base64 and 12 around them,
# which fits beside "Reply-To: ", the longest name here.
_WORD_BYTES_MAX = 39
_LINE_ROOM = 64

# Python's idna codec is IDNA 2003, which writes these four as something else ("ß" as "ss"): another domain, maybe
# another owner. IDNA 2008 keeps them, so we refuse rather than write to a stranger.
_IDNA_DEVIATIONS = frozenset("ßς\u200c\u200d")


@lru_cache(maxsize=2048)
def _subject(text: str) -> str:
    _refuse_breaks("the subject", text)
    if len(text) <= _LINE_ROOM and _is_literal(text, _PRINTABLE):
        return text
    return _encoded_words(text)


@lru_cache(maxsize=64)
def _mailbox(text: str) -> tuple[str, str]:
    """The bare address and the header value of `Casa Lume <oi@casalume.example>`."""
    _refuse_breaks("the address", text)
    name, bracket, rest = text.rpartition("<")
    if not bracket:
        address = _ascii_address(text.strip())
        return address, address
    address = _ascii_address(rest.strip().removesuffix(">"))
    return address, _named(name.strip().strip('"'), address)


def _named(name: str, address: str) -> str:
    if not name:
        return address
    short = len(name) <= _LINE_ROOM
    if short and _is_literal(name, _ATOMS):
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
    data = _utf8("a header", text)
    words: list[str] = []
    start = 0
    while start < len(data):
        end = min(start + _WORD_BYTES_MAX, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # noqa: PLR2004  # inside a UTF-8 character: step back
            end -= 1
        words.append(f"=?UTF-8?B?{b64encode(data[start:end]).decode()}?=")
        start = end
    return "\r\n ".join(words)


def _ascii_address(text: str) -> str:
    """One address, its domain in ASCII.

    Letters outside ASCII before the @ would need SMTPUTF8, which the large providers do not take.
    """
    local, _, domain = text.rpartition("@")
    if not _DOT_ATOM.fullmatch(local) or len(local) > 64:  # noqa: PLR2004  # RFC 5321, 4.5.3.1.1
        raise InputError("an e-mail address of this form cannot be written to", code="invalid_address")
    return f"{local}@{_ascii_domain(domain)}"


@lru_cache(maxsize=4096)
def _ascii_domain(text: str) -> str:
    try:
        domain = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not _DOMAIN.fullmatch(domain) or _IDNA_DEVIATIONS.intersection(text):
        raise InputError('"{domain}" is not a domain that mail can be sent to', code="invalid_address", domain=text)
    return domain


def _id_left(reference: str) -> str:
    if not _DOT_ATOM.fullmatch(reference):
        raise InputError('"{reference}" cannot stand in a Message-ID', reference=reference)
    return reference


def _refuse_breaks(what: str, text: str) -> None:
    if _BREAKS.search(text):
        raise InputError("{what} contains a line break", code="line_break_in_header", what=what)


def _one_click(delivery: Delivery) -> str:
    """Each header on a line of its own, however long: a server that folds one may break the signature over it."""
    _refuse_breaks("the unsubscribe link", delivery.unsubscribe_url)
    return "".join(f"{name}: {value}\r\n" for name, value in one_click_headers(delivery).items())


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=16)
def _date(second: int) -> str:
    """RFC 5322 date; strftime would write names of days in the machine's language."""
    year, month, day, hour, minute, second_of_minute, weekday, *_ = time.gmtime(second)
    clock = f"{hour:02}:{minute:02}:{second_of_minute:02}"
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year} {clock} +0000"


# --- body -----------------------------------------------------------------------------------------------------------

# "=_" occurs neither in quoted-printable nor in base64, so no text can end a part early and no chance is needed.
_BOUNDARY = "=_jogral_="
_TEXT_PART = b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
_HTML_PART = b'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
_OPENING = f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n--{_BOUNDARY}\r\n'.encode() + _TEXT_PART
_BETWEEN = f"\r\n--{_BOUNDARY}\r\n".encode() + _HTML_PART
_CLOSING = f"\r\n--{_BOUNDARY}--\r\n".encode()
_BASE64_LINES = re.compile(rb".{1,76}").findall


def _body(rendered: Rendered) -> bytes:
    """Plain text first, HTML last: the last alternative is the preferred one."""
    # The text stays readable in transit; the HTML is twenty times longer, and base64 is three times faster in C.
    text = b2a_qp(_lines("the text", rendered.text))
    if not rendered.html:
        return _TEXT_PART + text
    encoded = b2a_base64(_lines("the HTML", rendered.html), newline=False)
    html = b"\r\n".join(_BASE64_LINES(encoded))
    return b"".join((_OPENING, text, _BETWEEN, html, _CLOSING))


def _lines(what: str, text: str) -> bytes:
    """UTF-8 with CRLF at the end of every line; b2a_qp copies the kind of line break that it sees first."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _utf8(what, text.replace("\n", "\r\n")) + b"\r\n"


def _utf8(what: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InputError("{what} contains half a character", what=what) from error
