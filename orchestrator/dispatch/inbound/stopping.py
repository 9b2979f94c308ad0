"""Less of us: no marketing at an address from now on, or none for a while; or nothing at all, where nobody knows us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.consent import WRONG_PERSON
from orchestrator.dispatch import consents, pauses
from orchestrator.dispatch.consents import PERSON
from orchestrator.dispatch.inbound.answering import ANSWERED_AGAIN_MS, show_choices, tell_of_stop
from orchestrator.dispatch.inbound.hearing import TEXT, Done, is_stop
from orchestrator.dispatch.pauses import WantedPause
from orchestrator.dispatch.record import record
from orchestrator.domain.pause import PauseScope
from orchestrator.stop_words import Meaning

if TYPE_CHECKING:
    from orchestrator.dispatch.inbound.hearing import Act, Hearing

PAUSED_MS = 30 * 86_400_000


def stop(hearing: Hearing) -> Act:
    """End all marketing at this address on this channel; where they said everything, on every channel."""
    repeated = _stop(hearing, everywhere=hearing.reading.kind is Meaning.OPT_OUT_ALL)
    return Done.STOPPED, None if repeated else tell_of_stop(hearing)


def erase(hearing: Hearing) -> Act:
    """End all marketing, and show where they ask for the erasure: a text shows who has the phone, not whose data it is.

    Who wants no data of theirs kept has revoked what rests on their consent (LGPD art. 8 §5); but they have not said
    "everything", and others who have the phone go on elsewhere.
    """
    repeated = _stop(hearing, everywhere=len(hearing.holders) == 1)
    return Done.STOPPED, show_choices(hearing) or (None if repeated else tell_of_stop(hearing))


def silence(hearing: Hearing) -> Act:
    """Send nothing there any more, orders neither: somebody else reads what our customer should.

    Until somebody there says that it is theirs after all (see `come_back`). To say that it was heard would be one
    more message to a stranger. Where nobody gave the address, there is nobody whose orders go astray.
    """
    transaction, channels = hearing.transaction, hearing.channels
    consents.stop(transaction, hearing.clock, hearing.addresses, channels, hearing.proof())
    if not hearing.holders:
        return Done.STOPPED, None
    for channel in channels:
        transaction.consents.suppress(hearing.addresses, channel.value, WRONG_PERSON, hearing.now)
    for address_id in hearing.addresses:
        for holder in transaction.customers.holders([address_id]):
            record(
                transaction, hearing.clock, "address.suppressed", by=PERSON, customer_id=holder, address=address_id,
                channels=[one.value for one in channels], reason=WRONG_PERSON,
            )  # fmt: skip
    return Done.SILENCED, None


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


def _stop(hearing: Hearing, *, everywhere: bool) -> bool:
    """End it; whether the last turn within a day was a STOP, too: it was answered then."""
    lately = hearing.turns_since(hearing.now - ANSWERED_AGAIN_MS)
    channels = None if everywhere else [hearing.text.channel]
    consents.stop(hearing.transaction, hearing.clock, hearing.addresses, channels, hearing.proof())
    return bool(lately) and is_stop(lately[0])
