"""Hear: what a provider tells afterwards is verified, kept, answered, and then applied, as often as anybody likes.

Receipts come late, many times and in any order, some before our own commit. So nothing here depends on the order: the
furthest state wins, a proof that a message left outweighs whatever was thought before, and what is about nothing that
we know waits a day for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.settle import InDoubt, settlement
from orchestrator.domain.delivery import Outcome, OutcomeKind, State
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.receipt import ReceiptKind, furthest, suppression
from orchestrator.store.port import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.channels import Adapter, Notice, Received
    from orchestrator.domain.receipt import Receipt
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import HeardOf, Match, Store, Transaction

log = structlog.get_logger()

# Receipts applied in one transaction, which holds the rows of as many deliveries.
BATCH_MAX = 500

# How long news of something unknown waits for it to become known.
PARKED_MS = 24 * 3_600_000

# A lease of ours ends with its transaction; the time only has to lie ahead.
_LEASE_MS = 60_000


def hear(store: Store, account: str, adapter: Adapter, notice: Notice, now: Instant) -> Received:
    """Verify a notice and keep what it says; what comes back may be answered, and applied afterwards.

    Raises:
        Refused: it is not signed as this account's notices are; nothing was read, and nothing stored.
        InputError: it is genuine, and cannot be read, or the account takes no callbacks.
        Unavailable: the ledger cannot keep it now; the provider has to come again.
    """
    received = adapter.receive(notice, now)
    if received.receipts:
        with store.write() as transaction:
            transaction.receipts.add(account, received.receipts, now)
    log.info("heard", account=account, receipts=len(received.receipts), passed_over=received.passed_over)
    if received.passed_over:
        log.warning(
            "receipts_passed_over",
            account=account,
            receipts=received.passed_over,
            unknown=[_harmless(word) for word in received.unknown[:_UNKNOWN_SHOWN]],
            remedy="Translate them under words in the account's recipe; sent changes nothing.",
        )
    return received


# A provider's words for states are constants. What is something else, because the recipe looks in the wrong place, may
# be about a person: of that no digit, no sign and no accent is told, and of an address nothing.
_NOT_A_CONSTANT = re.compile(r"[^A-Za-z_ -]")
_WORD_LENGTH_SHOWN = 40
_UNKNOWN_SHOWN = 5
_WITHHELD = "***"


def _harmless(word: str) -> str:
    return _WITHHELD if "@" in word else _NOT_A_CONSTANT.sub("*", word[:_WORD_LENGTH_SHOWN])


def apply_parked(store: Store, clock: Clock, *, since: Instant | None = None) -> int:
    """Apply every receipt whose delivery is known by now; how many there were. With `since`, only newer ones."""
    begin = clock.now() - PARKED_MS if since is None else since
    applied = 0
    while True:
        with store.read() as transaction:
            matches = transaction.receipts.matched(BATCH_MAX, since=begin, now=clock.now())
        done = _apply(store, matches, clock) if matches else 0
        applied += done
        # Those that somebody else holds are theirs, or wait for the next round.
        if done < BATCH_MAX:
            return applied


def expire_parked(store: Store, now: Instant) -> int:
    """Forget receipts that were about nothing of ours for a whole day; how many there were."""
    with store.write() as transaction:
        forgotten = transaction.receipts.forget(now - PARKED_MS)
    if forgotten:
        log.warning("receipts_forgotten", receipts=forgotten, remedy="Does another system use the same account?")
    return forgotten


def _apply(store: Store, matches: Sequence[Match], clock: Clock) -> int:
    now = clock.now()
    with store.write() as transaction:
        # Customers before deliveries, as every door that locks both does.
        addresses = {
            one.address_id for one in matches if one.address_id and suppression(one.kind, permanent=one.permanent)
        }
        if addresses:
            transaction.customers.lock(transaction.customers.holders(addresses))
        heard = transaction.receipts.take(matches, now)
        # Not `now`: until the lock came, the gate of another worker may have let something pass.
        _suppress(transaction, heard, clock.now())
        proven = [one for one in heard if _left(one)]
        transaction.receipts.settle([_progress(one) for one in proven if one.state is not State.SENT], now)
        transaction.receipts.progress([_progress(one) for one in proven if one.state is State.SENT])
        _return(transaction, {one.id: one for one in heard if not _left(one)}, clock)
        transaction.receipts.applied(heard, now)
    return sum(len(one.receipts) for one in heard)


def _left(heard: HeardOf) -> bool:
    return any(one.left for one in heard.receipts.values())


def _progress(heard: HeardOf) -> Progress:
    news = heard.receipts.values()
    told = next((one.provider_id for one in news if one.provider_id and heard.address_id), None)
    return Progress(heard.id, furthest(heard.furthest, (one.kind for one in news)), heard.provider_id or told)


def _suppress(transaction: Transaction, heard: Iterable[HeardOf], now: Instant) -> None:
    """Addresses that complained or do not exist are written to no more, on the channel where they said so."""
    said: dict[tuple[str, str], set[str]] = {}
    for one in heard:
        for receipt in one.receipts.values():
            reason = suppression(receipt.kind, permanent=receipt.permanent)
            if reason and one.address_id is not None:
                said.setdefault((one.channel, reason), set()).add(one.address_id)
    # A complaint before a bounce: where both came, it is what a person meant.
    for (channel, reason), address_ids in sorted(said.items(), reverse=True):
        transaction.consents.suppress(sorted(address_ids), channel, reason, now)


def _return(transaction: Transaction, failed: dict[str, HeardOf], clock: Clock) -> None:
    """What was in doubt and certainly did not leave goes back, as if the provider had said so at once.

    What was sent stays so: a failure afterwards is news about it, and no reason to send it again.
    """
    if not failed:
        return
    now = clock.now()
    lease = new_id("receipts", now, clock.entropy(ENTROPY_SIZE))
    lost = transaction.deliveries.in_flight(
        len(failed), lease=lease, now=now, lease_until=now + _LEASE_MS, only=list(failed)
    )
    business = transaction.ledger.clock()
    settlements = [
        settlement(
            one,
            one.tried,
            _refusal(failed[one.id].receipts.values()),
            InDoubt.STOP,
            business,
            clock,
            called_at=one.sending_at,
        )
        for one in lost
    ]
    transaction.deliveries.settle(lease, settlements, now, came_back=False)


def _refusal(receipts: Iterable[Receipt]) -> Outcome:
    said = max((one for one in receipts if one.kind is ReceiptKind.FAILED), key=lambda one: one.permanent)
    if said.permanent:
        return Outcome(OutcomeKind.REFUSED, "provider_rejected:message", detail=said.detail)
    return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=said.detail)
