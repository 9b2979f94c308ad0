"""By which scoped ids providers call people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant


class ProviderUsers(Protocol):
    """Scoped id → the address that its owner has. An id is no phone, and nothing is ever sent to it."""

    def address_of(self, account: str, user_id: str) -> str | None:
        """The id of the address of whoever an account calls so."""
        ...

    def called(self, user_id: str) -> set[str]:
        """The ids of the addresses of whoever any account calls so."""
        ...

    def put(self, account: str, user_id: str, address_id: str, at: Instant) -> None:
        """An account calls the owner of an address so; what was said of the id later than that stays."""
        ...

    def end(self, account: str, user_id: str) -> None:
        """Nobody is called so any more."""
        ...
