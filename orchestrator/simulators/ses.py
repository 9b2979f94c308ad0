"""Amazon SES and SNS, played: API v2 with Signature Version 4, and a topic that signs with a key of its own.

Built from Amazon's documentation: the API reference of SES v2, "Create a signed AWS API request", "Verifying the
signatures of Amazon SNS messages", and "Contents of event data that Amazon SES publishes to Amazon SNS".

    POST /ses/v2/email/outbound-emails                       takes a letter
    GET  /ses/sns/SimpleNotificationService-<hash>.pem       the certificate of the topic's key
    GET  /ses/sns/?Action=ConfirmSubscription&Token=…        confirms the subscription

The topic tells nothing before its subscription is confirmed, and asks for that with the first news. Whom a letter goes
to decides what becomes of it, as with Amazon's mailbox simulator: `bounce@`, `softbounce@`, `complaint@`,
`suppressionlist@`, else it is delivered.

`POST /ses/_say`: `{"event": "Open", "about": "<our reference, or the MessageId>"}` with Bounce, Complaint, Delivery,
DeliveryDelay, Open, Click or Reject, and `"type"`, `"sub_type"`, `"status"` of a bounce; `{"from": "ana@example.com",
"text": "SAIR", "about": …}` is a letter that SES receives for us; `{"subscribe": true}` asks again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import itertools
import json
import re
import urllib.parse
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from orchestrator.simulators.frame import Account, Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.simulators.frame import Hooks, Told

REGION: Final = "sa-east-1"
TOPIC: Final = f"arn:aws:sns:{REGION}:123456789012:jogral"
ACCESS_KEY: Final = "AKIDPLAYEDEXAMPLE"
SECRET_KEY: Final = "played/secret/key"  # noqa: S105  # made up, and shown to whoever asks

LETTER_BYTES_MAX: Final = 40 * 1024 * 1024
RECIPIENTS_MAX: Final = 50
SKEW_SECONDS_MAX: Final = 300
_TAG: Final = re.compile(r"[A-Za-z0-9_.@-]{1,256}")

# What becomes of a letter by whom it goes to: the events that follow.
_ENDINGS: Final[dict[str, tuple[tuple[str, dict[str, str]], ...]]] = {
    "bounce": (("Bounce", {"type": "Permanent", "sub_type": "General", "status": "5.1.1"}),),
    "softbounce": (("Bounce", {"type": "Transient", "sub_type": "MailboxFull", "status": "5.2.2"}),),
    "suppressionlist": (("Bounce", {"type": "Permanent", "sub_type": "OnAccountSuppressionList"}),),
    "complaint": (("Delivery", {}), ("Complaint", {})),
}
_DELIVERED: Final[tuple[tuple[str, dict[str, str]], ...]] = (("Delivery", {}),)


class _Refused(Exception):
    """An exception as the API answers it: name, status and words."""

    def __init__(self, name: str, status: int, message: str) -> None:
        super().__init__(message)
        self.name, self.status, self.message = name, status, message


class Ses(Simulator):
    """One AWS account with one topic."""

    name = "ses"

    def __init__(self, told: Told, hooks: Hooks, options: Mapping[str, str]) -> None:
        self._told = told
        self._hooks = hooks
        self._account = options.get("account", "email")
        self._base = ""
        self._numbers = itertools.count(1)
        self._mails: dict[str, dict[str, Any]] = {}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._certificate = _certificate(self._key)
        self._path = f"SimpleNotificationService-{hashlib.sha256(self._certificate).hexdigest()[:32]}.pem"
        self._token = hashlib.sha256(self._certificate).hexdigest()
        self._confirmed = self._asked = False
        self._waiting: list[dict[str, Any]] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v2/email/outbound-emails", self._send),
            web.get("/v2/email/account", _account),
            web.get("/v2/email/identities/{identity}", _identity),
            web.get(f"/sns/{self._path}", self._pem),
            web.get("/sns/", self._confirm),
        ]

    def account(self, base: str) -> Account:
        self._base = base
        return Account(
            channel="email",
            id=self._account,
            adapter="email_ses",
            settings={"region": REGION, "base_url": base, "sns_base_url": f"{base}/sns", "sns_topics": [TOPIC]},
            secrets={"access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
        )

    async def say(self, said: Mapping[str, Any]) -> Any:
        if not self._base:
            raise ValueError("send something first: until then nobody knows where the certificate stands")
        if said.get("subscribe"):
            self._subscribe()
            return {"Type": "SubscriptionConfirmation"}
        event = self._received(said) if "from" in said else self._event(said["event"], self._mail(said["about"]), said)
        self._publish(event)
        return event

    # --- the API ----------------------------------------------------------------------------------------------------

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.read()
        self._base = self._base or f"{request.url.origin()}{request.path.removesuffix('/v2/email/outbound-emails')}"
        try:
            _check_signature(request, body)
            mail = self._take(_document(body))
        except _Refused as error:
            headers = {"x-amzn-ErrorType": f"{error.name}:http://internal.amazon.com/coral/com.amazonaws.sesv2/"}
            return web.json_response({"message": error.message}, status=error.status, headers=headers)
        local = mail["destination"][0].partition("@")[0].partition("+")[0].lower()
        for kind, said in _ENDINGS.get(local, _DELIVERED):
            self._publish(self._event(kind, mail, said))
        return web.json_response({"MessageId": mail["messageId"]})

    def _take(self, said: dict[str, Any]) -> dict[str, Any]:
        recipients = (said.get("Destination") or {}).get("ToAddresses") or []
        data = ((said.get("Content") or {}).get("Raw") or {}).get("Data")
        if not recipients or len(recipients) > RECIPIENTS_MAX or not isinstance(data, str):
            raise _Refused("BadRequestException", 400, "Content or Destination is missing")
        if any(not re.fullmatch(r"[^@\s]+@[^@\s]+", one) for one in recipients):
            raise _Refused("BadRequestException", 400, "Missing final '@domain'")
        letter = _letter(data)
        tags = {one["Name"]: [one["Value"]] for one in said.get("EmailTags", [])}
        if any(not _TAG.fullmatch(one) for name, values in tags.items() for one in (name, *values)):
            raise _Refused("BadRequestException", 400, "Invalid tag")
        number = next(self._numbers)
        mail = {
            "timestamp": _now(),
            "messageId": f"0103019a{number:08x}-played-000000",
            "source": said.get("FromEmailAddress", ""),
            "destination": list(recipients),
            "tags": tags,
            "commonHeaders": {"subject": str(letter["Subject"]), "messageId": str(letter["Message-ID"])},
        }
        self._mails[mail["messageId"]] = mail
        reference = tags.get("jogral", [mail["messageId"]])[0]
        self._told.add("email", reference, recipients[0], {**said, "Content": {"Raw": letter.as_string()}})
        return mail

    def _mail(self, about: str) -> dict[str, Any]:
        for mail in self._mails.values():
            if about == mail["messageId"] or [about] in mail["tags"].values():
                return mail
        raise KeyError(about)

    # --- what it tells ----------------------------------------------------------------------------------------------

    def _event(self, kind: str, mail: dict[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
        parts = {
            "Bounce": _bounce, "Complaint": _complaint, "Delivery": _delivery, "DeliveryDelay": _delay, "Open": _open,
            "Click": _click, "Reject": _reject,
        }  # fmt: skip
        if kind not in parts:
            raise ValueError(f"event is one of: {', '.join(parts)}")
        part = kind[0].lower() + kind[1:]
        told = {"timestamp": _now(), **parts[kind](mail["destination"][0], said)}
        if kind in {"Bounce", "Complaint"}:
            told["feedbackId"] = f"0103019a-feedback-{next(self._numbers):08x}"
        return {"eventType": kind, "mail": mail, part: told}

    def _received(self, said: Mapping[str, Any]) -> dict[str, Any]:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = (
            said["from"],
            "oi@casalume.example",
            said.get("subject", "Re:"),
        )
        letter["Message-ID"] = f"<{next(self._numbers)}@played.example>"
        if said.get("about"):
            letter["In-Reply-To"] = f"<{self._mail(said['about'])['messageId']}@{REGION}.amazonses.com>"
        letter.set_content(said["text"])
        return {
            "notificationType": "Received",
            "mail": {"timestamp": _now(), "messageId": f"in-{next(self._numbers)}", "source": said["from"]},
            "receipt": {"action": {"type": "SNS", "topicArn": TOPIC, "encoding": "BASE64"}},
            "content": base64.b64encode(bytes(letter)).decode(),
        }

    def _publish(self, event: dict[str, Any]) -> None:
        if self._confirmed:
            self._post("Notification", json.dumps(event, ensure_ascii=False))
            return
        self._waiting.append(event)
        if not self._asked:
            self._subscribe()

    def _subscribe(self) -> None:
        self._asked = True
        query = urllib.parse.urlencode({"Action": "ConfirmSubscription", "TopicArn": TOPIC, "Token": self._token})
        self._post(
            "SubscriptionConfirmation", f"You have chosen to subscribe to the topic {TOPIC}.", Token=self._token,
            SubscribeURL=f"{self._base}/sns/?{query}",
        )  # fmt: skip

    def _post(self, kind: str, message: str, **more: str) -> None:
        """Sign as Amazon does: SHA-256 over names and values in the order of their names, each on a line."""
        said = {
            "Type": kind, "MessageId": f"played-{next(self._numbers)}", "TopicArn": TOPIC, "Message": message,
            "Timestamp": _now(), **more,
        }  # fmt: skip
        canonical = "".join(f"{name}\n{said[name]}\n" for name in sorted(said)).encode()
        signature = self._key.sign(canonical, padding.PKCS1v15(), hashes.SHA256())
        body = {
            **said, "SignatureVersion": "2", "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": f"{self._base}/sns/{self._path}",
        }  # fmt: skip
        headers = {
            "x-amz-sns-message-type": kind, "x-amz-sns-message-id": said["MessageId"], "x-amz-sns-topic-arn": TOPIC,
            "Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Amazon Simple Notification Service Agent",
        }  # fmt: skip
        self._hooks.call(self._account, "POST", headers, json.dumps(body).encode())

    async def _pem(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._certificate, content_type="application/x-x509-ca-cert")

    async def _confirm(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("Action") != "ConfirmSubscription" or query.get("Token") != self._token:
            return web.Response(
                status=400, text="<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>"
            )
        self._confirmed = True
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._publish(event)
        return web.Response(text="<ConfirmSubscriptionResponse/>", content_type="text/xml")


def make(told: Told, hooks: Hooks, options: Mapping[str, str]) -> Ses:
    """One played account."""
    return Ses(told, hooks, options)


# --- Signature Version 4 --------------------------------------------------------------------------------------------

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([a-z0-9-]+)/([a-z]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


async def _account(request: web.Request) -> web.Response:
    """An account out of the sandbox that has sent nothing yet (GetAccount)."""
    quota = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    said = {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY", "SendQuota": quota}
    return _signed(request, said)


async def _identity(request: web.Request) -> web.Response:
    """Every domain is verified here (GetEmailIdentity)."""
    dkim = {"SigningEnabled": True, "Status": "SUCCESS", "SigningAttributesOrigin": "AWS_SES"}
    said = {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True, "DkimAttributes": dkim}
    return _signed(request, said)


def _signed(request: web.Request, said: dict[str, Any]) -> web.Response:
    try:
        _check_signature(request, b"")
    except _Refused as error:
        return web.json_response({"message": error.message}, status=error.status)
    return web.json_response(said)


def _check_signature(request: web.Request, body: bytes) -> None:
    found = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if found is None:
        raise _Refused("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    access_key, day, region, service, names, signature = found.groups()
    if access_key != ACCESS_KEY:
        raise _Refused("UnrecognizedClientException", 403, "The security token included in the request is invalid.")
    stamp = request.headers.get("X-Amz-Date", "")
    _check_hour(stamp, day)
    if (region, service) != (REGION, "ses") or not {"host", "x-amz-date"} <= set(names.split(";")):
        raise _Refused("InvalidSignatureException", 403, "Credential should be scoped to a valid region and service.")
    path, _, query = request.raw_path.partition("?")
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names.split(";"))
    canonical = "\n".join(
        (request.method, path, _sorted(query), headers, names, hashlib.sha256(body).hexdigest())
    ).encode()
    scope = f"{day}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
    key = b"AWS4" + SECRET_KEY.encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), signature):
        message = "The request signature we calculated does not match the signature you provided."
        raise _Refused("InvalidSignatureException", 403, message)


def _check_hour(stamp: str, day: str) -> None:
    try:
        told = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _Refused("IncompleteSignatureException", 400, "Date must be in ISO-8601 basic format") from None
    if abs((datetime.now(UTC) - told).total_seconds()) > SKEW_SECONDS_MAX or not stamp.startswith(day):
        raise _Refused("InvalidSignatureException", 403, f"Signature expired: {stamp}")


def _sorted(query: str) -> str:
    return "&".join(sorted(query.split("&"))) if query else ""


# --- the parts of events --------------------------------------------------------------------------------------------


def _bounce(to: str, said: Mapping[str, Any]) -> dict[str, Any]:
    status = said.get("status", "5.1.1")
    recipient = {
        "emailAddress": to,
        "action": "failed",
        "status": status,
        "diagnosticCode": f"smtp; 550 {status} played",
    }
    return {
        "bounceType": said.get("type", "Permanent"), "bounceSubType": said.get("sub_type", "General"),
        "bouncedRecipients": [recipient], "reportingMTA": "dsn; a8-31.smtp-out.amazonses.com",
    }  # fmt: skip


def _complaint(to: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"complainedRecipients": [{"emailAddress": to}], "complaintFeedbackType": said.get("type", "abuse")}


def _delivery(to: str, _said: Mapping[str, Any]) -> dict[str, Any]:
    return {"recipients": [to], "processingTimeMillis": 512, "smtpResponse": "250 2.6.0 Message received"}


def _delay(to: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "delayType": said.get("type", "MailboxFull"),
        "delayedRecipients": [{"emailAddress": to, "status": "4.2.2"}],
    }


def _open(_to: str, _said: Mapping[str, Any]) -> dict[str, Any]:
    return {"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0"}


def _click(_to: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0", "link": said.get("link", "https://example.com/")}


def _reject(_to: str, _said: Mapping[str, Any]) -> dict[str, Any]:
    return {"reason": "Bad content"}


# --- small things ---------------------------------------------------------------------------------------------------


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _Refused("BadRequestException", 400, "Could not parse request body into json")
    return found


def _letter(data: str) -> EmailMessage | Any:
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise _Refused("BadRequestException", 400, "Raw.Data is not base64") from None
    letter = message_from_bytes(raw)
    if len(raw) > LETTER_BYTES_MAX or letter["From"] is None or letter["To"] is None:
        raise _Refused("BadRequestException", 400, "Missing required header 'From'.")
    return letter


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com (PLAYED)")])
    yesterday = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(yesterday)
        .not_valid_after(yesterday + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
