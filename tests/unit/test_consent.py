"""What a customer allows: by topic and channel, by address, and by why we write."""

from __future__ import annotations

import pytest

from orchestrator.consent import refusal, suppression
from orchestrator.domain.customer import Address, AddressKind, Channel, ConsentState, Customer, Standing
from orchestrator.domain.message import Purpose

GRANTED, PENDING, WITHDRAWN = ConsentState.GRANTED, ConsentState.PENDING, ConsentState.WITHDRAWN
MARKETING, TRANSACTIONAL = Purpose.MARKETING, Purpose.TRANSACTIONAL
PHONE = Address(id="adr_1", kind=AddressKind.PHONE, value="+5511912345678")


def standing(*, consents=None, suppressions=None):
    return Standing(customer=Customer(id="cus_1"), consents=consents or {}, suppressions=suppressions or {})


@pytest.mark.parametrize(
    ("purpose", "state", "reason"),
    [
        (MARKETING, GRANTED, None),
        (MARKETING, PENDING, "consent_pending"),
        (MARKETING, WITHDRAWN, "consent_withdrawn"),
        (MARKETING, None, "no_consent"),
        (TRANSACTIONAL, GRANTED, None),
        (TRANSACTIONAL, PENDING, None),
        (TRANSACTIONAL, WITHDRAWN, "consent_withdrawn"),
        (TRANSACTIONAL, None, None),
    ],
)
def test_marketing_needs_a_grant_and_the_contract_needs_none(purpose, state, reason):
    """An explicit opt-out is honoured either way."""
    consents = {("offers", "email"): state} if state else {}
    assert refusal(standing(consents=consents), "offers", purpose, Channel.EMAIL) == reason


def test_consent_is_given_for_one_topic_on_one_channel():
    """A yes to reviews by e-mail is no yes to offers, and none to texts."""
    said = standing(consents={("reviews", "email"): GRANTED})
    assert refusal(said, "offers", MARKETING, Channel.EMAIL) == "no_consent"
    assert refusal(said, "reviews", MARKETING, Channel.SMS) == "no_consent"


def test_an_opt_out_from_one_topic_leaves_the_others():
    said = standing(consents={("order_updates", "sms"): WITHDRAWN})
    assert refusal(said, "returns", TRANSACTIONAL, Channel.SMS) is None
    assert refusal(said, "order_updates", TRANSACTIONAL, Channel.EMAIL) is None


def test_a_suppressed_address_says_why():
    """On that channel: WhatsApp and SMS share the phone, and a STOP on one is none on the other."""
    stopped = standing(suppressions={("adr_1", "sms"): "stop"})
    assert suppression(stopped, PHONE, Channel.SMS, Purpose.MARKETING) == "suppressed:stop"
    assert suppression(stopped, PHONE, Channel.WHATSAPP, Purpose.MARKETING) is None
    assert suppression(standing(), PHONE, Channel.SMS, Purpose.MARKETING) is None


@pytest.mark.parametrize(
    ("reason", "blocks"), [("stop", False), ("bounce", True), ("complaint", True), ("erased", True)]
)
def test_a_stop_ends_marketing_and_a_dead_address_ends_everything(reason, blocks):
    found = suppression(standing(suppressions={("adr_1", "sms"): reason}), PHONE, Channel.SMS, Purpose.TRANSACTIONAL)
    assert found == (f"suppressed:{reason}" if blocks else None)
