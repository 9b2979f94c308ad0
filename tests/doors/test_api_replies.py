"""/v1/replies: support's answers through the API and the worker, with the facts of now and the gate of any message."""

from __future__ import annotations

from copy import deepcopy

import pytest

from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from tests.doors.conftest import drained, new_key
from tests.doors.replies import THANKS, WHERE, with_replies
from tests.doors.test_api_events import placed

PATH = "/v1/replies/cade_pedido"
STEP = {"ticket.next_step": "Te aviso quando sair."}


@pytest.fixture
def release(release):
    """Casa Lume with two replies of ours."""
    return with_replies(release)


@pytest.fixture
def shipped(api, casa_lume):
    """Ana's order, which is on its way; what was sent because of it is sent."""
    api.post("/v1/events", placed())
    happened(api, "shipment.eta_changed", promised_date="2026-11-30", estimated_date="2026-12-02")
    drained(casa_lume)
    return api


@pytest.fixture
def render(shipped):
    """What the reply says to Ana about her order."""
    return lambda **said: shipped.post(f"{PATH}/render", about(**said))


@pytest.fixture
def send(shipped):
    """Send it to her."""

    def post(key="k1", **said):
        return shipped.post(f"{PATH}/send", about(**said), Idempotency_Key=key)

    return post


def about(**said):
    wanted = {"customer_id": "cus_ana", "order_id": "ord_1", "channel": "whatsapp", "ask": STEP} | said
    return {name: value for name, value in wanted.items() if value is not None}


def happened(api, kind, **data):
    reply = api.post(
        "/v1/events",
        {"id": f"{kind}-{len(str(data))}-{data.get('estimated_date')}", "source": "wms", "type": kind,
         "data": {"order_id": "ord_1", **data}},
    )  # fmt: skip
    assert reply.status == 202, reply.json


def withdraw(api, topic):
    said = {"consents": [{"topic": topic, "channel": "whatsapp", "state": "withdrawn"}]}
    assert api.patch("/v1/customers/cus_ana", said).status == 200


def outcome(api, reply):
    """What became of a reply that was sent."""
    return api.get(reply.headers["Location"]).json


# --- finding --------------------------------------------------------------------------------------------------------


def test_replies_are_found_by_shortcut_and_words(api):
    """The best match first, with what the agent will be asked."""
    found = api.get("/v1/replies?q=%2Fcade").json
    assert [one["id"] for one in found["data"]] == ["cade_pedido"]
    assert found["data"][0]["ask"] == [
        {"path": "ticket.next_step", "label": "Próximo passo", "type": "string", "max_length": 120, "choices": []}
    ]
    assert [one["id"] for one in api.get("/v1/replies?q=RASTREIO").json["data"]] == ["cade_pedido"]
    assert api.get("/v1/replies?q=aluguel").json == {"data": [], "next_cursor": None}


def test_all_replies_come_page_by_page(api):
    """Each once."""
    first = api.get("/v1/replies?limit=1")
    assert [one["id"] for one in first.json["data"]] == ["cade_pedido"]
    second = api.get(first.headers["Link"].split(">")[0].lstrip("<"))
    assert [one["id"] for one in second.json["data"]] == ["agradecimento"]
    assert second.json["next_cursor"] is None


# --- rendering ------------------------------------------------------------------------------------------------------


def test_a_reply_says_what_the_facts_say(render):
    """And since when they do."""
    reply = render()
    assert reply.status == 200, reply.json
    assert reply.json["text"] == "O pedido 1 chega até quarta-feira, 2 de dezembro. Te aviso quando sair."
    assert (reply.json["variant"], reply.json["missing"], reply.json["contradictions"]) == (1, [], [])
    (claim,) = reply.json["claims"]
    assert (claim["name"], claim["value"], claim["fact"]) == ("new_date", "2026-12-02", "shipment.estimated_date")
    assert claim["age_seconds"] == 0


def test_nothing_has_a_hole(render):
    """What is missing is named, and there is no text until it is there."""
    reply = render(ask={})
    assert reply.json["text"] == ""
    (missing,) = reply.json["missing"]
    assert (missing["path"], missing["label"]) == ("ticket.next_step", "Próximo passo")
    assert [one["path"] for one in render(order_id=None).json["missing"]] == ["order.number"]


def test_what_the_customer_was_promised_is_shown(shipped, render, casa_lume):
    """On whichever channel; and whether it still holds. A date that was only taken back is no promise."""
    assert [(one["value"], one["status"]) for one in render().json["already_promised"]] == [
        ("2026-11-30", "superseded")
    ]
    delayed = {"message": "order_delayed", "customer_id": "cus_ana", "objects": {"order": "ord_1", "shipment": "ord_1"}}
    assert shipped.post("/v1/messages", delayed, Idempotency_Key="delayed").status == 202
    drained(casa_lume)
    promised = render().json["already_promised"]
    assert {(one["message"], one["value"], one["status"]) for one in promised} == {
        ("order_delayed", "2026-12-02", "current"),
        ("order_confirmed", "2026-11-30", "superseded"),
    }
    assert shipped.get(f"/v1/messages/{promised[0]['message_id']}").json["state"] == "sent"


def test_a_promise_holds_no_longer_than_its_fact(shipped, send, casa_lume, clock):
    """Whether the reply at hand speaks of it or not, and before any message says the new date."""
    clock.advance(seconds=60)
    send()
    drained(casa_lume)
    thanks = {"customer_id": "cus_ana", "channel": "whatsapp"}

    def promised():
        answer = shipped.post("/v1/replies/agradecimento/render", thanks).json
        return {(one["message"], one["value"], one["status"]) for one in answer["already_promised"]}

    assert ("cade_pedido", "2026-12-02", "current") in promised()
    happened(shipped, "shipment.eta_changed", promised_date="2026-11-30", estimated_date="2026-12-04")
    assert ("cade_pedido", "2026-12-02", "superseded") in promised()


def test_what_the_gate_would_say_is_said_before_anything_is_sent(shipped, render):
    """Whether the customer can be reached, and wants it, and nothing is paused."""
    assert (render().json["would_send"], render().json["reason"], render().json["why"]) == (True, "", "")
    missing = render(ask={}).json
    assert (missing["would_send"], missing["reason"]) == (False, "missing_variable")

    pause = {"scope": "channel", "subject": "whatsapp"}
    assert shipped.post("/v1/pauses", pause).status == 201
    held = render(ask={}).json
    why = "Its journey, message, channel or account is paused."
    assert (held["would_send"], held["reason"], held["why"]) == (False, "paused", why)
    shipped.call("DELETE", "/v1/pauses?scope=channel&subject=whatsapp")

    withdraw(shipped, "support")
    assert render().json["reason"] == "consent_withdrawn"
    assert render(channel="email").json["would_send"] is True


def test_a_question_is_answered_whoever_silenced_the_news(shipped, send, casa_lume):
    """Who wants no order updates has still asked."""
    withdraw(shipped, "order_updates")
    reply = send()
    drained(casa_lume)
    assert outcome(shipped, reply)["state"] == "sent"


def test_words_in_another_language_are_advised_against(render):
    """They may be what the customer wants, and are sent all the same."""
    reply = render(text="Hi Ana, your order is on its way and will be there by 2 de dezembro.")
    (advice,) = reply.json["warnings"]
    assert (advice["rule"], advice["code"]) == ("language", "other_language")
    assert reply.json["text"]


def test_an_edit_is_compared_with_the_facts(render):
    """In a sentence that names both."""
    (one,) = render(text="O pedido 1 chega até quinta-feira, 3 de dezembro.").json["contradictions"]
    assert (one["claim"], one["kind"]) == ("new_date", "delivery_date")
    assert "3 de dezembro" in one["wrote"]
    assert one["fact"] == "quarta-feira, 2 de dezembro"
    assert one["wrote"] in one["detail"]
    assert one["fact"] in one["detail"]


def test_nothing_is_stored_by_rendering(render, casa_lume):
    """However often an agent looks."""
    with casa_lume.store.read() as transaction:
        before = transaction.deliveries.tally()
    render()
    with casa_lume.store.read() as transaction:
        assert transaction.deliveries.tally() == before


@pytest.mark.parametrize(
    ("said", "status", "code", "pointers"),
    [
        ({"customer_id": "cus_nobody"}, 404, "unknown_customer", None),
        ({"customer_id": None}, 422, "invalid_input", ["#"]),
        ({"order_id": "ord_2"}, 422, "unknown_object", ["#/objects/order"]),
        ({"objects": {"order": "ord_1"}}, 422, "invalid_input", ["#"]),
        ({"channel": "push"}, 422, "silent_channel", None),
        ({"channel": "fax"}, 422, "invalid_input", ["#/channel"]),
        ({"ask": {"ticket.nextstep": "x"}}, 422, "unknown_ask", None),
        ({"text": ""}, 422, "invalid_input", ["#/text"]),
        ({"text": "Você esqueceu de pagar."}, 422, "voice_error", None),
        ({"ask": {"ticket.next_step": "Você esqueceu de pagar."}}, 422, "voice_error", None),
    ],
)
def test_a_reply_that_cannot_be_is_refused(render, send, said, status, code, pointers):
    """The same at both doors, and before anything is stored."""
    for reply in (render(**said), send(**said)):
        assert (reply.status, reply.json["code"]) == (status, code), reply.json
        if pointers is not None:
            assert reply.pointers == pointers


def test_a_silent_channel_says_where_it_is_said(render):
    """An agent may ask on another."""
    assert "It is said on: email, whatsapp, sms." in render(channel="push").json["detail"]


def test_a_shortcut_names_a_reply_too(shipped):
    """Agents know those better than ids."""
    assert shipped.post("/v1/replies/cade/render", about()).json["reply"] == "cade_pedido"


def test_an_unknown_reply_says_what_was_meant(api):
    """A misspelt id is not silence."""
    reply = api.post("/v1/replies/cade_pedid/render", about())
    assert (reply.status, reply.json["code"]) == (404, "unknown_reply")
    assert "cade_pedido" in reply.json["detail"]


def test_another_customers_order_is_never_told(render, casa_lume):
    """Its number and dates are theirs."""
    with casa_lume.store.write() as transaction:
        register(transaction, [Profile(id="cus_bia", emails=("bia@example.com",))], casa_lume.clock)
    reply = render(customer_id="cus_bia")
    assert (reply.status, reply.json["code"]) == (422, "unknown_object")


def test_replies_need_their_own_scope(api, casa_lume):
    """An order system's key says nothing for support."""
    stranger = api.with_key(new_key(casa_lume, "messages:send"))
    assert stranger.get("/v1/replies").status == 403
    support = api.with_key(new_key(casa_lume, "replies:use"))
    assert support.get("/v1/replies").status == 200


# --- sending --------------------------------------------------------------------------------------------------------


def test_what_was_rendered_is_sent(shipped, render, send, casa_lume, bell):
    """Preview bytes are sent bytes, and the promise is in the ledger."""
    text = render().json["text"]
    bell.rings.queue.clear()
    reply = send()
    assert (reply.status, reply.json["state"]) == (202, "accepted")
    assert bell.heard() == "transactional"
    drained(casa_lume)
    sent = outcome(shipped, reply)
    assert (sent["state"], sent["channel"], sent["message"], sent["origin"]) == (
        "sent", "whatsapp", "cade_pedido", "reply",
    )  # fmt: skip
    assert sent["rendering"]["text"] == text
    assert [(one["name"], one["value"]) for one in sent["rendering"]["claims"]] == [("new_date", "2026-12-02")]
    assert "cade_pedido" in {one["message"] for one in render().json["already_promised"]}


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_it_is_sent_where_the_customer_asked(shipped, send, casa_lume, channel):
    """The same facts in the channel's own shape."""
    reply = send(channel=channel)
    drained(casa_lume)
    sent = outcome(shipped, reply)
    assert (sent["state"], sent["channel"]) == ("sent", channel)
    assert "Te aviso quando sair." in sent["rendering"]["text"]


def test_a_key_means_one_reply(send):
    """A second try is answered like the first, and another body under the same key is refused."""
    first, again = send(), send()
    assert first.body == again.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(channel="sms").json["code"] == "idempotency_key_reused"


def test_sending_needs_a_key(shipped):
    """Nobody could tell a second try from a second wish."""
    reply = shipped.post(f"{PATH}/send", about())
    assert (reply.status, reply.json["code"]) == (400, "idempotency_key_required")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [({"ask": {}}, "#/ask/ticket.next_step"), ({"text": "O pedido [NÚMERO] chega até 2 de dezembro."}, "#")],
)
def test_nothing_is_sent_with_a_hole(send, said, pointer):
    """The agent is told what to answer."""
    reply = send(**said)
    assert (reply.status, reply.json["code"]) == (422, "missing_variable")
    assert reply.pointers == [pointer]


def test_own_words_need_no_answer_that_they_do_not_give(shipped, send, casa_lume):
    """What a reply asks for is asked for its own text."""
    reply = send(ask={}, text="O pedido 1 chega até 2 de dezembro.")
    assert reply.status == 202, reply.json
    drained(casa_lume)
    assert outcome(shipped, reply)["state"] == "sent"


def test_a_contradiction_needs_a_reason(shipped, send, casa_lume):
    """Which is recorded with the request and in the trace, and so is what the customer was really told."""
    words = "O pedido 1 chega até quinta-feira, 3 de dezembro."
    refused = send(text=words)
    assert (refused.status, refused.json["code"], refused.pointers) == (422, "claim_contradicted", ["#/text"])
    assert "3 de dezembro" in refused.json["detail"]
    assert "2 de dezembro" in refused.json["detail"]

    reply = send("k2", text=words, reason="Combinado com a transportadora")
    assert reply.status == 202
    assert [one["claim"] for one in reply.json["contradictions"]] == ["new_date"]
    drained(casa_lume)
    sent = outcome(shipped, reply)
    assert (sent["state"], sent["rendering"]["text"]) == ("sent", words)
    told = sent["rendering"]["claims"][0]
    assert (told["value"], "3 de dezembro" in told["text"]) == ("2026-12-03", True)
    assert {
        "gate": "read_back",
        "result": "pass",
        "channel": "",
        "detail": "agent: Combinado com a transportadora",
    } in (sent["decisions"][-1]["trace"])
    with casa_lume.store.read() as transaction:
        kept = transaction.deliveries.get(sent["id"])["data"]["reply"]
    assert (kept["reason"], kept["text"], kept["by"]) == ("Combinado com a transportadora", words, "test")


def test_a_date_that_was_overruled_is_a_promise_like_any_other(shipped, render, send, casa_lume):
    """It does not hold while the facts say another, and does once they say so too."""
    send(text="O pedido 1 chega até quinta, 3 de dezembro.", reason="Combinado")
    drained(casa_lume)

    def promised():
        return {(one["value"], one["status"]) for one in render().json["already_promised"]}

    assert ("2026-12-03", "superseded") in promised()
    happened(shipped, "shipment.eta_changed", promised_date="2026-11-30", estimated_date="2026-12-03")
    assert ("2026-12-03", "current") in promised()


def test_an_answer_that_was_overruled_is_a_promise_too(shipped, send, casa_lume):
    """It stands in the reply's own text, beside the date of the facts: the customer has read both."""
    reply = send(ask={"ticket.next_step": "Deve chegar antes, em 1º de dezembro."}, reason="Falei com o motorista")
    assert reply.status == 202, reply.json
    drained(casa_lume)
    told = outcome(shipped, reply)["rendering"]["claims"]
    assert {one["value"] for one in told} == {"2026-12-02", "2026-12-01"}


def test_own_words_are_sent_as_they_were_approved(shipped, send, casa_lume):
    """In an e-mail too, which has no HTML then: nobody approved any."""
    words = "Oi, Ana. O pedido 1 chega até 2 de dezembro, combinado?"
    reply = send(text=words, channel="email")
    assert reply.status == 202, reply.json
    assert reply.json["contradictions"] == []
    drained(casa_lume)
    sent = outcome(shipped, reply)
    assert (sent["state"], sent["rendering"]["text"]) == ("sent", words)
    assert shipped.get(reply.headers["Location"] + "?content=html").json["rendering"]["html"] == ""


def test_own_words_are_not_sent_when_their_facts_have_changed(shipped, send, casa_lume):
    """The agent compared them with another date: only they can say what is so now."""
    reply = send(text="O pedido 1 chega até 2 de dezembro, combinado?")
    happened(shipped, "shipment.eta_changed", promised_date="2026-11-30", estimated_date="2026-12-04")
    drained(casa_lume)
    stopped = outcome(shipped, reply)
    assert (stopped["state"], stopped["reason"]["code"]) == ("failed", "claim_contradicted")
    assert "2026-12-02" in stopped["reason"]["detail"]
    assert "2026-12-04" in stopped["reason"]["detail"]
    assert "rendering" not in stopped


def test_a_reply_as_it_is_written_says_the_facts_of_now(shipped, send, casa_lume):
    """It is rendered when it is sent, as every message."""
    reply = send()
    happened(shipped, "shipment.eta_changed", promised_date="2026-11-30", estimated_date="2026-12-04")
    drained(casa_lume)
    assert "4 de dezembro" in outcome(shipped, reply)["rendering"]["text"]


def test_a_reply_about_what_is_no_longer_so_is_not_sent(shipped, send, casa_lume):
    """Another variant would say it now, and the agent has not read that one."""
    reply = send()
    happened(shipped, "shipment.delivered", status="delivered")
    drained(casa_lume)
    assert outcome(shipped, reply)["reason"]["code"] == "claim_contradicted"


def test_the_gate_is_asked_as_for_any_message(shipped, send, casa_lume):
    """What is paused is held, and goes on with the pause."""
    pause = {"scope": "message", "subject": "cade_pedido"}
    assert shipped.post("/v1/pauses", pause).status == 201
    reply = send()
    drained(casa_lume)
    assert (outcome(shipped, reply)["state"], outcome(shipped, reply)["reason"]["code"]) == ("held", "paused")
    shipped.call("DELETE", "/v1/pauses?scope=message&subject=cade_pedido")
    drained(casa_lume)
    assert outcome(shipped, reply)["state"] == "sent"


def test_a_voice_that_changed_stops_what_waits(shipped, send, casa_lume, release):
    """The rules of the moment hold at the worker too, for support as for marketing."""
    reply = send(text="O pedido 1 chega até 2 de dezembro, combinado?")
    voice = release.voice.model_dump(mode="json")
    voice["rules"].append({"id": "no_deal", "extends": "existence", "level": "error", "tokens": ["combinado"],
                           "message": "Sem combinados: '%s'"})  # fmt: skip
    stricter = with_replies(release, voice=type(release.voice).model_validate(voice))
    publish(casa_lume.store, stricter, casa_lume.clock.now())
    drained(casa_lume)
    stopped = outcome(shipped, reply)
    assert (stopped["state"], stopped["reason"]["code"]) == ("failed", "voice_error")


def test_the_same_voice_stops_a_reply_and_a_campaign(shipped, send, casa_lume):
    """At the worker, by the words that a customer's data brings: one voice, one rule, one reason."""
    reply = send(channel="email")
    wanted = {"message": "order_confirmed", "customer_id": "cus_ana", "objects": {"order": "ord_1"},
              "channels": {"all": ["email"]}}  # fmt: skip
    message = shipped.post("/v1/messages", wanted, Idempotency_Key="message")
    assert shipped.patch("/v1/customers/cus_ana", {"attributes": {"first_name": "Você esqueceu"}}).status == 200
    drained(casa_lume)
    for stopped in (outcome(shipped, reply), outcome(shipped, message)):
        assert (stopped["state"], stopped["reason"]["code"]) == ("failed", "voice_error")


def test_a_reply_that_was_taken_out_is_not_sent(shipped, send, casa_lume, release):
    """It has no words on any channel then."""
    reply = send()
    publish(casa_lume.store, with_replies(release, THANKS), casa_lume.clock.now())
    drained(casa_lume)
    assert (outcome(shipped, reply)["state"], outcome(shipped, reply)["reason"]["code"]) == ("skipped", "channel_off")


def test_a_variant_that_was_taken_out_is_not_sent(shipped, send, casa_lume, release):
    """What the agent approved is not there any more."""
    reply = send()
    fewer = deepcopy(WHERE)
    fewer["variants"] = fewer["variants"][2:]
    publish(casa_lume.store, with_replies(release, fewer), casa_lume.clock.now())
    drained(casa_lume)
    assert outcome(shipped, reply)["reason"]["code"] == "claim_contradicted"
