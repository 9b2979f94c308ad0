"""WhatsApp through Meta's Cloud API: what it is sent, what its answers mean, and what its webhooks tell."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.addresses import sender_forms
from orchestrator.channels import (
    HttpAnswer,
    InboundKind,
    InboxAnswer,
    NoAnswer,
    Notice,
    TemplateNews,
    UserNews,
    build_adapter,
)
from orchestrator.contract.meta.errors import CODES, Fault, graph_error
from orchestrator.contract.meta.sending import value_for_meta
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery, OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, InputError, Refused
from orchestrator.domain.message import Button, Purpose, Rendered
from orchestrator.domain.receipt import ReceiptKind, furthest
from orchestrator.stop_words import read_text

VECTORS = Path(__file__).parents[1] / "vectors"
SIGNATURES = json.loads((VECTORS / "meta_signature.json").read_text("utf-8"))
WEBHOOKS = json.loads((VECTORS / "whatsapp_webhooks.json").read_text("utf-8"))["cases"]
TEMPLATES = json.loads((VECTORS / "whatsapp_templates.json").read_text("utf-8"))

NUMBER, BUSINESS = "106540352242922", "102290129340398"
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
NOW = 1_795_300_000_000
PERSON, SCOPED = "5511987654321", "BR.13491208655302741918"


def account(**settings):
    return build_adapter(
        "whatsapp_cloud",
        Channel.WHATSAPP,
        {
            "phone_number_id": NUMBER,
            "business_account_id": BUSINESS,
            "token": "EAAG",
            "app_secret": SECRET,
            "verify_token": "tok-segredo",
            **settings,
        },
    )


# --- what is sent ---------------------------------------------------------------------------------------------------

TEMPLATE = {
    "name": "pedido_30b3e1",
    "base": "pedido",
    "language": "pt_BR",
    "category": "utility",
    "body": {"nome": "Ana", "prazo": "sexta, 27 de novembro"},
    "buttons": [],
}


def delivery(*, text="Oi, Ana!", buttons=(), template=TEMPLATE, conversing=False, to="+5511987654321"):
    return Delivery(
        reference="msg_01JC9ZK3XQ",
        customer_id="cus_1",
        object_id="",
        channel=Channel.WHATSAPP,
        address=Address(id="adr_1", kind=AddressKind.PHONE, value=to),
        purpose=Purpose.TRANSACTIONAL,
        topic="order_updates",
        rendered=Rendered(
            message="pedido", channel=Channel.WHATSAPP, locale="pt-BR", text=text, buttons=tuple(buttons),
            template=template,
        ),
        conversing=conversing,
    )  # fmt: skip


def sent(given, **settings):
    call = account(**settings).call(given, NOW, bytes)
    return json.loads(call.body), call


def test_a_template_goes_out_with_its_parameters_by_name():
    """To the number's own address, with our reference where every status brings it back."""
    body, call = sent(delivery())

    assert (call.method, call.url) == ("POST", f"https://graph.facebook.com/v23.0/{NUMBER}/messages")
    assert call.headers == {"Authorization": "Bearer EAAG", "Content-Type": "application/json"}
    assert body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": PERSON,
        "biz_opaque_callback_data": "msg_01JC9ZK3XQ",
        "type": "template",
        "template": {
            "name": "pedido_30b3e1",
            "language": {"code": "pt_BR"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "parameter_name": "nome", "text": "Ana"},
                        {"type": "text", "parameter_name": "prazo", "text": "sexta, 27 de novembro"},
                    ],
                }
            ],
        },
    }


def components(**template):
    body, _ = sent(delivery(template={**TEMPLATE, "body": {}, **template}))
    return body["template"]["components"]


def test_buttons_carry_what_each_is_sent_with():
    """The end of an address is positional, a tap brings our payload back, and a code is copied."""
    assert components(
        buttons=[
            {"index": 0, "type": "url", "suffix": "c/9f3"},
            {"index": 1, "type": "quick_reply", "payload": "OPTOUT_MARKETING"},
            {"index": 2, "type": "copy_code", "code": "VOLTA10"},
        ]
    ) == [
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "c/9f3"}]},
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "1",
            "parameters": [{"type": "payload", "payload": "OPTOUT_MARKETING"}],
        },
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "2",
            "parameters": [{"type": "coupon_code", "coupon_code": "VOLTA10"}],
        },
    ]


@pytest.mark.parametrize("kind", ["image", "video", "document"])
def test_a_header_may_be_a_picture_a_film_or_a_file(kind):
    """By link; only a file has a name."""
    header = {"type": kind, "link": "https://cdn.example/n.pdf", "filename": "Nota.pdf"}

    name = {"filename": "Nota.pdf"} if kind == "document" else {}
    assert components(header=header) == [
        {"type": "header", "parameters": [{"type": kind, kind: {"link": "https://cdn.example/n.pdf", **name}}]}
    ]


def test_a_header_may_be_text_with_a_value():
    """It stands before the body, and its parameter has a name too."""
    made = components(header={"type": "text", "values": {"nome": "Ana"}}, body={"pedido": "1"})

    assert [one["type"] for one in made] == ["header", "body"]
    assert made[0]["parameters"] == [{"type": "text", "parameter_name": "nome", "text": "Ana"}]


def test_a_language_is_written_with_an_underscore():
    """pt-BR is not a language that Meta knows."""
    body, _ = sent(delivery(template={**TEMPLATE, "language": "pt-BR"}))

    assert body["template"]["language"] == {"code": "pt_BR"}


@pytest.mark.parametrize("case", TEMPLATES["parameter_values"], ids=lambda case: ascii(case["value"]))
def test_no_value_goes_out_that_meta_refuses(case):
    """What can be mended without changing a word is mended; an empty one is an error of the message."""
    if not case["value"]:
        with pytest.raises(InputError):
            value_for_meta(case["value"])
        return
    mended = value_for_meta(case["value"])

    assert (mended == case["value"]) is case["ok"]
    assert mended.split() == case["value"].split()
    assert not any(bad in mended for bad in ("\n", "\t", " " * 5))


def test_marketing_has_an_endpoint_of_its_own_where_it_is_set_up():
    """Templates of the category marketing only: nothing else is taken there."""
    marketing = {**TEMPLATE, "category": "marketing"}
    settings = {"marketing_messages": True, "product_policy": "STRICT"}

    promoted, call = sent(delivery(template=marketing), **settings)
    useful, other = sent(delivery(), **settings)
    talk, third = sent(delivery(template=marketing, conversing=True), **settings)

    assert call.url.endswith(f"/{NUMBER}/marketing_messages")
    assert promoted["product_policy"] == "STRICT"
    assert other.url.endswith(f"/{NUMBER}/messages")
    assert third.url.endswith(f"/{NUMBER}/messages")
    assert "product_policy" not in useful
    assert talk["type"] == "text"
    assert sent(delivery(template=marketing))[1].url.endswith(f"/{NUMBER}/messages")


def test_base_url_and_version_are_settings():
    """A simulator, or the next version."""
    _, call = sent(delivery(), base_url="http://127.0.0.1:9/", api_version="v25.0")

    assert call.url == f"http://127.0.0.1:9/v25.0/{NUMBER}/messages"
    assert not call.guarded


def test_a_person_without_a_phone_is_named_by_the_scoped_id():
    """It has digits, and is never read as a number."""
    body, _ = sent(delivery(to=SCOPED))

    assert body["recipient"] == SCOPED
    assert "to" not in body
    with pytest.raises(InputError):
        sent(delivery(to="ana@example.com"))


# --- while the conversation is open ---------------------------------------------------------------------------------

YES, NO = Button(label="Sim", emit="visit.confirmed"), Button(label="Não")
LATER, NEVER = Button(label="Depois"), Button(label="Nunca")
SHOP = Button(label="Ver pedido", url="https://loja.example/p/1")


def said(**given):
    body, _ = sent(delivery(conversing=True, **given))
    return body[body["type"]]


def test_an_open_conversation_takes_free_text():
    """The same words as the template's, and links are shown."""
    assert said() == {"body": "Oi, Ana!", "preview_url": True}


def test_up_to_three_answers_are_buttons():
    """A tap brings back the event, or the place: never the words."""
    assert said(buttons=[YES, NO]) == {
        "type": "button",
        "body": {"text": "Oi, Ana!"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "visit.confirmed", "title": "Sim"}},
                {"type": "reply", "reply": {"id": "button_1", "title": "Não"}},
            ]
        },
    }


@pytest.mark.parametrize("buttons", [[YES, NO, LATER, NEVER], [Button(label="Prefiro receber em casa")]])
def test_more_answers_or_longer_ones_are_a_list(buttons):
    """Opened in the person's language."""
    found = said(buttons=buttons)

    assert found["type"] == "list"
    assert found["action"]["button"] == "Ver opções"
    assert [row["title"] for row in found["action"]["sections"][0]["rows"]] == [one.label for one in buttons]


def test_one_address_is_a_button():
    """As it is in the template."""
    assert said(buttons=[SHOP])["action"] == {
        "name": "cta_url",
        "parameters": {"display_text": "Ver pedido", "url": "https://loja.example/p/1"},
    }


def test_addresses_that_fit_on_no_button_stand_in_the_text():
    """Nothing is dropped silently."""
    assert said(buttons=[SHOP, SHOP])["body"].count("Ver pedido: https://loja.example/p/1") == 2
    mixed = said(buttons=[SHOP, YES])
    assert mixed["body"]["text"].endswith("\n\nVer pedido: https://loja.example/p/1")
    assert len(mixed["action"]["buttons"]) == 1


PICTURE = {**TEMPLATE, "header": {"type": "image", "link": "https://cdn.example/n.jpg"}}


def test_the_picture_above_the_text_stays():
    """As a picture with a caption, or above the buttons."""
    image = {"link": "https://cdn.example/n.jpg"}

    assert said(template=PICTURE) == {**image, "caption": "Oi, Ana!"}
    assert said(template=PICTURE, buttons=[YES])["header"] == {"type": "image", "image": image}
    assert said(template=PICTURE, buttons=[SHOP])["header"] == {"type": "image", "image": image}


@pytest.mark.parametrize(
    ("template", "given"),
    [
        (PICTURE, {"text": "x" * 1025}),
        (PICTURE, {"buttons": [YES, NO, LATER, NEVER]}),
        ({**TEMPLATE, "header": {"type": "text", "values": {"nome": "Ana"}}}, {}),
    ],
)
def test_where_the_header_would_be_lost_the_template_says_it(template, given):
    """A list shows no picture, and a caption has its own limit."""
    body, _ = sent(delivery(conversing=True, template=template, **given))

    assert body["type"] == "template"
    assert body["template"]["components"][0]["type"] == "header"


@pytest.mark.parametrize(
    "too_much",
    [
        {"text": "x" * 4097},
        {"text": "x" * 1025, "buttons": [YES]},
        {"buttons": [Button(label="x" * 25)]},
        {"buttons": [Button(label=str(number)) for number in range(11)]},
        {"buttons": [YES, YES]},
    ],
)
def test_what_a_free_message_cannot_hold_is_said_by_the_template(too_much):
    """And where there is none, the message is wrong, and says how."""
    body, _ = sent(delivery(conversing=True, **too_much))

    assert body["type"] == "template"
    with pytest.raises(InputError, match="does not fit"):
        sent(delivery(conversing=True, template=None, **too_much))


def test_without_a_template_a_closed_conversation_stays_closed():
    """It is not even asked: Meta would refuse it (131047)."""
    with pytest.raises(InputError, match="has no WhatsApp template"):
        sent(delivery(template=None))


# --- what answers mean ----------------------------------------------------------------------------------------------


def answered(status, document=None, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return account().outcome(HttpAnswer(status, headers, body))


def taken(**message):
    return {"messaging_product": "whatsapp", "messages": [{"id": "wamid.A", **message}]}


def error(code, status=400, subcode=None, data=None, **headers):
    document = {"error": {"message": "(#1) no", "code": code, "error_subcode": subcode, "error_data": data}}
    return answered(status, document, **headers)


def test_what_meta_took_is_sent():
    """With its own id; held back for a while is taken, too."""
    assert answered(200, taken(message_status="accepted")).provider_id == "wamid.A"
    held = answered(200, taken(message_status="held_for_quality_assessment"))
    assert (held.kind, held.provider_id) == (OutcomeKind.SENT, "wamid.A")
    assert held.detail


def test_a_paused_template_was_not_sent_although_meta_says_200():
    """It is about the template."""
    paused = answered(200, taken(message_status="paused"))

    assert (paused.kind, paused.reason) == (OutcomeKind.REFUSED, "provider_rejected:template")


# channels.md, section 1.5, row by row; 130497 is about the person's country, and stops nobody else's messages.
STOPPED = [0, 190, 3, 10, 200, 299, 33, 133010, 131005, 131045, 131037, 368, 131031, 131042]
AGAIN = [2, 4, 80007, 80008, 130429, 131000, 131016, 131056, 131057, 133004]
REJECTED = {
    Rejection.ENOUGH: [131049],
    Rejection.OPTED_OUT: [131050],
    Rejection.ADDRESS: [131026, 131021, 131030],
    Rejection.CHANNEL: [130472, 130497, 131047, 131063, 137000],
    Rejection.MESSAGE: [131051, 131052, 131053, 131062, 132018],
    Rejection.TEMPLATE: [
        132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069, 100, 131008, 131009,
    ],
}  # fmt: skip
STATUSES = (200, 400, 403, 429, 500, 503)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("code", STOPPED)
def test_an_account_at_fault_stops(code, status):
    """Nobody's message is refused, and no other call is tried before a person has mended it."""
    outcome = error(code, status)

    assert (outcome.kind, outcome.reason, outcome.stopped) == (OutcomeKind.NOT_SENT, "provider_unavailable", True)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("code", AGAIN)
def test_what_failed_for_now_is_tried_again(code, status):
    """Meta's code decides over the status."""
    outcome = error(code, status)

    assert outcome.kind is OutcomeKind.NOT_SENT
    assert outcome.reason == ("rate_limit" if code in (4, 80007, 80008, 130429, 131056) else "provider_unavailable")
    assert not outcome.stopped


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("rejection", "code"), [(one, code) for one, codes in REJECTED.items() for code in codes])
def test_a_definite_no_says_what_it_is_about(rejection, code, status):
    """The code is told to whoever looks."""
    outcome = error(code, status, data={"details": "porque não"})

    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, rejection.reason)
    assert outcome.detail == f"{code}: porque não"


@pytest.mark.parametrize("code", [131048, 131064])
def test_an_account_that_people_report_rests_for_an_hour(code):
    """Or for longer, where Meta asks for it."""
    assert error(code).retry_after_seconds == 3600
    assert error(code, **{"retry-after": "7200"}).retry_after_seconds == 7200
    assert error(code).reason == "rate_limit"


@pytest.mark.parametrize("code", [1, 135000])
def test_meta_may_not_know_itself(code):
    """A possible error of its server is a doubt, unless the status says that nothing was taken."""
    assert error(code, 500).kind is OutcomeKind.UNKNOWN
    assert error(code, 400).kind is OutcomeKind.NOT_SENT


def test_a_number_that_is_not_ours_is_the_accounts_fault():
    """Code 100 is about the message, but for the object that does not exist."""
    assert error(100, subcode=33).stopped
    assert not error(100, subcode=2494010).stopped


def test_a_refusal_says_what_the_template_is_where_every_message_of_it_gets_the_same():
    """One customer's long name (132005) stops nobody else's message."""
    said = {code: error(code).template for code in REJECTED[Rejection.TEMPLATE]}

    assert {code: status for code, status in said.items() if status} == {
        132000: "mismatched", 132001: "missing", 132007: "rejected", 132008: "mismatched", 132012: "mismatched",
        132015: "paused", 132016: "disabled",
    }  # fmt: skip
    assert answered(200, taken(message_status="paused")).template == "paused"


def test_error_data_may_be_a_sentence():
    """As it is where templates are managed."""
    assert error(132000, data="two parameters are missing").detail == "132000: two parameters are missing"


def test_every_code_of_the_table_is_tested():
    """And the table holds nothing else."""
    tested = {*STOPPED, *AGAIN, *(code for codes in REJECTED.values() for code in codes), 131048, 131064, 1, 135000}

    assert set(CODES) <= tested
    assert all(isinstance(means, Fault | Rejection) for means in CODES.values())


def test_throttling_says_for_how_long():
    """In seconds, or in minutes in the header that counts usage; of one person's pace nobody else waits."""
    usage = json.dumps({BUSINESS: [{"type": "messages", "estimated_time_to_regain_access": 3}]})

    assert error(130429, 429, **{"retry-after": "30"}).retry_after_seconds == 30
    assert error(80007, **{"x-business-use-case-usage": usage}).retry_after_seconds == 180
    assert error(131056, **{"retry-after": "30"}).retry_after_seconds is None
    assert error(130429, **{"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}).retry_after_seconds is None
    assert error(130429, **{"x-business-use-case-usage": "[{"}).retry_after_seconds is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[]", b"{}", b"[" * 100_000, b'{"messages":[]}', b"null"])
def test_without_a_code_the_status_decides(body):
    """What may have been taken is a doubt, however the answer looks."""
    kinds = {status: answered(status, body) for status in range(100, 600)}

    for status in (200, 202, 408, 409, 425, 500, 502, 503, 504, 599):
        assert kinds[status].kind is OutcomeKind.UNKNOWN
    for status in (301, 401, 403, 404):
        assert kinds[status].stopped
    assert kinds[429].reason == "rate_limit"
    assert (kinds[400].kind, kinds[400].reason) == (OutcomeKind.REFUSED, "provider_rejected:message")


def test_silence_means_what_it_means_for_everybody():
    """Certain where nothing can have arrived."""
    adapter = account()

    assert adapter.outcome(NoAnswer("connect", in_doubt=False)).kind is OutcomeKind.NOT_SENT
    assert adapter.outcome(NoAnswer("timeout", in_doubt=True)).kind is OutcomeKind.UNKNOWN
    assert adapter.outcome(InboxAnswer("inb_1")).kind is OutcomeKind.UNKNOWN
    assert adapter.look_up("msg_1") is None
    assert adapter.found(HttpAnswer(404, {}, b"")).kind is OutcomeKind.UNKNOWN


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "error_data", "details", "messages", "id", "message_status"]), inner
        )
    ),
    max_leaves=10,
)


@given(json_values, st.integers(100, 599))
def test_any_answer_has_a_meaning(document, status):
    """Whatever stands between Meta and us writes."""
    outcome = answered(status, document)

    assert outcome.kind is not OutcomeKind.SENT or status // 100 == 2


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"phone_number_id": "+55 11"}, "digits"),
        ({"business_account_id": "../1"}, "digits"),
        ({"token": "EA\r\nX: 1"}, "token"),
        ({"api_version": "23"}, "v23.0"),
        ({"base_url": "graph.facebook.com"}, "https://"),
        ({"product_policy": "LOOSE"}, "CLOUD_API_FALLBACK"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(settings, words):
    """When the project is read, and not by the first customer's message."""
    with pytest.raises(ConfigurationError, match=words):
        account(**settings)


def test_no_secret_is_shown():
    """Not where an adapter is printed."""
    shown = repr(account())

    assert not any(secret in shown for secret in ("EAAG", SECRET, "tok-segredo"))


def test_ids_are_text():
    """YAML reads them as numbers without quotes, and would read one that begins with a zero as another."""
    with pytest.raises(ConfigurationError, match="written in quotes"):
        account(phone_number_id=106540352242922)


# --- webhooks: who is calling ---------------------------------------------------------------------------------------


def handshake(query, **settings):
    return account(**settings).receive(Notice(method="GET", headers={}, body=b"", query=query), NOW)


@pytest.mark.parametrize("case", SIGNATURES["verify_handshake"], ids=lambda case: case["id"])
def test_the_handshake_is_answered_as_in_the_vectors(case):
    """The challenge as plain text, or nothing."""
    refused = {403: Refused, 400: InputError}
    if case["expect_status"] in refused:
        with pytest.raises(refused[case["expect_status"]]):
            handshake(case["query"], verify_token=case["configured_token"])
        return
    received = handshake(case["query"], verify_token=case["configured_token"])

    assert (received.reply, received.reply_type) == (case["expect_body"], "text/plain")


def test_without_a_token_of_ours_nobody_subscribes():
    """An empty one is not equal to an empty one."""
    query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}

    with pytest.raises(Refused):
        handshake(query, verify_token="")


@pytest.mark.parametrize("case", SIGNATURES["cases"], ids=lambda case: case["id"])
def test_signatures_are_judged_as_in_the_vectors(case):
    """Over the bytes as they came."""
    raw = base64.b64decode(case["raw_body_base64"])
    notice = Notice(method="POST", headers={case["header_name"].lower(): case["header"]}, body=raw)
    adapter = account(app_secret=case["app_secret"])

    if case["valid"]:
        assert adapter.receive(notice, NOW).passed_over == 0
    else:
        with pytest.raises(Refused):
            adapter.receive(notice, NOW)


def signed(document, secret=SECRET):
    """As Meta does: what is not ASCII is escaped, and the bytes are signed."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return Notice(method="POST", headers={"x-hub-signature-256": f"sha256={digest}"}, body=raw)


def hear(document, **settings):
    return account(**settings).receive(signed(document), NOW)


def test_an_account_without_a_secret_trusts_nobody():
    """Not even who signs with nothing."""
    with pytest.raises(Refused):
        account(app_secret="").receive(signed({}, secret=""), NOW)


def test_a_header_of_anything_is_no_signature():
    """Also one that is no text."""
    for header in ("", "sha256=", "sha256=\udcff", "é", "sha1=" + "0" * 40):
        with pytest.raises(Refused):
            account().receive(Notice(method="POST", headers={"x-hub-signature-256": header}, body=b"{"), NOW)


def test_what_is_signed_and_no_json_is_not_taken():
    """Meta comes again, and somebody looks."""
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(InputError):
            hear(body)


# --- webhooks: the vectors ------------------------------------------------------------------------------------------

CLASSES = {
    "opt_out_marketing": Rejection.OPTED_OUT,
    "permanent_for_message": Rejection.CHANNEL,
    "permanent_for_content": Rejection.MESSAGE,
    "transient": None,
    "account_blocking": None,
    "account_throttled": None,
}


def news(case):
    """What an account hears of a case, and what is expected of each piece."""
    received = hear(case["payload"])
    return received, case["expect"]


def test_every_vector_is_looked_at():
    """Each kind of expectation has a test below."""
    kinds = {one["kind"] for case in WEBHOOKS if isinstance(case["expect"], list) for one in case["expect"]}

    assert kinds == {"status", "inbound", "preference", "template", "template_quality"}


def of_kind(kind):
    cases = [case for case in WEBHOOKS if isinstance(case["expect"], list)]
    return [case for case in cases if any(one["kind"] == kind for one in case["expect"])]


@pytest.mark.parametrize("case", of_kind("status"), ids=lambda case: case["id"])
def test_statuses_are_read_as_in_the_vectors(case):
    """How far a message got, of which, and why not."""
    received, expected = news(case)

    assert len(received.receipts) == len(expected)
    for receipt, one in zip(received.receipts, expected, strict=True):
        assert receipt.provider_id == one["message"]
        assert receipt.kind == one["status"]
        assert receipt.reference == one.get("callback", "")
        assert receipt.event_key == f"{one['message']}:{one['status']}"
        assert receipt.at == int(case["payload"]["entry"][0]["changes"][0]["value"]["statuses"][0]["timestamp"]) * 1000
        if "classification" in one:
            assert receipt.rejection == CLASSES[one["classification"]]
            assert receipt.detail.startswith(f"{one['error']}: ")
            assert bool(received.alarms) is one["classification"].startswith("account_")


@pytest.mark.parametrize(
    "case", [case for case in WEBHOOKS if isinstance(case["expect"], dict)], ids=lambda case: case["id"]
)
def test_sequences_end_as_in_the_vectors(case):
    """The furthest state, whatever comes when; the same news is the same key."""
    receipts = [receipt for one in case["payload"]["sequence"] for receipt in hear(one).receipts]

    assert (furthest("", [receipt.kind for receipt in receipts]) or "sent") == case["expect"]["final"]
    assert len({receipt.event_key for receipt in receipts}) == case["expect"].get("events", len(receipts))


@pytest.mark.parametrize("case", of_kind("inbound"), ids=lambda case: case["id"])
def test_what_people_write_is_read_as_in_the_vectors(case):
    """Every message of a call, from whom, and what was chosen."""
    received, expected = news(case)
    counted = [one for one in expected if one["type"] != "unsupported"]

    assert len(received.inbound) == len(counted)
    assert received.passed_over == len(expected) - len(counted)
    for message, one in zip(received.inbound, counted, strict=True):
        if "payload" in one:
            assert (message.kind, message.choice) == (InboundKind.CHOICE, one["payload"])
        else:
            assert message.kind is InboundKind.TEXT
        if one.get("intent") == "opt_out":
            assert read_text(message.text).ends
        if "match_candidates" in one:
            # Of the two, the one that a phone can have, and so the one that is stored.
            assert sender_forms(Channel.WHATSAPP, message.sender) == (max(one["match_candidates"], key=len),)
        if "opens_window_until" in one:
            assert message.at // 1000 + 24 * 3600 == one["opens_window_until"]


@pytest.mark.parametrize("case", of_kind("preference"), ids=lambda case: case["id"])
def test_preferences_are_read_as_in_the_vectors(case):
    """What somebody chose in WhatsApp's own settings."""
    received, (expected,) = news(case)
    (preference,) = received.preferences

    assert preference.wanted is (expected["value"] == "opt_in")
    assert (preference.sender, preference.user_id) == (PERSON, SCOPED)
    assert preference.at == 1_795_275_600_000
    assert PERSON not in preference.event_key


@pytest.mark.parametrize("case", [*of_kind("template"), *of_kind("template_quality")], ids=lambda case: case["id"])
def test_news_of_templates_is_read_as_in_the_vectors(case):
    """Its status or its quality, and why."""
    received, (expected,) = news(case)
    (told,) = received.templates

    assert (told.name, told.language, told.template_id) == ("carrinho_lembrete_1", "pt_BR", "1689556908129835")
    assert told.status == expected.get("status", "").lower()
    assert told.quality == expected.get("value", "").lower()
    assert (told.status == "approved") is expected.get("sendable", False)
    assert "reason" not in expected or told.reason == "parameters placed next to each other"


def test_a_call_without_anything_is_counted():
    """And answered: it would come again for a week."""
    (case,) = [case for case in WEBHOOKS if case["id"] == "malformed"]
    received, expected = news(case)

    assert expected == []
    assert (received.receipts, received.inbound, received.passed_over) == ((), (), 1)


# --- webhooks: beyond the vectors -----------------------------------------------------------------------------------


def envelope(value, about="messages", number=NUMBER, business=BUSINESS, time=1_795_275_900):
    if about in ("messages", "user_preferences", "user_id_update"):
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}, **value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": business, "time": time, "changes": [{"field": about, "value": value}]}],
    }


def wrote(**message):
    return {"from": PERSON, "id": "wamid.I", "timestamp": "1795275500", **message}


def inbound(**message):
    received = hear(envelope({"messages": [wrote(**message)]}))
    return received.inbound[0] if received.inbound else received


def test_a_tap_on_a_template_is_known_by_its_payload():
    """Its label is shown to people, and decides nothing."""
    tapped = inbound(
        type="button", button={"payload": "OPTOUT_MARKETING", "text": "Sim"}, context={"id": "wamid.Q"}
    )  # fmt: skip

    assert (tapped.kind, tapped.choice, tapped.text) == (InboundKind.CHOICE, "OPTOUT_MARKETING", "Sim")
    assert tapped.about == "wamid.Q"


@pytest.mark.parametrize("kind", ["image", "video", "document", "audio", "sticker", "location", "contacts", "order"])
def test_of_what_is_no_text_only_is_known_that_it_came(kind):
    """It opens the conversation all the same; the words under a picture are kept for whoever reads it."""
    message = inbound(type=kind, **{kind: {"id": "1", "caption": "sair"}})

    assert (message.kind, message.choice) == (InboundKind.OTHER, "")
    assert message.text == ("sair" if kind in ("image", "video", "document") else "")


def test_the_answers_of_a_form_are_not_read():
    """They came; what they mean is not ours."""
    message = inbound(type="interactive", interactive={"type": "nfm_reply", "nfm_reply": {"response_json": "{}"}})

    assert message.kind is InboundKind.OTHER


def test_who_mends_a_message_to_a_stop_has_said_stop():
    """The words that stand in the end count."""
    mended = inbound(type="edit", edit={"original_message_id": "wamid.O", "message": {"text": {"body": "Sair"}}})

    assert (mended.kind, mended.text) == (InboundKind.TEXT, "Sair")


@pytest.mark.parametrize("kind", ["reaction", "revoke", "system", "unsupported", "request_welcome"])
def test_what_is_no_message_opens_no_conversation(kind):
    """It is counted, with Meta's own word."""
    received = inbound(type=kind, **{kind: {"emoji": "👍", "body": "…"}})

    assert received.inbound == ()
    assert (received.passed_over, received.unknown) == (1, (kind,))


def test_a_person_with_a_username_has_no_phone():
    """The scoped id holds digits, and they are no number."""
    received = hear(
        envelope(
            {
                "contacts": [{"profile": {"name": "Ana"}, "user_id": SCOPED}],
                "messages": [
                    {"from_user_id": SCOPED, "id": "wamid.1", "timestamp": "1795275500", "type": "text",
                     "text": {"body": "sair"}},
                    {"from": SCOPED, "id": "wamid.2", "timestamp": "1795275500", "type": "text", "text": {"body": "a"}},
                ],
            }
        )
    )  # fmt: skip

    assert [(one.sender, one.user_id) for one in received.inbound] == [("", SCOPED), ("", SCOPED)]
    assert received.users == ()


def test_phone_and_scoped_id_are_learnt_together():
    """Once a call, however often it names them."""
    contacts = [{"wa_id": PERSON, "user_id": SCOPED}]
    received = hear(envelope({"contacts": contacts * 2, "messages": [wrote(type="text", text={"body": "oi"})]}))

    assert received.inbound[0].user_id == SCOPED
    assert received.users == (UserNews(user_id=SCOPED, phone=PERSON, at=NOW),)


def test_contacts_are_not_mixed_up():
    """A scoped id belongs to the phone beside it, not to the first one of the list."""
    contacts = [{"wa_id": "5521900000000", "user_id": "BR.1"}, {"wa_id": PERSON, "user_id": SCOPED}]
    received = hear(envelope({"contacts": contacts, "messages": [wrote(type="text", text={"body": "oi"})]}))

    assert received.inbound[0].user_id == SCOPED


def test_a_changed_number_is_news_of_the_person():
    """The old one ended."""
    system = {"body": "User Ana changed …", "wa_id": "5511911112222", "user_id": "BR.2", "type": "user_changed_number"}
    received = hear(envelope({"messages": [wrote(type="system", system=system)]}))

    assert received.inbound == ()
    assert received.passed_over == 0
    assert received.users == (
        UserNews(user_id="BR.2", phone="5511911112222", former=PERSON, at=1_795_275_500_000),
    )  # fmt: skip


def test_a_new_scoped_id_is_news_of_the_person():
    """Both ids are told, and neither is a phone."""
    told = {"wa_id": PERSON, "user_id": {"previous": SCOPED, "current": "BR.9"}, "timestamp": "1795275500"}
    received = hear(envelope({"user_id_update": [told, {"detail": "?"}]}, about="user_id_update"))

    assert received.users == (UserNews(user_id="BR.9", phone=PERSON, former=SCOPED, at=1_795_275_500_000),)
    assert received.passed_over == 1


def test_a_preference_without_a_phone_is_heard():
    """A stop by a scoped id is a stop."""
    told = {"user_id": SCOPED, "category": "marketing_messages", "value": "stop", "timestamp": 1_795_275_600}
    received = hear(envelope({"user_preferences": [told]}, about="user_preferences"))

    assert [(one.sender, one.user_id, one.wanted) for one in received.preferences] == [("", SCOPED, False)]


def test_two_choices_in_one_second_are_two():
    """And the same one twice is one."""
    told = {"wa_id": PERSON, "category": "marketing_messages", "value": "stop", "timestamp": 1_795_275_600}
    received = hear(envelope({"user_preferences": [told, {**told, "value": "resume"}, told]}, about="user_preferences"))

    assert len({one.event_key for one in received.preferences}) == 2


def chosen(value, sent_at, **told):
    document = envelope(
        {"user_preferences": [{"wa_id": PERSON, "category": "marketing_messages", "value": value, **told}]},
        about="user_preferences",
    )
    document["entry"][0]["time"] = sent_at
    return hear(document).preferences


@pytest.mark.parametrize("told", [{}, {"timestamp": None}, {"timestamp": "soon"}])
def test_a_choice_without_an_hour_of_its_own_has_that_of_its_notice(told):
    """The stop of today is not that of last year told again, and one that is told again is not a newer one."""
    first, again, later = (
        chosen("stop", sent_at, **told) for sent_at in (1_795_000_000, 1_795_000_000, 1_795_275_600)
    )  # fmt: skip

    assert first == again
    assert first[0].at == 1_795_000_000_000
    assert first[0].event_key != later[0].event_key


def test_a_choice_without_any_hour_ends_and_never_restores():
    """Nobody can say that it is newer than a stop."""
    assert [one.wanted for one in chosen("stop", None)] == [False]
    assert chosen("resume", None) == ()


def test_one_bad_piece_takes_nothing_with_it():
    """There may be a stop beside it."""
    bad = [None, 7, "x", [], {}, {"type": "text"}, {"id": "wamid.X", "type": "text", "from": {"a": 1}}]
    statuses = [{"id": "wamid.S", "status": "warning"}, {"status": "sent"}, {"id": "wamid.S", "status": "sent"}]
    value = {"messages": [*bad, wrote(type="text", text={"body": "sair"})], "statuses": statuses}
    document = envelope(value)
    document["entry"] = [None, {"id": BUSINESS}, *document["entry"]]

    received = hear(document)

    assert [one.text for one in received.inbound] == ["sair"]
    assert [one.kind for one in received.receipts] == [ReceiptKind.SENT]
    assert received.passed_over == len(bad) + 2 + 2
    assert "warning" in received.unknown


@pytest.mark.parametrize(
    "elsewhere", [{"number": "999"}, {"business": "888"}, {"number": "999", "business": "888"}]
)  # fmt: skip
def test_what_people_write_to_another_number_is_an_alarm(elsewhere):
    """A stop there is heard by nobody else: it must not go by silently."""
    received = hear(envelope({"messages": [wrote(type="text", text={"body": "sair"})]}, **elsewhere))

    assert received.inbound == ()
    assert received.passed_over == 1
    (alarm,) = received.alarms
    assert "heard by nobody" in alarm
    assert any(one in alarm for one in elsewhere.values())
    assert PERSON not in alarm


def test_templates_of_another_business_are_not_believed():
    """A name may be the same there."""
    value = {"event": "APPROVED", "message_template_name": "pedido_30b3e1", "message_template_language": "pt_BR"}
    received = hear(envelope(value, about="message_template_status_update", business="888"))

    assert received.templates == ()
    assert received.alarms


def template_told(about, **value):
    named = {"message_template_name": "pedido", "message_template_language": "pt_BR", "message_template_id": 7}
    return hear(envelope({**named, **value}, about=about))


def test_a_new_category_is_told_when_it_comes_and_announced_before():
    """The announcement changes nothing yet."""
    done = template_told("template_category_update", previous_category="UTILITY", new_category="MARKETING")
    coming = template_told("template_category_update", correct_category="MARKETING", new_category="UTILITY")

    expected = TemplateNews(
        name="pedido", language="pt_BR", at=1_795_275_900_000, template_id="7", category="marketing"
    )  # fmt: skip
    assert done.templates == (expected,)
    assert done.alarms == ()
    assert coming.templates[0].category == "utility"
    assert "marketing within 24 hours" in coming.alarms[0]


def test_a_template_that_somebody_edits_elsewhere_is_an_alarm():
    """What goes out is no longer what we wrote."""
    received = template_told("message_template_components_update", message_template_element="Outro texto")

    assert received.templates[0].reason == "components_updated"
    assert "edited" in received.alarms[0]


@pytest.mark.parametrize(
    ("about", "value", "words"),
    [
        ("account_alerts", {"alert_info": {"alert_type": "OBA_APPROVED", "alert_severity": "CRITICAL"}}, "CRITICAL"),
        ("account_alerts", {"alert_type": "INCREASED_CAPABILITIES", "alert_severity": "INFORMATIONAL"}, "INCREASED"),
        ("account_update", {"event": "ACCOUNT_RESTRICTION"}, "ACCOUNT_RESTRICTION"),
        ("phone_number_quality_update", {"event": "FLAGGED", "current_limit": "TIER_250"}, "FLAGGED, limit TIER_250"),
        ("business_capability_update", {"max_daily_conversations_per_business": 250}, "250"),
        ("phone_number_name_update", {"decision": "REJECTED"}, "REJECTED"),
        ("account_review_update", {"decision": "APPROVED"}, "APPROVED"),
        ("security", {"event": "PIN_CHANGED"}, "PIN_CHANGED"),
        ("messages", {"errors": [{"code": 130429, "message": "Rate limit"}]}, "130429"),
    ],
)
def test_news_of_the_account_is_an_alarm(about, value, words):
    """For whoever runs it."""
    received = hear(envelope(value, about=about))

    assert words in received.alarms[0]
    assert received.passed_over == 0


def test_fields_that_we_do_not_know_are_counted():
    """With Meta's own word."""
    received = hear(envelope({"calls": []}, about="calls"))

    assert (received.passed_over, received.unknown) == (1, ("calls",))


def test_an_address_that_was_not_reached_may_be_reached_tomorrow():
    """Meta does not say why (131026); what is about the message stays so."""
    failures = [
        {"id": f"wamid.{code}", "status": "failed", "errors": [{"code": code, "title": "x"}]}
        for code in (131026, 131050)
    ]  # fmt: skip
    first, second = hear(envelope({"statuses": failures})).receipts

    assert (first.rejection, first.permanent) == (Rejection.ADDRESS, False)
    assert (second.rejection, second.permanent) == (Rejection.OPTED_OUT, True)


def test_an_hour_that_lies_ahead_is_now():
    """A clock that is wrong elsewhere must not make an old word the newest."""
    for told in ("9795275500", "1" * 30, "x", None, -5):
        received = hear(envelope({"messages": [{**wrote(type="text", text={"body": "a"}), "timestamp": told}]}))
        assert received.inbound[0].at == NOW


notice_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "statuses", "contacts", "user_preferences", "metadata", "type", "text", "system", "id",
                 "from", "errors", "user_id_update", "wa_id", "status", "interactive", "button", "phone_number_id"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)  # fmt: skip
SOME_FIELDS = st.sampled_from(["messages", "user_preferences", "user_id_update", "account_alerts", "template_x", ""])


@given(notice_values, SOME_FIELDS)
def test_any_genuine_notice_can_be_read(value, about):
    """Whatever Meta adds: news, or a count."""
    hear({"object": "whatsapp_business_account", "entry": [{"id": BUSINESS, "changes": [{"field": about, "value": value}]}]})  # fmt: skip  # noqa: E501


def test_an_error_of_anything_is_none():
    """Only an object can be one."""
    assert graph_error("x") is None
    assert graph_error({"code": True}).code == -1
    assert graph_error({"code": "131026"}).rejection is Rejection.ADDRESS
