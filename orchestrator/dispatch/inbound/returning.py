"""Back in: what a STOP ended is agreed to anew, on the words of then. Nobody gets more than they had."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import structlog

from orchestrator.consent import STOP, WRONG_PERSON
from orchestrator.dispatch import consents
from orchestrator.dispatch.consents import ADDRESS_ID, ENDED, PERSON
from orchestrator.dispatch.inbound.answering import show_choices
from orchestrator.dispatch.inbound.hearing import PREFERENCE, Done, is_stop
from orchestrator.dispatch.record import record
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.dispatch.inbound.hearing import Act, Hearing
    from orchestrator.store.port import ConsentEvent, KeptConsent

log = structlog.get_logger()

# Anybody can write any sender into an e-mail: it may end things, and brings no marketing back. The link that only its
# reader has does that.
_PROVES_NOTHING = frozenset({Channel.EMAIL})

# How many things one person said are looked through for the words that they agreed to.
_LOOKED_BACK = 1_000


def come_back(hearing: Hearing) -> Act:
    """Agree again to what a STOP from this address ended on this channel.

    Where several gave the address, nobody can say whose act this is; and a text from before the STOP came late. Who
    has nothing to come back to is shown where they choose.
    """
    if any(is_stop(one) and one.at > hearing.at for one in hearing.turns_since(hearing.at)):
        return Done.NOTHING, None
    if hearing.text.method == PREFERENCE and not _ended_there_alone(hearing):
        return Done.NOTHING, None
    believed = _believe(hearing)
    if hearing.text.channel in _PROVES_NOTHING:
        return (Done.RESTORED if believed else Done.NOTHING), show_choices(hearing)
    ended = {holder: grants for holder in hearing.holders if (grants := _ended(hearing, holder))}
    if len(ended) == 1:
        ((holder, grants),) = ended.items()
        states = {event.state for one in grants for event in _agree_again(hearing, holder, one)}
        if states:
            return (Done.RESTORED if ConsentState.GRANTED in states else Done.ASKED), None
    return (Done.RESTORED if believed else Done.NOTHING), show_choices(hearing)


def _ended_there_alone(hearing: Hearing) -> bool:
    """Whether it was that very setting that ended it: what they told us is not undone by what they tell a provider."""
    stops = list(takewhile(is_stop, hearing.turns_since(0)))
    return bool(stops) and all(
        one.source == hearing.text.source and one.reading.get("method") == PREFERENCE for one in stops
    )


def _believe(hearing: Hearing) -> bool:
    """Whoever is there says that it is theirs after all: what was bought is told again; marketing takes a yes."""
    transaction = hearing.transaction
    believed = False
    for channel in hearing.channels:
        for address_id in transaction.consents.change_reason(hearing.addresses, channel.value, WRONG_PERSON, to=STOP):
            believed = True
            for holder in transaction.customers.holders([address_id]):
                record(
                    transaction, hearing.clock, "address.released", by=PERSON, customer_id=holder, address=address_id,
                    channel=channel.value, reason=WRONG_PERSON,
                )  # fmt: skip
    return believed


def _ended(hearing: Hearing, holder: str) -> list[ConsentEvent]:
    """The grants that a STOP ended here, or keeps from being used."""
    transaction, channel = hearing.transaction, hearing.text.channel.value
    suppressions = transaction.customers.standings([holder], ())[holder].suppressions
    if not any(suppressions.get((address_id, channel)) == STOP for address_id in hearing.addresses):
        return []
    in_force = [one for one in transaction.consents.in_force([holder]) if one.channel == channel]
    before = _standing_before(transaction.consents.history(holder, limit=_LOOKED_BACK), channel)
    grants = [
        one if one.state is ConsentState.GRANTED else before.get(_ended_by_stop(hearing, one)) for one in in_force
    ]
    return [one for one in grants if one is not None and one.state is ConsentState.GRANTED]


def _standing_before(history: Sequence[KeptConsent], channel: str) -> dict[str, ConsentEvent]:
    """What was said on a channel since the last no that was no STOP, by its id.

    Two customers who became one may have said both: the STOP of one does not bring back what the other withdrew.
    """
    found: dict[str, ConsentEvent] = {}
    refused: set[str] = set()
    for _, event, _ in history:  # newest first
        if event.channel != channel or event.topic in refused:
            continue
        if event.state is ConsentState.WITHDRAWN and ENDED not in event.evidence:
            refused.add(event.topic)
        found[event.id] = event
    return found


def _ended_by_stop(hearing: Hearing, withdrawn: ConsentEvent) -> str:
    """The id of what a withdrawal took back, if it was a STOP from this address: `consents.stop` names both."""
    own = withdrawn.evidence.get(ADDRESS_ID) in hearing.addresses
    if hearing.text.method == PREFERENCE:
        own = own and withdrawn.method == PREFERENCE and withdrawn.source == hearing.text.source
    return str(withdrawn.evidence.get(ENDED, "")) if own else ""


def _agree_again(hearing: Hearing, holder: str, before: ConsentEvent) -> tuple[ConsentEvent, ...]:
    try:
        return consents.agree(
            hearing.transaction, hearing.release, hearing.clock, holder, before.topic, [hearing.text.channel],
            hearing.proof(before.wording),
        ).events  # fmt: skip
    except InputError as error:
        # Its topic or its words are gone since: what could not be proven tomorrow stays ended.
        log.info("not_restored", code=error.code)
        return ()
