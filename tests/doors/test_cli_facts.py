"""`jogral facts`: what holds, as a person asks for it, and new values from a terminal."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.accept import WantedMessage, accept_message
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.journeys.steps import Channels
from orchestrator.store.port import Conclusion

STOCK = "inventory.KIT-BANHO-04.available"
OFFER = "offers.banho_lume20"

PLENTY, FEW = "212", "52"


@pytest.fixture
def facts(open_shop):
    """`jogral facts`; with `--json`, its document."""

    def run(*arguments):
        return open_shop("facts", *arguments)

    return run


def value_of(facts, path, *arguments):
    (item,) = facts("get", path, "--json", *arguments).document["items"]
    return item["value"]


def held(ledger, release, clock):
    """A request for the offer that the gate holds because of it; its id."""
    wanted = WantedMessage(
        message="cart_offer", customer_id="cus_ana", channels=Channels(first_reachable=(Channel.EMAIL,))
    )
    with ledger.write() as transaction:
        (request,) = accept_message(transaction, release, clock, wanted, identity="cli/1", origin="test")
        now = clock.now()
        conclusion = Conclusion(request.id, State.HELD, f"fact_unavailable:{OFFER}", "", now, "[]", now)
        transaction.deliveries.conclude([conclusion], release_id="rel_1", at=now)
    return request.id


# --- get ------------------------------------------------------------------------------------------------------------


def test_all_facts_are_a_table(facts, release):
    """Each with its value, who answers for it, and the file and line that says so."""
    done = facts("get")
    lines = {line.split()[0]: line for line in done.out.splitlines()}
    assert (done.code, set(lines)) == (0, set(release.facts.known_paths()))
    price = lines[f"{OFFER}.price"]
    assert "129.90 BRL" in price
    assert "marketing" in price
    assert "templates/facts/offers.yaml:" in price
    assert "not known" in lines[STOCK]


def test_one_fact_is_one_document(facts):
    """For programs; a live one says its version and whose word it is."""
    facts("set", STOCK, PLENTY, "--source", "wms", "--as-of", "2026-11-20T09:15")
    document = facts("get", STOCK, "--json").document
    (item,) = document.pop("items")
    assert document == {"schema": "jogral.facts.get/1", "ok": True}
    declared = item.pop("declared")
    assert declared.startswith("templates/facts/offers.yaml:")
    assert item == {
        "path": STOCK,
        "value": 212,
        "kind": None,
        "owner": "marketing",
        "live": True,
        "version": "v1",
        "source": "wms",
        "as_of": "2026-11-20T09:15:00-03:00",
    }


@pytest.mark.parametrize(
    ("at", "region", "promised"),
    [
        ("2026-11-25T15:00:00-03:00", "SP", "2026-11-30"),
        ("2026-11-25T13:00", "SP", "2026-11-27"),  # without an offset it is the project's wall time
        ("2026-11-25T18:00:00Z", "Sudeste", "2026-12-01"),
    ],
)
def test_a_delivery_promise_answers_the_date_of_an_order(facts, at, region, promised):
    """The one that messages and the API state."""
    assert value_of(facts, "promises.delivery.standard", "--at", at, "--region", region) == promised


def test_an_unknown_fact_is_answered_with_what_was_meant(facts):
    for command in (["get"], ["history"], ["set"]):
        done = facts(*command, f"{OFFER}.prise", *(["1"] if command == ["set"] else []))
        assert (done.code, f"{OFFER}.price" in done.err) == (2, True)


# --- set ------------------------------------------------------------------------------------------------------------


def test_a_live_fact_is_set(facts):
    """It holds at once, for whoever asks next."""
    done = facts("set", STOCK, PLENTY)
    assert (done.code, done.out) == (0, f"{STOCK} is 212 now (v1).\n")
    assert value_of(facts, STOCK) == 212
    assert value_of(facts, f"{OFFER}.on_sale") is True


def test_a_stock_that_comes_back_releases_what_was_held_for_it(facts, ledger, release, clock):
    """And one that is short says how many it holds."""
    request_id = held(ledger, release, clock)
    short = facts("set", STOCK, FEW, "--json").document
    assert short["effects"] == {
        "held_messages": 1,
        "released_messages": 0,
        "reason": f"fact_unavailable:{OFFER}",
    }

    done = facts("set", STOCK, FEW)
    assert f"1 message is held for it in all: fact_unavailable:{OFFER}\n" in done.out
    done = facts("set", STOCK, PLENTY)
    assert "1 message that was held is decided anew" in done.out
    with ledger.read() as transaction:
        assert transaction.deliveries.get(request_id)["state"] == "accepted"


def test_older_news_does_not_replace_newer_news(facts):
    """The error says which version holds, and as of when."""
    facts("set", STOCK, FEW, "--as-of", "2026-11-20T09:00")
    late = facts("set", STOCK, PLENTY, "--as-of", "2026-11-20T08:59")
    assert (late.code, f"{STOCK} is at v1, as of 2026-11-20T09:00:00-03:00" in late.err) == (2, True)
    assert value_of(facts, STOCK) == 52


def test_only_whoever_read_the_newest_version_overwrites_it(facts):
    assert facts("set", STOCK, "1", "--if-version", "0").code == 0
    assert facts("set", STOCK, "2", "--if-version", "v1").code == 0
    late = facts("set", STOCK, "3", "--if-version", "1")
    assert (late.code, f"{STOCK} is at v2 now" in late.err) == (2, True)
    assert value_of(facts, STOCK) == 2


def test_what_a_file_says_is_changed_there(facts):
    """The error names the line."""
    done = facts("set", f"{OFFER}.price", "9.90 BRL")
    assert done.code == 2
    assert "is written in templates/facts/offers.yaml:" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["set", STOCK, "muitos"], '"muitos" cannot be the value'),
        (["set", STOCK, "1.5"], '"1.5" cannot be the value'),
        (["set", STOCK, "1000000001"], "Use a whole number of pieces from 0 to 1,000,000,000"),
        (["set", STOCK, "1.000"], "Write 1000."),
        (["set", STOCK, "1,000"], "Write 1000."),
        (["set", STOCK, "-5"], "-5 cannot be the value of a fact"),
        (["set", STOCK, "--", "-5"], '"-5" cannot be the value'),
        (["set", STOCK, "5", "--sorce", "wms"], 'did you mean "--source"?'),
        (["set", STOCK, "1", "--as-of", "ontem"], '"ontem" is not a time'),
        (["set", STOCK, "1", "--as-of", "2099-01-01"], "is still to come"),
        (["set", STOCK, "1", "--if-version", "novo"], '"novo" is not a version'),
        (["get", "promises.delivery.standard", "--at", "25/11"], '"25/11" is not a time'),
    ],
)
def test_what_cannot_be_meant_is_refused(facts, arguments, told):
    done = facts(*arguments)
    assert (done.code, told in done.err) == (2, True)
    assert value_of(facts, STOCK) is None


# --- history --------------------------------------------------------------------------------------------------------


def test_history_is_shown_newest_first(facts):
    assert facts("history", STOCK).out == f"Nobody has said {STOCK} yet.\n"
    for value in ("3", "2", "1"):
        facts("set", STOCK, value, "--source", "wms")

    lines = facts("history", STOCK, "--limit", "2").out.splitlines()
    assert [line.split()[:3] for line in lines] == [["v3", "1", "wms"], ["v2", "2", "wms"]]
    items = facts("history", STOCK, "--json").document["items"]
    assert [(item["version"], item["value"]) for item in items] == [("v3", 1), ("v2", 2), ("v1", 3)]


def test_the_history_of_a_written_fact_is_that_of_its_file(facts):
    assert "is written in templates/facts/offers.yaml:" in facts("history", f"{OFFER}.price").out
