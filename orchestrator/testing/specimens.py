"""What the suite gives an adapter: deliveries with everything in them, and answers that no provider should give."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestrator.contract.calls import HttpAnswer, InboxAnswer, NoAnswer, SmtpAnswer
from orchestrator.domain.customer import ADDRESS_KINDS, Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.message import Button, Purpose, Rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.contract.calls import Answer
    from orchestrator.contract.capabilities import Capabilities

NOW = 1_795_600_800_000
REFERENCE = "msg_01JC9ZK3XQ"
OTHER_REFERENCE = "msg_01JC9ZK3XZ"

ADDRESSES = {
    AddressKind.EMAIL: "joana@example.com",
    AddressKind.PHONE: "+5511955550123",
    AddressKind.PUSH_TOKEN: "dGhpcy1pcy1hLW1hZGUtdXAtdG9rZW4",
}

TEXT = 'Olá, "Joana" & família! Chega amanhã.'
SUBJECT = "Seu pedido 10234 chegou"
HTML = "<p>Olá, <b>Joana</b> e família!</p>"
TITLE = "Seu pedido está a caminho"
URL = "https://loja.example/p/10234?de=push&x=1"
BUTTONS = (Button(label="Vou buscar", emit="pickup"), Button(label="Entregar", emit="deliver"))
HELP = Button(label="Ajuda", emit="help")
LINK = Button(label="Ver pedido", url="https://loja.example/b/10234")
UNSUBSCRIBE_URL = "https://loja.example/u/k1.AA"


def chance(number: int) -> Callable[[int], bytes]:
    """Entropy that can be told apart: `number` decides, and it never runs out."""
    return lambda size: bytes((number * 31 + place) % 255 + 1 for place in range(size))


def address_of(channel: Channel, wanted: str) -> Address:
    """An address as a project keeps it."""
    kind = ADDRESS_KINDS[channel]
    return Address(id="adr_1", kind=kind, value=wanted or ADDRESSES[kind])


def delivery(channel: Channel, to: str = "", *, purpose: Purpose = Purpose.TRANSACTIONAL, **rendered: Any) -> Delivery:
    """A message as the renderer makes it for this channel."""
    address = address_of(channel, to)
    return Delivery(
        reference=REFERENCE,
        customer_id="cus_01JC9ZK3XQ",
        object_id="10234",
        channel=channel,
        address=address,
        purpose=purpose,
        topic="order_updates" if purpose is Purpose.TRANSACTIONAL else "offers",
        rendered=Rendered(message="order_shipped", channel=channel, locale="pt-BR", **{**_SAID[channel], **rendered}),
        expires_at=NOW + 6 * 3_600_000,
        unsubscribe_url=UNSUBSCRIBE_URL if purpose is Purpose.MARKETING and channel is Channel.EMAIL else "",
        devices=(address,) if channel is Channel.PUSH else (),
        conversing=channel is Channel.WHATSAPP and rendered.get("template") is None,
    )


_SAID: dict[Channel, dict[str, Any]] = {
    Channel.EMAIL: {"text": TEXT, "subject": SUBJECT, "preheader": "Chega amanhã", "html": HTML},
    Channel.WHATSAPP: {"text": TEXT},
    Channel.SMS: {"text": TEXT, "encoding": "UCS-2", "units": len(TEXT), "segments": 1},
    Channel.PUSH: {"text": TEXT, "title": TITLE, "url": URL},
}

TEMPLATE = {
    "name": "order_shipped_943987", "base": "order_shipped", "language": "pt_BR", "category": "utility",
    "body": {"first_name": "Joana", "number": "10234"},
    "buttons": [{"index": 0, "type": "url", "suffix": "p/10234"}],
}  # fmt: skip


def with_reference(asked: Delivery, reference: str) -> Delivery:
    """The same delivery under another reference."""
    return replace(asked, reference=reference)


@dataclass(frozen=True)
class Part:
    """One part of a message and what has to be found in the call that sends it."""

    name: str
    delivery: Delivery
    shown: tuple[str, ...]


def parts(channel: Channel, can: Capabilities, to: str) -> Iterator[Part]:
    """What must not be dropped: all that the channel's messages have and this provider says that it shows."""
    plain = delivery(channel, to)
    if channel is Channel.WHATSAPP and can.templates:
        templated = replace(delivery(channel, to, template=TEMPLATE), conversing=False)
        yield Part("template", templated, (TEMPLATE["name"], "Joana", "10234"))  # type: ignore[arg-type]
    yield Part("text", plain, (TEXT,))
    if channel is Channel.EMAIL:
        yield Part("subject", plain, (SUBJECT,))
        if not can.local:
            leaving = delivery(channel, to, purpose=Purpose.MARKETING)
            yield Part("unsubscribe_url", leaving, (UNSUBSCRIBE_URL,))
        if can.html:
            yield Part("html", plain, ("<b>Joana</b>",))
    if channel is Channel.PUSH:
        yield Part("title", plain, (TITLE,))
        yield Part("url", plain, (URL,))
    if channel is Channel.WHATSAPP and can.buttons_max != 0:
        for name, buttons in (("two", BUTTONS), ("link", (LINK,)), ("three", (*BUTTONS, HELP))):
            shown = tuple(button.url or button.label for button in buttons)
            yield Part(f"buttons ({name})", delivery(channel, to, buttons=buttons), shown)


# --- answers --------------------------------------------------------------------------------------------------------

DEFINITE_SILENCE = ("connect", "dns", "tls", "not_allowed")
SILENCE = (*DEFINITE_SILENCE, "timeout", "reset", "unreadable", "stale", "no_token")
STATUSES = range(100, 600)
DOUBTFUL_STATUSES = frozenset({408, 409, 425, *range(500, 600)})
ACCOUNT_STATUSES = frozenset({401, 403})

_DEEP = b"[" * 60_000 + b"]" * 60_000
BODIES: dict[str, bytes] = {
    "no body": b"",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a word": b'"ok"',
    "a web page": b"<!DOCTYPE html><html><body><h1>It works!</h1></body></html>",
    "bytes that are no UTF-8": b'\xff\xfe{"id": "\xc3"}',
    "half an object": b'{"id": "1", "messages": [{"id"',
    "a deeply nested list": _DEEP,
    "64 KB of one letter": b"a" * 65_536,
    "lists for objects": b'{"messages": {}, "data": {}, "error": [], "errors": {}, "id": [], "sid": {}, "name": 1}',
    "numbers for words": b'{"messages": [7], "data": [7], "error": 7, "errors": [7], "id": null, "sid": false}',
    "a nul and half a character": json.dumps({"id": {"a": "\x00\ud83d"}, "error": {"message": "\x00\ud83d"}}).encode(),
    "numbers without an end": b'{"code": 1e999, "error": {"code": NaN, "message": 1' + b"0" * 5_000 + b"}}",
}

# What an intermediary may answer to a call that it has passed on: an answer of 200 that says nothing we can read.
UNREADABLE = ("a web page", "bytes that are no UTF-8", "half an object", "a deeply nested list", "64 KB of one letter")

SMTP_ANSWERS = tuple(
    SmtpAnswer(code, text)
    for code in (-1, 0, 200, 220, 250, 251, 354, 421, 450, 451, 452, 500, 530, 535, 550, 552, 553, 554, 556, 599, 999)
    for text in ("", "5.1.1 no such user", "2.0.0 Ok: queued as 4F1A2B", "\x00\ud83d", "é" * 20_000)
)
INBOX_ANSWERS = (InboxAnswer(None), InboxAnswer("inb_1"))

HEADERS: tuple[dict[str, str], ...] = (
    {"retry-after": ""},
    {"retry-after": "soon"},
    {"retry-after": "-1"},
    {"retry-after": "9" * 400},
    {"retry-after": "Wed, 25 Nov 2026 12:00:00 GMT"},
    {"retry-after": "²"},
    {"content-type": "text/html; charset=nonsense"},
    {"x-amzn-errortype": "\x00", "location": "http://["},
)


def silences() -> Iterator[NoAnswer]:
    """Every way in which a call ends without an answer, certain and in doubt."""
    for reason in SILENCE:
        for in_doubt in (False, True):
            yield NoAnswer(reason, in_doubt=in_doubt, detail="as the transport says it")


def every_answer() -> Iterator[tuple[str, Answer]]:
    """All of them with words for them: each status, each body, each header, each silence, each protocol."""
    for status in STATUSES:
        yield f"{status} without a body", HttpAnswer(status, {}, b"")
    for name, body in BODIES.items():
        for status in (200, 201, 202, 207, 301, 400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503):
            yield f"{status} with {name}", HttpAnswer(status, {}, body)
    for headers in HEADERS:
        for status in (200, 302, 400, 429, 503):
            (name, value), *_ = headers.items()
            yield f"{status} with {name}: {value[:20]}", HttpAnswer(status, headers, b"{}")
    for silence in silences():
        yield f"{silence.reason} ({'in doubt' if silence.in_doubt else 'certain'})", silence
    for reply in SMTP_ANSWERS:
        yield f"SMTP {reply.code} {reply.text[:20]!r}", reply
    for found in INBOX_ANSWERS:
        yield f"the inbox's {found.entry_id}", found
