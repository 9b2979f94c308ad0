"""Keys that are not live, at the door: what they may ask for, and what the answer says of it."""

from __future__ import annotations

import pytest

from orchestrator.dispatch import keys
from orchestrator.domain.delivery import Mode
from tests.doors.conftest import drained


@pytest.fixture
def ledgers(sqlite):
    """A key's mode is a column like any other."""
    return sqlite


@pytest.fixture
def called_by(api, casa_lume):
    """The API, called with a key of that mode that may do everything."""

    def caller(mode):
        with casa_lume.store.write() as transaction:
            _, secret = keys.create(transaction, casa_lume.clock, "rehearsal", ["admin"], by="test", mode=Mode(mode))
        assert secret.startswith(f"jgl_{mode}_")
        return api.with_key(secret)

    return caller


WANTED = {
    "message": "order_shipped",
    "customer_id": "cus_ana",
    "channels": {"first_reachable": ["email"]},
    "data": {
        "order": {"id": "ord_1", "number": "10234", "url": "https://casalume.example/p/10234"},
        "shipment": {"promised_date": "2026-11-27", "status": "in_transit"},
    },
}


@pytest.mark.parametrize(
    ("mode", "state", "code"),
    [("test", "sent", "test_mode"), ("team", "blocked", "sandbox_recipient"), ("live", "sent", "")],
)
def test_a_message_is_what_the_key_that_asked_for_it_is(called_by, casa_lume, mode, state, code):
    """The delivery says its mode, and the reason says whom it reached."""
    caller = called_by(mode)

    accepted = caller.post("/v1/messages", WANTED, Idempotency_Key="k1")
    drained(casa_lume)

    shown = caller.get(f"/v1/messages/{accepted.json['id']}").json
    assert accepted.status == 202
    assert (shown["mode"], shown["state"], shown["reason"]["code"]) == (mode, state, code)


@pytest.mark.parametrize("mode", ["team", "test"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/events", {"id": "e1", "source": "shop", "type": "order.placed", "data": {}}),
        ("POST", "/v1/customers", {"id": "cus_bia"}),
        ("PATCH", "/v1/customers/cus_ana", {"locale": "en"}),
        ("POST", "/v1/consents", {}),
        ("POST", "/v1/inbound", {}),
        ("PUT", "/v1/facts/inventory.x.available", {"value": 1}),
    ],
)
def test_what_would_be_everybodys_needs_a_live_key(called_by, mode, method, path, body):
    """Events move journeys, consents and facts are real: a rehearsal of those has a ledger of its own."""
    refused = called_by(mode).call(method, path, body)

    assert refused.status == 403
    assert refused.json["code"] == "live_key_needed"


def test_the_command_makes_lists_and_explains_them(open_shop):
    """The mode is in the key's own word, in the list, and in what is said of it."""
    made = open_shop("keys", "create", "--name", "ci", "--scope", "messages:send", "--mode", "test")
    listed = open_shop("keys", "list", "--json").document["items"]
    wrong = open_shop("keys", "create", "--name", "ci", "--scope", "messages:send", "--mode", "prod")

    assert "jgl_test_" in made.out
    assert "It reaches nobody" in made.out
    assert [(one["name"], one["mode"]) for one in listed] == [("ci", "test")]
    assert wrong.code == 2
