"""Twilio's signatures, both of them: over the address as it was called, and every field of the form in order.

https://www.twilio.com/docs/usage/webhooks/webhooks-security, and `RequestValidator` of twilio-python 9.13, which also
knows HMAC_SHA256, named in `X-Twilio-Webhooks-Signature-Settings`. What is no form is covered by its hash in the
address (`bodySHA256`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, parse_qsl

from orchestrator.contract.signing import any_signed, forged, is_hash_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.contract.notices import Notice

ALGORITHMS: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
FORM: Final = "application/x-www-form-urlencoded"

# Twilio sends some twenty; a form of thousands is nobody's.
_FIELDS_MAX: Final = 500
_PORTS: Final = {"http": ":80", "https": ":443"}
_ADDRESS: Final = re.compile(r"(https?)://([^/?#:@]+|\[[0-9a-fA-F:.]+\])(:[0-9]+)?([/?].*)?", re.DOTALL)

# Names and values are signed in one row with nothing between them, so that whoever holds a signed notice could move
# the border of two. A name that is not there, and would be if a border were moved, tells of it.
_NAMES: Final = (
    "AccountSid", "AddOns", "ApiVersion", "Body", "ChannelPrefix", "ErrorCode", "ErrorMessage", "From", "FromCity",
    "FromCountry", "FromState", "FromZip", "MessageSid", "MessageStatus", "MessagingServiceSid", "NumMedia",
    "NumSegments", "OptOutType", "RawDlrDoneDate", "SmsMessageSid", "SmsSid", "SmsStatus", "To", "ToCity", "ToCountry",
    "ToState", "ToZip",
)  # fmt: skip
# These hold anything that somebody wrote; the others hold no name of another field.
_FREE: Final = frozenset({"AddOns", "Body", "ErrorMessage"})
# A name that may stand in a value by chance is one of the shortest, which every notice has.
_LONG: Final = 5
_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]*")


def verified(notice: Notice, addresses: Iterable[str], *, auth_token: str, shared_key: str) -> dict[str, str]:
    """The fields of a notice that Twilio signed; none of one that is no form.

    Args:
        notice: as it came.
        addresses: the account's address, in every way in which Twilio may have been told it.
        auth_token: what it signs with.
        shared_key: what it signs with where the notice names HMAC_SHA256; empty where that is the token.

    Raises:
        Refused: it is not signed so.
    """
    algorithm = _algorithm(notice.headers.get("x-twilio-webhooks-signature-settings", ""))
    secret = (shared_key or auth_token) if algorithm == "sha256" else auth_token
    fields, covered = _fields(notice)
    row = "".join(f"{name}{value}" for name in sorted(fields) for value in sorted(fields[name]))
    written = dict.fromkeys(way for address in addresses for way in _with_and_without_port(address))
    messages = [_bytes(f"{address}{row}") for address in written]
    given = notice.headers.get("x-twilio-signature", "")
    if not any_signed(secret, messages, given, algorithm or "sha256", encoding="base64") or not algorithm:
        raise forged()
    if not covered or _moved(fields):
        raise forged()
    return {_text(name): _text(min(values)) for name, values in fields.items()}


def _algorithm(settings: str) -> str:
    """The hash that `key=…,algorithm=HMAC_SHA256` names; SHA-1 where there is no such header, nothing if unknown."""
    named = [
        value for part in settings.split(",") for name, _, value in [part.strip().partition("=")] if name == "algorithm"
    ]
    return ALGORITHMS.get(named[0].strip() if named else "HMAC_SHA1", "")


def _fields(notice: Notice) -> tuple[dict[str, set[str]], bool]:
    """The form's fields with all of their values; and whether the body is covered by what is signed."""
    kind = notice.headers.get("content-type", "").partition(";")[0].strip().lower()
    hashes = parse_qs(notice.url.partition("?")[2]).get("bodySHA256")
    if hashes and kind != FORM:
        return {}, is_hash_of(notice.body, hashes[0])
    fields: dict[str, set[str]] = {}
    try:
        # Bytes that are no text stay the bytes that they are: two different bodies never read alike.
        body = notice.body.decode("ascii", "surrogateescape")
        pairs = parse_qsl(body, keep_blank_values=True, errors="surrogateescape", max_num_fields=_FIELDS_MAX)
    except ValueError:
        return {}, False
    for name, value in pairs:
        fields.setdefault(name, set()).add(value)
    return fields, True


def _with_and_without_port(address: str) -> tuple[str, ...]:
    """As it is, with the port of its scheme, and without any: Twilio signs one of them."""
    read = _ADDRESS.fullmatch(address)
    if read is None:
        return (address,)
    scheme, host, port, rest = read.groups(default="")
    return (
        address,
        f"{scheme}://{host}{rest}",
        f"{scheme}://{host}{port or _PORTS[scheme]}{rest}",
    )


def _moved(fields: Mapping[str, set[str]]) -> bool:
    """Whether a border was moved, or a field that we know was said twice in different words."""
    if not all(map(_NAME.fullmatch, fields)) or any(len(fields[name]) > 1 for name in _NAMES if name in fields):
        return True
    absent = tuple(name for name in _NAMES if name not in fields)
    swallowed = tuple(name for name in absent if len(name) >= _LONG)
    for name, values in fields.items():
        if any(f"{name}{value}".startswith(absent) for value in values):
            return True
        if name not in _FREE and any(one in value for value in values for one in swallowed):
            return True
    return False


def _text(read: str) -> str:
    return _bytes(read).decode("utf-8", "replace")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
