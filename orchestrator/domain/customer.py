"""The person we write to, where we can reach them, and what they have said about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.message import Purpose
    from orchestrator.domain.time import Instant


class Channel(StrEnum):
    """A voice that we speak in."""

    EMAIL = "email"
    WHATSAPP = "whatsapp"
    SMS = "sms"
    PUSH = "push"


class AddressKind(StrEnum):
    """What an address is. WhatsApp and SMS share the phone."""

    EMAIL = "email"
    PHONE = "phone"
    PUSH_TOKEN = "push_token"  # noqa: S105  # the name of a kind, not a secret


ADDRESS_KINDS: Mapping[Channel, AddressKind] = {
    Channel.EMAIL: AddressKind.EMAIL,
    Channel.WHATSAPP: AddressKind.PHONE,
    Channel.SMS: AddressKind.PHONE,
    Channel.PUSH: AddressKind.PUSH_TOKEN,
}


REMAINS = "erased"
"""What the id of an erased customer's rows begins with: those that count stay, and are nobody's."""


class ConsentState(StrEnum):
    """What a customer has said about one topic on one channel; no word at all is no state."""

    GRANTED = "granted"
    PENDING = "pending"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One place where messages can go. `value` is normalised: lower-case e-mail, E.164 phone, raw push token."""

    id: str
    kind: AddressKind
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """The person. `time_zone` None means: by area code, then the project's."""

    id: str
    locale: str | None = None
    time_zone: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class CapUse:
    """A message that a customer was sent, or may have been: what frequency caps count.

    `at` is the business time of its gate, `day` the customer's own date then (`2026-11-25`), frozen: who moves to
    another zone does not get a day twice.
    """

    at: Instant
    day: str
    purpose: Purpose
    channel: Channel
    topic: str
    delivery_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """All that a gate needs to know of one customer, read at once: where to reach them and what they allow.

    `consents` is keyed by (topic, channel), `suppressions` by (address id, channel) and holds the reason; `rests` are
    (address id, channel) where messages failed lately, and none goes for a while. `uses` are what caps count, as far
    back as the longest looks. `objects` are the customer's own, by kind, of the kinds that suppress rules read.
    """

    customer: Customer
    consents: Mapping[tuple[str, str], ConsentState]
    suppressions: Mapping[tuple[str, str], str]
    uses: tuple[CapUse, ...] = ()
    objects: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    rests: frozenset[tuple[str, str]] = frozenset()
