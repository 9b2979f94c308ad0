"""What each adapter costs: calls made, carried and read, beside a bare loop of the same bytes to the same sink."""

from __future__ import annotations

import base64
import json
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.bench import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMTP_CONNECTIONS = 5
HTTP_RATIO_MIN, SMTP_RATIO_MIN = 0.35, 0.5

SENDER = "Casa Lume <oi@lume.example>"
PHONE = "+5511912345678"
MAILBOX = "ana@example.com"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One adapter as it is measured."""

    adapter: str
    channel: str
    address: str
    settings: dict[str, Any]
    template: dict[str, Any] | None = None
    smtp: bool = False
    guard: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One adapter, beside the mean of a bare loop before and after it."""

    adapter: str
    messages: int
    sent: int
    messages_per_s: float
    cpu_s_per_1000: float
    bare_per_s: float
    bare_cpu_s_per_1000: float
    ratio: float
    ratio_min: float
    cores: int
    python: str

    @property
    def ok(self) -> bool:
        """Whether every message was taken. The ratio is a figure, and no verdict: machines are busy."""
        return self.sent == self.messages


def measure(messages: int, only: tuple[str, ...], say: Callable[[str], None]) -> list[Figures]:
    """Every adapter, or those that are named."""
    found = []
    with processes.providers() as (http_port, smtp_port):
        for account in accounts(http_port, smtp_port):
            if not only or account.adapter in only:
                say(account.adapter)
                found.append(_measured(account, messages, smtp_port))
    return found


def _measured(account: Account, messages: int, smtp_port: int) -> Figures:
    wanted = {
        "adapter": account.adapter,
        "channel": account.channel,
        "settings": account.settings,
        "address": account.address,
        "template": account.template,
        "guard": account.guard,
        "concurrency": processes.CONCURRENCY,
    }
    sample = processes.asked("tests.bench.carrying", {**wanted, "messages": 1})["sample"]
    before = _bare(account, sample, messages, smtp_port)
    ours = processes.asked("tests.bench.carrying", {**wanted, "messages": messages})
    after = _bare(account, sample, messages, smtp_port)
    bare_per_s = (before["per_s"] + after["per_s"]) / 2
    return Figures(
        adapter=account.adapter,
        messages=messages,
        sent=ours["sent"],
        messages_per_s=ours["per_s"],
        cpu_s_per_1000=ours["cpu_s_per_1000"],
        bare_per_s=bare_per_s,
        bare_cpu_s_per_1000=(before["cpu_s_per_1000"] + after["cpu_s_per_1000"]) / 2,
        ratio=ours["per_s"] / bare_per_s,
        ratio_min=SMTP_RATIO_MIN if account.smtp else HTTP_RATIO_MIN,
        cores=len(os.sched_getaffinity(0)),
        python=".".join(map(str, sys.version_info[:3])),
    )


def _bare(account: Account, sample: dict[str, Any], messages: int, smtp_port: int) -> dict[str, Any]:
    if account.smtp:
        wanted = {**sample, "port": smtp_port, "mails": messages, "connections": SMTP_CONNECTIONS}
        return processes.asked("tests.bench.mailing", wanted)
    return processes.asked("tests.bench.bare", {**sample, "posts": messages, "concurrency": processes.CONCURRENCY})


def accounts(http_port: int, smtp_port: int) -> Iterator[Account]:
    """Every adapter that reaches a provider, with made-up credentials and the local sink as its provider."""
    base = f"http://127.0.0.1:{http_port}"
    yield Account(
        adapter="webhook",
        channel="sms",
        address=PHONE,
        settings={
            "url": f"{base}/messages",
            "headers": {"Authorization": "Bearer {token}"},
            "token": "a-token",
            "body": {"to": "{to}", "text": "{text}", "reference": "{reference}"},
            "id_at": "id",
            "allow_private": True,
        },
    )
    yield Account(
        adapter="sms_twilio",
        channel="sms",
        address=PHONE,
        settings={
            "account_sid": "AC" + "0" * 32, "auth_token": "a-token", "sender": "+15005550006", "base_url": base,
        },
    )  # fmt: skip
    yield Account(
        adapter="sms_zenvia",
        channel="sms",
        address=PHONE,
        settings={"token": "a-token", "sender": "lume", "base_url": base},
    )
    yield Account(
        adapter="whatsapp_cloud",
        channel="whatsapp",
        address=PHONE,
        settings={"token": "a-token", "phone_number_id": "1", "business_account_id": "2", "base_url": base},
        template=TEMPLATE,
    )
    yield Account(
        adapter="push_fcm",
        channel="push",
        address="a-device-token",
        settings={"service_account": _service_account(), "base_url": base, "token_url": f"{base}/token"},
    )
    yield Account(
        adapter="push_web",
        channel="push",
        address=_subscription(f"{base}/created/1"),
        settings={"vapid_private_key": _vapid_key(), "subject": "mailto:oi@lume.example", "base_url": base},
    )
    yield Account(
        adapter="email_ses",
        channel="email",
        address=MAILBOX,
        settings={
            "region": "sa-east-1", "access_key": "AKIA", "secret_key": "a-secret", "sender": SENDER, "base_url": base,
        },
    )  # fmt: skip
    yield Account(
        adapter="email_smtp",
        channel="email",
        address=MAILBOX,
        settings={"host": "127.0.0.1", "port": smtp_port, "security": "none", "sender": SENDER},
        smtp=True,
    )


TEMPLATE: dict[str, Any] = {
    "name": "order_shipped_0f1e2d",
    "base": "order_shipped",
    "language": "pt_BR",
    "category": "utility",
    "body": {"customer_first_name": "Ana", "order_number": "10234", "promised_date": "terça-feira, 1 de dezembro"},
    "buttons": [],
}


def _service_account() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "bench",
            "private_key_id": "1",
            "private_key": _pem(key),
            "client_email": "bench@bench.example",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )


def _vapid_key() -> str:
    secret = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _url64(secret.to_bytes(32, "big"))


def _subscription(endpoint: str) -> str:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": _url64(point), "auth": _url64(os.urandom(16))}})


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
