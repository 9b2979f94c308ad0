"""/v1/privacy/requests: people's requests about their own data, by the API."""

from __future__ import annotations

import pytest

from orchestrator.dispatch import privacy
from orchestrator.privacy_desk import open_privacy_desk
from tests.doors.conftest import drained, new_key

PATH = "/v1/privacy/requests"
ANA = {"kind": "export", "customer": {"id": "cus_ana"}}


@pytest.fixture
def attended(casa_lume, release):
    """What the timer does every few seconds."""

    def attend():
        return privacy.attend(casa_lume.store, open_privacy_desk(casa_lume, release))

    return attend


def test_a_request_is_opened_shown_and_listed(api, casa_lume):
    """With the day it is due, the day the law says, and its address masked."""
    opened = api.post(PATH, ANA)
    assert opened.status == 201
    assert (opened.json["state"], opened.json["customer_ids"]) == ("opened", ["cus_ana"])
    assert opened.json["contact"] == "a••@example.com"
    assert opened.json["due_at"] == "2026-11-28T09:00:00-03:00"
    assert opened.json["legal_due_at"] == "2026-12-10T09:00:00-03:00"
    assert api.get(opened.headers["Location"]).json == opened.json
    assert api.get(f"{PATH}?state=opened&kind=export").json["data"] == [opened.json]
    assert api.get(f"{PATH}?state=done").json["data"] == []
    drained(casa_lume)
    with casa_lume.store.read() as transaction:
        assert transaction.deliveries.tally() == {"privacy_verify": {"sent": 1}}


def test_a_request_that_is_vouched_for_is_carried_out(api, attended):
    """And everything about the person can be fetched, while nothing of others is in it."""
    opened = api.post(PATH, ANA | {"vouched": "ticket 8841"}).json
    assert opened["state"] == "verified"
    assert attended() == 1
    assert api.get(f"{PATH}/{opened['id']}").json["state"] == "done"
    tables = api.get(f"{PATH}/{opened['id']}/export").json["tables"]
    assert {row["value"] for row in tables["addresses"]} == {"ana@example.com", "+5511912345678"}


def test_an_erased_customer_is_gone_from_every_door(api, attended):
    """The request keeps the certificate and forgets the person."""
    opened = api.post(PATH, ANA | {"kind": "erase", "vouched": "ID shown"}).json
    assert attended() == 1
    done = api.get(f"{PATH}/{opened['id']}").json
    assert (done["state"], done["customer_ids"], done.get("contact")) == ("done", [], None)
    assert done["result"]["certificate"]["addresses_erased"] == 2
    assert api.get("/v1/customers/cus_ana").status == 404


def test_an_address_that_nobody_has_is_no_mistake(api):
    """The caller may be a form: the answer is the same."""
    asked = api.post(PATH, {"kind": "erase", "customer": {"email": "nobody@example.com"}})
    assert (asked.status, asked.json["customer_ids"]) == (201, [])


def test_a_correction_waits_for_somebody_who_approves_it(api, attended):
    """What the approval says is what is put into the profile."""
    opened = api.post(PATH, ANA | {"kind": "rectify", "text": "My name is Anna", "vouched": "call"}).json
    assert attended() == 0
    changes = {"attributes": {"first_name": "Anna"}}
    done = api.call("PATCH", f"{PATH}/{opened['id']}", {"state": "done", "changes": changes})
    assert (done.status, done.json["result"]["changed"]) == (200, ["attributes.first_name"])
    assert api.get("/v1/customers/cus_ana").json["attributes"]["first_name"] == "Anna"


def test_a_refusal_says_why_and_ends_it(api):
    """Without a reason there is none, and it ends once."""
    opened = api.post(PATH, ANA).json
    path = f"{PATH}/{opened['id']}"
    assert api.call("PATCH", path, {"state": "refused"}).json["code"] == "invalid_input"
    refused = api.call("PATCH", path, {"state": "refused", "reason": "not the person"}).json
    assert (refused["state"], refused["result"]) == ("refused", {"reason": "not the person"})
    assert api.call("PATCH", path, {"state": "done"}).json["code"] == "privacy_request_state"
    assert api.get(f"{path}/export").json["code"] == "nothing_to_export"


@pytest.mark.parametrize(("scope", "status"), [("privacy:read", 403), ("customers:write", 403), ("privacy:write", 201)])
def test_who_may_ask_for_others(api, casa_lume, scope, status):
    """Reading requests is no right to open them."""
    assert api.with_key(new_key(casa_lume, scope)).post(PATH, ANA).status == status


def test_who_is_no_customer_is_shown_and_erased_too(api, attended):
    """By their address: what they wrote is handed over by whoever asked for it, as long as that is open."""
    wrote = {"source": "helpdesk", "id": "1", "channel": "email", "from": "lia@example.com", "text": "Sou a Lia"}
    assert api.post("/v1/inbound", wrote).status == 201
    asked = {"customer": {"email": "lia@example.com"}, "vouched": "ticket 8850"}
    opened = api.post(PATH, asked | {"kind": "export"}).json
    assert (opened["state"], opened["waits_for"], opened["customer_ids"]) == ("verified", "person", [])
    assert attended() == 0
    export = f"{PATH}/{opened['id']}/export"
    assert api.get(export).json["tables"]["inbound_texts"][0]["text"] == "Sou a Lia"
    assert api.patch(f"{PATH}/{opened['id']}", {"state": "done"}).json["state"] == "done"
    assert api.get(export).json["code"] == "nothing_to_export"

    erased = api.post(PATH, asked | {"kind": "erase"}).json
    assert (erased["waits_for"], attended()) == ("timer", 1)
    assert api.get(f"{PATH}/{erased['id']}").json["result"]["certificate"]["addresses_erased"] == 1
    assert api.post(PATH, asked | {"kind": "erase"}).status == 404


@pytest.mark.parametrize("named", [{}, {"user_id": "BR.1", "customer": {"id": "cus_ana"}}])
def test_a_person_is_named_in_one_way(api, named):
    reply = api.post(PATH, {"kind": "erase", "vouched": "ticket"} | named)
    assert (reply.status, reply.json["errors"][0]["code"]) == (422, "customer_named_once")


def test_an_id_that_nobody_is_called_by_is_unknown(api):
    reply = api.post(PATH, {"kind": "erase", "user_id": "BR.1", "vouched": "ticket"})
    assert (reply.status, reply.json["code"]) == (404, "unknown_customer")
