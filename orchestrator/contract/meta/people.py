"""What people do, as webhooks tell it: write, tap, choose in WhatsApp's own settings, change their number.

Only what Meta counts as a message of the person opens the 24 hours: a reaction, a deleted message and Meta's own notes
do not.
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator.contract.meta.reading import fields, items, moment, phone, scoped_id, word
from orchestrator.contract.notices import InboundKind, InboundMessage, Preference, UserNews

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.domain.time import Instant

# Where the words, or the payload and the label, stand by type; of the others is known only that they came.
_TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "text": ("text", "body"),
    "edit": ("edit", "message", "text", "body"),  # somebody who writes "oi" and mends it to "sair" has said so
})  # fmt: skip
_CAPTIONED = ("image", "video", "document")
_WORDLESS = ("audio", "sticker", "location", "contacts", "order")
_REPLIES = ("button_reply", "list_reply")

# What came, and is no message of the person's: `unsupported` is one that Meta could not even show us.
NOT_A_MESSAGE = ("reaction", "revoke", "system", "unsupported")

_MARKETING = "marketing_messages"
_WANTED: Mapping[str, bool] = MappingProxyType({"stop": False, "resume": True, "signup": True})


# --- messages -------------------------------------------------------------------------------------------------------


def message_of(told: Any, contacts: Sequence[Any], now: Instant) -> InboundMessage | None:
    """One of `messages[]`; None where it is none of the person's, or nobody is named."""
    wamid = word(told, "id")
    sender, user_id = who(told, contacts)
    read = _read(told)
    if read is None or not wamid or not (sender or user_id):
        return None
    kind, text, choice = read
    return InboundMessage(
        event_key=wamid,
        kind=kind,
        at=moment(word(told, "timestamp"), now),
        sender=sender,
        user_id=user_id,
        text=text,
        choice=choice,
        about=word(told, "context", "id"),
    )


def _read(told: Any) -> tuple[InboundKind, str, str] | None:
    """Kind, words and payload."""
    kind = word(told, "type")
    if kind in _TEXTS:
        text = word(told, *_TEXTS[kind])
        return (InboundKind.TEXT if text else InboundKind.OTHER), text, ""
    if kind == "button":
        return InboundKind.CHOICE, word(told, "button", "text"), word(told, "button", "payload")
    if kind == "interactive":
        return _reply(fields(told, "interactive"))
    if kind in _CAPTIONED:
        return InboundKind.OTHER, word(told, kind, "caption"), ""
    return (InboundKind.OTHER, "", "") if kind in _WORDLESS else None


def _reply(told: Mapping[str, Any]) -> tuple[InboundKind, str, str]:
    for key in _REPLIES:
        if reply := fields(told, key):
            return InboundKind.CHOICE, word(reply, "title"), word(reply, "id")
    return InboundKind.OTHER, "", ""  # the answers of a form (nfm_reply) are not ours to read


def who(told: Any, contacts: Sequence[Any]) -> tuple[str, str]:
    """Phone and scoped id of whoever a message is from: either may be missing, and neither is made of the other."""
    sender = phone(word(told, "from"))
    user_id = scoped_id(word(told, "from_user_id"), word(told, "from"))
    for contact in contacts:
        wa_id, known_as = phone(word(contact, "wa_id")), scoped_id(word(contact, "user_id"))
        if sender and wa_id == sender:
            user_id = user_id or known_as
        elif user_id and known_as == user_id:
            sender = sender or wa_id
    return sender, user_id


# --- preferences ----------------------------------------------------------------------------------------------------


def preference_of(told: Any, contacts: Sequence[Any], sent_at: str, now: Instant) -> Preference | None:
    """One of `user_preferences[]`: what somebody chose in WhatsApp's own settings; None for what is not marketing.

    `sent_at` is the hour of its notice. Without that either, nobody can say that it is newer than a stop: it may be
    one, and restores nothing.
    """
    wanted = _WANTED.get(word(told, "value"))
    named = {"from": word(told, "wa_id"), "from_user_id": word(told, "user_id")}
    sender, user_id = who(named, contacts)
    if not sender and not user_id and len(contacts) == 1:
        sender, user_id = phone(word(contacts[0], "wa_id")), scoped_id(word(contacts[0], "user_id"))
    told_at = next((one for one in (word(told, "timestamp"), sent_at) if one.isascii() and one.isdigit()), "")
    if word(told, "category") != _MARKETING or wanted is None or not (sender or user_id) or (wanted and not told_at):
        return None
    # Meta gives it no id, and the key must not name the person.
    parts = (sender or user_id, word(told, "value"), told_at)
    return Preference(
        event_key=hashlib.sha256("\n".join(parts).encode()).hexdigest(),
        at=moment(told_at, now),
        wanted=wanted,
        sender=sender,
        user_id=user_id,
    )


# --- who is who -----------------------------------------------------------------------------------------------------


def known_as(contacts: Sequence[Any], now: Instant) -> Iterator[UserNews]:
    """Phones whose scoped ids a webhook names."""
    for contact in contacts:
        number, user_id = phone(word(contact, "wa_id")), scoped_id(word(contact, "user_id"))
        if number and user_id:
            yield UserNews(user_id=user_id, phone=number, at=now)


def changed_number(told: Any, now: Instant) -> UserNews | None:
    """A `system` message: somebody has another number, or another scoped id; None for any other."""
    system = fields(told, "system")
    at = moment(word(told, "timestamp"), now)
    former, former_id = phone(word(told, "from")), scoped_id(word(told, "from_user_id"), word(told, "from"))
    number = phone(word(system, "wa_id")) or phone(word(system, "new_wa_id"))
    user_id = scoped_id(word(system, "user_id"), word(system, "new_user_id"))
    if word(system, "type") in ("user_changed_number", "customer_changed_number") and number:
        return UserNews(user_id=user_id, phone=number, former=former or former_id, at=at)
    if word(system, "type") == "user_changed_user_id" and user_id:
        return UserNews(user_id=user_id, phone=number or former, former=former_id, at=at)
    return None


def updated_ids(value: Mapping[str, Any], now: Instant) -> Iterator[UserNews | None]:
    """`user_id_update`: a person's scoped id ended with the number, and another began. None for what says neither."""
    told = items(value, "user_id_update") or items(value, "user_id_updates") or [value]
    for one in told:
        ids = fields(one, "user_id")
        current = scoped_id(word(ids, "current"), word(one, "new_user_id"), word(one, "user_id"))
        former = scoped_id(word(ids, "previous"), word(one, "previous_user_id"), word(one, "old_user_id"))
        if not current:
            yield None
            continue
        at = moment(word(one, "timestamp"), now)
        yield UserNews(user_id=current, phone=phone(word(one, "wa_id")), former=former, at=at)
