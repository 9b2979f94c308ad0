"""What an account of each shipped adapter looks like, with made-up secrets: for trying one that no project has yet."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from orchestrator.channels import build_adapter
from orchestrator.domain.customer import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.contract.adapter import Adapter

SECRET = "canary-5f1e"  # noqa: S105  # what must not be seen anywhere

_RECIPE: Mapping[str, Any] = {
    "url": "https://api.provider.example/v2/{customer_id}/messages?to={to}",
    "headers": {"Authorization": "Bearer {token}", "X-Reference": "{reference}"},
    "id_at": "data.0.id",
    "token": SECRET,
    "look_up": {
        "url": "https://api.provider.example/v2/messages/{reference}?key={token}",
        "headers": {"Authorization": "Bearer {token}"},
        "found_at": "data.0.id",
        "missing": "404",
        "empty_at": "data",
    },
    "receipts": {
        "signature_header": "X-Signature",
        "reference_at": "reference",
        "status_at": "status",
        "words": {"delivered": "delivered"},
    },
    "receipts_secret": f"{SECRET}-receipts",
}
_BODIES: Mapping[Channel, Mapping[str, Any]] = {
    Channel.EMAIL: {
        "to": "{to}", "subject": "{subject}", "text": "{text}", "html": "{html}", "headers": "{one_click_headers}",
    },
    Channel.WHATSAPP: {"to": "{to}", "text": "{text}", "buttons": "{buttons}"},
    Channel.SMS: {"to": "{to}", "text": "{text}", "parts": "{segments}", "test": False},
    Channel.PUSH: {"to": "{to}", "title": "{title}", "text": "{text}", "open": "{url}"},
}  # fmt: skip
_TWILIO: Mapping[str, Any] = {
    "account_sid": "AC" + "0123456789abcdef" * 2,
    "auth_token": SECRET,
    "sender": "+15005550006",
    "callback_url": "https://msg.casalume.example/hooks/sms",
}


@dataclass(frozen=True)
class ExampleAccount:
    """One account of a shipped adapter. `address` is whom it may write to, where its channel's own is not enough."""

    name: str
    channel: Channel
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{self.name}-{self.channel}"

    def adapter(self, **changes: Any) -> Adapter:
        """The adapter of this account, with some settings changed."""
        return build_adapter(self.name, self.channel, {**self.settings, **changes})


def example_accounts(name: str) -> list[ExampleAccount]:
    """Accounts of a shipped adapter, one for each channel that it speaks; of any other, none."""
    made = _ACCOUNTS.get(name)
    return made() if made is not None else []


def _outbox() -> list[ExampleAccount]:
    return [ExampleAccount("outbox", channel) for channel in Channel]


def _webhook() -> list[ExampleAccount]:
    return [ExampleAccount("webhook", channel, {**_RECIPE, "body": body}) for channel, body in _BODIES.items()]


def _email_smtp() -> list[ExampleAccount]:
    settings = {
        "host": "smtp.provider.example", "sender": "Casa Lume <oi@casalume.example>", "username": "lume",
        "password": SECRET, "inbound_secret": f"{SECRET}-inbound",
    }  # fmt: skip
    return [ExampleAccount("email_smtp", Channel.EMAIL, settings)]


def _email_ses() -> list[ExampleAccount]:
    settings = {
        "sender": "Casa Lume <oi@casalume.example>", "region": "sa-east-1", "access_key": "AKIDEXAMPLE",
        "secret_key": SECRET, "sns_topics": ["arn:aws:sns:sa-east-1:123456789012:ses-eventos"],
    }  # fmt: skip
    return [ExampleAccount("email_ses", Channel.EMAIL, settings)]


def _sms_twilio() -> list[ExampleAccount]:
    return [ExampleAccount("sms_twilio", Channel.SMS, _TWILIO)]


def _sms_zenvia() -> list[ExampleAccount]:
    settings = {"token": SECRET, "sender": "casalume", "webhook_secret": f"{SECRET}-hook"}
    return [ExampleAccount("sms_zenvia", Channel.SMS, settings)]


def _whatsapp_cloud() -> list[ExampleAccount]:
    settings = {
        "phone_number_id": "106540352242922", "business_account_id": "102290129340398", "token": SECRET,
        "app_secret": f"{SECRET}-app", "verify_token": f"{SECRET}-verify",
    }  # fmt: skip
    return [ExampleAccount("whatsapp_cloud", Channel.WHATSAPP, settings)]


def _push_fcm() -> list[ExampleAccount]:
    return [ExampleAccount("push_fcm", Channel.PUSH, {"service_account": _service_account()})]


def _push_web() -> list[ExampleAccount]:
    from orchestrator.testing.subscriptions import vapid_private_key  # noqa: PLC0415  # only push needs it

    settings = {"vapid_private_key": vapid_private_key(), "subject": "mailto:oi@casalume.example"}
    return [ExampleAccount("push_web", Channel.PUSH, settings)]


@cache
def _service_account() -> str:
    """What Google's console downloads, with a key of this process."""
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415  # only push needs it
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps({
        "type": "service_account", "project_id": "casa-lume", "private_key_id": "0123456789abcdef", "private_key": pem,
        "client_email": "jogral@casa-lume.iam.gserviceaccount.example",
        "token_uri": "https://oauth2.googleapis.com/token",
    })  # fmt: skip


_ACCOUNTS: Mapping[str, Callable[[], list[ExampleAccount]]] = {
    "outbox": _outbox,
    "webhook": _webhook,
    "email_smtp": _email_smtp,
    "email_ses": _email_ses,
    "sms_twilio": _sms_twilio,
    "sms_zenvia": _sms_zenvia,
    "whatsapp_cloud": _whatsapp_cloud,
    "push_fcm": _push_fcm,
    "push_web": _push_web,
}
