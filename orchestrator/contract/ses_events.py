"""What Amazon SES tells through a topic: events of a configuration set, and notices of an identity; both look alike.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator.contract.mail.addresses import without_addresses
from orchestrator.contract.mail.reports import Fate, fate
from orchestrator.contract.notices import Preference, Received
from orchestrator.contract.recipes.reading import NotThere, document
from orchestrator.domain.delivery import Rejection
from orchestrator.domain.errors import InputError
from orchestrator.domain.receipt import Receipt, ReceiptKind
from orchestrator.domain.time import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.mail.bounces import Mailroom
    from orchestrator.domain.time import Instant

TAG = "jogral"
"""The tag of a message that holds our reference."""

DETAIL_LENGTH_MAX = 300

# What a bounce is about, by its type and sub-type; "*" is any other. True: trying again is no use.
BOUNCES: Mapping[tuple[str, str], tuple[bool, Rejection]] = {
    ("Permanent", "UnsubscribedRecipient"): (False, Rejection.OPTED_OUT),
    ("Permanent", "*"): (True, Rejection.ADDRESS),
    ("Transient", "MessageTooLarge"): (False, Rejection.MESSAGE),
    ("Transient", "AttachmentRejected"): (False, Rejection.MESSAGE),
    ("Transient", "ContentRejected"): (False, Rejection.POLICY),
    ("Transient", "*"): (False, Rejection.ADDRESS),
    ("Undetermined", "*"): (False, Rejection.ADDRESS),
}
# A status can say of a bounce that nobody's address is wrong.
NOT_THE_ADDRESS = {Fate.BLOCK: Rejection.POLICY, Fate.CONTENT: Rejection.MESSAGE}
# Reports that say the contrary, or speak of authentication.
NO_COMPLAINTS = frozenset({"not-spam", "auth-failure"})
# Other events: the part that tells of them, what they mean, and whether it is for good.
EVENTS: Mapping[str, tuple[str, ReceiptKind, bool]] = {
    "Send": ("send", ReceiptKind.SENT, False),
    "Delivery": ("delivery", ReceiptKind.DELIVERED, False),
    "Open": ("open", ReceiptKind.READ, False),
    "Click": ("click", ReceiptKind.CLICKED, False),
    "Reject": ("reject", ReceiptKind.FAILED, True),
    "Rendering Failure": ("failure", ReceiptKind.FAILED, True),
}
# Nothing is lost, or nothing was said: a delay, and what SES writes to a topic to try it.
QUIET = frozenset({"DeliveryDelay", "AmazonSnsSubscriptionSucceeded"})
TRIED = "Successfully validated SNS topic"


def news(message: str, mailroom: Mailroom, now: Instant) -> Received:
    """What one message of a topic says.

    Raises:
        InputError: it is no news of Amazon SES.
    """
    if message.startswith(TRIED):
        return Received()
    event = _event(message)
    word, mail = event.get("eventType") or event.get("notificationType"), event.get("mail")
    if isinstance(word, str) and word in QUIET:
        return Received()
    if not isinstance(word, str) or not isinstance(mail, dict):
        raise _unreadable()
    if word == "Received":
        return mailroom.read(_letter(event), now)
    if word == "Subscription":
        return _preference(event, mail, now)
    receipt = _receipt(word, event, mail, now)
    return Received(receipts=(receipt,)) if receipt else Received(passed_over=1, unknown=(word,))


def _event(message: str) -> dict[str, Any]:
    try:
        found = document(message.encode("utf-8", "replace"))
    except NotThere as error:
        raise _unreadable() from error
    if not isinstance(found, dict):
        raise _unreadable()
    return found


def _receipt(word: str, event: dict[str, Any], mail: dict[str, Any], now: Instant) -> Receipt | None:
    """One piece of news, or None for a word that says nothing of a message's way."""
    rejection: Rejection | None = None
    if word == "Bounce":
        about = _part(event, "bounce")
        kind, (permanent, rejection), detail = ReceiptKind.BOUNCED, *_bounced(about)
    elif word == "Complaint":
        about = _part(event, "complaint")
        detail = str(about.get("complaintFeedbackType") or about.get("complaintSubType") or "")
        if detail in NO_COMPLAINTS:
            return None
        kind, permanent = ReceiptKind.COMPLAINED, False
    elif word in EVENTS:
        name, kind, permanent = EVENTS[word]
        about = _part(event, name)
        detail = str(about.get("reason") or about.get("errorMessage") or "")
        rejection = Rejection.MESSAGE if kind is ReceiptKind.FAILED else None
    else:
        return None
    reference, provider_id = _reference(mail), mail.get("messageId")
    if not isinstance(provider_id, str) or not (reference or provider_id):
        raise _unreadable()
    return Receipt(
        event_key=_key(word, provider_id, about), kind=kind, at=_at(about, mail, now), reference=reference,
        provider_id=provider_id, permanent=permanent, detail=without_addresses(detail)[:DETAIL_LENGTH_MAX],
        rejection=rejection,
    )  # fmt: skip


def _bounced(bounce: dict[str, Any]) -> tuple[tuple[bool, Rejection], str]:
    type_, sub_type = str(bounce.get("bounceType")), str(bounce.get("bounceSubType"))
    recipients = bounce.get("bouncedRecipients")
    first = recipients[0] if isinstance(recipients, list) and recipients and isinstance(recipients[0], dict) else {}
    status, said = str(first.get("status") or ""), str(first.get("diagnosticCode") or "")
    meant = BOUNCES.get((type_, sub_type)) or BOUNCES.get((type_, "*")) or BOUNCES["Undetermined", "*"]
    not_theirs = NOT_THE_ADDRESS.get(fate("failed", status, said)) if status else None
    if not_theirs and meant[1] is Rejection.ADDRESS:
        meant = (False, not_theirs)
    elif type_ == "Transient" and sub_type == "General" and not status:
        # Somebody's "out of the office" comes as one of these: it says nothing against their mailbox.
        meant = (False, Rejection.CHANNEL)
    return meant, f"{type_}/{sub_type} {said}".strip()


def _preference(event: dict[str, Any], mail: dict[str, Any], now: Instant) -> Received:
    """Who leaves everything by SES's own page leaves our marketing. Who comes back there has not asked us."""
    about = _part(event, "subscription")
    chosen, to = about.get("newTopicPreferences"), mail.get("destination")
    if not (isinstance(chosen, dict) and chosen.get("unsubscribeAll") is True and isinstance(to, list) and to):
        return Received(passed_over=1, unknown=("Subscription",))
    key = _key("Subscription", str(mail.get("messageId")), about)
    said = Preference(event_key=key, at=_at(about, mail, now), wanted=False, sender=str(to[0]))
    return Received(preferences=(said,))


def _letter(event: dict[str, Any]) -> bytes:
    """A letter that SES received for us (a receipt rule with an SNS action), as it came."""
    content = event.get("content")
    action = (event.get("receipt") or {}).get("action") if isinstance(event.get("receipt"), dict) else None
    if not isinstance(content, str):
        raise _unreadable()
    if isinstance(action, dict) and str(action.get("encoding")).upper() == "BASE64":
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _unreadable() from error
    return content.encode("utf-8", "surrogateescape" if content.isascii() else "replace")


def _reference(mail: dict[str, Any]) -> str:
    tags = mail.get("tags")
    found = tags.get(TAG) if isinstance(tags, dict) else None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], str) else ""


def _part(event: dict[str, Any], name: str) -> dict[str, Any]:
    found = event.get(name)
    if not isinstance(found, dict):
        raise _unreadable()
    return found


def _key(word: str, provider_id: str, about: dict[str, Any]) -> str:
    """SES's id of a bounce or complaint; of other news, the news itself: each click is news of its own."""
    feedback = about.get("feedbackId")
    said = feedback if isinstance(feedback, str) else json.dumps(about, sort_keys=True)
    return hashlib.sha256(f"{word}\0{provider_id}\0{said}".encode("utf-8", "replace")).hexdigest()


def _at(about: dict[str, Any], mail: dict[str, Any], now: Instant) -> Instant:
    """When it happened; what is told for the future, or not at all, is of now."""
    try:
        found = instant(datetime.fromisoformat(str(about.get("timestamp") or mail.get("timestamp"))))
    except ValueError:
        return now
    return found if 0 < found <= now else now


def _unreadable() -> InputError:
    return InputError(
        "The notice is signed, but is no news of Amazon SES.",
        remedy="Does another service publish to the same topic? Give SES one of its own.",
        code="unreadable_notice",
    )
