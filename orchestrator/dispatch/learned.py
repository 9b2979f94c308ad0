"""What the calls of a slice say: how each delivery ended, and what is known since of accounts, people and templates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.refusals import Refusal, keep_refusals, rejection_of
from orchestrator.dispatch.refused_templates import UnsendableTemplate, block, refused_templates, undecided
from orchestrator.dispatch.rehearsed import is_test, rehearsed
from orchestrator.dispatch.settle import InDoubt, settlement
from orchestrator.dispatch.shares import ShareKeeper, rivals_of, write_moves

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.dispatch.breaker import Breaker
    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.draft import Draft
    from orchestrator.dispatch.slice import Slice
    from orchestrator.domain.delivery import Outcome
    from orchestrator.domain.receipt import Receipt
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import ClosedAccount, Settlement, Transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Learned:
    """What calls that the gate let go at `called_at` say. `told` are the receipts that tests are played."""

    called_at: Instant
    settlements: Sequence[Settlement]
    told: Mapping[str, Sequence[Receipt]]
    to_close: Mapping[str, ClosedAccount]
    to_open: Sequence[str]
    moves: Mapping[str, int]
    refusals: Sequence[Refusal]
    gone: Collection[str]
    templates: Sequence[UnsendableTemplate]


def learned(  # who heard it, and what was called
    slice_: Slice,
    called_at: Instant,
    ended: Sequence[tuple[Draft, Outcome]],
    breaker: Breaker,
    shares: ShareKeeper,
    clock: Clock,
) -> Learned:
    """Judge how calls ended: on the thread of the event loop, because calls of the other slice are heard by it."""
    in_doubt = cache(slice_.current.in_doubt)
    settlements = [
        settlement(
            draft.request,
            draft.send.channel,
            undecided(draft, outcome),
            in_doubt(draft.send.account, draft.request.topic) if not is_test(draft.request) else InDoubt.STOP,
            slice_.clock,
            clock,
            called_at=called_at,
        )
        for draft, outcome in ended
    ]
    settlements, told = rehearsed([draft for draft, _ in ended], settlements, clock.now())
    now = clock.now()
    to_close, to_open = breaker.to_close(slice_.closed, now), breaker.to_open(slice_.closed, now)
    moves = shares.moves(
        breaker,
        rivals_of(slice_.current.rules.rivals),
        slice_.found.circumstances.shares,
        {*slice_.closed, *to_close} - {*to_open},
        now,
    )
    refusals, gone = _refusals(slice_.current, ended), _gone(slice_.current, ended)
    return Learned(called_at, settlements, told, to_close, to_open, moves, refusals, gone, refused_templates(ended))


def write_learned(transaction: Transaction, lease: str, what: Learned, clock: Clock) -> None:
    """Write all of it, in the order in which every door locks: people before deliveries."""
    keep_refusals(transaction, clock, what.refusals)
    if what.gone:
        transaction.customers.lose_devices(what.gone, clock.now())
    block(transaction, what.templates, what.called_at)
    transaction.deliveries.settle(lease, what.settlements, clock.now())
    if what.told:
        transaction.receipts.add_applied(what.told, clock.now())
    write_moves(transaction, what.moves, clock.now())
    for account, closed in what.to_close.items():
        transaction.accounts.close(account, closed)
        log.warning("account_closed", account=account, reason=closed.reason, until=closed.until)
    if what.to_open:
        transaction.accounts.open(what.to_open)
        log.info("account_opened", accounts=what.to_open)


def _refusals(current: Current, ended: Sequence[tuple[Draft, Outcome]]) -> list[Refusal]:
    """What was refused for a person's sake, as far as somebody was called."""
    return [
        Refusal(
            delivery=draft.request.id, account=draft.send.account, channel=draft.send.channel,
            address_id=draft.send.address.id, about=about,
            guessed=draft.send.account in current.recipes,
        )
        for draft, outcome in ended
        if (about := rejection_of(outcome)) is not None and not is_test(draft.request)
    ]  # fmt: skip


def _gone(current: Current, ended: Sequence[tuple[Draft, Outcome]]) -> list[str]:
    """The ids of devices that their provider knows no more, whatever became of the message."""
    lost: set[str] = set()
    for draft, outcome in ended:
        if outcome.gone:
            devices = draft.devices_for(current.adapters[draft.send.account].can)
            lost |= {devices[place].id for place in outcome.gone if place < len(devices)}
    return sorted(lost)
