"""How providers sign what they tell, by the name that a recipe gives: looked at before anything else is believed.

`hmac` is the hexadecimal HMAC of the raw body in a header, as most do it. The others are one provider's own way, as its
library checks it: SendGrid (sendgrid-python 6.12, `EventWebhook`), Mailgun and Vonage (anymail, vonage-python-sdk).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl

from orchestrator.contract.recipes.reading import NotThere, document
from orchestrator.contract.signing import forged, is_signed, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.notices import Notice
    from orchestrator.domain.time import Instant

# A signed hour that is further away is somebody else's copy.
FRESH_MS: Final = 300_000
# Mailgun tells again for eight hours what was not answered, under the hour of the first time.
MAILGUN_FRESH_MS: Final = 8 * 3_600_000


class Scheme(Protocol):
    """What a genuine notice says, and the key of its one use, where its signature does not cover what it says.

    Raises Refused for one that is not genuine, NotThere for one that says nothing.
    """

    def __call__(self, notice: Notice, secret: str, now: Instant) -> tuple[Any, str]: ...


@dataclass(frozen=True, slots=True)
class HmacOfBody:
    """The HMAC of the raw body in a header."""

    header: str
    prefix: str
    algorithm: str

    def __call__(self, notice: Notice, secret: str, now: Instant) -> tuple[Any, str]:  # noqa: ARG002  # its hour is not signed
        given = notice.headers.get(self.header, "")
        if not given.startswith(self.prefix):
            raise forged()
        if not is_signed(secret, notice.body, given.removeprefix(self.prefix), self.algorithm):
            raise forged()
        return document(notice.body), ""


def sendgrid(notice: Notice, secret: str, now: Instant) -> tuple[Any, str]:
    """ECDSA over P-256 of the hour and the raw body; the secret is the public key that SendGrid shows, base64."""
    # Here, because every worker that has a recipe loads this module: 8 MiB that only these notices need.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    told = notice.headers.get("x-twilio-email-event-webhook-timestamp", "")
    signature = notice.headers.get("x-twilio-email-event-webhook-signature", "")
    try:
        key = load_der_public_key(base64.b64decode(secret, validate=True))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise forged()
        signed = told.encode("ascii") + notice.body
        key.verify(base64.b64decode(signature, validate=True), signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, binascii.Error) as error:
        raise forged() from error
    _refuse_stale(told, now, FRESH_MS)
    return document(notice.body), ""


def mailgun(notice: Notice, secret: str, now: Instant) -> tuple[Any, str]:
    """The HMAC of an hour and a token that stand in the body. It does not cover the event, so a token counts once."""
    said = document(notice.body)
    written = said.get("signature") if isinstance(said, dict) else None
    if not isinstance(written, dict):
        raise forged()
    told, token, signature = (str(written.get(name, "")) for name in ("timestamp", "token", "signature"))
    if not token or not is_signed(secret, f"{told}{token}".encode("utf-8", "replace"), signature, "sha256"):
        raise forged()
    _refuse_stale(told, now, MAILGUN_FRESH_MS)
    return said, token


def vonage(notice: Notice, secret: str, now: Instant) -> tuple[Any, str]:  # noqa: ARG001  # it tells late news under its own hour
    """The HMAC of all parameters in their order, with `&` and `=` inside values written as `_`."""
    said = _parameters(notice)
    plain = "".join(
        f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(said.items()) if name != "sig"
    )
    made = hmac.digest(secret.encode(), plain.encode("utf-8", "replace"), "sha256").hex()
    if not secret or not same(made, said.get("sig", "").lower()):
        raise forged()
    return said, ""


SCHEMES: Final[Mapping[str, Scheme]] = {
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "vonage": vonage,
}
"""One provider's own way of signing, by its name."""


def _parameters(notice: Notice) -> dict[str, str]:
    """Of the address, of a form, or of a JSON object."""
    if not notice.body:
        return dict(notice.query)
    if notice.headers.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded":
        return dict(parse_qsl(notice.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        said = document(notice.body)
    except NotThere as error:
        raise forged() from error
    return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}


def _refuse_stale(told: str, now: Instant, within_ms: int) -> None:
    if not (told.isascii() and told.isdigit() and len(told) <= 12) or abs(int(told) * 1000 - now) > within_ms:  # noqa: PLR2004  # seconds
        raise forged()
