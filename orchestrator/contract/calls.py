"""What an adapter asks to be carried, and what comes back: plain values, no connection behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.domain.customer import Channel
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant


@dataclass(frozen=True, slots=True)
class Token:
    """What a grant gave: a bearer token, and for how many seconds it may be used."""

    value: str = field(repr=False)
    lives_seconds: float


@dataclass(frozen=True, slots=True)
class Grant:
    """A short-lived token that a call needs first; the transport keeps it until it runs out or is refused (401).

    `key` says whose token it is: calls of the same key share it. `ask` makes the call for a new one, given the hour in
    seconds; it is asked only when there is none, because signing costs. `read` finds the token in a 200, None where
    there is none.
    """

    key: str
    ask: Callable[[int], HttpCall] = field(repr=False)
    read: Callable[[HttpAnswer], Token | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request.

    `guarded`: the URL was written in a recipe or came from outside, so private addresses are refused. `grant`: a token
    that the transport puts into `Authorization: Bearer …`.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    guarded: bool = False
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class SmtpCall:
    """One SMTP transaction. `security` is starttls, tls or none; `message` is complete and ends its lines in CRLF."""

    host: str
    port: int
    security: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True)
class DeviceCalls:
    """One request to each device of a customer, carried at the same time: together they are one send."""

    calls: tuple[HttpCall, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxEntry:
    """One message as the local inbox keeps it."""

    reference: str
    customer_id: str
    object_id: str
    channel: Channel
    address: str
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class InboxCall:
    """Put one message into the local inbox."""

    entry: InboxEntry
    at: Instant


@dataclass(frozen=True, slots=True)
class InboxLookUp:
    """Ask the local inbox whether it holds a reference."""

    reference: str


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete HTTP answer; header names are lower-case, `body` is cut at the transport's cap."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class SmtpAnswer:
    """The last SMTP reply: its code, and its text as the server wrote it."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class InboxAnswer:
    """The inbox's own id of the message, or None when a look-up found nothing."""

    entry_id: str | None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The call ended without an answer.

    `reason` is connect, dns, tls, timeout, reset, unreadable, stale, not_allowed or no_token. `in_doubt` is true when
    the provider may have taken the message: bytes of it had left, and nothing definite came back.
    """

    reason: str
    in_doubt: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DeviceAnswers:
    """How each of `DeviceCalls` ended, in their order."""

    answers: tuple[HttpAnswer | NoAnswer, ...]


Call = HttpCall | SmtpCall | DeviceCalls | InboxCall | InboxLookUp
Answer = HttpAnswer | SmtpAnswer | DeviceAnswers | InboxAnswer | NoAnswer
