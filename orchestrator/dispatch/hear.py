"""Hear: what a provider tells afterwards is verified, kept, answered, and then applied, as often as anybody likes.

What people say is in force before the provider hears that we have it, a STOP above all. Receipts are only kept then:
they come late, many times and in any order, some before our own commit, and `heard.receipts` applies them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.heard.account import hear_account
from orchestrator.dispatch.heard.forwards import hear_forwards
from orchestrator.dispatch.heard.people import Ear, Said
from orchestrator.dispatch.heard.receipts import PARKED_MS, apply_parked, expire_parked
from orchestrator.dispatch.heard.storing import fit_to_keep
from orchestrator.domain.message import LANES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from orchestrator.channels import Adapter, Notice, Received
    from orchestrator.dispatch.inbound import Heard
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Store

__all__ = ["PARKED_MS", "Ear", "Heeded", "Said", "apply_parked", "expire_parked", "hear", "heed"]

log = structlog.get_logger()


def hear(store: Store, account: str, adapter: Adapter, notice: Notice, now: Instant) -> Received:
    """Verify a notice and keep the receipts in it; what comes back may be answered, and applied afterwards.

    Raises:
        Refused: it is not signed as this account's notices are; nothing was read, and nothing stored.
        InputError: it is genuine, and cannot be read, or the account takes no callbacks.
        Unavailable: the ledger cannot keep it now; the provider has to come again.
    """
    received = fit_to_keep(adapter.receive(notice, now))
    if received.needs is None:
        keep_receipts(store, account, received, now)
    return received


@dataclass(frozen=True, slots=True)
class Heeded:
    """What was done about a notice.

    `lanes` have something to send because of it; `alarms` counts what somebody must look at; `lost` is how many words
    could not be heard; `heard` are those that were.
    """

    lanes: Collection[str]
    alarms: int
    lost: int
    heard: Sequence[Heard] = ()


def heed(ear: Ear, received: Received) -> Heeded:
    """Keep all that a genuine notice says, and do at once what people asked for in it.

    Raises:
        Unavailable: the ledger cannot keep it now; the provider has to come again.
    """
    now = ear.clock.now()
    received = fit_to_keep(received)
    named = [(ear.named(token), one) for token, one in received.linked]
    found = tuple(replace(one, reference=reference) for reference, one in named if reference)
    passed_over = received.passed_over + len(named) - len(found)
    kept = replace(received, receipts=(*received.receipts, *found), passed_over=passed_over)
    keep_receipts(ear.store, ear.account, kept, now)
    try:
        said = ear.hear(received)
    finally:
        # Whatever one person's words have met, the account's own news is another matter.
        lanes = hear_account(ear.store, ear.account, received, now)
    if said.waiting:
        lanes = {*lanes, *LANES}
    return Heeded(lanes, len(received.alarms) + said.alarms, said.lost, tuple(said.heard))


def keep_receipts(store: Store, account: str, received: Received, now: Instant) -> None:
    """Keep news of messages, parked; and tell of what was passed over."""
    of_messages = hear_forwards(store, received.receipts)
    if of_messages:
        with store.write() as transaction:
            transaction.receipts.add(account, of_messages, now)
    log.info("heard", account=account, receipts=len(received.receipts), passed_over=received.passed_over)
    if received.passed_over:
        log.warning(
            "receipts_passed_over",
            account=account,
            receipts=received.passed_over,
            unknown=[_harmless(word) for word in received.unknown[:_UNKNOWN_SHOWN]],
            remedy="An account with a recipe translates them under words: sent changes nothing. For any other account "
            "nothing is lost: its provider tells more than we read.",
        )


# A provider's words for states are constants. What is something else, because the recipe looks in the wrong place, may
# be about a person: of that no digit, no sign and no accent is told, and of an address nothing.
_NOT_A_CONSTANT = re.compile(r"[^A-Za-z_ -]")
_WORD_LENGTH_SHOWN = 40
_UNKNOWN_SHOWN = 5
_WITHHELD = "***"


def _harmless(word: str) -> str:
    return _WITHHELD if "@" in word else _NOT_A_CONSTANT.sub("*", word[:_WORD_LENGTH_SHOWN])
