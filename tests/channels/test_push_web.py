"""Push to browsers: encryption and signature by the vectors, endpoints, answers, and a push service played here."""

from __future__ import annotations

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import TypeAdapter

from channels.push_web import encrypted
from orchestrator.addresses import InvalidAddress, masked, normalise
from orchestrator.api.models.parts import PushToken
from orchestrator.channels import HttpAnswer, NoAnswer, Notice, build_adapter
from orchestrator.contract.subscriptions import Subscription, subscription
from orchestrator.domain.customer import AddressKind, Channel
from orchestrator.domain.delivery import OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, InputError, NotFound
from orchestrator.domain.message import Purpose
from orchestrator.simulators import webpush
from tests.channels.pushing import NOW, VECTORS, answers, delivery, of, played, responses

VAPID = VECTORS["vapid"]
EXAMPLE = VECTORS["rfc8291"]

MEANINGS = {
    "201": (OutcomeKind.SENT, "", False),
    "202": (OutcomeKind.SENT, "", False),
    "400": (OutcomeKind.REFUSED, Rejection.MESSAGE.reason, False),
    "401": (OutcomeKind.NOT_SENT, "provider_unavailable", False),
    "403": (OutcomeKind.NOT_SENT, "provider_unavailable", False),
    "404": (OutcomeKind.REFUSED, Rejection.ADDRESS.reason, False),
    "410": (OutcomeKind.REFUSED, Rejection.ADDRESS.reason, False),
    "413": (OutcomeKind.REFUSED, Rejection.MESSAGE.reason, False),
    "429": (OutcomeKind.NOT_SENT, "rate_limit", False),
    "503": (OutcomeKind.UNKNOWN, "unreadable_answer", False),
}


def raw(word):
    return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))


def number(word):
    return int.from_bytes(raw(word), "big")


def web(**changes):
    settings = {"subject": "mailto:push@loja.example.com.br", "vapid_private_key": VAPID["private_key_pem"]}
    return build_adapter("push_web", Channel.PUSH, {**settings, **changes})


def browser(endpoint="https://updates.push.services.mozilla.com/wpush/v2/1"):
    return webpush.subscription(endpoint)


def chance(size):
    return bytes(range(1, size + 1))


def calls(*values, adapter=None, **changes):
    return (adapter or web()).call(delivery(*values, **changes), NOW, chance).calls


def claims_of(call):
    token = call.headers["Authorization"].partition("t=")[2].partition(",")[0]
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(VAPID["public_key_b64url"]))
    aud = jwt.decode(token, options={"verify_signature": False})["aud"]
    return jwt.decode(token, key, ["ES256"], audience=aud, options={"verify_exp": False})


def test_a_body_is_the_one_of_the_rfc():
    to = Subscription("https://x.push.apple.com/1", raw(EXAMPLE["ua_public"]), raw(EXAMPLE["auth"]))
    drawn = {16: raw(EXAMPLE["salt"]), 32: (number(EXAMPLE["as_private"]) - 1).to_bytes(32, "big")}

    body = encrypted(EXAMPLE["plaintext"].encode(), to, drawn.__getitem__)

    assert body == raw(EXAMPLE["body"])


def test_the_played_browser_reads_the_body_of_the_rfc():
    private = ec.derive_private_key(number(EXAMPLE["ua_private"]), ec.SECP256R1())

    plain = webpush.decrypted(raw(EXAMPLE["body"]), private, raw(EXAMPLE["auth"]))

    assert plain == EXAMPLE["plaintext"].encode()


def test_the_key_is_the_one_that_browsers_subscribed_to():
    (call,) = calls(browser())

    assert web().public_key == VAPID["public_key_b64url"]
    assert call.headers["Authorization"].endswith(f",k={VAPID['public_key_b64url']}")


def test_each_push_service_gets_claims_of_its_own():
    first, second = calls(browser(), browser("https://fcm.googleapis.com/fcm/send/1"))

    assert claims_of(first)["aud"] == "https://updates.push.services.mozilla.com"
    assert claims_of(second)["aud"] == VAPID["claims"]["aud"]
    assert claims_of(second)["sub"] == VAPID["claims"]["sub"]
    assert 0 < claims_of(second)["exp"] - NOW // 1000 <= 24 * 3600


@pytest.mark.parametrize("vector", responses("webpush"), ids=lambda one: one["id"])
def test_every_recorded_answer_means_what_the_rfc_says(vector):
    outcome = web().outcome(answers(of(vector)))

    assert (outcome.kind, outcome.reason, outcome.stopped) == MEANINGS[vector["id"]]
    assert outcome.gone == ((0,) if vector["classification"] == "permanent_for_subscription" else ())
    if "Retry-After" in vector["headers"]:
        assert outcome.retry_after_seconds == 120


@pytest.mark.parametrize("vector", responses("apns"), ids=lambda one: one["id"])
def test_answers_of_apples_service_are_read_by_their_status(vector):
    """Safari's subscriptions end at Apple, which answers as its own interface does."""
    kind = {
        "accepted": OutcomeKind.SENT, "permanent_for_content": OutcomeKind.REFUSED, "config": None,
        "auth": OutcomeKind.NOT_SENT, "transient": None,
    }[vector["classification"]]  # fmt: skip

    outcome = web().outcome(answers(of(vector)))

    if kind is None:
        by_status = {400: OutcomeKind.REFUSED, 404: OutcomeKind.REFUSED, 429: OutcomeKind.NOT_SENT}
        kind = by_status.get(vector["status"], OutcomeKind.UNKNOWN)
    assert outcome.kind is kind


@pytest.mark.parametrize("status", [200, 204])
def test_a_page_of_somebody_else_is_not_sent(status):
    page = HttpAnswer(status, {"content-type": "text/html"}, b"<html>Welcome to the hotel</html>")

    assert web().outcome(answers(page)).kind is OutcomeKind.UNKNOWN
    assert web().outcome(answers(HttpAnswer(status, {"x-wns-status": "received"}, b""))).kind is OutcomeKind.SENT


def test_silence_of_one_browser_is_doubt_unless_another_has_it():
    silent = NoAnswer("timeout", in_doubt=True)

    assert web().outcome(answers(silent, HttpAnswer(410, {}, b""))).kind is OutcomeKind.UNKNOWN
    assert web().outcome(answers(silent, HttpAnswer(201, {}, b""))).kind is OutcomeKind.SENT


def test_it_lives_as_long_as_the_message_and_replaces_itself():
    (call,) = calls(browser(), expires_at=NOW + 90_000)
    (again,) = calls(browser(), expires_at=NOW + 90_000)
    (other,) = calls(browser(), reference="msg_2", purpose=Purpose.MARKETING)

    assert (call.headers["TTL"], call.headers["Urgency"]) == ("90", "high")
    assert call.headers["Content-Encoding"] == "aes128gcm"
    assert call.headers["Topic"] == again.headers["Topic"] != other.headers["Topic"]
    assert len(call.headers["Topic"]) == 32
    assert (other.headers["TTL"], other.headers["Urgency"]) == (str(28 * 24 * 3600), "normal")


def test_a_message_that_is_over_is_for_now_or_never():
    (call,) = calls(browser(), expires_at=NOW - 1)

    assert call.headers["TTL"] == "0"


def test_the_browser_reads_what_was_written():
    (call,) = calls(browser(), text="Olá, João 🎉")

    assert json.loads(webpush.decrypted(call.body)) == {
        "title": "Pedido a caminho", "body": "Olá, João 🎉", "tag": "msg_01JC9ZK3XQ", "url": "https://loja.example/p/1",
    }  # fmt: skip


def test_the_longest_message_fits_into_4096_bytes_and_one_more_does_not():
    with pytest.raises(InputError, match="bytes"):
        calls(browser(), text="a" * 4000)
    (call,) = calls(browser(), text="a" * 3850)

    assert len(call.body) <= 4096
    assert webpush.decrypted(call.body) is not None


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/1", "https://169.254.169.254/latest/meta-data", "http://fcm.googleapis.com/1",
        "https://fcm.googleapis.com.evil.example/1", "https://evilpush.apple.com.example/1",
        "https://notfcm.googleapis.com/1", "https://push.apple.com/1",
    ],
)  # fmt: skip
def test_an_endpoint_elsewhere_is_not_called(endpoint):
    with pytest.raises(InputError):
        calls(browser(endpoint))


def test_a_browser_that_cannot_be_written_to_keeps_no_other_from_its_message():
    """Its place is kept, because devices are counted by it; and nothing leaves for it."""
    found = calls(browser("https://push.unknown.example/1"), browser())

    assert [call.guarded for call in found] == [True, True]
    assert (found[0].url, found[0].headers, found[0].body) == ("http://nowhere.invalid/", {}, b"")
    assert webpush.decrypted(found[1].body) is not None
    refused = NoAnswer("not_allowed", in_doubt=False)
    assert web().outcome(answers(refused, HttpAnswer(201, {}, b""))).kind is OutcomeKind.SENT
    assert web().outcome(answers(refused, HttpAnswer(410, {}, b""))).gone == (1,)


def test_what_comes_from_outside_is_guarded_and_our_own_test_service_is_not():
    own = web(base_url="http://127.0.0.1:9090/webpush", hosts=[".push.example"])

    assert calls(browser("http://127.0.0.1:9090/webpush/push/1"), adapter=own)[0].guarded is False
    assert calls(browser("https://a.push.example/1"), adapter=own)[0].guarded is True
    with pytest.raises(InputError):
        calls(browser("http://127.0.0.1:9090/webpush.evil/1"), adapter=own)


@pytest.mark.parametrize(
    "changes",
    [{"subject": "oi@lume.example"}, {"vapid_private_key": "canary"}, {"vapid_private_key": ""}, {"hosts": ["."]},
     {"hosts": "push.example"}],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused_without_repeating_a_key(changes):
    with pytest.raises(ConfigurationError) as refused:
        web(**changes)

    assert "canary" not in str(refused.value)


def test_a_key_of_32_bytes_is_a_key():
    assert web(vapid_private_key="2B1A09F8E7D6C5B4A39281706F5E4D3C2B1D8C3A7B5").public_key


def test_it_shows_no_secret_and_is_called_by_nobody():
    assert "PRIVATE" not in repr(web())
    assert web().look_up("msg_1") is None
    with pytest.raises(NotFound):
        web().receive(Notice(method="POST", headers={}, body=b""), NOW)


# --- addresses ------------------------------------------------------------------------------------------------------


def test_a_subscription_is_stored_in_one_way_however_it_was_written():
    written = json.loads(browser())
    other = {"keys": {name: f"{value}==" for name, value in written["keys"].items()}, "endpoint": written["endpoint"]}
    stored = normalise(AddressKind.PUSH_TOKEN, json.dumps(written))

    assert stored == normalise(AddressKind.PUSH_TOKEN, json.dumps(other, indent=2))
    assert stored == normalise(AddressKind.PUSH_TOKEN, stored)
    assert "expirationTime" not in stored
    assert masked(AddressKind.PUSH_TOKEN, stored) == "••v2/1"


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "ftp://x.example/1"}, {"endpoint": "https://user@x.example/1"}, {"endpoint": 5},
        {"keys": None}, {"keys": {"p256dh": "AAAA", "auth": "AAECAwQFBgcICQoLDA0ODw"}}, {"keys": {}},
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_refused(change):
    with pytest.raises(InvalidAddress):
        normalise(AddressKind.PUSH_TOKEN, json.dumps({**json.loads(browser()), **change}))
    assert subscription("{") is None


def test_a_browser_may_be_given_as_the_object_that_it_is():
    push_token = TypeAdapter(PushToken)

    assert push_token.validate_python(json.loads(browser())) == push_token.validate_python(browser())


# --- the played push service ----------------------------------------------------------------------------------------


def test_it_is_sent_for_real_and_gone_browsers_are_named():
    async def use(send, service):
        base = service.base
        both = await send(delivery(webpush.subscription(f"{base}/push/gone"), service.simulator.device(base)))
        await service.simulator.say({"ends": True})
        none = await send(delivery(service.simulator.device(base)))
        return both, none, [(one.reference, one.body["body"]) for one in service.told.all()]

    both, none, told = played("webpush", use)

    assert (both.kind, both.gone) == (OutcomeKind.SENT, (0,))
    assert (none.kind, none.reason, none.gone) == (OutcomeKind.REFUSED, Rejection.ADDRESS.reason, (0,))
    assert told == [("msg_01JC9ZK3XQ", "Chega amanhã.")]
