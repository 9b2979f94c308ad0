"""Answer a text: once, to that address and nowhere else, and soon or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.accept.message import new_request
from orchestrator.release import ConsentMessages
from orchestrator.store.port import NewDelivery

if TYPE_CHECKING:
    from orchestrator.dispatch.inbound.hearing import Hearing

# One confirmation is allowed, at once, with no marketing in it; who repeats themselves gets no second one for a day.
ANSWERED_WITHIN_MS = 5 * 60_000
ANSWERED_AGAIN_MS = 24 * 3_600_000


def tell_of_stop(hearing: Hearing) -> str | None:
    """Say that it was heard; the id of what says so."""
    return _answer(hearing, _answers(hearing).opt_out, "opt_out")


def show_choices(hearing: Hearing) -> str | None:
    """Show where they choose what they get and ask for their data, once a day; the id of what shows it.

    That page is one person's: where several gave the address, nobody can say whose to show.
    """
    if len(hearing.holders) != 1 or hearing.answered_alike_since(hearing.now - ANSWERED_AGAIN_MS):
        return None
    return _answer(hearing, _answers(hearing).choices, "choices")


def _answers(hearing: Hearing) -> ConsentMessages:
    return hearing.release.project.consents or ConsentMessages()


def _answer(hearing: Hearing, message: str | None, what: str) -> str | None:
    """A stranger is no customer: nobody writes to them at all. Who told their provider was answered there."""
    transaction, channel = hearing.transaction, hearing.text.channel
    if message is None or not hearing.said_to_us:
        return None
    if not hearing.holders or channel not in hearing.release.said_on[message]:
        return None
    request = new_request(
        hearing.release, hearing.clock, message=message, customer_id=_owner(hearing), candidates=(channel,),
        objects={}, data={}, not_after=transaction.ledger.clock().now(hearing.now) + ANSWERED_WITHIN_MS,
    )  # fmt: skip
    pinned = replace(request, pinned_address_id=hearing.addresses[0])
    delivery = NewDelivery(request=pinned, identity=f"{what}/{hearing.id}", origin="inbound")
    transaction.deliveries.add([delivery], hearing.clock.now())
    return pinned.id


def _owner(hearing: Hearing) -> str:
    """Who has had the first address longest."""
    customers, address_id = hearing.transaction.customers, hearing.addresses[0]
    address = customers.addresses([address_id])[address_id]
    return customers.by_address(address.kind, [address.value])[address.value][0]
