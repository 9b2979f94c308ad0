"""`jogral explain`: why a message was or was not sent, as a person asks for it."""

from __future__ import annotations

import json

import pytest

from orchestrator.app import SystemClock
from orchestrator.dispatch.accept import WantedMessage, accept_message
from orchestrator.domain.customer import Channel
from orchestrator.journeys.steps import Channels


@pytest.fixture
def explain(open_shop):
    """`jogral explain`; with `--json`, its document."""

    def run(*arguments, **environment):
        return open_shop("explain", *arguments, **environment)

    return run


@pytest.fixture
def asked(open_shop, ledger, release):
    """A request for a message that Ana never agreed to; its id."""
    assert open_shop
    wanted = WantedMessage(
        message="review_request", customer_id="cus_ana", channels=Channels(first_reachable=(Channel.EMAIL,))
    )
    with ledger.write() as transaction:
        (request,) = accept_message(transaction, release, SystemClock(), wanted, identity="cli/1", origin="test")
    return request.id


def test_a_request_that_waits_is_explained_as_it_stands_now(explain, asked):
    done = explain("--customer", "ana@example.com", "--message", "review_request")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert lines[0].startswith("review_request → cus_ana: accepted, not sent yet")
    assert "  ✖ consent      reviews was never agreed to" in lines
    assert any(line.startswith("    not reached  pauses, rules, facts") for line in lines)
    assert "ana@example.com" not in done.out.partition("Try it")[0]
    assert asked not in done.out


@pytest.mark.parametrize("who", ["cus_ana", "ana@example.com", "ANA@example.com", "+55 11 91234-5678", "11912345678"])
def test_a_customer_is_named_by_what_somebody_has_at_hand(explain, asked, who):
    document = explain("--customer", who, "--message", "review_request", "--json").document
    assert (document["customer"]["id"], document["request"]["id"]) == ("cus_ana", asked)


def test_a_request_is_named_by_its_id_and_so_is_a_decision(explain, asked):
    """Times are the customer's, addresses masked, and every gate has its place."""
    for named in ([asked], ["--delivery", asked], ["--decision", asked]):
        document = explain(*named, "--json").document
        assert (document["schema"], document["ok"]) == ("jogral.explain/1", True)
        assert document["decision"]["verdict"] == "blocked"
        assert document["decision"]["reason"] == "no_consent"
        gates = {one["gate"]: one for one in document["decision"]["items"]}
        assert len(gates) == 16
        assert gates["address"]["evidence"] == [{"kind": "place", "address": "a••@example.com"}]
        assert gates["consent"]["evidence"] == [
            {"kind": "consent", "topic": "reviews", "purpose": "marketing", "said": None}
        ]
        assert gates["route"]["result"] == "not_reached"
    assert "ana@example.com" not in json.dumps(document)


def test_another_time_is_supposed_by_the_customers_own_clock(explain, asked):
    assert asked
    arguments = ("--customer", "cus_ana", "--message", "review_request", "--at", "2030-11-25 09:01")
    document = explain(*arguments, "--json").document
    assert (document["supposed"], document["at"]) == (True, "2030-11-25T09:01:00-03:00")
    done = explain(*arguments)
    assert "Supposed for 25 Nov 09:01, with the data of now:" in done.out
    assert "would be blocked" in done.out


def test_a_message_that_nobody_requested_says_what_is_missing(explain):
    done = explain("--customer", "cus_ana", "--message", "order_shipped")
    assert (done.code, "never requested" in done.out) == (0, True)
    assert "no shipment.dispatched of this customer has come" in done.out
    (one,) = explain("--customer", "cus_ana", "--message", "order_shipped", "--json").document["unasked"]
    assert (one["journey"], one["step"], one["items"]) == ("orders_simple", "avisar_envio", [])


def test_it_speaks_portuguese(explain, asked):
    done = explain("--delivery", asked, "--lang", "pt-BR")
    assert "✖ consentimento" in done.out
    assert "review_request → cus_ana: aceita, ainda não enviada" in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--customer", "cus_anna", "--message", "review_request"], 'no customer "cus_anna"; did you mean "cus_ana"?'),
        (["--customer", "bia@example.com", "--message", "review_request"], "No customer has this address."),
        (["--customer", "cus_ana", "--message", "revew_request"], 'did you mean "review_request"?'),
        (["--delivery", "msg_nothing"], 'no message or decision "msg_nothing"'),
        (["--delivery", "dec_7"], 'no message or decision "dec_7"'),
        (["--customer", "cus_ana"], "Say which message is meant."),
        (["--message", "review_request"], "Say which message is meant."),
        (["--delivery", "msg_1", "--customer", "cus_ana"], "Say which message is meant."),
        ([], "Say which message is meant."),
        (["msg_1", "--delivery", "msg_1"], "Say which message is meant."),
        (["cus_ana"], "Of a customer: jogral explain --customer WHO --message MESSAGE"),
        (["--customer", "cus_ana", "--message", "review_request", "--at", "amanhã"], '"amanhã" is not a time.'),
    ],
)
def test_what_cannot_be_meant_is_refused(explain, arguments, told):
    done = explain(*arguments)
    assert (done.code, told in done.err) == (2, True), done.err
