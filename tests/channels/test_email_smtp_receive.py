"""Letters that came back, posted to `/hooks/{account}`: who may post them, and what bounces find their message by."""

from __future__ import annotations

import pytest

from orchestrator.channels import Notice, SmtpCall, build_adapter
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.errors import ConfigurationError, InputError, NotFound, Refused
from orchestrator.domain.message import Purpose, Rendered

NOW = 1_795_600_800_000
SECRET = "volta-4711"
REFERENCE = "msg_01JC9ZK3XQ0123456789ABCDEF"
LETTER = b"From: ana@example.com\r\nMessage-ID: <1@example.com>\r\n\r\nSAIR\r\n"


def account(**settings):
    given = {"host": "smtp.example", "sender": "Casa Lume <oi@casalume.example>", "inbound_secret": SECRET, **settings}
    return build_adapter("email_smtp", Channel.EMAIL, given)


def posted(adapter, body=LETTER, method="POST", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return adapter.receive(Notice(method=method, headers=named, body=body), NOW)


def test_who_knows_the_secret_is_heard():
    assert posted(account(), x_jogral_secret=SECRET).inbound[0].sender == "ana@example.com"
    assert account().can.receives
    assert account().can.hears


@pytest.mark.parametrize(
    "given", [{}, {"x_jogral_secret": ""}, {"x_jogral_secret": "volta"}, {"authorization": SECRET}]
)
def test_nobody_else_is(given):
    """Whatever the letter is: it is not looked at before."""
    for body in (LETTER, b""):
        with pytest.raises(Refused):
            posted(account(), body, **given)
    with pytest.raises(Refused):
        posted(account(), method="GET", x_jogral_secret=SECRET)


def test_an_account_without_a_secret_takes_nothing():
    """No secret is no trust."""
    silent = account(inbound_secret="")
    assert not silent.can.receives
    for given in ({}, {"x_jogral_secret": ""}):
        with pytest.raises(NotFound):
            posted(silent, **given)


def test_what_is_no_letter_is_said_to_be_none():
    with pytest.raises(InputError):
        posted(account(), b"", x_jogral_secret=SECRET)


def test_secrets_are_not_shown():
    assert SECRET not in repr(account())


def test_each_letter_has_an_envelope_sender_of_its_own():
    """Where the setting has a place for it; the head of the letter stays as it is."""
    for pattern, expected in (
        ("volta+{reference}@casalume.example", f"volta+{REFERENCE}@casalume.example"),
        ("volta@casalume.example", "volta@casalume.example"),
        ("", "oi@casalume.example"),
    ):
        call = account(bounce_to=pattern).call(delivery(), NOW, bytes)
        assert isinstance(call, SmtpCall)
        assert call.sender == expected
        assert b"From: Casa Lume <oi@casalume.example>\r\n" in call.message


@pytest.mark.parametrize(
    "pattern",
    [
        "volta+{ref}@casalume.example",
        "volta@{reference}.casalume.example",
        f"{'v' * 40}+{{reference}}@casalume.example",
    ],
)
def test_a_pattern_that_no_letter_could_have_is_found_when_the_account_is_made(pattern):
    """Also one with which an address would be too long once the reference is in it."""
    with pytest.raises(ConfigurationError, match="own headers"):
        account(bounce_to=pattern)


def delivery():
    rendered = Rendered(message="order_shipped", channel=Channel.EMAIL, locale="pt-BR", text="Olá!", subject="Oi")
    return Delivery(
        reference=REFERENCE, customer_id="cus_1", object_id="o_1", channel=Channel.EMAIL,
        address=Address(id="adr_1", kind=AddressKind.EMAIL, value="ana@example.com"), purpose=Purpose.TRANSACTIONAL,
        topic="order_updates", rendered=rendered,
    )  # fmt: skip
