"""What a provider's definite no says of a person or an address, beside the message that it was about.

The same is kept whether it said so at once, when it was asked again, or in a receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.dispatch.heard.resting import NOT_REACHED, SOFT_BOUNCES, count_failures
from orchestrator.dispatch.heard.telling import opt_out
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import OutcomeKind, Rejection

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.domain.delivery import Outcome
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import Transaction

# Meta's advice for a person who had enough: not again within a day.
ENOUGH_MS: Final = 24 * 3_600_000

BOUNCE = "bounce"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A no, and whose address it was said of.

    `guessed`: it was read from a status that may mean something else, such as a 404 of a recipe whose URL is wrong.
    """

    delivery: str
    account: str
    channel: Channel
    address_id: str
    about: Rejection
    guessed: bool = False


def rejection_of(outcome: Outcome) -> Rejection | None:
    """What a definite refusal is about; None for one that is no refusal, or says something else."""
    if outcome.kind is not OutcomeKind.REFUSED:
        return None
    return next((one for one in Rejection if one.reason == outcome.reason), None)


def keep_refusals(transaction: Transaction, clock: Clock, refusals: Collection[Refusal]) -> None:
    """Write down what they say, whoever has the addresses being locked. Before deliveries are, as every door does."""
    lasting = [one for one in refusals if one.about in _LASTING]
    if not lasting:
        return
    transaction.customers.lock(transaction.customers.holders({one.address_id for one in lasting}))
    now = clock.now()
    for one in lasting:
        if one.about is Rejection.OPTED_OUT:
            opt_out(transaction, clock, account=one.account, channel=one.channel, address_id=one.address_id, at=now,
                    delivery=one.delivery)  # fmt: skip
    for channel in Channel:
        enough = {one.address_id for one in lasting if one.channel is channel and one.about is Rejection.ENOUGH}
        if enough:
            transaction.conversations.enough(enough, channel, now + ENOUGH_MS)
        nobody = [one for one in lasting if one.channel is channel and one.about is Rejection.ADDRESS]
        if channel is Channel.PUSH:
            continue  # devices go one by one, as their provider names them
        # WhatsApp does not say why, and may say otherwise another day.
        unsure = [one for one in nobody if one.guessed or channel is Channel.WHATSAPP]
        rule = NOT_REACHED if channel is Channel.WHATSAPP else SOFT_BOUNCES
        count_failures(transaction, {(one.address_id, channel.value) for one in unsure}, rule, now)
        sure = {one.address_id for one in nobody if one not in unsure}
        if sure:
            transaction.consents.suppress(sorted(sure), channel, BOUNCE, now)


_LASTING = frozenset({Rejection.OPTED_OUT, Rejection.ENOUGH, Rejection.ADDRESS})
