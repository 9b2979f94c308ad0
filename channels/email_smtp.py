"""E-mail through any SMTP server. What comes back, bounces and answers, is posted to `/hooks/{account}` as it came.

A mail server's pipe or a small script posts each letter: `Content-Type: message/rfc822`, the whole letter as the body,
and the account's `inbound_secret` in `X-Jogral-Secret`. `jogral bounces read` takes them from a mailbox instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.channels import (
    Capabilities,
    NoAnswer,
    SmtpAnswer,
    SmtpCall,
    no_callbacks,
    still_unknown,
    unanswered,
)
from orchestrator.contract.mail.addresses import without_addresses
from orchestrator.contract.mail.bounces import Mailroom
from orchestrator.contract.mail.mime import Letterhead, letterhead
from orchestrator.contract.mail.reports import NOBODY_THERE
from orchestrator.contract.signing import forged, same
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, Phrase, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Answer, Notice, Received
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant

SECURITIES = ("starttls", "tls", "none")

# Where a password may travel unencrypted: it does not leave the machine.
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

# Codes that speak of our login, whatever command they answer: the account is wrong, not the message.
ACCOUNT_CODES = frozenset({530, 534, 535, 538})

# What a permanent refusal is about, by the beginning of its enhanced status (RFC 3463); the first match wins.
# Policy and message never say anything against the address.
REFUSALS_BY_STATUS = (
    ("5.1.7", Rejection.POLICY),  # our own address is malformed
    ("5.1.8", Rejection.POLICY),  # our own domain is unknown
    ("5.1.", Rejection.ADDRESS),
    ("5.2.1", Rejection.ADDRESS),  # mailbox disabled
    ("5.2.", Rejection.MESSAGE),  # full, or the message is too long
    ("5.3.", Rejection.MESSAGE),
    ("5.6.", Rejection.MESSAGE),
    ("5.7.", Rejection.POLICY),
)
# The same for servers that give no enhanced status. A bare 550 can mean anything: its words decide.
REFUSALS_BY_CODE = {551: Rejection.ADDRESS, 553: Rejection.ADDRESS, 556: Rejection.ADDRESS}

QUEUE_IDS = re.compile(r"(?:queued as|\bid=)\s*(\S+)", re.IGNORECASE)
ENHANCED_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
DETAIL_LENGTH_MAX = 300

SECRET_HEADER = "x-jogral-secret"  # noqa: S105  # its name


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One SMTP account.

    `sender` is `Casa Lume <oi@casalume.example>`; `bounce_to` is the envelope sender (default: the address in
    `sender`), and with `{reference}` in it, each letter has one of its own; `message_id_domain` is the right side of
    Message-ID (default: the sender's domain); `inbound_secret` proves who posts letters that came back.
    `dkim_selector` names the key that letters are signed with: `jogral doctor` looks it up.
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
    dkim_selector: str = ""
    inbound_secret: str = field(default="", repr=False)

    # Made once from the settings.
    _head: Letterhead = field(init=False, repr=False, compare=False)
    mailroom: Mailroom = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_connection(self)
        head = letterhead(
            sender=self.sender,
            reply_to=self.reply_to,
            bounce_to=self.bounce_to,
            message_id_domain=self.message_id_domain,
        )
        object.__setattr__(self, "_head", head)
        object.__setattr__(self, "mailroom", Mailroom(head))

    @property
    def can(self) -> Capabilities:
        hears = bool(self.inbound_secret)
        return Capabilities(channels=frozenset({Channel.EMAIL}), html=True, receives=hears, hears=hears)

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> SmtpCall:  # noqa: ARG002  # a retry must give the same Message-ID, so nothing is drawn
        """The SMTP transaction. Message-ID comes from the reference: a resent mail is recognised as the same one.

        Raises:
            InputError: an address or subject that cannot stand in a header.
        """
        recipient, message = self._head.letter(delivery, now)
        return SmtpCall(
            self.host,
            self.port,
            self.security,
            self.username,
            self.password,
            self._head.envelope_sender(delivery.reference),
            recipient,
            message,
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

    def receive(self, notice: Notice, now: Instant) -> Received:
        """What a letter says that came back: a bounce, a complaint, or words of a person."""
        if not self.inbound_secret:
            raise no_callbacks()
        if not same(self.inbound_secret, notice.headers.get(SECRET_HEADER, "")) or notice.method != "POST":
            raise forged()
        return self.mailroom.read(notice.body, now)


# --- what replies mean ----------------------------------------------------------------------------------------------


def _replied(code: int, text: str) -> Outcome:
    """Any reply is definite: the server has told us whether it took the message."""
    detail = f"{code} {without_addresses(text)}"[:DETAIL_LENGTH_MAX]
    if code in ACCOUNT_CODES:
        locked_out = Phrase("the account cannot log in: {said}", said=detail)
        return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=locked_out, stopped=True)
    match code // 100:
        case 2:
            return Outcome(OutcomeKind.SENT, provider_id=_queue_id(text))
        case 5:
            return Outcome(OutcomeKind.REFUSED, _refused_for(code, text).reason, detail=detail)
        case _:
            return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=detail)


def _queue_id(text: str) -> str:
    found = QUEUE_IDS.search(text)
    return (found[1] if found else ENHANCED_STATUS.sub("", text, count=1).strip())[:DETAIL_LENGTH_MAX]


def _refused_for(code: int, text: str) -> Rejection:
    found = ENHANCED_STATUS.match(text)
    status = found[1] if found else ""
    by_status = next((about for beginning, about in REFUSALS_BY_STATUS if status.startswith(beginning)), None)
    if by_status:
        return by_status
    nobody = code == 550 and NOBODY_THERE.search(text)  # noqa: PLR2004  # 550 is its name
    return REFUSALS_BY_CODE.get(code, Rejection.ADDRESS if nobody else Rejection.MESSAGE)


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
