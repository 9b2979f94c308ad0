"""A small adapter with nothing wrong in it: what the broken ones are made from."""

# ruff: noqa: ARG002  # adapters are asked with all that there is, and these need little of it

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from urllib.parse import quote

from orchestrator.channels import (
    Capabilities,
    HttpAnswer,
    HttpCall,
    NoAnswer,
    Notice,
    Received,
    still_unknown,
    unanswered,
)
from orchestrator.contract import http_answers
from orchestrator.contract.signing import forged, is_signed
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import InputError
from orchestrator.domain.receipt import Receipt, ReceiptKind
from orchestrator.testing import RecordedAnswer, RecordedNotice

SECRET = "canary-5f1e"
HOOK_SECRET = "canary-hook-7a"
BUTTONS_MAX = 3
TEXT_LENGTH_MAX = 1024


@dataclass(frozen=True, kw_only=True)
class Sound:
    """One account."""

    channel: Channel = Channel.WHATSAPP
    token: str = field(default=SECRET, repr=False)
    hook_secret: str = field(default=HOOK_SECRET, repr=False)
    base_url: str = "https://api.provider.example"

    @property
    def can(self):
        return Capabilities(
            channels=frozenset({Channel.WHATSAPP, Channel.PUSH}),
            text_length_max=TEXT_LENGTH_MAX,
            buttons_max=BUTTONS_MAX,
            title=True,
            looks_up=True,
            receives=True,
        )

    def call(self, delivery, now, entropy):
        said = delivery.rendered
        if len(said.text) > TEXT_LENGTH_MAX or len(said.buttons) > BUTTONS_MAX:
            raise InputError("The message is too long.", remedy="1,024 characters and three buttons.")
        body = {
            "id": delivery.reference,
            "to": delivery.address.value,
            "title": said.title,
            "text": said.text,
            "url": said.url,
            "buttons": self.buttons(said.buttons),
        }
        return HttpCall("POST", f"{self.base_url}/messages", self.headers(delivery), json.dumps(body).encode())

    def headers(self, delivery):
        return {"Authorization": f"Bearer {self.token}"}

    def buttons(self, buttons):
        return [{"label": button.label, "url": button.url} for button in buttons]

    def outcome(self, answer):
        match answer:
            case HttpAnswer(200 | 202):
                return self.accepted(answer)
            case HttpAnswer(404) if http_answers.json_object(answer).get("code") == "no_such_number":
                return http_answers.told(answer, OutcomeKind.REFUSED, Rejection.ADDRESS.reason)
            case HttpAnswer():
                return http_answers.by_status(answer)
            case NoAnswer():
                return unanswered(answer)
            case _:
                return http_answers.no_http()

    def accepted(self, answer):
        found = http_answers.json_object(answer).get("id")
        if isinstance(found, str) and found:
            return Outcome(OutcomeKind.SENT, provider_id=found)
        return http_answers.told(answer, OutcomeKind.UNKNOWN, "unreadable_answer")

    def look_up(self, reference):
        return HttpCall("GET", f"{self.base_url}/messages/{quote(reference, safe='')}", {}, b"")

    def found(self, answer):
        if isinstance(answer, HttpAnswer):
            said = http_answers.json_object(answer)
            if answer.status == 200 and isinstance(said.get("id"), str):
                return Outcome(OutcomeKind.SENT, provider_id=said["id"])
            if answer.status == 404 and said.get("code") == "no_such_message":
                return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail="it has no such message")
        return still_unknown("it did not say")

    def receive(self, notice, now):
        self.verify(notice)
        return self.read(notice, now)

    def verify(self, notice):
        if not is_signed(self.hook_secret, notice.body, notice.headers.get("x-signature", ""), "sha256"):
            raise forged()

    def read(self, notice, now):
        try:
            said = json.loads(notice.body)
            at, kind = int(said["at"]), ReceiptKind(said["status"])
            receipt = Receipt(event_key=self.event_key(said, now), kind=kind, at=at, reference=said["reference"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError("The notice cannot be read.", code="unreadable_notice") from error
        return Received(receipts=(receipt,))

    def event_key(self, said, now):
        return said["event"]


# --- what its provider says -----------------------------------------------------------------------------------------


def signed(body, secret=HOOK_SECRET):
    return {"x-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def notice(what, **said):
    body = json.dumps({"reference": "msg_1", "at": 1_795_600_700_000, **said}).encode()
    return RecordedNotice(
        what=what,
        notice=Notice(method="POST", headers=signed(body), body=body),
        at=1_795_600_800_000,
        means={"receipts": [said["status"]]},
    )


def answer(what, status, document, of_look_up=False, **means):
    return RecordedAnswer(
        what=what, answer=HttpAnswer(status, {}, json.dumps(document).encode()), means=means, of_look_up=of_look_up
    )


RECORDED = (
    answer("accepted", 202, {"id": "pm_1"}, kind="sent", provider_id="pm_1"),
    answer(
        "nobody has this number", 404, {"code": "no_such_number"}, kind="refused", reason="provider_rejected:address"
    ),
    answer("the account is gone", 404, {"code": "no_such_account"}, kind="not_sent", stopped=True),
    answer("it knows no such message", 404, {"code": "no_such_message"}, of_look_up=True, kind="not_sent"),
    notice("delivered", event="evt_1", status="delivered"),
    notice("read, in the same second", event="evt_2", status="read"),
)
