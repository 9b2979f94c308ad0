"""Receipts, applied: as often as anybody likes and in any order, because nothing here depends on either.

The furthest state wins, a proof that a message left outweighs whatever was thought before, and what is about nothing
that we know waits a day for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.heard import resting
from orchestrator.dispatch.heard.telling import opt_out
from orchestrator.dispatch.refusals import ENOUGH_MS
from orchestrator.dispatch.settle import CLASS_AGE_MS, InDoubt, settlement
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import MOVING_ON, Outcome, OutcomeKind, Rejection, State
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.receipt import ReceiptKind, furthest, suppression
from orchestrator.store.port import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


def apply_parked(store: Store, clock: Clock, *, since: Instant | None = None) -> int:
    """Apply every receipt whose delivery is known by now; how many there were. With `since`, only newer ones."""
    begin = clock.now() - PARKED_MS if since is None else since
    applied = 0
    while True:
        with store.read() as transaction:
            matches = transaction.receipts.matched(BATCH_MAX, since=begin, now=clock.now())
        done = _apply(store, matches, clock) if matches else 0
        applied += done
        # News that names its message in both ways was found twice: only less than half a batch is certainly all. Those
        # that somebody else holds are theirs, or wait for the next round.
        if not done or 2 * len(matches) < BATCH_MAX:
            return applied


def expire_parked(store: Store, now: Instant) -> int:
    """Forget receipts that were about nothing of ours for a whole day; how many there were. Rests that are over end."""
    with store.write() as transaction:
        forgotten = transaction.receipts.forget(now - PARKED_MS)
        resting.wake(transaction, now)
    if forgotten:
        log.warning("receipts_forgotten", receipts=forgotten, remedy="Does another system use the same account?")
    return forgotten


def _apply(store: Store, matches: Sequence[Match], clock: Clock) -> int:
    now = clock.now()
    with store.write() as transaction:
        # Customers before deliveries, as every door that locks both does.
        addresses = {one.address_id for one in matches if one.address_id and _ends_something(one)}
        if addresses:
            transaction.customers.lock(transaction.customers.holders(addresses))
        heard = transaction.receipts.take(matches, now)
        # Not `now`: until the lock came, the gate of another worker may have let something pass.
        _suppress(transaction, heard, clock.now())
        _opt_out(transaction, heard, clock)
        _enough(transaction, heard)
        resting.count(transaction, heard, clock.now())
        proven = [one for one in heard if _left(one)]
        transaction.receipts.settle([_progress(one) for one in proven if one.state is not State.SENT], now)
        transaction.receipts.progress([_progress(one) for one in proven if one.state is State.SENT])
        failed = {one.id: one for one in heard if not _left(one) and _is_about_every_call(transaction, one)}
        _take_back(transaction, failed.values(), now)
        _return(transaction, failed, clock)
        transaction.receipts.applied(heard, now)
    return sum(len(one.receipts) for one in heard)


def _left(heard: HeardOf) -> bool:
    return any(one.left for one in heard.receipts.values())


def _progress(heard: HeardOf) -> Progress:
    news = heard.receipts.values()
    told = next((one.provider_id for one in news if one.provider_id and heard.address_id), None)
    return Progress(heard.id, furthest(heard.furthest, (one.kind for one in news)), heard.provider_id or told)


# --- what a person, or their address, has said by it ------------------------------------------------------------------


def _ends_something(match: Match) -> bool:
    return match.rejection is Rejection.OPTED_OUT or bool(
        suppression(match.kind, permanent=match.permanent, rejection=match.rejection)
    )


def _suppress(transaction: Transaction, heard: Iterable[HeardOf], now: Instant) -> None:
    """Addresses that complained or do not exist are written to no more, on the channel where they said so."""
    said: dict[tuple[str, str], set[str]] = {}
    for one in heard:
        for receipt in one.receipts.values():
            reason = suppression(receipt.kind, permanent=receipt.permanent, rejection=receipt.rejection)
            # WhatsApp does not say why somebody is not reached: that address rests, and is not dead.
            if receipt.kind is ReceiptKind.FAILED and one.channel == Channel.WHATSAPP:
                continue
            if reason and one.address_id is not None:
                said.setdefault((one.channel, reason), set()).add(one.address_id)
    # A complaint before a bounce: where both came, it is what a person meant.
    for (channel, reason), address_ids in sorted(said.items(), reverse=True):
        transaction.consents.suppress(sorted(address_ids), channel, reason, now)


def _opt_out(transaction: Transaction, heard: Iterable[HeardOf], clock: Clock) -> None:
    """Who told the provider to stop has told us. Whatever else is known of the address, their word is kept."""
    for one in heard:
        words = [each for each in one.receipts.values() if each.rejection is Rejection.OPTED_OUT]
        if words and one.address_id is not None:
            said_at = min(each.at for each in words)
            opt_out(transaction, clock, account=one.account, channel=Channel(one.channel),
                    address_id=one.address_id, at=said_at, delivery=one.id)  # fmt: skip


def _enough(transaction: Transaction, heard: Iterable[HeardOf]) -> None:
    """To whom the provider lets no more marketing through today."""
    for one in heard:
        said = [each.at for each in one.receipts.values() if each.rejection is Rejection.ENOUGH]
        if said and one.address_id is not None:
            transaction.conversations.enough([one.address_id], one.channel, max(said) + ENOUGH_MS)


# --- what certainly did not leave -------------------------------------------------------------------------------------


def _is_about_every_call(transaction: Transaction, heard: HeardOf) -> bool:
    """Whether all calls that may have arrived have failed: news of an earlier one says nothing of the next."""
    told = {one.provider_id for one in heard.receipts.values() if one.kind is ReceiptKind.FAILED and one.provider_id}
    known = transaction.receipts.failed_calls(heard.id) if told and heard.provider_id is None else set()
    if heard.doubts > 1:
        # A call whose doubt was settled before is among those that failed, and no more among the doubts.
        return len(told | known) >= max(heard.doubts, heard.calls)
    if told and told <= known:
        return False
    return not told or heard.provider_id is None or heard.provider_id in told


def _take_back(transaction: Transaction, failed: Iterable[HeardOf], now: Instant) -> None:
    """What a provider took, and says afterwards that it does not bring there, is said on another channel.

    WhatsApp takes nearly everything, and tells by a notice who has no WhatsApp: without this, the next channel would
    never be theirs. What left before may have arrived, and what has grown too old by now is not begun again; then the
    failure is news, and no more.
    """
    moving = {one.id for one in failed if one.state is State.SENT and _may_move(one, now)}
    if moving := moving and moving - transaction.receipts.told_left(moving):
        transaction.receipts.take_back(moving, now)


def _may_move(heard: HeardOf, now: Instant) -> bool:
    begun_at = heard.first_call_at
    young = begun_at is not None and now - begun_at <= CLASS_AGE_MS[heard.purpose]
    about_the_place = all(one.rejection in MOVING_ON for one in heard.receipts.values())
    may_have_arrived = bool(heard.doubts or heard.furthest)
    return young and about_the_place and not may_have_arrived and heard.elsewhere and heard.address_id is not None


def _return(transaction: Transaction, failed: dict[str, HeardOf], clock: Clock) -> None:
    """What was in doubt and certainly did not leave goes back, as if the provider had said so at once."""
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
    """A definite no with what it is about; or one for now, where trying again may help."""
    said = max((one for one in receipts if one.kind is ReceiptKind.FAILED), key=lambda one: one.permanent)
    if not said.permanent and said.rejection is None:
        return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=said.detail)
    about = said.rejection or Rejection.MESSAGE
    return Outcome(OutcomeKind.REFUSED, about.reason, detail=said.detail)
