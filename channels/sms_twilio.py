"""SMS through Twilio's Programmable Messaging: `Messages.json`, status callbacks and incoming messages.

    accounts:
      - {id: sms, adapter: sms_twilio, account_sid: AC…, sender: "+15005550006",
         callback_url: "https://msg.casalume.example/hooks/sms"}

The token comes from `JOGRAL_ACCOUNTS__SMS__AUTH_TOKEN`. Twilio knows no reference of ours, and does not refuse the
same message twice: what is in doubt stays so until a callback tells, which carries the reference in its address.
Error codes: https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from orchestrator.channels import (
    Capabilities,
    HttpAnswer,
    HttpCall,
    InboundKind,
    InboundMessage,
    NoAnswer,
    Received,
    still_unknown,
    unanswered,
)
from orchestrator.contract import http_answers
from orchestrator.contract.twilio_signing import FORM, verified
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.receipt import Receipt, ReceiptKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.channels import Answer, Notice
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant

# What a code is about, whether it answers our call or comes later. 30003 (switched off, roaming) and 30008 (nobody
# says why) are no refusals: another time it arrives.
REJECTIONS: Final[Mapping[str, Rejection]] = {
    **dict.fromkeys(("21211", "21265", "21401", "21614", "21635", "30005", "30006"), Rejection.ADDRESS),
    "21610": Rejection.OPTED_OUT,
    **dict.fromkeys(("21408", "21612", "30004"), Rejection.CHANNEL),
    **dict.fromkeys(("21602", "21604", "21605", "21617", "21619"), Rejection.MESSAGE),
    **dict.fromkeys(("30007", "30034"), Rejection.POLICY),
}
THROTTLED: Final = frozenset({"20429", "21611", "30001"})
STOPPED: Final = frozenset(
    {
        "20003",
        "20005",
        "20404",
        "21212",
        "21603",
        "21606",
        "21609",
        "21659",
        "21660",
        "21703",
        "21704",
        "21705",
        "30002",
    }
)

STATUSES: Final[Mapping[str, ReceiptKind]] = {
    "sent": ReceiptKind.SENT,
    "delivered": ReceiptKind.DELIVERED,
    "partially_delivered": ReceiptKind.DELIVERED,
    "read": ReceiptKind.READ,
    "undelivered": ReceiptKind.BOUNCED,
    "failed": ReceiptKind.FAILED,
    "canceled": ReceiptKind.FAILED,
}
CANCELED: Final = "canceled"  # somebody took it back at Twilio: it is not to be sent
NO_NEWS: Final = frozenset({"accepted", "scheduled", "queued", "sending"})

VALIDITY_SECONDS: Final = (1, 36_000)
TEXT_LENGTH_MAX: Final = 1600
REPLY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One Twilio account, which sends from a number or short code (`sender`) or a messaging service (`MG…`).

    `callback_url` is the public address of this account's notices (`https://…/hooks/sms`); without it nothing is told
    of what became of messages. `auth_token` is what Twilio signs with as well; with `api_key` and `api_secret`, calls
    are made by those. `shared_key` is the secret of the newer signatures (HMAC_SHA256), where it is not the token.
    """

    channel: Channel
    account_sid: str
    auth_token: str = field(repr=False)
    sender: str = ""
    messaging_service_sid: str = ""
    callback_url: str = ""
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    shared_key: str = field(default="", repr=False)
    base_url: str = "https://api.twilio.com"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"AC[0-9a-fA-F]{32}", self.account_sid):
            raise ConfigurationError("account_sid is not AC and 32 characters", remedy="Copy it from Twilio's console.")
        if bool(self.sender) == bool(self.messaging_service_sid):
            raise ConfigurationError(
                "an account sends either from a number or through a messaging service",
                remedy='Write sender: "+15005550006", or messaging_service_sid: MG….',
            )
        if bool(self.api_key) != bool(self.api_secret):
            raise ConfigurationError(
                "api_key and api_secret belong together", remedy="Set both of them, or none: then auth_token is used."
            )
        address = urlsplit(self.callback_url)
        if self.callback_url and (not address.hostname or "_" in address.hostname or address.query or address.fragment):
            raise ConfigurationError(
                "callback_url is not an address that Twilio calls: no query, and no underscore in its host",
                remedy="Write https://, the public host, and /hooks/ with the account's id.",
            )

    @property
    def can(self) -> Capabilities:
        return Capabilities(
            channels=frozenset({Channel.SMS}),
            text_length_max=TEXT_LENGTH_MAX,
            ttl_seconds=VALIDITY_SECONDS,
            receives=True,
            hears=True,
        )

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> HttpCall:  # noqa: ARG002  # Twilio takes no reference that chance could make
        form = {"To": delivery.address.value, "Body": delivery.rendered.text, "SmartEncoded": "false"}
        if self.sender:
            form["From"] = self.sender
        else:
            form["MessagingServiceSid"] = self.messaging_service_sid
        if self.callback_url:
            form["StatusCallback"] = f"{self.callback_url}?reference={quote(delivery.reference, safe='')}"
        if delivery.expires_at is not None:
            shortest, longest = VALIDITY_SECONDS
            form["ValidityPeriod"] = str(min(max((delivery.expires_at - now) // 1000, shortest), longest))
        user, password = (self.api_key, self.api_secret) if self.api_key else (self.account_sid, self.auth_token)
        signed_in = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {signed_in}", "Content-Type": FORM, "Accept": "application/json"}
        url = f"{self.base_url.rstrip('/')}/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        return HttpCall("POST", url, headers, urlencode(form).encode())

    def outcome(self, answer: Answer) -> Outcome:
        match answer:
            case HttpAnswer():
                return _outcome(answer)
            case NoAnswer():
                return unanswered(answer)
            case _:
                return http_answers.no_http()

    def look_up(self, reference: str) -> None:  # noqa: ARG002  # Twilio's messages are found by its own ids only
        return None

    def found(self, answer: Answer) -> Outcome:  # noqa: ARG002  # it was never asked
        return still_unknown("Twilio cannot be asked by our reference")

    def receive(self, notice: Notice, now: Instant) -> Received:
        addresses = self._addresses(notice.url)
        said = verified(notice, addresses, auth_token=self.auth_token, shared_key=self.shared_key)
        if said.get("AccountSid", self.account_sid) != self.account_sid:
            alarm = "Twilio told something of another account than account_sid: it was not heard."
            return _heard(passed_over=1, unknown=("AccountSid",), alarms=(alarm,))
        if "MessageStatus" in said:
            return _status(said, parse_qs(notice.url.partition("?")[2]).get("reference", [""])[0], now)
        if "From" in said and "Body" in said:
            return _inbound(said, now)
        return _heard(passed_over=1, unknown=tuple(sorted(said)[:1]))

    def _addresses(self, url: str) -> tuple[str, ...]:
        """This account's address as we hear of it, and as Twilio was told it."""
        query = url.partition("?")[2]
        own = f"{self.callback_url}?{query}" if query else self.callback_url
        return (url, own) if self.callback_url else (url,)


# --- what answers mean ----------------------------------------------------------------------------------------------


def _outcome(answer: HttpAnswer) -> Outcome:
    """Twilio's code decides where the answer is definite; a message may also be made with one, and then is refused."""
    said, taken = http_answers.json_object(answer), http_answers.is_success(answer)
    sid, code = said.get("sid"), str(said.get("error_code" if taken else "code") or "")
    if taken and isinstance(sid, str) and sid and not code:
        return Outcome(OutcomeKind.SENT, provider_id=sid)
    words = said.get("error_message" if taken else "message")
    told = f"{code} {words}"[: http_answers.DETAIL_LENGTH_MAX] if isinstance(words, str) else code
    told = http_answers.without_numbers(told.strip() or http_answers.excerpt(answer))
    definite = taken or not http_answers.doubt(answer.status)
    if definite and code in REJECTIONS:
        return http_answers.told(answer, OutcomeKind.REFUSED, REJECTIONS[code].reason, said=told)
    if definite and code in THROTTLED:
        return http_answers.told(answer, OutcomeKind.NOT_SENT, "rate_limit", said=told)
    if definite and code in STOPPED:
        return http_answers.told(answer, OutcomeKind.NOT_SENT, "provider_unavailable", said=told, stopped=True)
    return http_answers.by_status(answer, said=told)


# --- what notices say -----------------------------------------------------------------------------------------------


def _status(said: Mapping[str, str], reference: str, now: Instant) -> Received:
    word, code, sid = said["MessageStatus"], said.get("ErrorCode", ""), said.get("MessageSid") or said.get("SmsSid", "")
    kind = STATUSES.get(word)
    if kind is None or not (sid or reference):
        unknown = () if word in NO_NEWS else (word,)
        return _heard(passed_over=1, unknown=unknown)
    failed = kind in (ReceiptKind.BOUNCED, ReceiptKind.FAILED)
    rejection = (Rejection.MESSAGE if word == CANCELED else REJECTIONS.get(code)) if failed else None
    words = " ".join(part for part in (word, code, http_answers.without_numbers(said.get("ErrorMessage", ""))) if part)
    receipt = Receipt(
        event_key=":".join(part for part in (sid or reference, word, code) if part),
        kind=kind,
        at=now,  # it does not say when
        reference=reference,
        provider_id=sid,
        permanent=rejection is not None,
        detail=words[: http_answers.DETAIL_LENGTH_MAX] if failed else "",
        rejection=rejection,
    )
    stopped = (f"Twilio does not send for this account: error {code}.",) if code in STOPPED else ()
    return _heard(receipts=(receipt,), alarms=stopped)


def _inbound(said: Mapping[str, str], now: Instant) -> Received:
    """What somebody wrote, to whatever number of the account."""
    text = said["Body"]
    message = InboundMessage(
        event_key=said.get("MessageSid") or said.get("SmsSid") or _digest(said),
        kind=InboundKind.TEXT if text.strip() else InboundKind.OTHER,
        at=now,
        sender=said["From"],
        text=text.replace("\0", ""),
        opt_out=said.get("OptOutType", "").upper() == "STOP",
    )
    return _heard(inbound=(message,))


def _digest(said: Mapping[str, str]) -> str:
    """Where it has no id, the same words are the same news."""
    return hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()


_heard = partial(Received, reply=REPLY, reply_type="text/xml")
