"""Keys that are not live: a team key reaches the allow-list, a test key nobody, and neither leaves anything behind."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from orchestrator.allow_list import read_allow_list
from orchestrator.app import App
from orchestrator.app.draining import open_drain
from orchestrator.app.threads import DatabaseThreads
from orchestrator.dispatch.accept import Later, WantedMessage, accept_message
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.dispatch.rehearsed import MAGIC, MAGIC_TOKEN, magic_word
from orchestrator.dispatch.settle import InDoubt, settlement
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Mode, Rejection, Request
from orchestrator.domain.errors import Unfit
from orchestrator.domain.message import Purpose
from orchestrator.domain.receipt import ReceiptKind
from orchestrator.journeys.steps import Channels
from orchestrator.segments.model import Engaged
from orchestrator.settings import Settings
from orchestrator.store.port import Audience, BusinessClock, ClosedAccount

ANA = ("ana@example.com", "+5511912345678")


@pytest.fixture
def casa_lume(store, clock, release, tmp_path):
    """A published shop in which Ana is known, with the settings of the test."""
    publish(store, release, clock.now())

    def opened(**settings):
        return App(root=tmp_path, settings=Settings(**settings), store=store, clock=clock)

    (tmp_path / ".jogral").mkdir()
    known(opened(), "cus_ana", *ANA)
    return opened


def known(app, customer_id, email="", phone="", token=""):
    """Somebody with these addresses."""
    profile = Profile(
        id=customer_id, emails=(email,) if email else (), phones=(phone,) if phone else (),
        push_tokens=(token,) if token else (), attributes={"first_name": "Ana"},
    )  # fmt: skip
    with app.store.write() as transaction:
        register(transaction, [profile], app.clock)


def asked(app, release, customer_id, mode, *channels, message="order_shipped"):
    """A message that was asked for by a key of that mode; its id."""
    wanted = WantedMessage(
        message=message, customer_id=customer_id, channels=Channels(first_reachable=channels or (Channel.EMAIL,)),
        data=DATA, mode=mode,
    )  # fmt: skip
    identity = app.clock.entropy(6).hex()
    with app.store.write() as transaction:
        (request,) = accept_message(transaction, release, app.clock, wanted, identity=identity, origin="api")
    return request.id


DATA = {
    "order": {"id": "ord_1", "number": "10234", "url": "https://casalume.example/p/10234"},
    "shipment": {"promised_date": "2026-11-27", "status": "in_transit"},
}  # fmt: skip


def sent(app):
    """Everything that is due, through a worker's own drain."""

    async def work():
        threads = DatabaseThreads(app.store)
        drain, transport = open_drain(app, threads, "test")
        try:
            return await drain.drain()
        finally:
            await transport.close()
            threads.close()

    return asyncio.run(work())


def row(app, delivery_id):
    """The delivery as the ledger shows it."""
    with app.store.read() as transaction:
        return transaction.deliveries.get(delivery_id)


def inbox(app):
    """What the local inbox holds."""
    with app.store.read() as transaction:
        return transaction.inbox.page(before=None, limit=100)


# --- team -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "mode", "state", "reason"),
    [
        ({}, Mode.LIVE, "sent", ""),
        ({}, Mode.TEAM, "blocked", "sandbox_recipient"),
        ({"allow_list": "bia@example.com"}, Mode.TEAM, "blocked", "sandbox_recipient"),
        ({"allow_list": "ana@example.com"}, Mode.TEAM, "sent", ""),
        ({"allow_list": "example.com"}, Mode.TEAM, "sent", ""),
        ({"environment": "staging"}, Mode.LIVE, "blocked", "sandbox_recipient"),
        ({"environment": "staging", "allow_list": "ANA@Example.com"}, Mode.LIVE, "sent", ""),
        ({"environment": "staging"}, Mode.TEST, "sent", "test_mode"),
        ({}, Mode.TEST, "sent", "test_mode"),
    ],
)
def test_who_is_written_to_depends_on_the_key_and_the_machine(casa_lume, release, settings, mode, state, reason):
    """Team keys and staging reach the allow-list, tests reach the inbox, and only live keys reach customers."""
    app = casa_lume(**settings)
    delivery_id = asked(app, release, "cus_ana", mode)

    sent(app)

    found = row(app, delivery_id)
    assert (found["state"], found["reason"], found["mode"]) == (state, reason, mode.value)


def test_a_team_key_takes_the_next_channel_where_that_is_on_the_list(casa_lume, release):
    """Her phone is listed, her e-mail is not."""
    app = casa_lume(allow_list=ANA[1])
    delivery_id = asked(app, release, "cus_ana", Mode.TEAM, Channel.EMAIL, Channel.SMS)

    sent(app)

    found = row(app, delivery_id)
    assert (found["state"], found["channel"]) == ("sent", "sms")
    asked_about = [step for step in found["decisions"][0]["trace"] if step["gate"] == "recipients"]
    assert [(step["channel"], step["result"]) for step in asked_about] == [("email", "next"), ("sms", "pass")]


BROWSER = (
    '{"endpoint":"https://push.example.com/send/a1","keys":{"auth":"BTBZMqHH6r4Tts7J_aSIgg","p256dh":'
    '"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"}}'
)


@pytest.mark.parametrize(
    ("listed", "address", "yes"),
    [
        ("shop.example", "bia@shop.example", True),
        ("@shop.example", "bia@shop.example", True),
        ("shop.example", "bia@evil-shop.example", False),
        ("shop.example", "bia@mail.shop.example", False),
        ("bia@shop.example", "bia@shop.example", True),
        ("bia@shop.example", "ana@shop.example", False),
        ("x@a.example, +5511912345678;y@b.example", "+5511912345678", True),
        ("+5511912345678", "+5511912345679", False),
        ("+55-11-91234.5678", "+5511912345678", True),
        ("+55(11)91234-5678", "+5511912345678", True),
        ("token-12345678", "token-12345678", True),
        ("https://push.example.com/send/a1", BROWSER, True),
        ("https://push.example.com/send/a2", BROWSER, False),
    ],
)
def test_the_list_knows_addresses_and_whole_domains(listed, address, yes):
    """Never a part of a domain, and never a part of a number."""
    kind = AddressKind.EMAIL if "@" in address else AddressKind.PHONE if address[0] == "+" else AddressKind.PUSH_TOKEN

    assert read_allow_list(listed).listed(Address(id="a", kind=kind, value=address)) is yes


@pytest.mark.parametrize("written", ["gmail.com", "me@shop.example gmail.com", "@hotmail.com", "a@b@c", "+12", "curto"])
def test_a_list_that_would_let_anybody_in_is_refused(written):
    """And so is one with a slip in it, without repeating whose address it is."""
    with pytest.raises(Unfit) as refused:
        read_allow_list(written)

    assert "a@b@c" not in str(refused.value)


# --- test -----------------------------------------------------------------------------------------------------------


def test_a_test_is_in_the_inbox_and_counts_in_nothing(casa_lume, release):
    """No use of a frequency cap, no promise, and links that end nobody's topic."""
    app = casa_lume()
    delivery_id = asked(app, release, "cus_ana", Mode.TEST)

    sent(app)

    found = row(app, delivery_id)
    assert [one["reference"] for one in inbox(app)] == [delivery_id]
    assert found["reserved_day"] is None
    assert found["reserved_at"] is None
    assert found["rendering"]["claims"] == []


def test_a_test_brings_nobody_into_a_segment(casa_lume, release, clock):
    """Nor keeps them out of one: who was sent a message is who it reached."""
    app = casa_lume()
    was_sent = Audience(where=Engaged(engaged="sent", message="order_shipped"), now=clock.now(), zone="UTC")

    def those():
        with app.store.read() as transaction:
            return list(transaction.segments.page(was_sent, "", 10))

    for mode, found in ((Mode.TEST, []), (Mode.LIVE, ["cus_ana"])):
        asked(app, release, "cus_ana", mode)
        sent(app)
        assert those() == found


def test_a_closed_account_and_its_adapter_are_none_of_a_tests_business(casa_lume, release, store, clock):
    """Nobody is called, so it does not matter whether the provider answers."""
    app = casa_lume()
    account = release.accounts[Channel.EMAIL].id
    with store.write() as transaction:
        transaction.accounts.close(account, ClosedAccount(clock.now() + 3_600_000, "provider_unavailable", 1))
    delivery_id = asked(app, release, "cus_ana", Mode.TEST)

    sent(app)

    assert row(app, delivery_id)["state"] == "sent"


def test_what_a_test_key_plans_for_later_stays_a_test(casa_lume, release):
    """A timer carries its mode into the delivery that it becomes."""
    app = casa_lume()
    wanted = WantedMessage(
        message="order_shipped", customer_id="cus_ana", channels=Channels(first_reachable=(Channel.EMAIL,)),
        data=DATA, mode=Mode.TEST, send_at=Later(datetime(2026, 11, 26, 9), "America/Sao_Paulo"),  # noqa: DTZ001
    )  # fmt: skip
    with app.store.write() as transaction:
        (request,) = accept_message(transaction, release, app.clock, wanted, identity="later", origin="api")
    with app.store.write() as transaction:
        planned = transaction.timers.get(request.id)
        transaction.timers.fire([request.id], app.clock.now())

    assert planned["mode"] == "test"
    assert row(app, request.id)["mode"] == "test"


EXPECTED = {
    "delivered": ("sent", "test_mode", "delivered", ["delivered"]),
    "read": ("sent", "test_mode", "read", ["delivered", "read"]),
    "clicked": ("sent", "test_mode", "clicked", ["clicked", "delivered", "read"]),
    "bounced": ("sent", "test_mode", "", ["bounced"]),
    "complained": ("sent", "test_mode", "delivered", ["complained", "delivered"]),
    "refused": ("failed", "provider_rejected:address", "", []),
    "opted_out": ("failed", "provider_rejected:opted_out", "", []),
    "rejected": ("failed", "provider_rejected:message", "", []),
    "throttled": ("deferred", "rate_limit", "", []),
    "unavailable": ("deferred", "provider_unavailable", "", []),
    "unknown": ("unknown", "timeout", "", []),
}


def test_every_magic_recipient_ends_as_its_name_says_on_every_channel(casa_lume, release):
    """By e-mail, phone and token; what it tells suppresses nobody, and stops no account."""
    app = casa_lume()
    ids = {}
    for word, magic in MAGIC.items():
        for channel, there in (
            (Channel.EMAIL, {"email": f"{word}+1@jogral.example"}),
            (Channel.SMS, {"phone": magic.phone}),
            (Channel.PUSH, {"token": f"{MAGIC_TOKEN}{word}"}),
        ):
            known(app, f"cus_{word}_{channel.value}", **there)
            ids[word, channel] = asked(app, release, f"cus_{word}_{channel.value}", Mode.TEST, channel)

    sent(app)

    for (word, channel), delivery_id in ids.items():
        found = row(app, delivery_id)
        told = sorted(one["kind"] for one in found["receipts"])
        assert (found["state"], found["reason"], found["receipt"], told) == EXPECTED[word], (word, channel)
    with app.store.read() as transaction:
        standings = transaction.customers.standings([f"cus_{word}_email" for word in MAGIC], [])
        assert not any(one.suppressions for one in standings.values())
        assert not transaction.accounts.closed()


def test_who_is_throttled_is_taken_the_second_time(casa_lume, release, clock):
    """As a provider does it: later, and not for ever."""
    app = casa_lume()
    known(app, "cus_slow", "throttled@jogral.example")
    delivery_id = asked(app, release, "cus_slow", Mode.TEST)
    sent(app)

    clock.advance(seconds=5)
    sent(app)

    assert row(app, delivery_id)["state"] == "sent"


def test_a_refused_address_moves_on_and_another_try_is_refused_alike(casa_lume, release):
    """The next channel is asked, and nothing is remembered against the address."""
    app = casa_lume()
    known(app, "cus_bad", "refused@jogral.example", "+12015550100")
    for _ in range(4):
        delivery_id = asked(app, release, "cus_bad", Mode.TEST, Channel.EMAIL, Channel.SMS)
        sent(app)
        found = row(app, delivery_id)
        assert (found["state"], found["channel"], found["receipt"]) == ("sent", "sms", "delivered")


def test_a_test_that_is_told_of_an_opt_out_moves_on_though_nothing_is_kept(clock):
    """Of a live message the gate knows it afterwards; of a test nobody does, and it must not be asked for ever."""
    request = Request(
        id="msg_1", message="m", customer_id="cus_1", topic="offers", purpose=Purpose.MARKETING,
        candidates=(Channel.EMAIL, Channel.SMS), objects={}, data={}, locale=None, priority="normal", due_at=0,
        not_after=None, accepted_at=0, mode=Mode.TEST,
    )  # fmt: skip
    told = MAGIC["opted_out"].outcome

    ended = settlement(request, Channel.EMAIL, told, InDoubt.STOP, BusinessClock(), clock, called_at=0)

    assert ended.excluded == {Channel.EMAIL: Rejection.OPTED_OUT}


@pytest.mark.parametrize(
    ("kind", "value", "word"),
    [
        (AddressKind.EMAIL, "bounced@jogral.example", "bounced"),
        (AddressKind.EMAIL, "bounced+7@jogral.example", "bounced"),
        (AddressKind.EMAIL, "bounced@jogral.example.com", ""),
        (AddressKind.EMAIL, "nobody@jogral.example", ""),
        (AddressKind.PHONE, "+12015550110", "unknown"),
        (AddressKind.PHONE, "+12015550111", ""),
        (AddressKind.PUSH_TOKEN, "jogral-test-read", "read"),
        (AddressKind.PUSH_TOKEN, "read", ""),
    ],
)
def test_magic_is_in_fixed_addresses_only(kind, value, word):
    assert magic_word(Address(id="a", kind=kind, value=value)) == word


def test_every_rejection_that_moves_a_message_has_a_magic_recipient():
    """And every kind of news that a person sees of one that was taken."""
    reasons = {magic.outcome.reason for magic in MAGIC.values()}
    told = {kind for magic in MAGIC.values() for kind in magic.told}

    assert {Rejection.ADDRESS.reason, Rejection.OPTED_OUT.reason, Rejection.MESSAGE.reason} <= reasons
    assert told == set(ReceiptKind) - {ReceiptKind.SENT, ReceiptKind.FAILED}
