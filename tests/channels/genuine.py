"""Genuine notices of each provider that signs, and what of them its signature covers: a table that grows by a line.

`says` is what a notice says to whoever reads it: two that say the same are the same notice, however they are written.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from orchestrator.channels import Adapter, Notice, build_adapter
from orchestrator.domain.customer import Channel
from orchestrator.simulators import meta_webhooks, twilio

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_795_600_800_000
SECRET = "canary-5f1e"
VECTORS = Path(__file__).parents[1] / "vectors"


@dataclass(frozen=True)
class Genuine:
    """A provider's notices for one account; `covers` are the parts that cannot be changed: `body`, `url`, headers."""

    adapter: Adapter
    notices: tuple[Notice, ...]
    covers: tuple[str, ...]
    says: Callable[[Notice], object]


def _vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def _as_written(notice: Notice) -> object:
    return notice.method, notice.body, tuple(sorted(notice.headers.items())), tuple(sorted(notice.query.items()))


# --- Twilio: the address, and a form ----------------------------------------------------------------------------------

HOOK = "https://msg.casalume.example/hooks/sms"
ACCOUNT_SID = "AC" + "a" * 32

# What Twilio documents of a message, beside what every notice has.
OFTEN = {"ApiVersion": "2010-04-01", "NumSegments": "1", "NumMedia": "0", "SmsStatus": "received", "ToCountry": "BR"}
SOMETIMES = {
    "FromCity": "TOLEDO", "FromCountry": "BR", "FromState": "PR", "FromZip": "", "ToCity": "", "ToState": "",
    "ToZip": "", "MessagingServiceSid": "MG" + "c" * 32, "ErrorMessage": "no", "RawDlrDoneDate": "2611211530",
    "AddOns": "{}", "ChannelPrefix": "sms", "SomethingNew": "1", "OptOutType": "STOP", "ErrorCode": "30008",
}  # fmt: skip
TEXTS = (
    "SAIR",
    "Não quero mais",
    "ErrorCode=30005&MessageStatus=failed",
    "100% + 1 & mais",
    "🙂 OptOutTypeSTOP",
    "",
    "\n",
)


def twilio_notice(form: dict[str, str], *, url: str = HOOK, sha256: bool = False) -> Notice:
    signed = {name.lower(): value for name, value in twilio.signature(url, form, sha256=sha256).items()}
    return Notice(method="POST", headers=signed, body=urlencode(form).encode(), url=url)


def twilio_forms(count: int) -> list[dict[str, str]]:
    """Notices of every kind that Twilio documents, with fields as chance has it."""
    chance = random.Random(8)
    forms = []
    for number in range(count):
        form = {
            "AccountSid": ACCOUNT_SID,
            "MessageSid": f"SM{number:032x}",
            "To": "+15005550006",
            "From": "+5511987654321",
        }
        form |= OFTEN | {name: SOMETIMES[name] for name in SOMETIMES if chance.random() < 0.4}
        if chance.random() < 0.5:
            form["MessageStatus"] = chance.choice(["sent", "delivered", "undelivered", "failed"])
            form.pop("OptOutType", None)
        else:
            form["Body"] = chance.choice(TEXTS)
            form.pop("ErrorCode", None)
        forms.append(form)
    return forms


def _twilio() -> Genuine:
    settings = {"account_sid": ACCOUNT_SID, "auth_token": twilio.AUTH_TOKEN, "sender": "+15005550006"}
    forms = twilio_forms(400)
    about = f"{HOOK}?reference=msg_01JC9ZK3XQ"
    digest = hashlib.sha256(b'{"property": true}').hexdigest()
    hashed = f"{HOOK}?bodySHA256={digest}"
    document = Notice(
        method="POST", body=b'{"property": true}', url=hashed,
        headers={name.lower(): value for name, value in twilio.signature(hashed, {}, sha256=False).items()},
    )  # fmt: skip
    notices = [twilio_notice(form, url=about if "Body" not in form else HOOK, sha256=place % 3 == 0)
               for place, form in enumerate(forms)]  # fmt: skip
    return Genuine(
        adapter=build_adapter("sms_twilio", Channel.SMS, settings),
        notices=(*notices, document),
        covers=("body", "url", "x-twilio-signature"),
        says=_said_in_a_form,
    )


def _said_in_a_form(notice: Notice) -> object:
    """Neither order nor escapes say anything, nor a port; and of a field that nobody reads, not where its name ends."""
    body: object = notice.body
    if "bodySHA256" not in notice.url:
        text = notice.body.decode("utf-8", "surrogateescape")
        pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape")
        body = frozenset(f"{name}{value}" if name.startswith("Something") else (name, value) for name, value in pairs)
    return body, re.sub(r":\d+(?=/)", "", notice.url), notice.headers["x-twilio-signature"]


# --- Zenvia: a header of one's own, which covers nothing but itself ---------------------------------------------------


def _zenvia() -> Genuine:
    status = {"type": "MESSAGE_STATUS", "channel": "sms", "messageId": "zen_1", "message": {"externalId": "msg_1"}}
    said = json.dumps({**status, "messageStatus": {"code": "DELIVERED"}}).encode()
    settings = {"sender": "casa-lume", "token": "t", "webhook_secret": SECRET}
    return Genuine(
        adapter=build_adapter("sms_zenvia", Channel.SMS, settings),
        notices=(Notice(method="POST", headers={"x-jogral-secret": SECRET}, body=said),),
        covers=("x-jogral-secret",),
        says=_as_written,
    )


# --- any API by a recipe: HMAC in hexadecimal -------------------------------------------------------------------------


def _webhook() -> Genuine:
    receipts = {
        "signature_header": "X-Signature", "signature_prefix": "sha256=", "reference_at": "reference",
        "status_at": "status", "list_at": "events", "words": {"DELIVRD": "delivered"},
    }  # fmt: skip
    settings = {"url": "https://api.provider.example/v1", "receipts": receipts, "receipts_secret": SECRET}
    said = [{"events": [{"reference": "msg_1", "status": word}]} for word in ("DELIVRD", "OTHER")]
    bodies = [json.dumps(one).encode() for one in (*said, {"events": []})]
    return Genuine(
        adapter=build_adapter("webhook", Channel.SMS, settings),
        notices=tuple(
            Notice(
                method="POST",
                body=body,
                headers={"x-signature": f"sha256={hmac.digest(SECRET.encode(), body, 'sha256').hex()}"},
            )
            for body in bodies
        ),
        covers=("body", "x-signature"),
        says=_as_written,
    )


# --- Meta: HMAC in hexadecimal ----------------------------------------------------------------------------------------


def _meta() -> Genuine:
    settings = {
        "phone_number_id": "106540352242922", "business_account_id": "102290129340398", "token": "t",
        "app_secret": SECRET, "verify_token": "v",
    }  # fmt: skip
    notices = []
    for case in _vectors("whatsapp_webhooks.json")["cases"]:
        headers, body = meta_webhooks.signed(case["payload"], SECRET)
        notices.append(
            Notice(method="POST", headers={name.lower(): value for name, value in headers.items()}, body=body)
        )
    return Genuine(
        adapter=build_adapter("whatsapp_cloud", Channel.WHATSAPP, settings),
        notices=tuple(notices),
        covers=("body", "x-hub-signature-256"),
        says=_as_written,
    )


# --- SES through SNS: RSA over some of a JSON object's fields ---------------------------------------------------------

SIGNED = (
    "Message",
    "MessageId",
    "Subject",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
    "SignatureVersion",
)


def _ses() -> Genuine:
    vectors = _vectors("sns_signature.json")
    settings = {
        "sender": "Loja <loja@example.com.br>", "region": "sa-east-1", "access_key": "AKIDEXAMPLE", "secret_key": "s",
        "sns_topics": ["arn:aws:sns:sa-east-1:123456789012:ses-eventos"],
    }  # fmt: skip
    return Genuine(
        adapter=build_adapter("email_ses", Channel.EMAIL, settings),
        notices=tuple(
            Notice(
                method="POST", headers={"x-amz-sns-message-type": case["message"]["Type"]},
                body=json.dumps(case["message"]).encode(),
                documents={case["message"]["SigningCertURL"]: vectors["test_certificate"].encode()},
            )
            for case in vectors["cases"]
            if case["valid"]
        ),
        covers=("body",),
        says=_said_to_a_topic,
    )  # fmt: skip


def _said_to_a_topic(notice: Notice) -> object:
    try:
        said = json.loads(notice.body)
        signature = base64.b64decode(said["Signature"])
        return tuple(str(said.get(name)) for name in SIGNED), signature
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return notice.body


# --- letters through a gateway: a header of one's own -----------------------------------------------------------------


def _smtp() -> Genuine:
    settings = {"host": "smtp.provider.example", "sender": "Loja <loja@example.com.br>", "inbound_secret": SECRET}
    letter = b"From: ana@example.com.br\r\nTo: loja@example.com.br\r\nMessage-ID: <1@x>\r\nSubject: Oi\r\n\r\nSAIR\r\n"
    return Genuine(
        adapter=build_adapter("email_smtp", Channel.EMAIL, settings),
        notices=(Notice(method="POST", headers={"x-jogral-secret": SECRET}, body=letter),),
        covers=("x-jogral-secret",),
        says=_as_written,
    )


GENUINE = {
    "email_ses": cache(_ses),
    "email_smtp": cache(_smtp),
    "sms_twilio": cache(_twilio),
    "sms_zenvia": cache(_zenvia),
    "webhook": cache(_webhook),
    "whatsapp_cloud": cache(_meta),
}
# What takes no notices at all.
SILENT = frozenset({"outbox", "push_fcm", "push_web"})
