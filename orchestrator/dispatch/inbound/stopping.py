"""Less of us: no marketing at an address from now on, or none for a while."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.dispatch import consents, pauses
from orchestrator.dispatch.accept.message import new_request
from orchestrator.dispatch.consents import PERSON
from orchestrator.dispatch.inbound.hearing import TEXT, Done, is_stop
from orchestrator.dispatch.pauses import WantedPause
from orchestrator.domain.pause import PauseScope
from orchestrator.stop_words import Meaning
from orchestrator.store.port import NewDelivery

if TYPE_CHECKING:
    from orchestrator.dispatch.inbound.hearing import Act, Hearing

# One confirmation is allowed, at once, with no marketing in it; who repeats themselves gets no second one for a day.
CONFIRMED_WITHIN_MS = 5 * 60_000
CONFIRMED_AGAIN_MS = 24 * 3_600_000

PAUSED_MS = 30 * 86_400_000


def stop(hearing: Hearing) -> Act:
    """End all marketing at this address on this channel; where they said everything, on every channel."""
    lately = hearing.turns_since(hearing.now - CONFIRMED_AGAIN_MS)
    channels = None if hearing.reading.kind is Meaning.OPT_OUT_ALL else [hearing.text.channel]
    consents.stop(hearing.transaction, hearing.clock, hearing.addresses, channels, hearing.proof())
    repeated = bool(lately) and is_stop(lately[0])
    return Done.STOPPED, None if repeated else _confirm(hearing)


def pause(hearing: Hearing) -> Act:
    """No marketing for thirty days for whoever has the address.

    Not instead of a pause that the shop has set: theirs would end it.
    """
    transaction = hearing.transaction
    business_now = transaction.ledger.clock().now(hearing.now)
    standing = transaction.pauses.active(business_now, hearing.holders)
    for holder in hearing.holders:
        found = standing.of(PauseScope.CUSTOMER, holder)
        if found is None or found.by == PERSON:
            wanted = WantedPause(scope=PauseScope.CUSTOMER, subject=holder, reason=TEXT, until=business_now + PAUSED_MS)
            pauses.pause(transaction, hearing.release, hearing.clock, wanted, by=PERSON)
    return (Done.PAUSED if hearing.holders else Done.NOTHING), None


def _confirm(hearing: Hearing) -> str | None:
    """Say once that it was heard, there and nowhere else. A stranger is no customer: nobody writes to them at all."""
    transaction, channel = hearing.transaction, hearing.text.channel
    told = hearing.release.project.consents
    message = None if told is None else told.opt_out
    if message is None or not hearing.holders or channel not in hearing.release.said_on[message]:
        return None
    request = new_request(
        hearing.release, hearing.clock, message=message, customer_id=_owner(hearing), candidates=(channel,),
        objects={}, data={}, not_after=transaction.ledger.clock().now(hearing.now) + CONFIRMED_WITHIN_MS,
    )  # fmt: skip
    pinned = replace(request, pinned_address_id=hearing.addresses[0])
    delivery = NewDelivery(request=pinned, identity=f"opt_out/{hearing.id}", origin="inbound")
    transaction.deliveries.add([delivery], hearing.clock.now())
    return pinned.id


def _owner(hearing: Hearing) -> str:
    """Who has had the first address longest."""
    customers, address_id = hearing.transaction.customers, hearing.addresses[0]
    address = customers.addresses([address_id])[address_id]
    return customers.by_address(address.kind, [address.value])[address.value][0]
