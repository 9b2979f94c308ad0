"""SMS through Zenvia: its JSON, its causes, its shared secret, and the whole of it against Zenvia played here."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from orchestrator.channels import HttpAnswer, InboundKind, InboxAnswer, NoAnswer, Notice, build_adapter
from orchestrator.contract.inspections import inspections_of
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, InputError, Refused
from orchestrator.domain.receipt import ReceiptKind
from tests.channels.texting import NOW, PERSON, delivery, shop_with

SECRET = "canary-webhook"
SETTINGS = {"sender": "casa-lume", "token": "canary-token", "webhook_secret": SECRET}


def zenvia(**changes):
    return build_adapter("sms_zenvia", Channel.SMS, {**SETTINGS, **changes})


def said(call):
    return json.loads(call.body)


def answer(http, **document):
    return HttpAnswer(http, {}, json.dumps(document).encode())


def notice(document, *, secret=SECRET, header="x-jogral-secret"):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Notice(method="POST", headers={header: secret}, body=body)


def status(code, *causes, **changes):
    return {
        "id": "evt_1",
        "type": "MESSAGE_STATUS",
        "channel": "sms",
        "messageId": "zen_1",
        "message": {
            "id": "zen_1",
            "externalId": "msg_1",
            "contentIndex": 0,
            "from": "casa-lume",
            "to": "5511987654321",
        },
        "messageStatus": {
            "code": code,
            "timestamp": "2026-11-21T15:30:00Z",
            "description": "…",
            "causes": [{"channelErrorCode": "7", "reason": cause, "details": ""} for cause in causes],
        },
        **changes,
    }


def message(*texts, **changes):
    contents = [{"type": "text", "text": text} for text in texts] or [
        {"type": "file", "fileUrl": "https://x.example/a"}
    ]
    told = {"id": "in_1", "from": "5511987654321", "to": "28345", "direction": "IN", "contents": contents, **changes}
    return {
        "type": "MESSAGE",
        "channel": "sms",
        "direction": "IN",
        "timestamp": "2026-11-21T15:30:00Z",
        "message": told,
    }


def heard(*documents):
    return zenvia().receive(notice(list(documents) if len(documents) > 1 else documents[0]), NOW)


# --- the call -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding", "strategy"),
    [
        ("Pedido 10234 a caminho.", "GSM-7", "MORE_CHARACTERS_PER_MESSAGE"),
        ("Até amanhã", "UCS-2", "MORE_CHARACTER_SUPPORT"),
        ("É hoje", "GSM-7", "MORE_CHARACTER_SUPPORT"),  # Zenvia would take the accent off
        ("Oi", "", "AUTO"),
    ],
)
def test_a_message_goes_in_the_alphabet_that_it_was_counted_in(text, encoding, strategy):
    call = zenvia().call(delivery(text=text, encoding=encoding), NOW, bytes)

    assert (call.method, call.url) == ("POST", "https://api.zenvia.com/v2/channels/sms/messages")
    assert call.headers["X-API-TOKEN"] == "canary-token"
    assert said(call) == {
        "from": "casa-lume",
        "to": PERSON.removeprefix("+"),
        "externalId": "msg_01JC9ZK3XQ",
        "contents": [{"type": "text", "text": text, "encodingStrategy": strategy}],
    }


def test_secrets_are_not_shown():
    assert "canary" not in repr(zenvia())


def test_a_header_has_a_name():
    with pytest.raises(ConfigurationError, match="not the name of a header"):
        zenvia(secret_header="X Secret:")


# --- what answers mean ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("http", "kind", "reason", "stopped"),
    [
        (400, OutcomeKind.REFUSED, Rejection.MESSAGE.reason, False),
        (422, OutcomeKind.REFUSED, Rejection.MESSAGE.reason, False),
        (401, OutcomeKind.NOT_SENT, "provider_unavailable", True),
        (402, OutcomeKind.NOT_SENT, "provider_unavailable", True),
        (403, OutcomeKind.NOT_SENT, "provider_unavailable", True),
        (404, OutcomeKind.NOT_SENT, "provider_unavailable", True),
        (302, OutcomeKind.NOT_SENT, "provider_unavailable", True),
        (429, OutcomeKind.NOT_SENT, "rate_limit", False),
        (408, OutcomeKind.UNKNOWN, "timeout", False),
        (409, OutcomeKind.UNKNOWN, "unreadable_answer", False),
        (500, OutcomeKind.UNKNOWN, "unreadable_answer", False),
        (504, OutcomeKind.UNKNOWN, "timeout", False),
    ],
)
def test_what_a_status_means(http, kind, reason, stopped):
    outcome = zenvia().outcome(
        answer(http, code="BAD", message="no", details=[{"path": "contents[0]", "message": "x"}])
    )

    assert (outcome.kind, outcome.reason, outcome.stopped) == (kind, reason, stopped)


def test_a_number_that_is_none_is_the_address():
    outcome = zenvia().outcome(answer(400, code="VALIDATION_ERROR", details=[{"path": "to", "message": "invalid"}]))

    assert outcome.reason == Rejection.ADDRESS.reason
    assert "to: invalid" in outcome.detail


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b"<html>", b'{"id": ""}', b'{"id": 7}', b"[" * 100_000])
def test_success_that_cannot_be_read_is_doubt(body):
    assert zenvia().outcome(HttpAnswer(200, {}, body)).kind is OutcomeKind.UNKNOWN


def test_nobodys_number_is_kept_with_what_zenvia_said():
    said_so = answer(400, code="BAD", message="5511987654321 is no number")
    (receipt,) = heard(status("REJECTED", "Invalid number +5511987654321")).receipts

    assert zenvia().outcome(said_so).detail == "400: BAD *** is no number"
    assert "98765" not in receipt.detail


def test_it_waits_as_long_as_it_is_asked_to():
    assert zenvia().outcome(HttpAnswer(429, {"retry-after": "17"}, b"")).retry_after_seconds == 17.0


def test_silence_and_other_answers_are_what_they_are_for_everybody():
    assert zenvia().outcome(NoAnswer("connect", in_doubt=False)).kind is OutcomeKind.NOT_SENT
    assert zenvia().outcome(NoAnswer("timeout", in_doubt=True)).kind is OutcomeKind.UNKNOWN
    assert zenvia().outcome(InboxAnswer("x")).kind is OutcomeKind.UNKNOWN
    assert zenvia().look_up("msg_1") is None
    assert zenvia().found(answer(404)).kind is OutcomeKind.UNKNOWN


# --- notices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + " ", SECRET.upper(), "\udcff"])
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", json.dumps(status("DELIVERED")).encode()])
def test_who_does_not_know_the_secret_is_not_heard(secret, body):
    with pytest.raises(Refused):
        zenvia().receive(notice(body, secret=secret), NOW)


def test_an_account_without_a_secret_believes_nobody():
    for secret in ("", "wrong"):
        with pytest.raises(Refused):
            zenvia(webhook_secret="").receive(notice(status("DELIVERED"), secret=secret), NOW)


def test_the_header_may_have_another_name():
    said_so = notice(status("DELIVERED"), header="x-lume")

    assert zenvia(secret_header="X-Lume").receive(said_so, NOW).receipts
    with pytest.raises(Refused):
        zenvia().receive(said_so, NOW)


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 100_000])
def test_what_is_genuine_and_cannot_be_read_is_told_again(body):
    with pytest.raises(InputError):
        zenvia().receive(notice(body), NOW)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("SENT", ReceiptKind.SENT),
        ("DELIVERED", ReceiptKind.DELIVERED),
        ("READ", ReceiptKind.READ),
        ("CLICKED", ReceiptKind.CLICKED),
        ("NOT_DELIVERED", ReceiptKind.BOUNCED),
        ("REJECTED", ReceiptKind.FAILED),
    ],
)
def test_what_became_of_a_message(word, kind):
    (receipt,) = heard(status(word)).receipts

    assert (receipt.kind, receipt.reference, receipt.provider_id) == (kind, "msg_1", "zen_1")
    assert receipt.at == 1_795_275_000_000
    assert receipt.event_key == f"zen_1:0:{word}"


@pytest.mark.parametrize(
    ("word", "cause", "rejection", "permanent"),
    [
        ("REJECTED", "Invalid destination number", Rejection.ADDRESS, True),
        ("NOT_DELIVERED", "Número inválido", Rejection.ADDRESS, True),
        ("NOT_DELIVERED", "Recipient opted out", Rejection.OPTED_OUT, True),
        ("REJECTED", "Blacklisted", Rejection.CHANNEL, True),
        ("REJECTED", "Message looks like spam", Rejection.POLICY, True),
        ("REJECTED", "Something new", Rejection.CHANNEL, True),
        ("REJECTED", None, Rejection.CHANNEL, True),
        ("NOT_DELIVERED", "Subscriber unavailable", None, False),
        ("NOT_DELIVERED", None, None, False),
    ],
)
def test_why_a_message_did_not_arrive(word, cause, rejection, permanent):
    (receipt,) = heard(status(word, *([cause] if cause else []))).receipts

    assert (receipt.rejection, receipt.permanent) == (rejection, permanent)
    assert (cause or word) in receipt.detail


@pytest.mark.parametrize("word", ["DELIVERED", "SENT"])
def test_a_cause_of_what_arrived_is_none(word):
    (receipt,) = heard(status(word, "Invalid destination number")).receipts

    assert (receipt.rejection, receipt.detail) == (None, "")


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-11-21T15:30:00"]
)
def test_a_time_that_cannot_be_is_the_time_when_we_heard(written):
    told = status("DELIVERED")
    told["messageStatus"]["timestamp"] = written

    assert heard(told).receipts[0].at == NOW


@pytest.mark.parametrize(
    ("texts", "kind", "text"),
    [
        (["SAIR"], InboundKind.TEXT, "SAIR"),
        (["a", "b"], InboundKind.TEXT, "a\nb"),
        ([], InboundKind.OTHER, ""),
        ([" "], InboundKind.OTHER, " "),
    ],
)
def test_what_somebody_wrote(texts, kind, text):
    (found,) = heard(message(*texts)).inbound

    assert (found.kind, found.text, found.sender, found.event_key) == (kind, text, "5511987654321", "in_1")


@pytest.mark.parametrize(
    ("document", "unknown"),
    [
        (status("ACCEPTED"), ()),
        (status("TELEPORTED"), ("TELEPORTED",)),
        (status("DELIVERED", messageId="", message={}), ("messageId",)),
        (status("DELIVERED", channel="whatsapp"), ("whatsapp",)),
        (status("DELIVERED", messageStatus=7), ("messageStatus",)),
        ({"type": "MESSAGE_STATUS"}, ("messageStatus",)),
        ({"type": "DANCE"}, ("DANCE",)),
        ({}, ("type",)),
        ("words", ("type",)),
        (message("SAIR", direction="OUT"), ()),
        (message("SAIR", **{"from": ""}), ("from",)),
        (message("SAIR", id=None), ("id",)),
    ],
)
def test_what_is_not_understood_is_passed_over(document, unknown):
    received = heard(document)

    assert (received.passed_over, received.unknown) == (1, unknown)
    assert not received.receipts
    assert not received.inbound


def test_a_bad_event_keeps_no_stop_from_being_heard():
    received = heard({"type": "DANCE"}, message("PARAR"), 7, status("DELIVERED"))

    assert [one.text for one in received.inbound] == ["PARAR"]
    assert len(received.receipts) == 1
    assert received.passed_over == 2


# --- against Zenvia, played -------------------------------------------------------------------------------------------


def test_a_message_is_taken_told_of_and_answered():
    async def run():
        async with shop_with("zenvia") as shop:
            sent = await shop.send()
            told = [(await shop.news()).receipts[0] for _ in range(2)]
            rejected = await shop.send(to="+5511900000001", reference="msg_2")
            failed = (await shop.news()).receipts[0]
            await shop.ask("POST", "_say", {"from": "5511987654321", "text": "SAIR"})
            wrote = (await shop.news()).inbound[0]
            return sent, told, rejected, failed, wrote

    sent, told, rejected, failed, wrote = asyncio.run(run())

    assert (sent.kind, rejected.kind) == (OutcomeKind.SENT, OutcomeKind.SENT)
    assert {one.kind for one in told} == {ReceiptKind.SENT, ReceiptKind.DELIVERED}
    assert {(one.reference, one.provider_id) for one in told} == {("msg_01JC9ZK3XQ", sent.provider_id)}
    assert (failed.kind, failed.rejection, failed.reference) == (ReceiptKind.FAILED, Rejection.ADDRESS, "msg_2")
    assert (wrote.text, wrote.sender) == ("SAIR", "5511987654321")


def test_what_zenvia_refuses_and_how_it_misbehaves():
    async def run():
        async with shop_with("zenvia") as shop:
            found = {"number": await shop.send(to="+call me"), "text": await shop.send(text="x" * 1600)}
            for mood in ("429", "500", "wrong_type", "huge", "reset", "timeout"):
                await shop.ask("PUT", "_mood", {"mood": mood, "count": 1})
                found[mood] = await shop.send()
            shop.adapter = dataclasses.replace(shop.adapter, token="wrong")
            found["token"] = await shop.send()
            return found

    found = asyncio.run(run())

    assert found["number"].reason == Rejection.ADDRESS.reason
    assert found["text"].reason == Rejection.MESSAGE.reason
    assert (found["429"].kind, found["429"].retry_after_seconds) == (OutcomeKind.NOT_SENT, 1.0)
    assert {found[mood].kind for mood in ("500", "wrong_type", "huge", "reset", "timeout")} == {OutcomeKind.UNKNOWN}
    assert (found["token"].kind, found["token"].stopped) == (OutcomeKind.NOT_SENT, True)


def test_an_account_can_be_looked_at():
    """What `jogral doctor` asks."""

    async def run():
        async with shop_with("zenvia") as shop:
            settings = {name: getattr(shop.adapter, name) for name in ("token", "base_url")}
            (asked,) = inspections_of("sms_zenvia", settings)
            return asked.read(await shop.transport.carry(asked.ask(NOW)))

    assert asyncio.run(run()).told == "They are right, and statuses and answers are subscribed to."
