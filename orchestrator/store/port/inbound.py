"""What people wrote to us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptText:
    """A text as it came. (source, source id) is what makes it the same text; `reading` is what it was taken for.

    `at` is when it was written, `received_at` when we heard of it (machine time). `address_id` is empty where the
    provider names the writer by an id of its own, `user_id`, and nobody knows whose that is.
    """

    id: str
    source: str
    source_id: str
    channel: str
    address_id: str
    text: str
    reading: Mapping[str, Any]
    at: Instant
    received_at: Instant
    user_id: str = ""


class Inbound(Protocol):
    """What people wrote to us, each text once."""

    def known(self, source: str, source_id: str) -> KeptText | None:
        """A text that came before."""
        ...

    def add(self, text: KeptText) -> None: ...

    def get(self, text_id: str) -> KeptText | None:
        """One, by our id."""
        ...

    def waiting(self, source: str, user_id: str) -> list[KeptText]:
        """What somebody wrote whom nobody knew, oldest first; locked."""
        ...

    def waits(self, source: str, user_id: str) -> bool:
        """Whether anything does."""
        ...

    def call(self, source: str, former: str, user_id: str) -> None:
        """What waits under an id waits under another one from now on."""
        ...

    def forget(self, text_id: str) -> None:
        """Take one out, to hear it anew."""
        ...

    def lately(self, address_ids: Collection[str], channel: str, since: Instant) -> list[KeptText]:
        """What came from addresses on a channel since, newest first."""
        ...
