"""Answers by e-mail from another address than the one we wrote to: letters are passed on, and read elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.addresses import InvalidAddress, sender_forms
from orchestrator.domain.customer import Channel

if TYPE_CHECKING:
    from orchestrator.dispatch.heard.words import Words
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import Transaction

_QUOTED_LENGTH_MAX = 500


def stop_where_it_went(transaction: Transaction, clock: Clock, account: str, words: Words) -> None:
    """End the marketing at the address that a letter of ours went to: an answer to it ends something.

    Whoever names a message of ours, which nobody can guess, has read it: its link would do the same for them. The
    answer itself is heard as anybody's, for the address that it comes from.
    """
    found = transaction.receipts.answered(account, words.about)
    # What was heard before has done it then.
    if found is None or transaction.inbound.known(account, words.key) is not None:
        return
    delivery, address_id = found
    address = transaction.customers.addresses([address_id]).get(address_id)
    if address is None or address.value in _forms(words.sender):
        return
    # A worker that never hears such a word has no numbers of all countries in memory.
    from orchestrator.dispatch import consents  # noqa: PLC0415
    from orchestrator.dispatch.consents import ADDRESS_ID, PERSON, Proof  # noqa: PLC0415

    evidence = {ADDRESS_ID: address_id, "delivery": delivery, "text": words.text[:_QUOTED_LENGTH_MAX]}
    said_at = min(words.at, clock.now())
    proof = Proof(method=words.method, source=account, actor=PERSON, evidence=evidence, at=said_at)
    consents.stop(transaction, clock, [address_id], [Channel.EMAIL], proof)


def _forms(sender: str) -> tuple[str, ...]:
    try:
        return sender_forms(Channel.EMAIL, sender)
    except InvalidAddress:
        return ()
