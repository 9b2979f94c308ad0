"""`statuses[]` of a webhook: how far a message got, or why it failed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator.contract.meta.errors import Fault, GraphError, graph_error
from orchestrator.contract.meta.reading import items, moment, word
from orchestrator.domain.delivery import Rejection
from orchestrator.domain.receipt import Receipt, ReceiptKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant

# `read` may come without `delivered`, and `played` is of voice messages.
KINDS: Mapping[str, ReceiptKind] = MappingProxyType({
    "sent": ReceiptKind.SENT,
    "delivered": ReceiptKind.DELIVERED,
    "read": ReceiptKind.READ,
    "played": ReceiptKind.READ,
    "failed": ReceiptKind.FAILED,
})  # fmt: skip

_OF_THE_ACCOUNT = (Fault.ACCOUNT, Fault.SPAM)


def receipt_of(told: Any, now: Instant) -> Receipt | None:
    """One status; None for one that says nothing that we know, or not of which message."""
    wamid, status = word(told, "id"), word(told, "status")
    if not wamid or status not in KINDS:
        return None
    error = error_of(told) if status == "failed" else None
    rejection = error.rejection if error is not None else None
    return Receipt(
        event_key=f"{wamid}:{status}",
        kind=KINDS[status],
        at=moment(word(told, "timestamp"), now),
        reference=word(told, "biz_opaque_callback_data"),
        provider_id=wamid,
        # Of an address Meta does not say why (131026): it rests for a while, and may be on WhatsApp tomorrow.
        permanent=rejection not in (None, Rejection.ADDRESS),
        detail=error.said if error is not None else "",
        rejection=rejection,
    )


def error_of(told: Any) -> GraphError | None:
    """The first error that is one."""
    return next((error for one in items(told, "errors") if (error := graph_error(one)) is not None), None)


def is_of_the_account(error: GraphError) -> bool:
    """Whether somebody has to look at the account: it is unpaid, locked, or people report it."""
    return error.means in _OF_THE_ACCOUNT
