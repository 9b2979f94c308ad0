"""Meta's webhooks: the handshake, and news whose raw bytes are signed with the app's secret.

One call may hold news of several accounts, numbers and people: every level is gone through, and what cannot be read
never takes what can be with it. News of another number or business account of the same app is not ours: it is passed
over, and an alarm, because a "sair" written there is heard by nobody else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator.contract.meta.account_news import ALARMS, TEMPLATE_FIELDS, template_alarm, template_news
from orchestrator.contract.meta.errors import graph_error
from orchestrator.contract.meta.people import changed_number, known_as, message_of, preference_of, updated_ids
from orchestrator.contract.meta.reading import fields, items, moment, word
from orchestrator.contract.meta.statuses import error_of, is_of_the_account, receipt_of
from orchestrator.contract.notices import Received
from orchestrator.contract.signing import forged, same
from orchestrator.domain.errors import InputError, Phrase, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.contract.notices import InboundMessage, Notice, Preference, TemplateNews, UserNews
    from orchestrator.domain.receipt import Receipt
    from orchestrator.domain.time import Instant

SIGNATURE_HEADER = "x-hub-signature-256"
SIGNATURE_PREFIX = "sha256="

_OBJECT = "whatsapp_business_account"
_CHOICES = "user_preferences"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ours:
    """Which number and account are ours, and the secrets that its notices are known by."""

    phone_number_id: str
    business_account_id: str
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)


def received(notice: Notice, ours: Ours, now: Instant) -> Received:
    """What a notice says.

    Raises:
        Refused: it is not signed with our secret, or we have none; or the handshake's token is not ours.
        InputError: it is genuine, and no JSON; or the handshake brings nothing to answer with.
    """
    if notice.method.upper() == "GET":
        return _handshake(notice, ours)
    _verify(notice, ours)
    told = _Told(ours, now)
    told.hear(_document(notice.body))
    return told.all()


def _handshake(notice: Notice, ours: Ours) -> Received:
    """Meta subscribes: it brings the token that we chose, and reads back its challenge as plain text."""
    said = notice.query
    genuine = same(ours.verify_token, said.get("hub.verify_token", "")) and said.get("hub.mode") == "subscribe"
    if not genuine:
        raise Refused("This is not a subscription that we know of.")
    if not said.get("hub.challenge"):
        raise InputError("The subscription brings no hub.challenge.", code="unreadable_notice")
    return Received(reply=said["hub.challenge"])


def _verify(notice: Notice, ours: Ours) -> None:
    expected = SIGNATURE_PREFIX + hmac.new(ours.app_secret.encode(), notice.body, hashlib.sha256).hexdigest()
    if not ours.app_secret or not same(expected, notice.headers.get(SIGNATURE_HEADER, "")):
        raise forged()


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "The notice is signed, but is no JSON.",
            remedy="Meta sends none such: see what stands between it and us.",
            code="unreadable_notice",
        ) from error


class _Told:
    """What one notice says, as it is gone through."""

    def __init__(self, ours: Ours, now: Instant) -> None:
        self._ours = ours
        self._now = now
        self._receipts: list[Receipt] = []
        self._inbound: list[InboundMessage] = []
        self._preferences: list[Preference] = []
        self._templates: list[TemplateNews] = []
        self._users: dict[tuple[str, str, str], UserNews] = {}
        self._alarms: dict[str, None] = {}
        self._passed_over = 0
        self._unknown: dict[str, None] = {}

    def all(self) -> Received:
        return Received(
            receipts=tuple(self._receipts),
            inbound=tuple(self._inbound),
            preferences=tuple(self._preferences),
            templates=tuple(self._templates),
            users=tuple(self._users.values()),
            alarms=tuple(self._alarms),
            passed_over=self._passed_over,
            unknown=tuple(self._unknown),
        )

    def hear(self, document: Any) -> None:
        entries = items(document, "entry")
        if word(document, "object") != _OBJECT or not entries:
            self._pass_over(word(document, "object") or "object")
            return
        for entry in entries:
            for change in items(entry, "changes") or [None]:
                self._change(entry, change)

    def _change(self, entry: Any, change: Any) -> None:
        about, value = word(change, "field"), fields(change, "value")
        if not about or not value:
            self._pass_over(about or "changes")
        elif self._is_ours(entry, value):
            at = moment(word(entry, "time"), self._now)
            if about in TEMPLATE_FIELDS:
                self._template(about, value, at)
            elif about == _CHOICES:
                self._choices(value, word(entry, "time"))
            elif about in ALARMS:
                self._alarm(ALARMS[about](value))
            elif about in _READ:
                _READ[about](self, value)
            else:
                self._pass_over(about)

    def _is_ours(self, entry: Any, value: Mapping[str, Any]) -> bool:
        account, number = word(entry, "id"), word(value, "metadata", "phone_number_id")
        theirs = account if account != self._ours.business_account_id else number
        if theirs in ("", self._ours.phone_number_id) and account == self._ours.business_account_id:
            return True
        self._passed_over += max(1, sum(len(items(value, key)) for key in _COUNTED))
        self._alarm(
            Phrase(
                "Meta sends news of {id}, which is not this account's: what people write there is heard by nobody.",
                id=theirs or "?",
            )
        )
        return False

    # --- by field

    def _messages(self, value: Mapping[str, Any]) -> None:
        contacts = items(value, "contacts")
        for told in items(value, "messages"):
            self._message(told, contacts)
        for told in items(value, "statuses"):
            self._status(told)
        for told in items(value, "errors"):
            error = graph_error(told)
            self._alarm(Phrase("Meta tells of an error: {said}", said=error.said if error is not None else "?"))
        if not any(items(value, key) for key in ("messages", "statuses", "errors")):
            self._pass_over("messages")
        self._meet(known_as(contacts, self._now))

    def _message(self, told: Any, contacts: list[Any]) -> None:
        message = message_of(told, contacts, self._now)
        news = changed_number(told, self._now) if word(told, "type") == "system" else None
        if message is not None:
            self._inbound.append(message)
        elif news is not None:
            self._meet([news])
        else:
            self._pass_over(word(told, "type") or "messages")

    def _status(self, told: Any) -> None:
        receipt = receipt_of(told, self._now)
        if receipt is None:
            self._pass_over(word(told, "status") or "statuses")
            return
        self._receipts.append(receipt)
        error = error_of(told)
        if error is not None and is_of_the_account(error):
            self._alarm(Phrase("Meta refuses what this account sends: {said}", said=error.said))

    def _choices(self, value: Mapping[str, Any], sent_at: str) -> None:
        contacts, told = items(value, "contacts"), items(value, _CHOICES)
        for one in told:
            preference = preference_of(one, contacts, sent_at, self._now)
            if preference is not None:
                self._preferences.append(preference)
            else:
                self._pass_over(word(one, "category") or _CHOICES)
        if not told:
            self._pass_over(_CHOICES)
        self._meet(known_as(contacts, self._now))

    def _ids(self, value: Mapping[str, Any]) -> None:
        for news in updated_ids(value, self._now):
            if news is None:
                self._pass_over("user_id_update")
            else:
                self._meet([news])

    def _template(self, about: str, value: Mapping[str, Any], at: Instant) -> None:
        news = template_news(about, value, at)
        if news is None:
            self._pass_over(about)
            return
        self._templates.append(news)
        self._alarm(template_alarm(about, value))

    # --- keeping

    def _meet(self, news: Any) -> None:
        for one in news:
            self._users.setdefault((one.user_id, one.phone, one.former), one)

    def _alarm(self, sentence: str) -> None:
        if sentence:
            self._alarms.setdefault(sentence)

    def _pass_over(self, unknown: str) -> None:
        self._passed_over += 1
        self._unknown.setdefault(unknown)


_COUNTED = ("messages", "statuses", _CHOICES, "user_id_update")

# Field → how it is read.
_READ: Mapping[str, Callable[[_Told, Mapping[str, Any]], None]] = MappingProxyType({
    "messages": _Told._messages,  # noqa: SLF001  # a table of its own methods
    "user_id_update": _Told._ids,  # noqa: SLF001
})  # fmt: skip
