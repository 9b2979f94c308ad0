"""Push through FCM: its message, its error codes, its grant, and the whole of it against FCM played here."""

from __future__ import annotations

import json

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from orchestrator.channels import HttpAnswer, InboxAnswer, NoAnswer, Notice, build_adapter
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, InputError, NotFound
from orchestrator.domain.message import Purpose
from orchestrator.testing.accounts import example_accounts
from orchestrator.transport import Transport
from tests.channels.pushing import NOW, MachineClock, answers, delivery, of, played, responses

# What a case of the vectors means to us; gone: the device is never called again.
MEANINGS = {
    "accepted": (OutcomeKind.SENT, "", False, False),
    "permanent_for_token": (OutcomeKind.REFUSED, Rejection.ADDRESS.reason, True, False),
    "transient": (OutcomeKind.UNKNOWN, "unreadable_answer", False, False),  # a 5xx may have been taken
    "account_blocking": (OutcomeKind.NOT_SENT, "provider_unavailable", False, True),
    "auth": (OutcomeKind.NOT_SENT, "provider_unavailable", False, True),
}


def fcm(**changes):
    (account,) = example_accounts("push_fcm")
    return account.adapter(**changes)


def calls(*values, adapter=None, **changes):
    return (adapter or fcm()).call(delivery(*values, **changes), NOW, bytes).calls


def said(call):
    return json.loads(call.body)["message"]


def error(status, code, *fields, headers=None, name="FcmError"):
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]
    if fields:
        violations = [{"field": field} for field in fields]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    body = {"error": {"code": status, "message": name, "status": code, "details": details}}
    return HttpAnswer(status, headers or {}, json.dumps(body).encode())


@pytest.mark.parametrize("vector", responses("fcm"), ids=lambda one: one["id"])
def test_every_recorded_answer_means_what_google_says(vector):
    kind, reason, gone, stopped = MEANINGS[vector["classification"]]

    outcome = fcm().outcome(answers(of(vector)))

    assert (outcome.kind, outcome.reason, outcome.stopped) == (kind, reason, stopped)
    assert outcome.gone == ((0,) if gone else ())


@pytest.mark.parametrize(
    ("answer", "kind", "reason", "gone"),
    [
        (error(404, "UNREGISTERED"), OutcomeKind.REFUSED, Rejection.ADDRESS.reason, (0,)),
        (error(400, "INVALID_ARGUMENT", "message.token"), OutcomeKind.REFUSED, Rejection.ADDRESS.reason, (0,)),
        (error(400, "INVALID_ARGUMENT"), OutcomeKind.REFUSED, Rejection.ADDRESS.reason, ()),
        (error(400, "INVALID_ARGUMENT", "message.android.ttl"), OutcomeKind.REFUSED, Rejection.MESSAGE.reason, ()),
        (error(429, "QUOTA_EXCEEDED"), OutcomeKind.NOT_SENT, "rate_limit", ()),
        (error(503, "UNAVAILABLE"), OutcomeKind.UNKNOWN, "unreadable_answer", ()),
        (HttpAnswer(404, {}, b"<html>"), OutcomeKind.NOT_SENT, "provider_unavailable", ()),
        (HttpAnswer(200, {}, b"<html>Hello</html>"), OutcomeKind.UNKNOWN, "unreadable_answer", ()),
        (HttpAnswer(200, {}, b'{"name": 5}'), OutcomeKind.UNKNOWN, "unreadable_answer", ()),
        (HttpAnswer(400, {}, b'{"error": {"details": 7}}'), OutcomeKind.REFUSED, Rejection.MESSAGE.reason, ()),
        (NoAnswer("no_token", in_doubt=False), OutcomeKind.NOT_SENT, "provider_unavailable", ()),
        (NoAnswer("timeout", in_doubt=True), OutcomeKind.UNKNOWN, "timeout", ()),
    ],
)
def test_what_one_device_is_answered(answer, kind, reason, gone):
    outcome = fcm().outcome(answers(answer))

    assert (outcome.kind, outcome.reason, outcome.gone) == (kind, reason, gone)


@pytest.mark.parametrize(("headers", "seconds"), [({}, 60), ({"retry-after": "7"}, 7)])
def test_google_is_left_alone_as_long_as_it_wants_and_a_minute_if_it_does_not_say(headers, seconds):
    assert fcm().outcome(answers(error(429, "QUOTA_EXCEEDED", headers=headers))).retry_after_seconds == seconds


SENT = HttpAnswer(200, {}, b'{"name": "projects/p/messages/1"}')
GONE = error(404, "UNREGISTERED")
BUSY = error(429, "QUOTA_EXCEEDED", headers={"retry-after": "9"})
SILENT = NoAnswer("timeout", in_doubt=True)
BAD = error(400, "INVALID_ARGUMENT", "message.data")


@pytest.mark.parametrize(
    ("given", "kind", "gone"),
    [
        ((GONE, SENT, SILENT, BUSY), OutcomeKind.SENT, (0,)),
        ((GONE, SILENT, BUSY), OutcomeKind.UNKNOWN, (0,)),
        ((GONE, BUSY, GONE), OutcomeKind.NOT_SENT, (0, 2)),
        ((GONE, GONE), OutcomeKind.REFUSED, (0, 1)),
        ((GONE, BAD), OutcomeKind.REFUSED, (0,)),
    ],
)
def test_devices_are_one_send(given, kind, gone):
    outcome = fcm().outcome(answers(*given))

    assert (outcome.kind, outcome.gone) == (kind, gone)


def test_of_two_noes_the_one_about_the_message_stops_it():
    assert fcm().outcome(answers(GONE, BAD)).reason == Rejection.MESSAGE.reason
    assert fcm().outcome(answers(GONE, GONE)).reason == Rejection.ADDRESS.reason


def test_one_wrong_key_of_apple_does_not_stop_an_account_that_is_only_throttled():
    assert not fcm().outcome(answers(error(401, "THIRD_PARTY_AUTH_ERROR"), BUSY)).stopped


def test_every_device_gets_its_own_request():
    first, second = calls("token-of-a-phone", "fid:an-installation")

    assert said(first)["token"] == "token-of-a-phone"
    assert said(second)["fid"] == "an-installation"
    assert first.url == "https://fcm.googleapis.com/v1/projects/casa-lume/messages:send"
    assert first.grant.key == second.grant.key


def test_it_ends_when_the_message_does_and_takes_its_own_place_when_said_twice():
    (call,) = calls("token-of-a-phone", expires_at=NOW + 90_000)
    message = said(call)

    assert message["notification"] == {"title": "Pedido a caminho", "body": "Chega amanhã."}
    assert message["data"] == {"reference": "msg_01JC9ZK3XQ", "url": "https://loja.example/p/1"}
    assert (message["android"]["ttl"], message["android"]["collapse_key"]) == ("90s", "msg_01JC9ZK3XQ")
    assert message["apns"]["headers"]["apns-expiration"] == str(NOW // 1000 + 90)
    assert message["apns"]["headers"]["apns-collapse-id"] == "msg_01JC9ZK3XQ"
    assert message["webpush"] == {
        "headers": {"Urgency": "high", "TTL": "90"}, "fcm_options": {"link": "https://loja.example/p/1"},
    }  # fmt: skip


def test_marketing_does_not_wake_a_phone():
    (call,) = calls("token-of-a-phone", purpose=Purpose.MARKETING)

    assert said(call)["android"]["priority"] == "NORMAL"
    assert said(call)["apns"]["headers"]["apns-priority"] == "5"


@pytest.mark.parametrize("given", [{"text": "é" * 2100}, {"url": "https://loja.example/" + "a" * 4096}])
def test_what_is_too_long_is_not_sent(given):
    with pytest.raises(InputError, match="4096 bytes"):
        calls("token-of-a-phone", **given)


def test_a_browser_is_not_told_to_google():
    with pytest.raises(InputError):
        calls('{"endpoint":"https://x.push.apple.com/1"}')


def test_the_grant_is_signed_for_an_hour():
    (call,) = calls("token-of-a-phone")
    (account,) = example_accounts("push_fcm")
    key = load_pem_private_key(json.loads(account.settings["service_account"])["private_key"].encode(), None)
    asked = call.grant.ask(1_795_600_800)
    assertion = asked.body.decode().partition("assertion=")[2]
    claims = jwt.decode(
        assertion, key.public_key(), ["RS256"], audience="https://oauth2.googleapis.com/token",
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip

    assert asked.url == "https://oauth2.googleapis.com/token"
    assert (claims["iat"], claims["exp"]) == (1_795_600_800, 1_795_604_400)
    assert claims["scope"].endswith("/auth/firebase.messaging")
    assert jwt.get_unverified_header(assertion)["kid"] == "0123456789abcdef"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"access_token": 5}', b'{"access_token": "t", "expires_in": "x"}'])
def test_what_is_no_token_is_none(body):
    (call,) = calls("token-of-a-phone")

    assert call.grant.read(HttpAnswer(200, {}, body)) is None


@pytest.mark.parametrize("given", ["", "{}", "not json", '{"private_key": "canary"}'])
def test_a_service_account_that_is_none_is_refused_without_repeating_it(given):
    with pytest.raises(ConfigurationError) as refused:
        build_adapter("push_fcm", Channel.PUSH, {"service_account": given})

    assert "canary" not in str(refused.value)


def test_it_shows_no_secret_and_is_called_by_nobody():
    adapter = fcm()

    assert "PRIVATE" not in repr(adapter)
    assert adapter.look_up("msg_1") is None
    assert adapter.outcome(InboxAnswer("x")).kind is OutcomeKind.UNKNOWN
    with pytest.raises(NotFound):
        adapter.receive(Notice(method="POST", headers={}, body=b""), NOW)


def test_it_is_sent_for_real_with_one_token_for_all_of_it():
    async def use(send, fcm):
        first = await send(delivery("a-phone", "gone-phone", "a-tablet"))
        second = await send(delivery("a-phone"))
        return first, second, fcm.simulator.granted, [(one.reference, one.to) for one in fcm.told.all()]

    first, second, granted, told = played("fcm", use)

    assert (first.kind, first.gone) == (OutcomeKind.SENT, (1,))
    assert second.kind is OutcomeKind.SENT
    assert granted == 1
    assert sorted(told) == [("msg_01JC9ZK3XQ", "a-phone")] * 2 + [("msg_01JC9ZK3XQ", "a-tablet")]


def test_a_token_that_google_forgot_is_asked_for_anew_at_once():
    async def use(send, fcm):
        await send(delivery("a-phone"))
        await fcm.simulator.say({"forget": "tokens"})
        again = await send(delivery("a-phone"))
        return again, fcm.simulator.granted

    again, granted = played("fcm", use)

    assert (again.kind, granted) == (OutcomeKind.SENT, 2)


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ("mismatched-1", OutcomeKind.REFUSED),
        ("invalid-1", OutcomeKind.REFUSED),
        ("throttled-1", OutcomeKind.NOT_SENT),
        ("broken-1", OutcomeKind.UNKNOWN),
        ("unkeyed-1", OutcomeKind.NOT_SENT),
    ],
)
def test_what_google_would_say_is_understood(device, kind):
    async def use(send, _fcm):
        return await send(delivery(device))

    assert played("fcm", use).kind is kind


def test_a_key_that_google_does_not_know_sends_nothing():
    async def use(_send, fcm):
        (account,) = example_accounts("push_fcm")
        adapter = account.adapter(**fcm.simulator.account(fcm.base).settings, project_id="casa-lume-played")
        transport = Transport(inbox=None, run=None, clock=MachineClock())
        try:
            call = adapter.call(delivery("a-phone"), NOW, bytes)
            return adapter.outcome(await transport.carry(call)), fcm.told.all()
        finally:
            await transport.close()

    outcome, told = played("fcm", use)

    assert (outcome.kind, outcome.reason, told) == (OutcomeKind.NOT_SENT, "provider_unavailable", [])
