"""News of letters to who answers people: one that came back has told nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from orchestrator.domain.receipt import ReceiptKind
from orchestrator.store.port import FORWARD, ForwardState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.receipt import Receipt
    from orchestrator.store.port import Store

log = structlog.get_logger()

_LOST = frozenset({ReceiptKind.BOUNCED, ReceiptKind.FAILED})


def hear_forwards(store: Store, receipts: Iterable[Receipt]) -> tuple[Receipt, ...]:
    """Say of forwards that came back that they failed; the receipts that are about messages."""
    told = tuple(receipts)
    lost = [one for one in told if _is_of_a_forward(one) and one.kind in _LOST]
    if lost:
        with store.write() as transaction:
            for one in lost:
                # A server may have written the reference in capitals, as ids of messages are.
                transaction.forwards.end(one.reference.lower(), ForwardState.FAILED, one.detail)
    for one in lost:
        log.error(
            "forward_failed", route="email", forward=one.reference.lower(), why=one.detail,
            remedy="Somebody wrote and nobody was told: look under inbound in templates/project.yaml.",
        )  # fmt: skip
    return tuple(one for one in told if not _is_of_a_forward(one))


def _is_of_a_forward(receipt: Receipt) -> bool:
    return receipt.reference.startswith(FORWARD)
