"""Confirm: a double opt-in is asked for at the address that it is about, and granted from there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.consent import CONFIRMED_AT, DOUBLE_OPT_IN
from orchestrator.dispatch.accept.message import new_request
from orchestrator.dispatch.consents.proof import ADDRESS_ID
from orchestrator.dispatch.consents.returning import come_back
from orchestrator.dispatch.consents.standing import event_of, keep, lock_owners
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.errors import ConfigurationError, Conflict
from orchestrator.domain.time import rfc3339
from orchestrator.store.port import NewDelivery
from orchestrator.tokens import LIVES_MS, TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.dispatch.consents.proof import Proof
    from orchestrator.domain.customer import Address
    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import ConsentEvent, Transaction

# Whoever types somebody else's address into a form, again and again, must not fill their mailbox through us.
_ASKED_ONCE_IN_MS = 15 * 60_000

CONSENT = "consent"
"""The name in a request's data under which stands what is to be confirmed: `topic`, its `title`."""


def ask_to_confirm(
    transaction: Transaction, release: Release, clock: Clock, pending: Iterable[tuple[ConsentEvent, Address]]
) -> None:
    """Ask for what is pending, once for each topic and address: who has the address has it on all of its channels."""
    channels: dict[tuple[str, str, str], list[Channel]] = {}
    for event, address in pending:
        channels.setdefault((event.customer_id, event.topic, address.id), []).append(Channel(event.channel))
    now = clock.now()
    transaction.deliveries.add_missing(
        [
            _question(transaction, release, clock, customer_id, topic, address_id, asked)
            for (customer_id, topic, address_id), asked in channels.items()
        ],
        now,
    )


def confirm(
    transaction: Transaction, _release: Release, clock: Clock, subject: Mapping[str, str], proof: Proof
) -> tuple[ConsentEvent, ...]:
    """Grant what is pending at an address: a new act of the person, which ends a STOP there for them too.

    Args:
        transaction: the ledger.
        _release: not asked: a topic that was taken out of the project since is granted as it was asked for.
        clock: machine time, and chance for ids.
        subject: of the token that was in the question: `customer`, `address` and `topic`.
        proof: how it was confirmed; the method is `double_opt_in`, the wording is that of the question.

    Returns:
        What was granted; nothing where it was confirmed before.

    Raises:
        NotFound: there is no such customer any more.
        Conflict: nothing waits for a confirmation (`nothing_to_confirm`): it was withdrawn since.
    """
    named = subject["customer"]
    owner = lock_owners(transaction, [named])[named]
    customer = transaction.customers.get(owner)
    address = next((one for one in customer.addresses if one.id == subject["address"]), None) if customer else None
    said = [
        one
        for one in transaction.consents.in_force([owner])
        if one.topic == subject["topic"] and one.evidence.get(ADDRESS_ID) == subject["address"]
    ]
    waiting = [one for one in said if one.state is ConsentState.PENDING]
    if address is None or not waiting:
        if address is not None and any(one.state is ConsentState.GRANTED for one in said):
            return ()
        raise Conflict(
            "There is nothing to confirm here any more.",
            remedy="Say it again where you said it first, and a new question comes.",
            code="nothing_to_confirm",
        )
    granted = keep(transaction, clock, [_granted(clock, one, proof) for one in waiting])
    come_back(transaction, clock, [(one, address) for one in granted])
    return granted


def _question(  # what is asked, of whom, and where
    transaction: Transaction,
    release: Release,
    clock: Clock,
    customer_id: str,
    topic: str,
    address_id: str,
    channels: Sequence[Channel],
) -> NewDelivery:
    now = clock.now()
    consents = release.project.consents
    message = None if consents is None else consents.confirmation
    if message is None:
        raise ConfigurationError(
            'Topic "{topic}" has double opt-in, and the project names no message that asks for it.',
            remedy="Write consents: {{confirmation: confirm_subscription}} into templates/project.yaml.",
            topic=topic,
        )
    request = new_request(
        release, clock, message=message, customer_id=customer_id, candidates=tuple(channels), objects={},
        data={CONSENT: {"topic": topic, "title": release.project.topics[topic].title}},
        not_after=transaction.ledger.clock().now(now) + LIVES_MS[TokenPurpose.CONFIRM],
    )  # fmt: skip
    return NewDelivery(
        request=replace(request, pinned_address_id=address_id),
        identity=f"confirm/{customer_id}/{topic}/{address_id}/{now // _ASKED_ONCE_IN_MS}",
        origin=CONSENT,
    )


def _granted(clock: Clock, waiting: ConsentEvent, proof: Proof) -> ConsentEvent:
    """The grant, on the words of the question. A clock that was ahead when it was asked must not undo it."""
    at = max(clock.now() if proof.at is None else proof.at, waiting.at)
    evidence = {**waiting.evidence, **proof.evidence, "asked": waiting.id, CONFIRMED_AT: rfc3339(at)}
    confirmed = replace(proof, method=DOUBLE_OPT_IN, wording=waiting.wording, at=at)
    return event_of(
        clock, waiting.customer_id, waiting.topic, waiting.channel, ConsentState.GRANTED, confirmed,
        legal_basis=waiting.legal_basis, evidence=evidence,
    )  # fmt: skip
