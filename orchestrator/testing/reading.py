"""What leaves with a call, as text: URL, headers and body, whatever they are packed in."""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from orchestrator.contract.calls import DeviceCalls, HttpCall, InboxCall, InboxLookUp, SmtpCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.contract.calls import Call

_NESTING_MAX = 6
_LETTER = re.compile(rb"\A[A-Za-z-]+: ", re.ASCII)
# The third part of a JWT: an ECDSA signature draws chance of its own, so that two of them differ by right.
_JWT = re.compile(r"(eyJ[\w-]+\.[\w-]+)\.[\w-]{40,}", re.ASCII)


def told(call: Call, opened: Callable[[bytes], bytes | None] | None = None) -> str:
    """Everything that a reader at the other end could find, spaces made single.

    Args:
        call: what an adapter asks to be carried.
        opened: makes an encrypted body readable, None where it cannot.
    """
    return " ".join(" ".join(_of(call, opened)).split())


def plain(call: Any) -> Any:
    """A call as a value that can be compared: grants by whose they are, signatures that draw chance left out."""
    match call:
        case HttpCall():
            headers = {name: _JWT.sub(r"\1", value) for name, value in call.headers.items()}
            grant = call.grant.key if call.grant is not None else None
            return (call.method, call.url, headers, call.body, call.guarded, grant)
        case DeviceCalls():
            return tuple(plain(one) for one in call.calls)
        case _:
            return call


def http_calls(call: Any) -> tuple[HttpCall, ...]:
    """The requests of a call; of another protocol none."""
    match call:
        case HttpCall():
            return (call,)
        case DeviceCalls():
            return call.calls
        case _:
            return ()


def _of(call: Call, opened: Callable[[bytes], bytes | None] | None) -> Iterator[str]:
    match call:
        case HttpCall():
            yield unquote_plus(call.url)
            for name, value in call.headers.items():
                yield f"{name}: {unquote_plus(value)}"
            body = (opened(call.body) if opened is not None else None) or call.body
            yield from _bytes(body, 0)
        case DeviceCalls():
            for one in call.calls:
                yield from _of(one, opened)
        case SmtpCall():
            yield f"{call.sender} {call.recipient}"
            yield from _bytes(call.message, 0)
        case InboxCall():
            said = call.entry
            yield repr((said.reference, said.address, said.object_id))
            shown = said.rendered
            yield from (shown.text, shown.subject, shown.html, shown.title, shown.url, json.dumps(shown.template))
            for button in shown.buttons:
                yield f"{button.label} {button.url}"
        case InboxLookUp():
            yield call.reference


def _bytes(body: bytes, depth: int) -> Iterator[str]:
    if depth > _NESTING_MAX or not body:
        return
    if _LETTER.match(body):
        yield from _letter(body)
    text = body.decode("utf-8", "replace")
    yield text
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        yield from (value for pair in parse_qsl(text, keep_blank_values=True) for value in pair)
        return
    yield from _document(document, depth)


def _document(document: Any, depth: int) -> Iterator[str]:
    match document:
        case dict():
            for name, value in document.items():
                yield str(name)
                yield from _document(value, depth)
        case list():
            for value in document:
                yield from _document(value, depth)
        case str():
            yield document
            if document.startswith(("{", "[")):
                yield from _bytes(document.encode("utf-8", "replace"), depth + 1)
            yield from _packed(document, depth)
        case _:
            yield str(document)


def _packed(text: str, depth: int) -> Iterator[str]:
    try:
        body = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return
    if _LETTER.match(body):
        yield from _bytes(body, depth + 1)


def _letter(body: bytes) -> Iterator[str]:
    letter = email.message_from_bytes(body, policy=email.policy.default)
    for name, value in letter.items():
        yield f"{name}: {value}"
    for part in letter.walk():
        if part.get_content_maintype() == "text":
            yield part.get_content()
