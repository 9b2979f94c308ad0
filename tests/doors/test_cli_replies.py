"""`jogral reply`: found, said to a persona or a customer, and sent."""

from __future__ import annotations

import json
import shutil

import pytest

from orchestrator.app import SystemClock
from orchestrator.dispatch.accept import CustomerReference, EventDesk, IncomingEvent
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from tests.doors.replies import THANKS, WHERE, with_replies

STEP = ("--ask", "ticket.next_step=Te aviso quando sair.")
ORDER = {"number": "1", "url": "https://casalume.example/p/1", "promised_date": "2026-11-30"}
TO_ANA = ("cade_pedido", "--customer", "ana@example.com", "--object", "order=ord_1", *STEP)


@pytest.fixture(autouse=True)
def replies(shop):
    """The shop has our two replies, and no others."""
    folder = shop / "templates/replies"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for one in (WHERE, THANKS):
        (folder / f"{one['id']}.yaml").write_text(json.dumps(one, ensure_ascii=False))


@pytest.fixture
def shipped(jogral, ledger, release):
    """The command, where Ana has an order that is on its way."""
    ours, clock = with_replies(release), SystemClock()
    publish(ledger, ours, clock.now())
    with ledger.write() as transaction:
        ana = Profile(id="cus_ana", emails=("ana@example.com",), phones=("+5511912345678",))
        register(transaction, [ana], clock)
        told = [("order.placed", ORDER), ("shipment.eta_changed", {"promised_date": "2026-11-30",
                                                                   "estimated_date": "2026-12-02"})]  # fmt: skip
        events = [
            IncomingEvent(source="shop", id=kind, type=kind, occurred_at=clock.now(),
                          data={"order_id": "ord_1", **data}, customer=CustomerReference(id="cus_ana"))
            for kind, data in told
        ]  # fmt: skip
        EventDesk(release=ours, clock=clock, journeys=()).accept(transaction, events)
    return jogral


# --- search ---------------------------------------------------------------------------------------------------------


def test_replies_are_found_by_what_an_agent_types(jogral):
    """A shortcut, or words of the customer's; all of them without any."""
    assert jogral("reply", "search", "/cade").out == "/cade  Cadê meu pedido?  cade_pedido  ticket.next_step\n"
    assert "cade_pedido" in jogral("reply", "search", "RASTREIO").out
    assert [line.split()[0] for line in jogral("reply", "search").out.splitlines()] == ["/cade", "/obrigado"]
    assert jogral("reply", "search", "aluguel").out == "No reply is about that.\n"


def test_programs_get_one_document_of_what_was_found(jogral):
    """With the words of the API."""
    document = jogral("reply", "search", "/obrigado", "--json").document
    assert (document["schema"], document["ok"]) == ("jogral.reply.search/1", True)
    assert document["items"] == [
        {"id": "agradecimento", "title": "Obrigado pelo contato", "shortcut": "/obrigado", "keywords": [],
         "topic": "support", "stage": "support", "owner": "atendimento", "ask": []}
    ]  # fmt: skip


# --- render ---------------------------------------------------------------------------------------------------------


def test_a_reply_is_said_to_a_persona_without_a_ledger(jogral):
    """From the files as they are, by id or by shortcut."""
    done = jogral("reply", "render", "/cade", "--persona", "ana", *STEP)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("cade_pedido · WhatsApp · pt-BR\n\nO pedido 10234 chega até ")
    assert "new_date" in done.out
    document = jogral(
        "reply", "render", "cade_pedido", "--persona", "ana", *STEP, "--channel", "sms", "--json"
    ).document
    assert (document["schema"], document["ok"], document["channel"]) == ("jogral.reply.render/1", True, "sms")
    assert document["text"].startswith("Casa Lume: ")


def test_a_reply_is_said_to_a_customer_with_the_facts_of_now(shipped):
    """And since when they are known."""
    document = shipped("reply", "render", *TO_ANA, "--json").document
    assert document["text"] == "O pedido 1 chega até quarta-feira, 2 de dezembro. Te aviso quando sair."
    assert document["claims"][0]["value"] == "2026-12-02"
    assert document["already_promised"] == []


def test_what_is_missing_is_named_and_nothing_is_said(shipped):
    """Exit code 1, as for every problem that was found."""
    done = shipped("reply", "render", "cade_pedido", "--customer", "cus_ana", "--object", "order=ord_1")
    assert done.code == 1
    assert "✖ ticket.next_step" in done.out
    assert "O pedido" not in done.out


def test_a_shortcut_needs_no_slash(shipped):
    """A shell completes it, a chat does not."""
    done = shipped("reply", "render", "cade", *TO_ANA[1:], "--json")
    assert (done.code, done.document["reply"], done.document["would_send"]) == (0, "cade_pedido", True)


def test_what_the_gate_would_stop_is_said_before_it_is_sent(shipped, ledger):
    """A customer who is not reached, or does not want it, is no surprise after the fact."""
    with ledger.write() as transaction:
        register(transaction, [Profile(id="cus_bia", phones=("+5511912345679",))], SystemClock())
    arguments = ("reply", "render", "/obrigado", "--customer", "cus_bia", "--channel", "email")
    assert "✖ It would not be sent now: The customer has no address" in shipped(*arguments).out
    document = shipped(*arguments, "--json").document
    assert (document["would_send"], document["reason"]) == (False, "no_address")
    assert "would_send" not in shipped("reply", "render", "cade", "--persona", "ana", *STEP, "--json").document


def test_in_staging_whoever_is_on_no_list_would_get_no_reply(shipped):
    def rendered(**environment):
        return shipped("reply", "render", *TO_ANA, "--json", **environment).document

    staging = rendered(JOGRAL_ENVIRONMENT="staging")
    assert (staging["would_send"], staging["reason"]) == (False, "sandbox_recipient")
    assert rendered(JOGRAL_ENVIRONMENT="staging", JOGRAL_ALLOW_LIST="+5511912345678")["would_send"] is True


def test_own_words_are_compared_with_the_facts(shipped):
    """Both are named."""
    done = shipped("reply", "render", *TO_ANA, "--text", "O pedido 1 chega até quinta-feira, 3 de dezembro.")
    assert "3 de dezembro" in done.out
    assert "quarta-feira, 2 de dezembro" in done.out


def test_the_brand_voice_stops_a_reply(shipped):
    """As it stops a message."""
    done = shipped("reply", "render", *TO_ANA, "--text", "Você esqueceu de pagar o pedido.")
    assert done.code == 2
    assert "blame_customer" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cade_pedido",), "Name a customer or a persona."),
        (("cade_pedido", "--persona", "ana", "--customer", "cus_ana"), "Name a customer or a persona."),
        (("cade_pedid", "--persona", "ana"), 'did you mean "cade_pedido"?'),
        (("cada", "--persona", "ana"), 'did you mean "cade"?'),
        (("cade", "--persona", "ana", "--channel", "push"), "It is said on: email, whatsapp, sms."),
        (("cade_pedido", "--persona", "ana", "--ask", "x"), '"x" has no name and value.'),
        (("cade_pedido", "--persona", "ana", "--channel", "fax"), 'There is no channel "fax"'),
        (("cade_pedido", "--customer", "cus_nobody"), 'There is no customer "cus_nobody"'),
    ],
)
def test_a_mistake_says_what_to_write(shipped, arguments, said):
    """Exit code 2."""
    done = shipped("reply", "render", *arguments)
    assert (done.code, said in done.err) == (2, True), done.err


# --- send -----------------------------------------------------------------------------------------------------------


def test_a_reply_is_accepted_into_the_ledger(shipped, ledger):
    """A transactional request like any other; a worker sends it."""
    document = shipped("reply", "send", *TO_ANA, "--channel", "email", "--json").document
    assert (document["schema"], document["reply"], document["channel"]) == (
        "jogral.reply.send/1", "cade_pedido", "email",
    )  # fmt: skip
    with ledger.read() as transaction:
        kept = transaction.deliveries.get(document["id"])
    assert (kept["message"], kept["purpose"], kept["origin"], kept["state"]) == (
        "cade_pedido", "transactional", "reply", "accepted",
    )  # fmt: skip
    assert kept["objects"] == {"order": "ord_1", "shipment": "ord_1"}
    assert kept["data"]["reply"]["asked"] == {"ticket.next_step": "Te aviso quando sair."}


def test_a_contradiction_needs_a_reason(shipped, ledger):
    """Which is recorded."""
    words = ("--text", "O pedido 1 chega até quinta-feira, 3 de dezembro.")
    refused = shipped("reply", "send", *TO_ANA, *words)
    assert refused.code == 2
    assert "3 de dezembro" in refused.err
    document = shipped("reply", "send", *TO_ANA, *words, "--reason", "Combinado", "--json").document
    assert [one["claim"] for one in document["contradictions"]] == ["new_date"]
    with ledger.read() as transaction:
        assert transaction.deliveries.get(document["id"])["data"]["reply"]["reason"] == "Combinado"


def test_it_speaks_portuguese(shipped):
    """As every command does."""
    assert shipped("reply", "send", *TO_ANA, "--lang", "pt-BR").out.startswith("Aceita: msg_")
