"""What a suppression silences: a person agreed to a topic, or said nothing of any, and nothing of it is sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.consent import silence
from orchestrator.dispatch.consents.topics import Topics
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.store.port import Transaction


def held_back(
    transaction: Transaction, customer_id: str, said: Iterable[tuple[str, str, ConsentState]]
) -> Mapping[tuple[str, str], str]:
    """Of what a customer said (topic, channel, state): each grant by which nothing is sent, and the gate's reason.

    A state alone would promise more than happens: an address that bounces is not written to, whatever was agreed.
    """
    granted = {(topic, channel) for topic, channel, state in said if state is ConsentState.GRANTED}
    if not granted:
        return {}
    topics = Topics.current(transaction)
    standing = transaction.customers.standings([customer_id], {topic for topic, _ in granted})[customer_id]
    reasons = {
        (topic, channel): silence(
            standing, Channel(channel), Purpose.MARKETING if topics.is_marketing(topic) else Purpose.TRANSACTIONAL
        )
        for topic, channel in granted
    }
    return {consent: reason for consent, reason in reasons.items() if reason is not None}


def silent_channels(transaction: Transaction, customer_id: str) -> Mapping[Channel, str]:
    """Where a customer gets no marketing, whatever was agreed, each with the gate's reason.

    A STOP of somebody who never agreed to anything withdraws no consent: it shows here, and nowhere else.
    """
    standing = transaction.customers.standings([customer_id], ())[customer_id]
    reasons = {channel: silence(standing, channel, Purpose.MARKETING) for channel in Channel}
    return {channel: reason for channel, reason in reasons.items() if reason is not None}
