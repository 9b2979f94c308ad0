"""One voice at every door: what a campaign must not say, a reply must not say either, and data cannot make them."""

from __future__ import annotations

import json

import pytest

from orchestrator.app import App, SystemClock
from orchestrator.dispatch.register import Profile, register
from orchestrator.settings import Settings
from tests.doors.conftest import drained

MESSAGE = "templates/messages/order_confirmed.yaml"
REPLY = "templates/replies/troca.yaml"


def edit(path, before, after):
    text = path.read_bytes().decode()
    assert text.count(before) >= 1
    path.write_bytes(text.replace(before, after, 1).encode())


@pytest.fixture
def rude(shop):
    """A shop in which a message and a reply blame the customer and say "zap"."""
    for file, body in ((MESSAGE, "  body: |\n    "), (REPLY, "    body: |\n      ")):
        edit(shop / file, body, f"{body}Você esqueceu de responder no zap. ")
    return shop


@pytest.mark.usefixtures("rude")
def test_a_message_and_a_reply_break_the_same_rules(jogral):
    """Each at its own place, under the same code."""
    done = jogral("check", "--json")
    told = {(item["code"], item["file"]) for item in done.document["items"] if item["code"].startswith("BV")}
    assert told == {(code, file) for code in ("BV110", "BV120") for file in (MESSAGE, REPLY)}
    assert done.code == 1


def test_mending_touches_the_words_alone_and_ends(rude, jogral):
    """The better word is written, once, and the sentence that has no better one is left to its writer."""
    before = {path: path.read_text("utf-8") for path in rude.rglob("*.yaml")}
    jogral("check", "--fix")
    mended = {path: path.read_text("utf-8") for path in before}
    at_fault = {rude / MESSAGE, rude / REPLY}
    assert {path for path in before if mended[path] != before[path]} == at_fault
    assert all(mended[path] == before[path].replace("no zap.", "no WhatsApp.") for path in at_fault)
    jogral("check", "--fix")
    assert {path: path.read_text("utf-8") for path in before} == mended


def test_a_preview_shows_what_would_not_be_sent(shop, jogral):
    """With the words that the data brings."""
    edit(shop / "templates/personas/ana.yaml", 'number: "10234"', 'number: "10234, que você esqueceu"')
    done = jogral("preview", "order_confirmed", "--persona", "ana")
    assert "blame_customer" in done.out
    assert jogral("check").code == 0


RUDE = {"attributes": {"first_name": "Você esqueceu"}}
ABOUT = {"customer_id": "cus_ana", "objects": {"order": "ord_1"}}
ORDER = {"id": "o1", "source": "shop", "type": "order.placed", "customer": {"id": "cus_ana"},
         "data": {"order_id": "ord_1", "number": "1", "url": "https://casalume.example/p/1",
                  "promised_date": "2026-11-30"}}  # fmt: skip


def test_data_makes_nothing_rude_through_the_api(api, casa_lume):
    """A message and a reply end alike: told before a reply is stored, and at the worker where the data comes later."""
    assert api.post("/v1/events", ORDER).status == 202
    drained(casa_lume)
    message = api.post("/v1/messages", {"message": "order_confirmed", **ABOUT, "channels": {"all": ["email"]}},
                       Idempotency_Key="m")  # fmt: skip
    reply = api.post("/v1/replies/preferencias/send", {**ABOUT, "channel": "email"}, Idempotency_Key="r")
    assert (message.status, reply.status) == (202, 202), (message.json, reply.json)
    assert api.patch("/v1/customers/cus_ana", RUDE).status == 200
    drained(casa_lume)
    for asked in (message, reply):
        found = api.get(asked.headers["Location"]).json
        assert (found["state"], found["reason"]["code"]) == ("failed", "voice_error")
        assert found["reason"]["sentence"] == "The text breaks a rule of the brand voice."
        assert "blame_customer" in found["reason"]["detail"]
    refused = api.post("/v1/replies/preferencias/render", {**ABOUT, "channel": "email"})
    assert (refused.status, refused.json["code"]) == (422, "voice_error")


def test_data_makes_nothing_rude_through_the_command_line(shop, open_shop, ledger):
    """A worker stops the message, and an agent is told before there is a reply to stop."""
    with ledger.write() as transaction:
        bia = Profile(id="cus_bia", emails=("bia@example.com",), attributes=RUDE["attributes"])
        register(transaction, [bia], SystemClock())
    event = ORDER | {"customer": {"id": "cus_bia"}}
    assert open_shop("events", "send", "-", stdin=json.dumps(event)).code == 0
    drained(App(root=shop, settings=Settings(), store=ledger, clock=SystemClock()))
    told = open_shop("explain", "--customer", "cus_bia", "--message", "order_confirmed")
    assert "The text breaks a rule of the brand voice." in told.out
    assert "blame_customer" in told.out
    for command in ("render", "send"):
        refused = open_shop("reply", command, "preferencias", "--customer", "cus_bia", "--channel", "email")
        assert (refused.code, "blame_customer" in refused.err) == (2, True), refused.err


def test_all_that_is_wrong_is_said_in_the_language_of_who_reads_it(shop, jogral):
    """Every rule that is broken: in its own words to whoever reads them, in ours to others."""
    edit(shop / "templates/personas/ana.yaml", 'number: "10234"', 'number: "10234, que você esqueceu, é garantido"')
    english, portuguese = (
        next(item["error"] for item in done.document["items"] if item["channel"] == "sms")
        for done in (
            jogral("preview", "order_confirmed", "--persona", "ana", "--json", "--lang", language)
            for language in ("en", "pt-BR")
        )
    )
    assert [field["detail"] for field in english["fields"]] == [
        '"você esqueceu" is not said in this voice (blame_customer)',
        '"garantido" is not said in this voice (promise_words)',
    ]
    assert "'você esqueceu' culpa o cliente (blame_customer)" in portuguese["message"]
    assert len(portuguese["fields"]) == 2
