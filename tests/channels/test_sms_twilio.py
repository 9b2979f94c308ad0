"""SMS through Twilio: its form, its codes, its two signatures, and the whole of it against Twilio played here."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

from orchestrator.channels import HttpAnswer, InboundKind, InboxAnswer, NoAnswer, Notice, build_adapter
from orchestrator.contract.inspections import Verdict, inspections_of
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, Refused
from orchestrator.domain.receipt import ReceiptKind
from orchestrator.simulators.twilio import signature
from tests.channels.texting import NOW, PERSON, delivery, shop_with

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/twilio_signature.json").read_text(encoding="utf-8"))["cases"]
SID = "AC" + "a" * 32
MESSAGE = "SM" + "b" * 32
HOOK = "https://msg.casalume.example/hooks/sms"
SETTINGS = {"account_sid": SID, "auth_token": "fedcba9876543210" * 2, "sender": "+15005550006", "callback_url": HOOK}


def twilio(**changes):
    settings = {key: value for key, value in {**SETTINGS, **changes}.items() if value is not None}
    return build_adapter("sms_twilio", Channel.SMS, settings)


def form(call):
    return dict(parse_qsl(call.body.decode(), keep_blank_values=True, strict_parsing=True))


def answer(http, **said):
    return HttpAnswer(http, {}, json.dumps(said).encode())


def notice(fields, *, url=HOOK, sha256=False, **headers):
    """A notice as Twilio signs it; the code that signs is the played one's."""
    signed = {name.lower(): value for name, value in signature(url, fields, sha256=sha256).items()}
    return Notice(method="POST", headers={**signed, **headers}, body=urlencode(fields).encode(), url=url)


def status(word, code="", **fields):
    said = {"AccountSid": SID, "MessageSid": MESSAGE, "MessageStatus": word, "To": PERSON, "From": "+15005550006"}
    return {**said, **({"ErrorCode": code} if code else {}), **fields}


def inbound(text, **fields):
    said = {"AccountSid": SID, "MessageSid": MESSAGE, "Body": text, "From": PERSON, "To": "28345", "NumMedia": "0"}
    return {**said, "SmsStatus": "received", **fields}


# --- the call -------------------------------------------------------------------------------------------------------


def test_a_message_is_a_form_that_says_where_to_call_back():
    call = twilio().call(delivery(text="Olá! 100% & pronto+"), NOW, bytes)

    assert call.method == "POST"
    assert call.url == f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
    assert (
        call.headers["Authorization"]
        == "Basic " + base64.b64encode(f"{SID}:{'fedcba9876543210' * 2}".encode()).decode()
    )
    assert form(call) == {
        "To": PERSON,
        "From": "+15005550006",
        "Body": "Olá! 100% & pronto+",
        "SmartEncoded": "false",
        "StatusCallback": f"{HOOK}?reference=msg_01JC9ZK3XQ",
    }


def test_a_messaging_service_sends_in_place_of_a_number():
    call = twilio(sender=None, messaging_service_sid="MG" + "c" * 32).call(delivery(), NOW, bytes)

    assert form(call)["MessagingServiceSid"] == "MG" + "c" * 32
    assert "From" not in form(call)


def test_an_api_key_signs_in_in_place_of_the_token():
    call = twilio(api_key="SK" + "d" * 32, api_secret="quiet").call(delivery(), NOW, bytes)

    assert call.headers["Authorization"] == "Basic " + base64.b64encode(f"SK{'d' * 32}:quiet".encode()).decode()


def test_without_an_address_to_call_nothing_is_told():
    assert "StatusCallback" not in form(twilio(callback_url="").call(delivery(), NOW, bytes))


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [(None, None), (-5_000, "1"), (0, "1"), (999, "1"), (90_500, "90"), (36_000_000, "36000"), (10**9, "36000")],
)
def test_it_is_not_delivered_once_it_has_grown_old(expires_in, seconds):
    """`ValidityPeriod` is whole seconds from 1 to 36,000."""
    expires_at = None if expires_in is None else NOW + expires_in
    call = twilio().call(delivery(expires_at=expires_at), NOW, bytes)

    assert form(call).get("ValidityPeriod") == seconds


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account_sid": "SK" + "a" * 32}, "account_sid"),
        ({"sender": None}, "either from a number or through a messaging service"),
        ({"messaging_service_sid": "MG1"}, "either from a number or through a messaging service"),
        ({"api_key": "SK1"}, "belong together"),
        ({"callback_url": "https://my_shop.example/hooks/sms"}, "no underscore in its host"),
        ({"callback_url": "https://shop.example/hooks/sms?a=b"}, "no query"),
        ({"callback_url": "/hooks/sms"}, "callback_url"),
    ],
)
def test_an_account_is_checked_when_it_is_made(changes, said):
    with pytest.raises(ConfigurationError, match=said):
        twilio(**changes)


def test_secrets_are_not_shown():
    shown = repr(twilio(api_key="SK1", api_secret="canary-1", shared_key="canary-2", auth_token="canary-3"))

    assert "canary" not in shown


# --- what answers mean ----------------------------------------------------------------------------------------------

ACCOUNT = (OutcomeKind.NOT_SENT, "provider_unavailable", True)
THROTTLED = (OutcomeKind.NOT_SENT, "rate_limit", False)


def refused(about):
    return (OutcomeKind.REFUSED, about.reason, False)


@pytest.mark.parametrize(
    ("http", "code", "meaning"),
    [
        (400, 21211, refused(Rejection.ADDRESS)),
        (400, 21614, refused(Rejection.ADDRESS)),
        (400, 21401, refused(Rejection.ADDRESS)),
        (400, 30005, refused(Rejection.ADDRESS)),
        (400, 30006, refused(Rejection.ADDRESS)),
        (400, 21610, refused(Rejection.OPTED_OUT)),
        (400, 21408, refused(Rejection.CHANNEL)),
        (400, 30004, refused(Rejection.CHANNEL)),
        (400, 21602, refused(Rejection.MESSAGE)),
        (400, 21617, refused(Rejection.MESSAGE)),
        (400, 30007, refused(Rejection.POLICY)),
        (400, 99999, refused(Rejection.MESSAGE)),
        (400, 21611, THROTTLED),
        (429, 20429, THROTTLED),
        (429, 21611, THROTTLED),
        (429, 0, THROTTLED),
        (400, 30001, THROTTLED),
        (400, 30002, ACCOUNT),
        (400, 21606, ACCOUNT),
        (401, 20003, ACCOUNT),
        (403, 20005, ACCOUNT),
        (404, 20404, ACCOUNT),
    ],
)
def test_what_a_code_means(http, code, meaning):
    outcome = twilio().outcome(answer(http, code=code, message="no", status=http))

    assert (outcome.kind, outcome.reason, outcome.stopped) == meaning
    assert str(code or http) in outcome.detail


@pytest.mark.parametrize("http", [408, 409, 425, 500, 502, 503, 504])
@pytest.mark.parametrize("code", [21211, 20429, 20500])
def test_a_status_that_leaves_doubt_leaves_it_whatever_the_code(http, code):
    assert twilio().outcome(answer(http, code=code)).kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b"<html>", b'{"sid": ""}', b'{"sid": 7}', b"[" * 100_000])
def test_success_that_cannot_be_read_is_doubt(body):
    assert twilio().outcome(HttpAnswer(201, {}, body)).kind is OutcomeKind.UNKNOWN


def test_a_message_that_was_made_is_sent_and_one_made_with_an_error_is_not():
    made = twilio().outcome(answer(201, sid=MESSAGE, status="queued", error_code=None))
    failed = twilio().outcome(answer(201, sid=MESSAGE, status="failed", error_code=21610, error_message="STOP"))

    assert (made.kind, made.provider_id) == (OutcomeKind.SENT, MESSAGE)
    assert (failed.kind, failed.reason) == (OutcomeKind.REFUSED, Rejection.OPTED_OUT.reason)


def test_nobodys_number_is_kept_with_what_twilio_said():
    refused = twilio().outcome(
        answer(400, code=21211, message=f"The 'To' number {PERSON} is not a valid phone number.")
    )
    unread = twilio().outcome(HttpAnswer(400, {}, f"To {PERSON}".encode()))

    assert refused.detail == "400: 21211 The 'To' number *** is not a valid phone number."
    assert unread.detail == "400: To ***"


def test_it_waits_as_long_as_it_is_asked_to():
    outcome = twilio().outcome(HttpAnswer(429, {"retry-after": "17"}, b'{"code": 20429}'))

    assert outcome.retry_after_seconds == 17.0


def test_silence_and_other_answers_are_what_they_are_for_everybody():
    assert twilio().outcome(NoAnswer("connect", in_doubt=False)).kind is OutcomeKind.NOT_SENT
    assert twilio().outcome(NoAnswer("timeout", in_doubt=True)).kind is OutcomeKind.UNKNOWN
    assert twilio().outcome(InboxAnswer("x")).kind is OutcomeKind.UNKNOWN
    assert twilio().look_up("msg_1") is None
    assert twilio().found(answer(404)).kind is OutcomeKind.UNKNOWN


# --- notices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_the_published_signatures(case):
    """Twilio's own vectors and those that its validator agrees with: genuine ones are heard, others are refused."""
    settings = {"x-twilio-webhooks-signature-settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    headers = {"x-twilio-signature": case["signature"], **(settings if case["algorithm"] == "HMAC_SHA256" else {})}
    body = case["body"] if case["body"] is not None else urlencode([tuple(pair) for pair in case["params"]])
    said = Notice(method="POST", headers=headers, body=body.encode(), url=case["url"])
    adapter = twilio(auth_token=case["auth_token"], callback_url="")

    if case["valid"]:
        assert adapter.receive(said, NOW).reply_type == "text/xml"
    else:
        with pytest.raises(Refused):
            adapter.receive(said, NOW)


@pytest.mark.parametrize("sha256", [False, True])
@pytest.mark.parametrize(
    ("signed", "came"),
    [
        (HOOK, HOOK),
        (HOOK.replace(".example/", ".example:443/"), HOOK),
        (HOOK, HOOK.replace(".example/", ".example:443/")),
        ("http://127.0.0.1:8080/hooks/sms", "http://127.0.0.1:8080/hooks/sms"),
        ("http://127.0.0.1/hooks/sms", "http://127.0.0.1:8080/hooks/sms"),
        (f"{HOOK}?reference=msg_1", "http://10.0.0.7:8080/hooks/sms?reference=msg_1"),
    ],
)
def test_the_address_is_the_one_that_twilio_called(signed, came, sha256):
    """With the default port or without, and through a proxy that Twilio knows nothing of."""
    said = notice(status("delivered"), url=signed, sha256=sha256)

    assert twilio().receive(dataclasses.replace(said, url=came), NOW).receipts


def test_the_newer_signature_has_a_key_of_its_own():
    said = notice(status("delivered"), sha256=True)

    assert twilio(auth_token="another", shared_key=SETTINGS["auth_token"]).receive(said, NOW).receipts
    with pytest.raises(Refused):
        twilio(shared_key="another").receive(said, NOW)


@pytest.mark.parametrize("algorithm", ["HMAC_MD5", "none", "HMAC_SHA1"])
def test_an_algorithm_that_is_not_what_was_signed_with_is_refused(algorithm):
    said = notice(status("delivered"), sha256=True)
    said = dataclasses.replace(
        said, headers={**said.headers, "x-twilio-webhooks-signature-settings": f"key=k,algorithm={algorithm}"}
    )

    with pytest.raises(Refused):
        twilio().receive(said, NOW)


def test_an_account_without_a_token_believes_nobody():
    said = notice(status("delivered"))
    unsigned = dataclasses.replace(said, headers={})
    for adapter in (twilio(auth_token=""), twilio(auth_token="", shared_key="")):
        for one in (said, unsigned):
            with pytest.raises(Refused):
                adapter.receive(one, NOW)


@pytest.mark.parametrize(
    "body",
    [
        # A border moved between a name and its value, and a field swallowed by the one before.
        "AccountSid={sid}&ErrorCod=e30005&From=%2B15005550006&MessageSid={message}&MessageStatus=undelivered&To={to}",
        "AccountSid={sid}ErrorCode30005&From=%2B15005550006&MessageSid={message}&MessageStatus=undelivered&To={to}",
        "AccountSid={sid}&ErrorCode=30005&From=%2B15005550006&MessageSid={message}&MessageStatu=sundelivered&To={to}",
        "AccountSid={sid}&ErrorCode3=0005&From=%2B15005550006&MessageSid={message}&MessageStatus=undelivered&To={to}",
    ],
)
def test_the_same_signature_over_other_fields_is_refused(body):
    """Twilio signs names and values in one row: whoever has seen a notice could say something else with it."""
    said = notice(status("undelivered", "30005"))
    other = body.format(sid=SID, message=MESSAGE, to=PERSON.replace("+", "%2B"))

    with pytest.raises(Refused):
        twilio().receive(dataclasses.replace(said, body=other.encode()), NOW)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("sent", ReceiptKind.SENT),
        ("delivered", ReceiptKind.DELIVERED),
        ("read", ReceiptKind.READ),
        ("undelivered", ReceiptKind.BOUNCED),
        ("failed", ReceiptKind.FAILED),
        ("canceled", ReceiptKind.FAILED),
    ],
)
def test_what_became_of_a_message(word, kind):
    (receipt,) = twilio().receive(notice(status(word), url=f"{HOOK}?reference=msg_1"), NOW).receipts

    assert (receipt.kind, receipt.reference, receipt.provider_id, receipt.at) == (kind, "msg_1", MESSAGE, NOW)


@pytest.mark.parametrize(
    ("code", "rejection", "permanent"),
    [
        ("30003", None, False),  # switched off, roaming: another time it arrives
        ("30004", Rejection.CHANNEL, True),
        ("30005", Rejection.ADDRESS, True),
        ("30006", Rejection.ADDRESS, True),
        ("30007", Rejection.POLICY, True),
        ("30008", None, False),
        ("30036", None, False),
        ("21610", Rejection.OPTED_OUT, True),
        ("", None, False),
    ],
)
@pytest.mark.parametrize("word", ["undelivered", "failed"])
def test_why_a_message_did_not_arrive(word, code, rejection, permanent):
    (receipt,) = twilio().receive(notice(status(word, code)), NOW).receipts

    assert (receipt.rejection, receipt.permanent) == (rejection, permanent)
    assert receipt.detail == f"{word} {code}".strip()


def test_each_piece_of_news_has_a_key_of_its_own():
    words = [status("sent"), status("delivered"), status("undelivered", "30003"), status("undelivered", "30005")]
    keys = [twilio().receive(notice(fields), NOW).receipts[0].event_key for fields in (*words, *words)]

    assert len(set(keys)) == len(words)


def test_an_account_that_was_stopped_is_told_loudly():
    received = twilio().receive(notice(status("failed", "30002")), NOW)

    assert "30002" in received.alarms[0]


@pytest.mark.parametrize(
    ("fields", "unknown"),
    [
        (status("queued"), ()),
        (status("teleported"), ("teleported",)),
        ({"AccountSid": SID, "CallSid": "CA1"}, ("AccountSid",)),
    ],
)
def test_what_is_no_news_is_passed_over(fields, unknown):
    received = twilio().receive(notice(fields), NOW)

    assert (received.passed_over, received.unknown, received.receipts) == (1, unknown, ())


def test_news_of_another_account_is_not_believed():
    received = twilio().receive(notice(inbound("PARAR", AccountSid="AC" + "f" * 32)), NOW)

    assert received.inbound == ()
    assert received.alarms


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Não quero mais, SAIR", InboundKind.TEXT),
        ("MessageStatus ErrorCode?", InboundKind.TEXT),
        (" ", InboundKind.OTHER),
    ],
)
def test_what_somebody_wrote(text, kind):
    received = twilio().receive(notice(inbound(text)), NOW)
    (said,) = received.inbound

    assert (said.kind, said.text, said.sender, said.event_key) == (kind, text, PERSON, MESSAGE)
    assert not said.opt_out
    assert received.reply == '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@pytest.mark.parametrize(("word", "opt_out"), [("STOP", True), ("START", False), ("HELP", False)])
def test_an_opt_out_that_twilio_has_seen_itself(word, opt_out):
    (said,) = twilio().receive(notice(inbound(word, OptOutType=word)), NOW).inbound

    assert said.opt_out is opt_out


# --- against Twilio, played -------------------------------------------------------------------------------------------


def test_a_message_is_taken_told_of_and_answered():
    asyncio.run(_conversation())


async def _conversation():
    async with shop_with("twilio") as shop:
        sent = await shop.send()
        told = [(await shop.news()).receipts[0] for _ in range(2)]
        await shop.ask("POST", "_say", {"of": sent.provider_id, "status": "undelivered", "code": 30003})
        bounced = (await shop.news()).receipts[0]
        await shop.ask("POST", "_say", {"from": PERSON, "text": "SAIR", "opt_out": "STOP", "sha256": True})
        said = (await shop.news()).inbound[0]

        assert sent.kind is OutcomeKind.SENT
        assert {one.kind for one in told} == {ReceiptKind.SENT, ReceiptKind.DELIVERED}
        assert {(one.reference, one.provider_id) for one in told} == {("msg_01JC9ZK3XQ", sent.provider_id)}
        assert (bounced.kind, bounced.permanent) == (ReceiptKind.BOUNCED, False)
        assert (said.text, said.sender, said.opt_out) == ("SAIR", PERSON, True)


def test_what_twilio_refuses_and_how_it_misbehaves():
    asyncio.run(_refusals())


async def _refusals():
    async with shop_with("twilio") as shop:
        numbers = {1: Rejection.ADDRESS, 3: Rejection.CHANNEL, 4: Rejection.OPTED_OUT, 9: Rejection.ADDRESS}
        refusals = {last: (await shop.send(to=f"+1500555000{last}")).reason for last in numbers}
        assert refusals == {last: about.reason for last, about in numbers.items()}

        for mood, taken, kind in (
            ("429", False, OutcomeKind.NOT_SENT),
            ("500", True, OutcomeKind.UNKNOWN),
            ("reset", True, OutcomeKind.UNKNOWN),
            ("half_open", True, OutcomeKind.UNKNOWN),
            ("wrong_type", False, OutcomeKind.UNKNOWN),
            ("huge", False, OutcomeKind.UNKNOWN),
        ):
            await shop.ask("PUT", "_mood", {"mood": mood, "count": 1, "taken": taken})
            assert ((await shop.send()).kind, mood) == (kind, mood)
        # Three were taken all the same: that is why they are doubt.
        assert len((await shop.ask("GET", "_told"))["told"]) == 3


def test_a_wrong_token_stops_the_account():
    async def run():
        async with shop_with("twilio") as shop:
            shop.adapter = dataclasses.replace(shop.adapter, auth_token="wrong")
            return await shop.send()

    outcome = asyncio.run(run())

    assert (outcome.kind, outcome.stopped) == (OutcomeKind.NOT_SENT, True)


def test_an_account_can_be_looked_at():
    """What `jogral doctor` asks."""

    async def run():
        async with shop_with("twilio") as shop:
            settings = {name: getattr(shop.adapter, name) for name in ("account_sid", "auth_token", "base_url")}
            (asked,) = inspections_of("sms_twilio", settings)
            (wrong,) = inspections_of("sms_twilio", {**settings, "auth_token": "wrong"})
            return [one.read(await shop.transport.carry(one.ask(NOW))) for one in (asked, wrong)]

    right, wrong = asyncio.run(run())

    assert right.told == "They are right, and the account is active."
    assert (right.verdict, wrong.verdict) == (Verdict.GOOD, Verdict.BAD)
