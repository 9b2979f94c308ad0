"""POST /v1/messages and GET /v1/messages/{id}: ask for a message, and see what became of it."""

from __future__ import annotations

import json
import re

import pytest

from orchestrator.dispatch.fire import fire
from orchestrator.dispatch.register import Profile, register
from tests.doors.conftest import drained, new_key
from tests.doors.test_api_events import placed

PATH = "/v1/messages"


@pytest.fixture
def order(api):
    """An order of Ana's, whose own message is sent and out of the way."""
    api.post("/v1/events", placed())
    return {"order": "ord_1"}


@pytest.fixture
def ask(api, order):
    """Ask for the confirmation of Ana's order, with whatever else is said."""

    def post(key="k1", **said):
        return api.post(PATH, {"message": "order_confirmed", "customer_id": "cus_ana", "objects": order} | said,
                        Idempotency_Key=key)  # fmt: skip

    return post


# --- asking ---------------------------------------------------------------------------------------------------------


def test_a_message_is_accepted_on_the_channels_that_have_words_for_it(ask, bell):
    """In our order of preference, because the caller named none."""
    reply = ask()
    assert reply.status == 202
    assert reply.headers["Location"] == f"{PATH}/{reply.json['id']}"
    assert reply.json["items"] == [
        {"id": reply.json["id"], "state": "accepted", "channels": ["email", "whatsapp", "sms", "push"]}
    ]
    assert bell.heard() == "transactional"


def test_each_of_all_is_a_delivery_and_the_first_reachable_is_one(ask):
    """A request is one delivery slot."""
    reply = ask(channels={"all": ["email", "sms"], "first_reachable": ["push", "whatsapp"]})
    assert [item["channels"] for item in reply.json["items"]] == [["email"], ["sms"], ["push", "whatsapp"]]


def test_fifty_posts_with_one_key_make_one_delivery(api, casa_lume, order):
    """All of them get the same answer."""
    body = {"message": "order_confirmed", "customer_id": "cus_ana", "objects": order}
    replies = api.calls([("POST", PATH, body, {"Idempotency_Key": "k1"})] * 50)
    assert {reply.status for reply in replies} == {202}
    assert len({reply.body for reply in replies}) == 1
    with casa_lume.store.read() as transaction:
        assert transaction.deliveries.tally()["order_confirmed"] == {"accepted": 2}  # the order's own, and this one


def test_a_key_that_was_forgotten_asks_again(ask, casa_lume):
    """First answers are kept for seven days; after them the same key is a new wish, not an error."""
    first = ask()
    with casa_lume.store.write() as transaction:
        transaction.ledger.forget_answers(casa_lume.clock.now() + 1)
    assert ask().json["id"] != first.json["id"]


def test_another_body_under_a_used_key_is_refused(ask):
    """The key is a promise that the wish is the same."""
    ask()
    reply = ask(locale="pt-BR")
    assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")


def test_a_message_needs_a_key(api):
    """Nobody could tell a second try from a second wish."""
    reply = api.post(PATH, {"message": "order_confirmed", "customer_id": "cus_ana"})
    assert (reply.status, reply.json["code"]) == (400, "idempotency_key_required")


@pytest.mark.parametrize(
    "customer", [{"id": "cus_ana"}, {"email": "ana@example.com"}, {"external_id": "4711", "source": "shop"}]
)
def test_the_customer_can_be_named_in_other_ways(api, ask, customer):
    """As events name them."""
    reply = ask(customer_id=None, customer=customer)
    assert api.get(reply.headers["Location"]).json["customer_id"] == "cus_ana"


@pytest.mark.parametrize(
    ("said", "status", "code", "pointers"),
    [
        ({"message": "order_confrmed"}, 404, "unknown_message", ["#/message"]),
        ({"customer_id": "cus_nobody"}, 404, "unknown_customer", None),
        ({"customer_id": None, "customer": {"email": "x@example.com"}}, 422, "unknown_customer", ["#/customer"]),
        ({"customer_id": None}, 422, "invalid_input", ["#"]),
        ({"customer": {"id": "cus_ana"}}, 422, "invalid_input", ["#"]),
        ({"channels": {}}, 422, "invalid_input", ["#/channels"]),
        ({"channels": {"all": ["email"], "first_reachable": ["email"]}}, 422, "invalid_input", ["#/channels"]),
        ({"channels": {"all": ["fax"]}}, 422, "invalid_input", ["#/channels/all/0"]),
        ({"message": "review_request", "channels": {"all": ["sms"]}}, 422, "silent_channel", None),
        ({"objects": {"order": "ord_2"}}, 422, "unknown_object", ["#/objects/order"]),
        ({"not_after": "tomorrow"}, 422, "invalid_input", ["#/not_after"]),
        ({"locale": "Portuguese"}, 422, "invalid_input", ["#/locale"]),
        ({"chanels": {}}, 422, "invalid_input", ["#/chanels"]),
    ],
)
def test_a_message_that_cannot_be_is_refused_with_the_pointer(ask, said, status, code, pointers):
    """Before anything is stored."""
    reply = ask(**said)
    assert (reply.status, reply.json["code"]) == (status, code)
    if pointers is not None:
        assert reply.pointers == pointers


def test_another_customers_order_is_never_told(ask, casa_lume):
    """Its number, dates and links are theirs."""
    with casa_lume.store.write() as transaction:
        register(transaction, [Profile(id="cus_bruno", emails=("bruno@example.com",))], casa_lume.clock)
    reply = ask(customer_id="cus_bruno")
    assert (reply.status, reply.json["code"]) == (422, "unknown_object")


def test_values_that_come_along_need_no_object(ask):
    """They win over what the ledger knows, and stand where it knows nothing."""
    reply = ask(
        objects={"order": "ord_9"},
        data={"order": {"number": "9", "url": "https://casalume.example/p/9", "promised_date": "2026-12-01"}},
    )
    assert reply.status == 202


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_message_that_waits_says_so(api, ask):
    """With what to do if it waits for long."""
    shown = api.get(ask().headers["Location"]).json
    assert shown["state"] == "accepted"
    assert shown["reason"]["code"] == ""
    assert shown["reason"]["sentence"] == "It waits for a worker."
    assert shown["accepted_at"] == "2026-11-25T09:00:00-03:00"
    assert shown["objects"] == {"order": "ord_1"}


def test_a_sent_message_shows_its_words_and_its_decision(api, ask, casa_lume):
    """What the customer read, what it promised, and every gate it passed."""
    location = ask(channels={"all": ["email"]}).headers["Location"]
    drained(casa_lume)
    shown = api.get(location).json
    assert shown["state"] == "sent"
    assert shown["reason"]["sentence"] == "The provider took it."
    assert (shown["channel"], shown["account"], shown["address"]) == ("email", "email", "a••@example.com")
    assert shown["rendering"]["subject"] == "Pedido 1 confirmado"
    (claim,) = shown["rendering"]["claims"]
    assert (claim["name"], claim["value"]) == ("promised_date", "2026-11-30")
    (decision,) = shown["decisions"]
    assert decision["verdict"] == "send"
    assert [step["gate"] for step in decision["trace"]][-1] == "route"
    assert shown["receipts"] == []


def test_the_letters_html_comes_only_when_it_is_asked_for(api, ask, casa_lume):
    """It is long, and the text says the same."""
    location = ask(channels={"all": ["email"]}).headers["Location"]
    drained(casa_lume)
    assert "html" not in api.get(location).json["rendering"] or api.get(location).json["rendering"]["html"] == ""
    assert "<html" in api.get(f"{location}?content=html").json["rendering"]["html"]
    assert api.get(f"{location}?content=pdf").pointers == ["?content"]


def test_nobody_can_act_as_the_customer_with_what_they_are_shown(api, casa_lume):
    """Whoever reads messages would else prove a request of theirs, and fetch all that we hold."""
    asked = api.post("/v1/privacy/requests", {"kind": "export", "customer": {"id": "cus_ana"}})
    assert asked.status == 201
    drained(casa_lume)
    message = api.get("/v1/decisions").json["data"][0]["message_id"]
    said = api.get(f"/v1/messages/{message}?content=html").json["rendering"]
    with casa_lume.store.read() as transaction:
        (kept,) = transaction.inbox.page(before=None, limit=5, channel="email")
    (link,) = set(re.findall(r"/v/[\w.-]+", kept["content"]["text"]))
    assert len(link) > 50
    assert link not in json.dumps(said)
    assert "/v/…" in said["text"]
    assert "/v/…" in said["html"]


def test_a_phone_is_masked_too(api, ask, casa_lume):
    """Enough of it to recognise, not enough to call."""
    location = ask(channels={"all": ["sms"]}).headers["Location"]
    drained(casa_lume)
    reply = api.get(location)
    assert reply.json["address"] == "+55 11 9••••-5678"
    assert b"+5511912345678" not in reply.body


def test_a_blocked_message_says_why_in_the_callers_language(api, ask, casa_lume):
    """The code for programs, a sentence and what to do for people."""
    location = ask(message="review_request").headers["Location"]
    drained(casa_lume)
    shown = api.get(location, Accept_Language="pt-BR").json
    assert shown["state"] == "blocked"
    assert shown["reason"]["code"] == "no_consent"
    assert shown["reason"]["sentence"] == "O cliente não autorizou este tópico em nenhum dos canais pedidos."
    assert shown["reason"]["action"].startswith("Peça o consentimento ao cliente")
    gates = [(step["gate"], step["result"], step["channel"]) for step in shown["decisions"][0]["trace"]]
    assert ("consent", "next", "email") in gates
    assert api.get(location).json["reason"]["sentence"].startswith("The customer has not agreed")


def test_what_stood_in_the_way_is_told_in_the_callers_language(api, ask, casa_lume):
    """The worker stored it, who did not know who would read it."""
    location = ask(objects={}, data={"order": {"url": "https://casalume.example/p/9"}}).headers["Location"]
    drained(casa_lume)

    english = api.get(location).json["reason"]["detail"]
    portuguese = api.get(location, Accept_Language="pt-BR").json["reason"]["detail"]

    assert english.startswith('message "order_confirmed" needs order.')
    assert portuguese.startswith('a mensagem "order_confirmed" precisa de order.')


def test_a_message_that_nobody_asked_for_is_not_found(api):
    """A problem, not an empty page."""
    reply = api.get(f"{PATH}/msg_nothing")
    assert (reply.status, reply.json["code"]) == (404, "not_found")


def test_whoever_sends_may_read(casa_lume, api):
    """Either scope is enough."""
    for scope in ("messages:read", "messages:send"):
        assert api.with_key(new_key(casa_lume, scope)).get(f"{PATH}/msg_nothing").status == 404


# --- later ----------------------------------------------------------------------------------------------------------


def test_a_message_for_later_waits_for_its_time(ask, api, casa_lume):
    """Accepted at once, due by the customer's clock; no worker looks at it before."""
    reply = ask(send_at="2026-12-01T09:00")
    assert reply.status == 202
    shown = api.get(reply.headers["Location"], Accept_Language="pt-BR").json
    assert (shown["state"], shown["due_at"]) == ("accepted", "2026-12-01T09:00:00-03:00")
    assert shown["reason"]["sentence"] == "Espera a hora para a qual foi pedida."
    drained(casa_lume)
    assert api.get(reply.headers["Location"]).json["decisions"] == []


def test_what_was_asked_for_later_is_sent_then(ask, api, casa_lume):
    """Under the id that was answered when it was asked for."""
    location = ask(send_at="2026-11-25T09:30:00-03:00").headers["Location"]
    casa_lume.clock.advance(minutes=30)
    fire(casa_lume.store, casa_lume.clock.now())
    drained(casa_lume)
    shown = api.get(location).json
    assert (shown["state"], shown["due_at"]) == ("sent", "2026-11-25T09:30:00-03:00")
    assert shown["accepted_at"] == "2026-11-25T09:00:00-03:00"


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ({"send_at": "2026-12-01T09:00", "zone": "America/Manaus"}, "2026-12-01T10:00:00-03:00"),
        ({"send_at": "2026-12-01T09:00:00", "zone": "project"}, "2026-12-01T09:00:00-03:00"),
        ({"send_at": "2026-12-01T09:00:00Z"}, "2026-12-01T06:00:00-03:00"),
    ],
)
def test_the_zone_of_a_time_may_be_named(ask, api, said, due):
    assert api.get(ask(**said).headers["Location"]).json["due_at"] == due


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"send_at": "tomorrow"}, "#/send_at", "time_format"),
        ({"send_at": "2026-13-01T09:00"}, "#/send_at", "time_format"),
        ({"send_at": "2026-12-01T09:00", "zone": "Sao Paulo"}, "#/zone", "time_zone_format"),
        ({"send_at": "2026-12-01T09:00:00Z", "zone": "project"}, "#", "zone_needs_wall"),
        ({"zone": "project"}, "#", "zone_needs_wall"),
        ({"send_at": "2026-12-01T09:00", "not_after": "2026-11-30T00:00:00Z"}, "#/send_at", "due_too_late"),
        ({"send_at": "2025-12-01T09:00"}, "#/send_at", "past_time"),
        ({"send_at": "2026-11-25T07:59:00-03:00"}, "#/send_at", "past_time"),
        ({"send_at": "2028-12-01T09:00"}, "#/send_at", "too_far"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(ask, said, pointer, code):
    reply = ask(**said)
    assert (reply.status, reply.pointers) == (422, [pointer])
    assert reply.json["errors"][0]["code"] == code
