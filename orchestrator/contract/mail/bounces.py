"""What comes back by e-mail: bounces, complaints, and what people answer.

Anybody can write anything to the address that bounces come to. So a report counts only if it names a message of ours:
by the envelope sender that this message alone had (VERP), or by the Message-ID that we gave it, and both hold a
reference that nobody can guess; a complaint also by the link that ends its topic, where all else was taken out of it.
What names none is backscatter of somebody's forgery, and is passed over.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from orchestrator.contract.mail.addresses import without_addresses
from orchestrator.contract.mail.mime import REFERENCE
from orchestrator.contract.mail.reading import (
    TEXT_LENGTH_MAX,
    addresses,
    kind,
    letter,
    text_of,
    titled,
    value,
    values,
    when,
    written,
)
from orchestrator.contract.mail.reading import parts as parts_of
from orchestrator.contract.mail.reports import Fate, Reported, delivery_reports, enclosed_heads, feedback, odd_report
from orchestrator.contract.notices import InboundKind, InboundMessage, Received
from orchestrator.domain.delivery import Rejection
from orchestrator.domain.errors import InputError
from orchestrator.domain.receipt import Receipt, ReceiptKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import Message

    from orchestrator.contract.mail.mime import Letterhead
    from orchestrator.domain.time import Instant

DETAIL_LENGTH_MAX = 300

# What became of a letter → the news of it, whether it is for good, and what it is about.
_NEWS: dict[Fate, tuple[ReceiptKind, bool, Rejection | None]] = {
    Fate.DELIVERED: (ReceiptKind.DELIVERED, False, None),
    Fate.HARD: (ReceiptKind.BOUNCED, True, Rejection.ADDRESS),
    Fate.SOFT: (ReceiptKind.BOUNCED, False, Rejection.ADDRESS),
    Fate.BLOCK: (ReceiptKind.BOUNCED, False, Rejection.POLICY),
    Fate.CONTENT: (ReceiptKind.BOUNCED, False, Rejection.MESSAGE),
}

# Feedback (RFC 5965, RFC 6591) by which a person says that they do not want this. The others are about authentication,
# a virus, or say the contrary.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})

# An id of ours, as it stands in an address; some servers write addresses in lower case.
_OURS = r"(?P<reference>[A-Za-z0-9_-]{1,64})"
_LOWERED = re.compile(r"([a-z]+_)([0-9a-z]{26})")

# Where a provider gives Message-IDs of its own (Amazon SES), what stands before the @ is its id of the message.
_PROVIDER_ID = r"(?P<provider_id>[A-Za-z0-9-]{10,100})"

# The last part of a link of ours is a token (see `orchestrator.tokens`).
_LINK = re.compile(r"<https?://[^<>\s]{1,500}/([A-Za-z0-9_.-]{8,1000})>")

# Names that servers write under. Nobody else is called a mailer daemon; behind the others a person may sit, too.
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mail\.?delivery\S{0,64})@", re.IGNORECASE)
_DAEMON = re.compile(r"\bmailer-daemon@", re.IGNORECASE)
_NOT_BY_HAND = frozenset({"bulk", "junk", "auto_reply"})
_RECIPIENTS = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


class ReadsMail(Protocol):
    """An adapter of e-mail: letters that came back to its account can be read from a mailbox, too."""

    @property
    def mailroom(self) -> Mailroom:
        """Who reads them."""
        ...


@dataclass(frozen=True, slots=True)
class _About:
    """Which message of ours a letter is about: by our reference, or by the provider's id."""

    reference: str = ""
    provider_id: str = ""

    def __bool__(self) -> bool:
        return bool(self.reference or self.provider_id)


_NOTHING = _About()


@dataclass(frozen=True, slots=True)
class Mailroom:
    """Who reads what comes back to one account.

    `ids_at` is the domain of Message-IDs that the provider puts in the place of ours.
    """

    head: Letterhead
    ids_at: str = ""
    _envelope: re.Pattern[str] | None = field(init=False, repr=False, compare=False)
    _message_id: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        local, found, rest = self.head.bounce_to.partition(REFERENCE)
        # Behind the reference some add the recipient: bounce+ID.ana=example.com@…
        before, after = re.escape(local), re.escape(rest)
        envelope = re.compile(rf"{before}{_OURS}(?:\.[^@\s]*)?{after}", re.IGNORECASE) if found else None
        object.__setattr__(self, "_envelope", envelope)
        theirs = rf"|{_PROVIDER_ID}@(?:[a-z0-9-]+\.)*{re.escape(self.ids_at)}" if self.ids_at else ""
        ids = rf"<(?:{_OURS}@{re.escape(self.head.id_domain)}{theirs})>"
        object.__setattr__(self, "_message_id", re.compile(ids, re.IGNORECASE))

    def read(self, raw: bytes, now: Instant) -> Received:
        """What one letter says: receipts, words of a person, or nothing.

        Raises:
            InputError: it is no letter at all.
        """
        message = letter(raw)
        try:
            return self._read(message, raw, now)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                "This e-mail cannot be read.", remedy="Look at it in a mail program.", code="unreadable_notice"
            ) from error

    def _read(self, message: Message, raw: bytes, now: Instant) -> Received:
        complaint = feedback(message)
        if complaint is not None:
            return self._complained(message, complaint, now)
        reports = delivery_reports(message)
        if reports is not None:
            return self._bounced(message, reports, now)
        if self._is_odd_bounce(message):
            odd = odd_report(message, raw)
            if odd is not None:
                # A person whose program answers the envelope sender may speak of a "pedido: 550", too.
                said = self._answered(message, now).inbound
                perhaps = tuple(replace(one, by_hand=False) for one in said)
                return replace(self._bounced(message, [odd], now), inbound=perhaps)
        return self._answered(message, now)

    # --- reports ----------------------------------------------------------------------------------------------------

    def _bounced(self, message: Message, reports: Sequence[Reported], now: Instant) -> Received:
        about = self._about(message)
        if not about:
            return Received(passed_over=1, unknown=("bounce",))
        at = when(message, now)
        # A letter has one recipient. Where a list behind that address took it, one dead member does not kill the list.
        dead = all(one.fate is Fate.HARD for one in reports)
        receipts = [
            _receipt(about, one, at, _identity(message), permanent=dead) for one in reports if one.fate in _NEWS
        ]
        return Received(receipts=tuple({one.event_key: one for one in receipts}.values()))

    def _complained(self, message: Message, complaint: Message, now: Instant) -> Received:
        feedback_type = value(complaint, "Feedback-Type").lower()
        about = self._about(message) or self._from_envelopes(values(complaint, "Original-Mail-From"))
        token = "" if about else _way_out(message)
        if feedback_type not in _COMPLAINTS or not (about or token):
            return Received(passed_over=1, unknown=(feedback_type or "complaint",))
        receipt = Receipt(
            event_key=_key("arf", about.reference or token, about.provider_id, feedback_type),
            kind=ReceiptKind.COMPLAINED,
            at=when(message, now),
            reference=about.reference,
            provider_id=about.provider_id,
            detail=feedback_type,
        )
        return Received(receipts=(receipt,)) if about else Received(linked=((token, receipt),))

    def _is_odd_bounce(self, message: Message) -> bool:
        """Written by a server: to the address that only servers know, with no way back, or under a server's name."""
        sender = " ".join(values(message, "From"))
        return bool(
            value(message, "Return-Path") == "<>"
            or value(message, "X-Failed-Recipients")
            or _MACHINES.search(sender)
            or self._from_envelopes(_received_by(message))
        )

    # --- which message of ours --------------------------------------------------------------------------------------

    def _about(self, message: Message) -> _About:
        return self._from_envelopes(_received_by(message)) or self._from_ids(message)

    def _from_envelopes(self, texts: Sequence[str]) -> _About:
        if self._envelope is None:
            return _NOTHING
        found = (self._envelope.fullmatch(one) for one in addresses(list(texts)))
        return next((_About(_as_given(match["reference"])) for match in found if match), _NOTHING)

    def _from_ids(self, message: Message) -> _About:
        ids = [value(head, "Message-ID") for head in enclosed_heads(message)]
        ids += values(message, "In-Reply-To") + values(message, "References")
        ids += [text_of(part)[:TEXT_LENGTH_MAX] for part in parts_of(message) if kind(part) == "text/plain"]
        named = (match.groupdict() for one in ids if (match := self._message_id.search(one)))
        found = next(named, {})
        return _About(_as_given(found.get("reference") or ""), found.get("provider_id") or "")

    # --- people -----------------------------------------------------------------------------------------------------

    def _answered(self, message: Message, now: Instant) -> Received:
        sender = next(iter(addresses(values(message, "From"))), "")
        if not sender or _by_itself(message) or sender.lower() == self.head.sender.lower():
            return Received()
        text, about = written(message), self._from_ids(message)
        # A Message-ID is what its writer makes it: the same one under other words is other news.
        key = _key("mail", _identity(message), sender.lower(), text)
        said = InboundMessage(
            event_key=key, kind=InboundKind.TEXT if text.strip() else InboundKind.OTHER, at=when(message, now),
            sender=sender, text=text, about=about.provider_id or about.reference,
            by_hand=not _perhaps_by_itself(message), subject=titled(message),
        )  # fmt: skip
        return Received(inbound=(said,))


def _receipt(about: _About, one: Reported, at: Instant, identity: str, *, permanent: bool) -> Receipt:
    news, for_good, rejection = _NEWS[one.fate]
    said = (one.recipient.lower(), one.action, one.status, one.fate.value)
    return Receipt(
        event_key=_key("dsn", identity, about.reference, about.provider_id, *said),
        kind=news,
        at=at,
        reference=about.reference,
        provider_id=about.provider_id,
        permanent=for_good and permanent,
        detail=without_addresses(" ".join(filter(None, (one.status, one.said))))[:DETAIL_LENGTH_MAX],
        rejection=rejection,
    )


def _by_itself(message: Message) -> bool:
    """A machine answers for somebody who is away: their STOP would be nobody's word."""
    automatic = value(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return bool(
        automatic not in {"", "no"}
        or value(message, "Return-Path") == "<>"
        or kind(message) == "multipart/report"
        or value(message, "X-Failed-Recipients")
        or _DAEMON.search(value(message, "From"))
        or value(message, "Precedence").lower() in _NOT_BY_HAND
        or value(message, "X-Autoreply")
        or value(message, "X-Autorespond")
    )


def _perhaps_by_itself(message: Message) -> bool:
    """A list passes a person's words on, too, and a postmaster is somebody: what they end is ended."""
    return bool(
        _MACHINES.search(value(message, "From"))
        or value(message, "Precedence").lower() == "list"
        or value(message, "List-Id")
        or value(message, "List-Unsubscribe")
    )


def _way_out(message: Message) -> str:
    """The token of the link that ended the topic of a letter that came back; nothing where it had none."""
    told = (value(head, "List-Unsubscribe") for head in enclosed_heads(message))
    return next((found[1] for one in told if (found := _LINK.search(one))), "")


def _received_by(message: Message) -> list[str]:
    return [one for name in _RECIPIENTS for one in values(message, name)]


def _identity(message: Message) -> str:
    """What makes it the same letter when it is read twice: a mail program may give two of them one Message-ID.

    The trace of the servers that carried it is there where nothing else is.
    """
    named = (value(message, "Message-ID"), value(message, "Date"))
    return " ".join(named if any(named) else values(message, "Received"))


def _as_given(reference: str) -> str:
    lowered = _LOWERED.fullmatch(reference)
    return f"{lowered[1]}{lowered[2].upper()}" if lowered else reference


def _key(*said: str) -> str:
    return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()
