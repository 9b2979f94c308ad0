"""Yes: in a text, to the question of a double opt-in that was asked at the very phone that it comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.dispatch import consents
from orchestrator.dispatch.consents import ADDRESS_ID
from orchestrator.dispatch.inbound.hearing import Done
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.tokens import LIVES_MS, TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.dispatch.inbound.hearing import Act, Hearing
    from orchestrator.store.port import ConsentEvent

# Anybody can write any sender into an e-mail. There, the link that only its reader has is the answer.
_ANSWERED_ON = frozenset({Channel.SMS, Channel.WHATSAPP})

# How many things one person said are looked through for the question.
_LOOKED_BACK = 1_000


def say_yes(hearing: Hearing) -> Act:
    """Confirm all that was asked at this phone, in the life of the link that was in the question.

    A yes to nothing that we asked is kept for a person to read. Where two customers were asked at one phone, nobody
    can say who answers: each has their link.
    """
    asked = list(_asked(hearing)) if hearing.text.channel in _ANSWERED_ON else []
    if len({one.customer_id for one in asked}) != 1:
        return Done.NOTHING, None
    questions = {(one.customer_id, one.topic, str(one.evidence[ADDRESS_ID])) for one in asked}
    for customer_id, topic, address_id in sorted(questions):
        proof = hearing.proof()
        about = {"customer": customer_id, "topic": topic, "address": address_id}
        there = replace(proof, evidence={**proof.evidence, ADDRESS_ID: address_id})
        consents.confirm(hearing.transaction, hearing.release, hearing.clock, about, there)
    return Done.CONFIRMED, None


def _asked(hearing: Hearing) -> Iterator[ConsentEvent]:
    """What still waits to be confirmed at the sender's address, of each who has it."""
    transaction, lives = hearing.transaction, LIVES_MS[TokenPurpose.CONFIRM]
    for holder in hearing.holders:
        customer = transaction.customers.get(holder)
        theirs = set() if customer is None else {one.id for one in customer.addresses}.intersection(hearing.addresses)
        waiting = [
            one
            for one in transaction.consents.in_force([holder])
            if one.state is ConsentState.PENDING and one.evidence.get(ADDRESS_ID) in theirs
        ]
        if waiting:
            history = transaction.consents.history(holder, limit=_LOOKED_BACK)
            asked_at = {event.id: recorded_at for _, event, recorded_at in history}
            yield from (one for one in waiting if 0 <= hearing.at - asked_at.get(one.id, 0) <= lives)
