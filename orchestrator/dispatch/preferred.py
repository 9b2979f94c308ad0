"""Where a message goes that names no channels of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.customer import Channel, Customer
    from orchestrator.release import Release


def preferred_channels(release: Release, customer: Customer, message: str) -> tuple[Channel, ...]:
    """The channel that the customer prefers, then the project's others on which the message is said, in order."""
    said_on = release.said_on[message]
    preferred = customer.attributes.get("preferred_channel")
    said = [channel for channel in release.project.channels if channel in said_on]
    return tuple(sorted(said, key=lambda channel: channel.value != preferred))
