"""SMS through Zenvia's API v2, for Brazil: `POST /v2/channels/sms/messages`, and the webhooks of two subscriptions.

    accounts:
      - {id: sms, adapter: sms_zenvia, sender: casa-lume}

`JOGRAL_ACCOUNTS__SMS__TOKEN` is the token of the calls. Zenvia does not sign its webhooks: a subscription sends a
header of one's own, whose value is `JOGRAL_ACCOUNTS__SMS__WEBHOOK_SECRET`. It echoes our reference as `externalId`.
https://zenvia.github.io/zenvia-openapi-spec/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

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
from orchestrator.contract.signing import forged, same
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.domain.receipt import Receipt, ReceiptKind
from orchestrator.domain.time import instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.channels import Answer, Notice
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant

STATUSES: Final[Mapping[str, ReceiptKind]] = {
    "SENT": ReceiptKind.SENT,
    "DELIVERED": ReceiptKind.DELIVERED,
    "READ": ReceiptKind.READ,
    "CLICKED": ReceiptKind.CLICKED,
    "NOT_DELIVERED": ReceiptKind.BOUNCED,
    "REJECTED": ReceiptKind.FAILED,
}
NO_NEWS: Final = frozenset({"ACCEPTED", "VERIFIED", "DELETED"})

# Zenvia documents no list of its causes: these are words that leave no doubt, in its two languages. What they do not
# name says nothing against the address.
CAUSES: Final[tuple[tuple[re.Pattern[str], Rejection], ...]] = (
    (re.compile(r"opt(ed)?[ -]?out|descadastr"), Rejection.OPTED_OUT),
    (re.compile(r"black ?list|block ?list|lista negra"), Rejection.CHANNEL),
    (
        re.compile(
            r"(invalid|unknown|non-?existent) (destination|recipient|phone|mobile|number)|landline"
            r"|(n[uú]mero|destinat[aá]rio|celular|telefone) (inv[aá]lido|inexistente)|telefone fixo"
        ),
        Rejection.ADDRESS,
    ),
    (re.compile(r"\bspam\b|content (blocked|filtered)|conte[uú]do (bloqueado|proibido)"), Rejection.POLICY),
)

# Zenvia counts accents that GSM-7 has (à, é, Ç) as "unicode only" too: in its cheaper alphabet it would take them off.
MORE_CHARACTERS, MORE_ALPHABET = "MORE_CHARACTERS_PER_MESSAGE", "MORE_CHARACTER_SUPPORT"
TEXT_LENGTH_MAX: Final = 1520


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One Zenvia account, which sends as the alias `from`.

    `secret_header` is the header that its subscriptions send, `webhook_secret` the value: an account without it
    believes no notice.
    """

    channel: Channel
    sender: str
    token: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)
    secret_header: str = "X-Jogral-Secret"  # noqa: S105  # a header's name
    base_url: str = "https://api.zenvia.com"

    def __post_init__(self) -> None:
        if not self.secret_header.isascii() or not self.secret_header.replace("-", "").isalnum():
            raise ConfigurationError(
                'secret_header "{name}" is not the name of a header',
                remedy="Write the one that the subscription sends: X-Jogral-Secret.",
                name=self.secret_header,
            )

    @property
    def can(self) -> Capabilities:
        return Capabilities(
            channels=frozenset({Channel.SMS}), text_length_max=TEXT_LENGTH_MAX, receives=True, hears=True
        )

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> HttpCall:  # noqa: ARG002  # Zenvia takes our reference
        text = delivery.rendered.text
        said = {
            "from": self.sender,
            "to": delivery.address.value.removeprefix("+"),
            "externalId": delivery.reference,
            "contents": [
                {"type": "text", "text": text, "encodingStrategy": _strategy(text, delivery.rendered.encoding)}
            ],
        }
        headers = {
            "X-API-TOKEN": self.token,
            "Content-Type": "application/json; charset=utf-8",
            "Accept": "application/json",
        }
        url = f"{self.base_url.rstrip('/')}/v2/channels/sms/messages"
        return HttpCall("POST", url, headers, json.dumps(said, ensure_ascii=False).encode("utf-8", "replace"))

    def outcome(self, answer: Answer) -> Outcome:
        match answer:
            case HttpAnswer():
                return _outcome(answer)
            case NoAnswer():
                return unanswered(answer)
            case _:
                return http_answers.no_http()

    def look_up(self, reference: str) -> None:  # noqa: ARG002  # the API finds messages by reports only, hours later
        return None

    def found(self, answer: Answer) -> Outcome:  # noqa: ARG002  # it was never asked
        return still_unknown("Zenvia cannot be asked by our reference")

    def receive(self, notice: Notice, now: Instant) -> Received:
        if not same(self.webhook_secret, notice.headers.get(self.secret_header.lower(), "")):
            raise forged()
        try:
            said = json.loads(notice.body)
        except (ValueError, RecursionError) as error:
            raise _unreadable("JSON") from error
        events = said if isinstance(said, list) else [said]
        return _together([_event(event, now) for event in events])


def _strategy(text: str, encoding: str) -> str:
    if not encoding:
        return "AUTO"
    return MORE_CHARACTERS if encoding == "GSM-7" and text.isascii() else MORE_ALPHABET


# --- what answers mean ----------------------------------------------------------------------------------------------


def _outcome(answer: HttpAnswer) -> Outcome:
    said = http_answers.json_object(answer)
    given = said.get("id")
    if http_answers.is_success(answer) and isinstance(given, str) and given:
        return Outcome(OutcomeKind.SENT, provider_id=given)
    details = said.get("details")
    wrong = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    words = [said.get("code"), said.get("message"), *(f"{one.get('path')}: {one.get('message')}" for one in wrong)]
    told = " ".join(word for word in words if isinstance(word, str)) or http_answers.excerpt(answer)
    told = http_answers.without_numbers(told)[: http_answers.DETAIL_LENGTH_MAX]
    about_number = bool(wrong) and all(one.get("path") == "to" for one in wrong)
    about = Rejection.ADDRESS if about_number else Rejection.MESSAGE
    return http_answers.by_status(answer, said=told, refused=about.reason)


# --- what notices say -----------------------------------------------------------------------------------------------


def _together(all_news: list[Received]) -> Received:
    return Received(
        receipts=tuple(one for news in all_news for one in news.receipts),
        inbound=tuple(one for news in all_news for one in news.inbound),
        passed_over=sum(news.passed_over for news in all_news),
        unknown=tuple(dict.fromkeys(word for news in all_news for word in news.unknown)),
    )


def _event(event: Any, now: Instant) -> Received:
    """One event; what it does not say as documented is passed over, so that it keeps no STOP beside it from us."""
    kind = _text(event, "type")
    if _text(event, "channel") not in ("", "sms"):
        return _passed(_text(event, "channel"))
    if kind == "MESSAGE_STATUS":
        return _status(event, now)
    if kind == "MESSAGE":
        return _message(event, now)
    return _passed(kind or "type")


def _status(event: Any, now: Instant) -> Received:
    told, message = _object(event, "messageStatus"), _object(event, "message")
    word = _text(told, "code")
    provider_id = _text(event, "messageId") or _text(message, "id")
    reference = _text(message, "externalId")
    kind = STATUSES.get(word)
    if kind is None or not (provider_id or reference):
        return _passed((word or "messageStatus") if kind is None else "messageId", known=word in NO_NEWS)
    failed = kind in (ReceiptKind.BOUNCED, ReceiptKind.FAILED)
    causes = told.get("causes")
    said = [_cause(one) for one in causes if isinstance(one, dict)] if failed and isinstance(causes, list) else []
    rejection = _rejection(" ".join(said), kind)
    index = event.get("contentIndex", message.get("contentIndex", 0))
    receipt = Receipt(
        event_key=":".join((provider_id or reference, str(index)[:9], word)),
        kind=kind,
        at=_time(_text(told, "timestamp"), now),
        reference=reference,
        provider_id=provider_id,
        permanent=rejection is not None,
        detail=_detail([word, _text(told, "description"), *said]) if failed else "",
        rejection=rejection,
    )
    return Received(receipts=(receipt,))


def _cause(cause: Mapping[str, Any]) -> str:
    return " ".join(str(cause[key]) for key in ("channelErrorCode", "reason", "details") if cause.get(key))


def _detail(words: list[str]) -> str:
    said = " ".join(word for word in words if word)
    return http_answers.without_numbers(said.replace("\0", ""))[: http_answers.DETAIL_LENGTH_MAX]


def _rejection(said: str, kind: ReceiptKind) -> Rejection | None:
    """What a failure is about. One that was rejected for no reason that we know: not on this channel."""
    if kind not in (ReceiptKind.BOUNCED, ReceiptKind.FAILED):
        return None
    named = next((about for words, about in CAUSES if words.search(said.lower())), None)
    return named or (Rejection.CHANNEL if kind is ReceiptKind.FAILED else None)


def _message(event: Any, now: Instant) -> Received:
    message = _object(event, "message")
    sender, given = _text(message, "from"), _text(message, "id") or _text(event, "id")
    if "OUT" in (_text(message, "direction"), _text(event, "direction")):
        return _passed("OUT", known=True)  # our own, told back
    if not sender or not given:
        return _passed("from" if given else "id")
    contents = message.get("contents")
    parts = (
        [_text(one, "text") for one in contents if _text(one, "type") == "text"] if isinstance(contents, list) else []
    )
    text = "\n".join(part for part in parts if part)
    found = InboundMessage(
        event_key=given,
        kind=InboundKind.TEXT if text.strip() else InboundKind.OTHER,
        at=_time(_text(message, "timestamp") or _text(event, "timestamp"), now),
        sender=sender,
        text=text,
    )
    return Received(inbound=(found,))


def _passed(word: str, *, known: bool = False) -> Received:
    return Received(passed_over=1, unknown=() if known else (word,))


def _object(said: Any, key: str) -> Mapping[str, Any]:
    found = said.get(key) if isinstance(said, dict) else None
    return found if isinstance(found, dict) else {}


def _text(said: Any, key: str) -> str:
    """A word as text that can be stored; nothing where there is none."""
    found = said.get(key) if isinstance(said, dict) else None
    return found.encode("utf-8", "replace").decode().replace("\0", "") if isinstance(found, str) else ""


def _time(written: str, now: Instant) -> Instant:
    """When it happened; where that is not told, or cannot be, when we heard of it."""
    try:
        told = instant(datetime.fromisoformat(written))
    except (ValueError, OverflowError):
        return now
    return told if 0 < told <= now else now


def _unreadable(what: str) -> InputError:
    return InputError(
        "The notice is signed, but does not say: {what}.",
        remedy="Compare it with the provider's documentation.",
        code="unreadable_notice",
        what=what,
    )
