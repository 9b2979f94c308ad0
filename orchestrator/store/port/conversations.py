"""Who wrote to us lately, and to whom a provider lets nothing more through for now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.domain.time import Instant


class Conversations(Protocol):
    """What providers of templates count. All instants are machine time."""

    def heard(self, account: str, address_ids: Collection[str], at: Instant) -> None:
        """Whoever has these addresses wrote to this account then; what came earlier than the newest changes nothing."""
        ...

    def open(self, address_ids: Collection[str], since: Instant) -> dict[tuple[str, str], Instant]:
        """(account, address id) → when they last wrote, of those who did after `since`."""
        ...

    def enough(self, address_ids: Collection[str], channel: str, until: Instant) -> None:
        """The provider lets these have no more marketing on a channel until then."""
        ...

    def capped(self, address_ids: Collection[str], now: Instant) -> dict[tuple[str, str], Instant]:
        """(address id, channel) → until when, of those that are let have no more now."""
        ...
