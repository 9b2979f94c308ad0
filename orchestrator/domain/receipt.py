"""A receipt: what a provider tells afterwards of a message that it took. It is never an outcome.

The state of a delivery says what became of the request; receipts say how far the message got. They come late, twice and
in any order, so applying one is a matter of which is furthest, never of which came last.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.domain.delivery import Rejection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.domain.time import Instant


class ReceiptKind(StrEnum):
    """What was told. The first four are how far it got; of the others only `failed` says that it never left."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"


_PROGRESS = (ReceiptKind.SENT, ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.CLICKED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """One piece of news about one message.

    `event_key` is the provider's id of the news: the same one is the same news. The message is named by our
    `reference`, by the provider's own id, or by both. `permanent`: a bounce or failure that trying again would not
    change. `rejection` is what a bounce or failure is about, where the provider says it. `detail` is what it said, for
    a person to read.
    """

    event_key: str
    kind: ReceiptKind
    at: Instant
    reference: str = ""
    provider_id: str = ""
    permanent: bool = False
    detail: str = ""
    rejection: Rejection | None = None

    @property
    def left(self) -> bool:
        """Whether it proves that the message went out: what bounced had to be on its way."""
        return self.kind is not ReceiptKind.FAILED


_AGAINST_THE_ADDRESS: Mapping[ReceiptKind, frozenset[Rejection | None]] = {
    ReceiptKind.BOUNCED: frozenset({None, Rejection.ADDRESS}),
    ReceiptKind.FAILED: frozenset({Rejection.ADDRESS}),
}


def suppression(kind: ReceiptKind, *, permanent: bool, rejection: Rejection | None = None) -> str:
    """The reason why the address must not be written to again on this channel, or nothing.

    A bounce that is about what we said, or about who we are, says nothing against the address; a failure says
    something against it only where the provider says so.
    """
    if kind is ReceiptKind.COMPLAINED:
        return "complaint"
    return "bounce" if permanent and rejection in _AGAINST_THE_ADDRESS.get(kind, frozenset()) else ""


def furthest(known: str, kinds: Iterable[ReceiptKind]) -> str:
    """How far a message got: `delivered`, `read` or `clicked`, or nothing beyond `sent`. It never goes back."""
    reached = max((_PROGRESS.index(kind) for kind in kinds if kind in _PROGRESS), default=0)
    before = _PROGRESS.index(ReceiptKind(known)) if known else 0
    place = max(reached, before)
    return _PROGRESS[place].value if place else ""
