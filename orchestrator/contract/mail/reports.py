"""What servers report of letters (RFC 3464, RFC 5965), and what a status says: the person, the letter, or us.

The status decides; a generic one (5.0.0) or none lets the SMTP code and its words decide. What speaks of content or of
our reputation never says anything against the person.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.parser import HeaderParser
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from orchestrator.contract.mail.reading import kind, parts, text_of, value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message


class Fate(StrEnum):
    """What became of a letter."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    """The server still tries: nothing is lost yet."""
    HARD = "hard"
    """Nobody is there: not written to any more."""
    SOFT = "soft"
    """This letter is lost; the next may arrive."""
    BLOCK = "block"
    """Our reputation, authentication or content: the person has nothing to do with it."""
    CONTENT = "content"
    """The letter itself: its size, its form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """What a report says of one recipient. `said` is the server's own text, for a person to read."""

    fate: Fate
    recipient: str = ""
    action: str = ""
    status: str = ""
    said: str = ""


# What has been done about it, in the report's own words, when nothing failed.
_ACTIONS = {
    "delayed": Fate.DELAYED,
    "delivered": Fate.DELIVERED,
    "relayed": Fate.DELIVERED,  # handed to a server that reports nothing
    "expanded": Fate.DELIVERED,  # handed to a list
}
# What a failure means by its enhanced status (RFC 3463); the first match wins. A full stop is at the end of what must
# not match more: 5.1.1 is not 5.1.10.
_STATUSES = (
    ("5.1.7.", Fate.BLOCK),  # our own address
    ("5.1.8.", Fate.BLOCK),
    *((f"5.1.{detail}.", Fate.HARD) for detail in (1, 2, 3, 6, 10)),
    ("5.2.1.", Fate.HARD),  # mailbox disabled
    ("5.2.3.", Fate.CONTENT),  # longer than this mailbox takes
    ("5.3.4.", Fate.CONTENT),  # longer than this system takes
    ("5.6.", Fate.CONTENT),
    ("5.7.", Fate.BLOCK),
    ("4.7.", Fate.BLOCK),
)
_GENERIC = re.compile(r"[245]\.0\.0")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?:^|[:;,>(]\s*|\bsaid:\s*|\bcode:?\s*|\berror:?\s*)([45]\d\d)(?=[\s\-,:;#]|$)", re.MULTILINE)
_CODES = {"551": Fate.HARD, "553": Fate.HARD, "556": Fate.HARD, "552": Fate.SOFT}

NOBODY_THERE = re.compile(
    r"(?:user|recipient|mailbox|account|address)\b.{0,40}\b(?:unknown|not found|not exist|n't exist|disabled|inactive)"
    r"|(?:unknown|invalid|no such) (?:user|recipient|mailbox|account|address)"
    r"|(?:usu[aá]rio|destinat[aá]rio|caixa postal|conta|endere[cç]o)\b.{0,40}\b"
    r"(?:desconhecid|inexistente|inv[aá]lid|n[aã]o (?:existe|encontrad)|desativad)",
    re.IGNORECASE | re.DOTALL,
)
"""Words by which servers say that nobody is there, in English and Portuguese."""

_BLOCKING = re.compile(
    r"\bspam\b|\bblocked\b|blacklist|blocklist|\breputation\b|\bdmarc\b|\bdkim\b|\bspf\b|\bpolicy\b|bloquead",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(r"too (?:large|big)|size (?:exceeds|limit)|exceeds.{0,20}\bsize|muito grande", re.IGNORECASE)

_NOT_ASCII = re.compile(rb"[^\x00-\x7f]")
_FLUFL_BYTES_READ = 50_000
_RECIPIENTS_MAX = 100

_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FEEDBACK_PART = "message/feedback-report"
_ENCLOSED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})


def delivery_reports(message: Message) -> list[Reported] | None:
    """What a delivery report says of each recipient; None where it is no such report."""
    status = next((part for part in parts(message) if kind(part) in _STATUS_PARTS), None)
    if status is None:
        return None
    named = (block for block in _blocks(status) if value(block, "Action") or value(block, "Status"))
    return [_reported(block) for block in islice(named, _RECIPIENTS_MAX)]


def feedback(message: Message) -> Message | None:
    """The fields of a complaint (ARF); None where it is none."""
    part = next((part for part in parts(message) if kind(part) == _FEEDBACK_PART), None)
    return next(_blocks(part), None) if part is not None else None


def enclosed_heads(message: Message) -> Iterator[Message]:
    """The heads of letters that came back with a report."""
    for part in parts(message):
        if kind(part) in _ENCLOSED and part is not message:
            inside = part.get_payload()
            heads = [one for one in inside if not isinstance(one, str)] if isinstance(inside, list) else []
            yield heads[0] if heads else HeaderParser().parsestr(text_of(part))


def odd_report(message: Message, raw: bytes) -> Reported | None:
    """What a bounce says that follows no standard; None where nothing in it says that a letter was lost."""
    text = "\n".join(text_of(part) for part in parts(message) if kind(part) == "text/plain")[:10_000]
    temporary, permanent = _flufl(raw)
    if temporary and not permanent:
        return Reported(fate=Fate.DELAYED, said=_line(text))
    if not (permanent or NOBODY_THERE.search(text) or _CODE.search(text) or _ENHANCED.search(text)):
        return None
    return Reported(fate=fate("failed", "", text), action="failed", said=_line(text))


def fate(action: str, status: str, said: str) -> Fate:
    """What an action and a status mean; the text decides where the status says nothing in particular."""
    done = _ACTIONS.get(action.lower())
    if done is not None:
        return done
    found = status if status and not _GENERIC.fullmatch(status) else _particular(said)
    by_status = next((meant for beginning, meant in _STATUSES if f"{found}.".startswith(beginning)), None)
    if by_status is not None:
        return by_status
    return Fate.SOFT if found else _by_words(said, status)


def _particular(said: str) -> str:
    return next((found for found in _ENHANCED.findall(said) if not _GENERIC.fullmatch(found)), "")


def _by_words(said: str, status: str) -> Fate:
    code = _CODE.search(said)
    if status.startswith("4") or (code and code[1].startswith("4")):
        return Fate.SOFT
    for words, meant in ((_BLOCKING, Fate.BLOCK), (_TOO_LARGE, Fate.CONTENT), (NOBODY_THERE, Fate.HARD)):
        if words.search(said):
            return meant
    return _CODES.get(code[1], Fate.SOFT) if code else Fate.SOFT


def _reported(block: Message) -> Reported:
    action, status = value(block, "Action"), value(block, "Status").partition(" ")[0]
    said = value(block, "Diagnostic-Code")
    recipient = value(block, "Original-Recipient") or value(block, "Final-Recipient")
    return Reported(
        fate=fate(action, status, said.partition(";")[2].strip() or said),
        recipient=recipient.partition(";")[2].strip() or recipient,
        action=action.lower(),
        status=status,
        said=said,
    )


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields in a part: parsed already, or in the text of a part that the parser does not know."""
    inside = part.get_payload()
    groups = [one for one in inside if not isinstance(one, str)] if isinstance(inside, list) else []
    for group in groups or [part]:
        if group is not part:
            yield group
        # `message/global-delivery-status` is parsed as if it were a letter: the other groups are its body.
        for text in re.split(r"\n\s*\n", text_of(group).replace("\r\n", "\n")):
            if text.strip():
                yield HeaderParser().parsestr(text.lstrip("\n"))


def _flufl(raw: bytes) -> tuple[bool, bool]:
    """Whether a library that knows servers of thirty years finds temporary and permanent failures."""
    from flufl.bounce import all_failures  # noqa: PLC0415  # for the odd ones alone: a worker sends, and never loads it

    # It tells its log of each letter that it stumbles over, with what is in it.
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    try:
        # In ASCII, as letters were then: it takes every header for a str.
        temporary, permanent = all_failures(message_from_bytes(_NOT_ASCII.sub(b"?", raw[:_FLUFL_BYTES_READ])))
    except Exception:  # noqa: BLE001  # seventeen old parsers, and a stranger's text: none of their mistakes is ours
        return False, False
    return bool(temporary), bool(permanent)


def _line(text: str) -> str:
    """The line that says it: the one with a code, else the first."""
    found = _CODE.search(text) or NOBODY_THERE.search(text)
    if found is None:
        return text.strip().partition("\n")[0]
    begin = text.rfind("\n", 0, found.start(0) + 1) + 1
    return text[begin:].lstrip("\n").partition("\n")[0].strip()
