"""Notices of Amazon SNS: whose they are, before anything in them is believed.

Amazon signs for everybody who has a topic, so a good signature proves nothing about whose topic it is. The topic is
looked for in the account's own list first; then the certificate's address is pinned to Amazon's host in the topic's
region; and only a certificate that stands there can have signed it.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from orchestrator.contract.calls import HttpCall
from orchestrator.domain.errors import ConfigurationError, Refused

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from orchestrator.contract.notices import Notice
    from orchestrator.domain.time import Instant

NOTIFICATION = "Notification"
SUBSCRIPTION = "SubscriptionConfirmation"
UNSUBSCRIPTION = "UnsubscribeConfirmation"

# What is signed, in this order; Subject only where there is one.
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_OPTIONAL = frozenset({"Subject"})
_HASHES = {"1": SHA1, "2": SHA256}

_TOPIC = re.compile(
    r"arn:(?P<partition>aws(?:-[a-z-]+)?):sns:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_.-]{1,256}", re.ASCII
)
_HOST = "https://sns.{region}.amazonaws.com{country}"
_COUNTRIES = {"aws-cn": ".cn"}  # Amazon in China is another Amazon
_CERTIFICATE = r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem"
_CONFIRMATION = r"/\?Action=ConfirmSubscription&[!-~]{1,2000}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SnsNotice:
    """A notice that the topic's own key has signed. `subscribe_url` confirms the subscription."""

    type: str
    topic: str
    message: str = field(repr=False)
    subscribe_url: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SnsTopics:
    """The topics that an account believes. `base_url` stands for Amazon's host where an operator plays SNS."""

    arns: frozenset[str]
    base_url: str = ""

    def opened(self, notice: Notice, now: Instant) -> SnsNotice | HttpCall:
        """A genuine notice; or the call that fetches the certificate which it cannot be judged without.

        Raises:
            Refused: it comes from no topic of ours, or its topic has not signed it.
        """
        said = _envelope(notice)
        if said["TopicArn"] not in self.arns:
            raise _forged()
        url = said["SigningCertURL"]
        if not self._is_amazons(url, said["TopicArn"], _CERTIFICATE):
            raise _forged()
        certificate = notice.documents.get(url)
        if certificate is None:
            return HttpCall("GET", url, {}, b"", guarded=not self.base_url)
        _verify(said, certificate, now)
        # Signed by Amazon as well, and asked by us: it must lead nowhere else.
        confirms = said.get("SubscribeURL", "")
        if said["Type"] == SUBSCRIPTION and not self._is_amazons(confirms, said["TopicArn"], _CONFIRMATION):
            raise _forged()
        return SnsNotice(type=said["Type"], topic=said["TopicArn"], message=said["Message"], subscribe_url=confirms)

    def confirmation(self, notice: SnsNotice) -> HttpCall:
        """The call that confirms a subscription."""
        return HttpCall("GET", notice.subscribe_url, {}, b"", guarded=not self.base_url)

    def _is_amazons(self, url: str, topic: str, path: str) -> bool:
        found = _TOPIC.fullmatch(topic)
        if found is None:
            return False
        country = _COUNTRIES.get(found["partition"], "")
        host = self.base_url or _HOST.format(region=found["region"], country=country)
        return re.fullmatch(re.escape(host) + path, url) is not None


def sns_topics(arns: object, base_url: str = "") -> SnsTopics:
    """The topics of an account's settings: a list, or names with commas between them.

    Raises:
        ConfigurationError: one of them is no topic's name.
    """
    written = arns.split(",") if isinstance(arns, str) else arns if isinstance(arns, list | tuple) else [arns]
    names = [str(one).strip() for one in written if str(one).strip()]
    for name in names:
        if not _TOPIC.fullmatch(name):
            raise ConfigurationError(
                'sns_topics: "{topic}" is not the ARN of a topic',
                remedy="Copy it from the SNS console: arn:aws:sns:sa-east-1:123456789012:ses-events.",
                topic=name,
            )
    return SnsTopics(arns=frozenset(names), base_url=base_url.rstrip("/"))


def _envelope(notice: Notice) -> dict[str, str]:
    """The envelope's own words, of which nothing is believed yet. Raises Refused."""
    try:
        told = json.loads(notice.body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _forged() from error
    kind = told.get("Type") if isinstance(told, dict) else None
    if notice.method != "POST" or not isinstance(kind, str) or kind not in _SIGNED:
        raise _forged()
    if notice.headers.get("x-amz-sns-message-type") != kind:
        raise _forged()
    wanted = {*_SIGNED[kind], "SigningCertURL", "SignatureVersion", "Signature"}
    said = {name: value for name, value in told.items() if name in wanted and isinstance(value, str)}
    if wanted - said.keys() - _OPTIONAL or (
        "Subject" in told and told["Subject"] is not None and "Subject" not in said
    ):
        raise _forged()
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Where a name stands twice, two readers could read two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _verify(said: dict[str, str], certificate: bytes, now: Instant) -> None:
    chosen = _HASHES.get(said["SignatureVersion"])
    key = _key(certificate, now // 86_400_000)
    if chosen is None or key is None:
        raise _forged()
    names = [name for name in _SIGNED[said["Type"]] if name in said]
    canonical = "".join(f"{name}\n{said[name]}\n" for name in names)
    try:
        signature = base64.b64decode(said["Signature"], validate=True)
        if base64.b64encode(signature).decode() != said["Signature"]:
            raise _forged()
        key.verify(signature, canonical.encode(), PKCS1v15(), chosen())
    except (InvalidSignature, binascii.Error, UnicodeError) as error:
        raise _forged() from error


@lru_cache(maxsize=16)
def _key(certificate: bytes, day: int) -> RSAPublicKey | None:
    """The key of a certificate that is in force; `day` counts from 1970-01-01."""
    try:
        read = load_pem_x509_certificate(certificate)
        key = read.public_key()
    except ValueError:
        return None
    return key if isinstance(key, RSAPublicKey) and _in_force(read, day) else None


def _in_force(certificate: Certificate, day: int) -> bool:
    at = datetime.fromtimestamp(day * 86_400, tz=UTC)
    return certificate.not_valid_before_utc.date() <= at.date() <= certificate.not_valid_after_utc.date()


def _forged() -> Refused:
    return Refused("The signature of this notice is not right.")
