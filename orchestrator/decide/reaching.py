"""Where a channel reaches a customer, and which of these places may be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator import consent
from orchestrator.contract.subscriptions import is_subscription
from orchestrator.domain.customer import ADDRESS_KINDS, Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.decide.given import Rules
    from orchestrator.domain.customer import Address, Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.message import Purpose
    from orchestrator.domain.verdict import Send

NO_ADDRESS: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: "no_address",
    Channel.WHATSAPP: "no_address",
    Channel.SMS: "no_address",
    Channel.PUSH: "no_push_token",
}
"""The reason code of a customer whom a channel does not reach."""


def channels_of(request: Request) -> tuple[Channel, ...]:
    """The channels that may say it, the first first. What may have arrived on one is never said again on another."""
    return (request.tried,) if request.doubtful and request.tried is not None else request.candidates


def addresses_of(standing: Standing, channel: Channel, request: Request) -> list[Address]:
    """Where a channel reaches a customer: of a pinned request, and of a doubt, only there."""
    pinned = request.pinned_address_id
    # A push goes to all devices at once, of which the first may be gone since.
    of_one = channel is not Channel.PUSH
    if of_one and request.doubtful and channel is request.tried and request.tried_address_id is not None:
        pinned = request.tried_address_id
    return [address for address in addresses_on(standing, channel) if pinned in (None, address.id)]


def addresses_on(standing: Standing, channel: Channel) -> list[Address]:
    """Every place where a channel reaches a customer."""
    kind = ADDRESS_KINDS[channel]
    return [address for address in standing.customer.addresses if address.kind is kind]


def devices_of(standing: Standing, send: Send, request: Request) -> tuple[Address, ...]:
    """Every device that a push goes to: the one that was decided for first, then those that are known last."""
    if send.channel is not Channel.PUSH:
        return ()
    others = [
        one
        for one in addresses_of(standing, send.channel, request)
        if one != send.address and consent.suppression(standing, one, send.channel, request.purpose) is None
    ]
    return (send.address, *sorted(others, key=lambda one: one.id, reverse=True))


def reached_by(account: str, rules: Rules, addresses: list[Address]) -> list[Address]:
    """Those of them that an account reaches: some speak to browsers alone, some to apps."""
    browsers = rules.browsers.get(account)
    if browsers is None:
        return addresses
    return [one for one in addresses if is_subscription(one.value) is browsers]


def unsuppressed(
    standing: Standing, addresses: list[Address], channel: Channel, purpose: Purpose
) -> tuple[list[Address], str]:
    """Those that may be written to; without any, why the first may not."""
    allowed: list[Address] = []
    reason = ""
    for address in addresses:
        suppressed = consent.suppression(standing, address, channel, purpose)
        if suppressed is None:
            allowed.append(address)
        reason = reason or suppressed or ""
    return allowed, reason
