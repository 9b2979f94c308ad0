"""What a page needs to know of the project: its name, its hours, and what its messages are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from orchestrator.release import read_release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.release import Release
    from orchestrator.store.port import Ledger

# Where a customer sees the account's sender. On the others it is the name of the shop.
_SENDER_SHOWN = (Channel.EMAIL, Channel.SMS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """A release, as far as pages show it. Without any release, Jogral itself stands in."""

    name: str = "Jogral"
    zone: str = "UTC"
    messages: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    senders: Mapping[Channel, str] = field(default_factory=dict)

    def message(self, message_id: str) -> str:
        """A message's title; its id where this release does not know it."""
        return self.messages.get(message_id, message_id)

    def sender(self, channel: Channel) -> str:
        """Who a customer sees on a channel."""
        return self.senders.get(channel, self.name)


class Shops:
    """Reading one from the ledger. A release never changes under its id, so the last one that was read is kept."""

    def __init__(self) -> None:
        self._release_id: str | None = None
        self._release: Release | None = None
        self._shop = Shop()

    def current(self, ledger: Ledger) -> Shop:
        """The shop of the current release. Called on the database thread alone."""
        release_id = ledger.release_id()
        if release_id != self._release_id:
            content = ledger.release(release_id) if release_id else None
            self._release = read_release(content) if content else None
            self._shop = shop_of(self._release) if self._release is not None else Shop()
            self._release_id = release_id
        return self._shop

    def release(self, ledger: Ledger) -> Release | None:
        """The current release itself. Called on the database thread alone."""
        self.current(ledger)
        return self._release


def shop_of(release: Release) -> Shop:
    """A release as pages show it."""
    project = release.project
    return Shop(
        name=project.name,
        zone=project.timezone,
        messages={reply_id: published.reply.title for reply_id, published in release.replies.items()}
        | {message_id: published.message.title for message_id, published in release.messages.items()},
        topics={topic_id: topic.title for topic_id, topic in project.topics.items()},
        senders={
            channel: account.sender or project.channels[channel].from_ or project.name
            for channel, account in release.accounts.items()
            if channel in _SENDER_SHOWN
        },
    )
