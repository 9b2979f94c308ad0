"""A push on a real ledger: it goes to every device, those that are gone are left out, and phones change hands."""

from __future__ import annotations

import json

import pytest

from orchestrator.channels import DeviceAnswers, DeviceCalls, HttpAnswer, NoAnswer, build_adapter
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.settle import RESEND_AFTER_MS
from orchestrator.domain.customer import Channel
from orchestrator.simulators import webpush
from orchestrator.testing.accounts import example_accounts
from tests.contract.world import EMAIL, delivered

PUSH = Channel.PUSH
PHONE, TABLET, WATCH = "token-of-the-phone", "token-of-the-tablet", "token-of-the-watch"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
UNREGISTERED = {"status": "NOT_FOUND", "details": [{"@type": FCM_ERROR, "errorCode": "UNREGISTERED"}]}
GONE = HttpAnswer(404, {}, json.dumps({"error": UNREGISTERED}).encode())
SENT = HttpAnswer(200, {}, b'{"name": "projects/p/messages/1"}')
SILENT = NoAnswer("timeout", in_doubt=True)


@pytest.fixture
def shop(world):
    """Pushes go through FCM, everything else into the outbox; the provider answers by device."""
    (account,) = example_accounts("push_fcm")
    adapter = account.adapter()
    world.wire = lambda current: {
        one.id: adapter if channel is PUSH else build_adapter("outbox", channel, {})
        for channel, found in current.project.channels.items()
        for one in found.accounts
    }
    answers_with(world, {})
    return world


def answers_with(world, by_device):
    def answer(call):
        if not isinstance(call, DeviceCalls):
            return delivered(call)
        return DeviceAnswers(tuple(by_device.get(token, SENT) for token in tokens_of(call)))

    world.provider.answer = answer


def tokens_of(call):
    return [json.loads(one.body)["message"]["token"] for one in call.calls]


def pushed(world):
    return [tokens_of(call) for call in world.provider.calls if isinstance(call, DeviceCalls)]


def has(world, *tokens, customer_id="cus_ana"):
    world.revise(Profile(id=customer_id, push_tokens=tokens))


def push(world, *channels, customer_id="cus_ana"):
    asked = world.ask("order_shipped", *(channels or (PUSH,)), customer_id=customer_id)
    world.drain()
    return asked


def test_every_device_gets_it_and_it_is_one_message(shop):
    has(shop, PHONE, TABLET)
    asked = push(shop)
    assert shop.ended(asked) == ("sent", "")
    assert [sorted(one) for one in pushed(shop)] == [[PHONE, TABLET]]


def test_no_more_devices_than_the_provider_takes_at_once(shop):
    has(shop, *(f"token-number-{place}" for place in range(30)))
    push(shop)
    assert len(pushed(shop)[0]) == 20


def test_a_device_that_is_gone_is_not_called_again(shop):
    has(shop, PHONE, TABLET)
    answers_with(shop, {PHONE: GONE})
    assert shop.ended(push(shop)) == ("sent", "")
    push(shop)
    assert pushed(shop)[1] == [TABLET]


def test_without_a_device_the_next_channel_says_it_and_later_it_is_no_push_at_all(shop):
    has(shop, PHONE)
    answers_with(shop, {PHONE: GONE})
    assert shop.ended(push(shop, PUSH, EMAIL)) == ("sent", "")
    calls = len(pushed(shop))
    assert shop.ended(push(shop)) == ("unreachable", "no_push_token")
    assert len(pushed(shop)) == calls


def test_a_device_that_is_registered_again_is_alive(shop):
    has(shop, PHONE)
    answers_with(shop, {PHONE: GONE})
    push(shop)
    answers_with(shop, {})
    has(shop, PHONE)
    assert shop.ended(push(shop)) == ("sent", "")


def test_what_is_said_of_something_else_brings_no_device_back(shop):
    has(shop, PHONE)
    answers_with(shop, {PHONE: GONE})
    push(shop)
    shop.revise(Profile(id="cus_ana", emails=("ana.new@example.com",)))
    assert shop.ended(push(shop)) == ("unreachable", "no_push_token")


@pytest.mark.parametrize("way", ["register", "revise"])
def test_a_phone_belongs_to_whoever_registered_it_last(shop, way):
    has(shop, PHONE)
    if way == "register":
        shop.register(Profile(id="cus_bia", push_tokens=(PHONE,)))
    else:
        shop.register(Profile(id="cus_bia"))
        has(shop, PHONE, customer_id="cus_bia")
    assert shop.ended(push(shop)) == ("unreachable", "no_push_token")
    assert shop.ended(push(shop, customer_id="cus_bia")) == ("sent", "")
    assert pushed(shop) == [[PHONE]]


def test_a_phone_that_changes_hands_while_its_message_waits_does_not_show_it(shop):
    has(shop, PHONE)
    asked = shop.ask("order_shipped", PUSH)
    shop.register(Profile(id="cus_bia", push_tokens=(PHONE,)))
    shop.drain()
    assert shop.ended(asked) == ("unreachable", "no_push_token")
    assert pushed(shop) == []


def test_after_a_doubt_it_goes_to_the_same_devices_but_those_that_are_gone(shop):
    has(shop, PHONE, TABLET, WATCH)
    answers_with(shop, {PHONE: GONE, TABLET: SILENT, WATCH: SILENT})
    asked = push(shop)
    assert shop.ended(asked)[0] == "unknown"
    answers_with(shop, {})
    shop.clock.advance(seconds=RESEND_AFTER_MS[0] / 1000)
    shop.sweep()
    shop.drain()
    assert shop.ended(asked) == ("sent", "")
    assert sorted(pushed(shop)[1]) == sorted([TABLET, WATCH])


def test_a_browser_is_not_told_to_firebase(shop):
    subscription = webpush.subscription("https://updates.push.services.mozilla.com/wpush/v2/1")
    has(shop, subscription, PHONE)
    assert shop.ended(push(shop)) == ("sent", "")
    assert pushed(shop) == [[PHONE]]


def test_who_has_browsers_alone_is_told_on_another_channel(shop):
    has(shop, webpush.subscription("https://updates.push.services.mozilla.com/wpush/v2/1"))
    asked = push(shop, PUSH, EMAIL)
    shop.drain()
    assert shop.ended(asked) == ("sent", "")
    assert pushed(shop) == []


def test_who_has_browsers_alone_is_not_reached_by_firebase_as_if_they_had_no_device(shop):
    """No provider was asked, and none refused anything."""
    has(shop, webpush.subscription("https://updates.push.services.mozilla.com/wpush/v2/1"))
    assert shop.ended(push(shop)) == ("unreachable", "no_push_token")
    assert pushed(shop) == []


def test_a_subscription_is_one_address_however_it_is_written(shop):
    written = json.loads(webpush.subscription("https://updates.push.services.mozilla.com/wpush/v2/1"))
    has(shop, json.dumps(written))
    has(shop, json.dumps(written, indent=1))
    with shop.store.read() as transaction:
        customer = transaction.customers.get("cus_ana")
    assert [one.value for one in customer.addresses if one.kind.value == "push_token"] == [
        json.dumps({name: written[name] for name in ("endpoint", "keys")}, separators=(",", ":"))
    ]
