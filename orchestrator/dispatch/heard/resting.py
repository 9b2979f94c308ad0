"""Let addresses rest that fail again and again: nothing is sent there for a while, and a sign of life ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Rejection, State
from orchestrator.domain.receipt import ReceiptKind
from orchestrator.store.port import RestRule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from orchestrator.domain.receipt import Receipt
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import HeardOf, Transaction

log = structlog.get_logger()

DAY_MS = 86_400_000

# A mailbox that is full, a phone that is off: five times within a week, and it has a week's rest.
SOFT_BOUNCES = RestRule(reason="soft_bounce", failures=5, within_ms=7 * DAY_MS, rest_ms=7 * DAY_MS)

# WhatsApp never says why somebody is not reached: they may have no WhatsApp, or none today.
NOT_REACHED = RestRule(reason="not_reached", failures=3, within_ms=None, rest_ms=30 * DAY_MS)

_TAKEN = frozenset({State.SENT, State.UNKNOWN, State.SENDING})
_REACHED = frozenset({ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.CLICKED})


def count(transaction: Transaction, heard: Iterable[HeardOf], now: Instant) -> None:
    """Count a failure for each message whose receipts tell of one, and end the rest where one arrived."""
    reached: set[tuple[str, str]] = set()
    lost: list[tuple[str, RestRule, tuple[str, str]]] = []
    for one in heard:
        if one.address_id is None:
            continue
        place = (one.address_id, one.channel)
        if any(receipt.kind in _REACHED for receipt in one.receipts.values()):
            reached.add(place)
            continue
        rule = rule_of(one.channel, one.receipts)
        # Of one that the provider refused at once, its receipt says nothing new.
        if rule is not None and one.state in _TAKEN:
            lost.append((one.id, rule, place))
    # One message is one failure, however often it is told of, and in however many rounds.
    known = transaction.receipts.told_lost([delivery_id for delivery_id, _, _ in lost]) if lost else set()
    failed: dict[RestRule, set[tuple[str, str]]] = {}
    for delivery_id, rule, place in lost:
        if delivery_id not in known:
            failed.setdefault(rule, set()).add(place)
    transaction.rests.lock(reached.union(*failed.values()))
    transaction.rests.end(reached)
    for rule, places in failed.items():
        count_failures(transaction, places - reached, rule, now)


def count_failures(
    transaction: Transaction, places: Collection[tuple[str, str]], rule: RestRule, now: Instant
) -> set[tuple[str, str]]:
    """Count a failure at each address and channel, of a call too; those that rest now."""
    resting = transaction.rests.count(places, rule, now)
    if resting:
        log.info("addresses_rest", reason=rule.reason, addresses=len(resting), days=rule.rest_ms // DAY_MS)
    return resting


def rule_of(channel: str, receipts: Mapping[int, Receipt]) -> RestRule | None:
    """By which rule news of a message counts against its address, if it does."""
    found = {_rule(channel, one) for one in receipts.values()} - {None}
    return next(iter(found), None)


def _rule(channel: str, receipt: Receipt) -> RestRule | None:
    if receipt.kind is ReceiptKind.FAILED and receipt.rejection is Rejection.ADDRESS:
        return NOT_REACHED if channel == Channel.WHATSAPP else None if receipt.permanent else SOFT_BOUNCES
    soft = receipt.kind is ReceiptKind.BOUNCED and not receipt.permanent
    return SOFT_BOUNCES if soft and receipt.rejection in {None, Rejection.ADDRESS} else None


def wake(transaction: Transaction, now: Instant) -> int:
    """End the rests whose time is over; how many there were."""
    return transaction.rests.wake(now)
