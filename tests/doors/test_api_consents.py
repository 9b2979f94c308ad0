"""/v1/consents: what a customer said, with its proof, and all of it in order."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.consents import PERSON, Proof, stop
from orchestrator.domain.customer import Channel
from tests.doors.conftest import drained, new_key

PATH = "/v1/consents"
THEIRS = "/v1/customers/cus_ana/consents"
REVIEWS = {
    "customer_id": "cus_ana",
    "topic": "reviews",
    "channels": ["email", "whatsapp"],
    "state": "granted",
    "method": "form",
    "source": "checkout",
    "wording": "optin_avaliacoes@1",
    "evidence": {"ip": "203.0.113.9", "form": "rodape"},
    "at": "2026-10-02T14:03:22-03:00",
}
OFFERS = REVIEWS | {"topic": "offers", "channels": ["email"], "wording": "optin_ofertas@4"}


def states(reply):
    return {(one["topic"], one["channel"]): one["state"] for one in reply.json["consents"]}


def test_a_grant_is_recorded_and_in_force(api):
    """Each channel with a proof of its own."""
    reply = api.post(PATH, REVIEWS)
    assert reply.status == 201
    assert [one["id"][:4] for one in reply.json["recorded"]] == ["con_", "con_"]
    assert states(reply) == {("reviews", "email"): "granted", ("reviews", "whatsapp"): "granted"}
    assert "confirm_by" not in reply.json
    shown = api.get("/v1/customers/cus_ana").json["consents"]
    assert {(one["topic"], one["channel"]) for one in shown} == set(states(reply))


def test_double_opt_in_is_pending_and_the_person_is_asked(api, bell, casa_lume):
    """At once, at their own address, with three days to answer."""
    reply = api.post(PATH, OFFERS)
    assert states(reply) == {("offers", "email"): "pending"}
    assert reply.json["confirm_by"] == "2026-11-28T09:00:00-03:00"
    assert bell.heard() == "transactional"
    drained(casa_lume)
    with casa_lume.store.read() as transaction:
        (letter,) = transaction.inbox.page(before=None, limit=5, customer_id="cus_ana")
    assert letter["message"] == "confirm_subscription"
    assert "/c/" in letter["content"]["text"]


def stopped(app, *channels):
    """Ana writes STOP from her phone."""
    with app.store.write() as transaction:
        phone = next(one.id for one in transaction.customers.get("cus_ana").addresses if one.kind == "phone")
        proof = Proof(method="text", source="sms", actor=PERSON)
        stop(transaction, app.clock, [phone], [Channel(one) for one in channels], proof)


def test_what_only_the_person_can_say_is_left_out_and_told(api, casa_lume):
    """After a STOP nobody grants for her; what could be recorded is."""
    stopped(casa_lume, "sms")
    reply = api.post(PATH, REVIEWS | {"channels": ["email", "sms"], "at": "2026-11-25T09:00:00-03:00"})

    assert reply.status == 201
    assert [(one["topic"], one["channel"]) for one in reply.json["recorded"]] == [("reviews", "email")]
    assert reply.json["left_out"] == [
        {"topic": "reviews", "channel": "sms", "why": "stopped", "since": "2026-11-25T09:00:00-03:00"}
    ]
    assert ("reviews", "sms") not in states(reply)


def test_what_is_older_than_a_withdrawal_is_left_out_and_told(api, casa_lume):
    """It would be recorded and not be in force; what was said since is."""
    no = {"customer_id": "cus_ana", "topic": "reviews", "channels": ["email"], "state": "withdrawn", "method": "form"}
    assert api.post(PATH, no).status == 201
    casa_lume.clock.advance(minutes=5)

    reply = api.post(PATH, REVIEWS | {"channels": ["email"]})
    assert (reply.json["recorded"], states(reply)) == ([], {("reviews", "email"): "withdrawn"})
    assert [(one["why"], one["since"]) for one in reply.json["left_out"]] == [("outdated", "2026-11-25T09:00:00-03:00")]
    since = api.post(PATH, REVIEWS | {"channels": ["email"], "at": "2026-11-25T09:04:00-03:00"})
    assert ("left_out" in since.json and since.json["left_out"], states(since)) == (
        [], {("reviews", "email"): "granted"}
    )  # fmt: skip


@pytest.mark.parametrize(
    "confirmed", [{}, {"method": "double_opt_in", "topic": "offers", "wording": "optin_ofertas@4"}]
)
def test_nothing_older_than_a_no_to_everything_is_heard_of_a_new_name_at_its_address(api, casa_lume, confirmed):
    """A key tells of somebody with the same phone and another e-mail; a confirmation of then makes it no newer."""
    with casa_lume.store.write() as transaction:
        (phone,) = (one for one in transaction.customers.get("cus_ana").addresses if one.kind == "phone")
        stop(transaction, casa_lume.clock, [phone.id], None, Proof(method="text", source="sms", actor=PERSON))
    new = api.post("/v1/customers", {"id": "cus_new", "emails": ["outra@example.com"], "phones": [phone.value]})
    assert new.status == 201
    told = REVIEWS | {"customer_id": "cus_new", "channels": ["email"]} | confirmed
    if confirmed:
        told = {name: value for name, value in told.items() if name != "at"}
        told |= {"evidence": {"confirmed_at": "2026-10-02T14:05:00-03:00"}}

    reply = api.post(PATH, told)
    assert (reply.status, reply.json["recorded"]) == (201, [])
    assert [one["why"] for one in reply.json["left_out"]] == ["outdated"]


@pytest.mark.parametrize(
    "confirmed_at",
    ["não", "2026-10-02", "2031-01-01T00:00:00Z", "2026-10-02T14:03:00-03:00", 7],
)
def test_a_confirmation_that_is_no_time_or_cannot_be_is_refused_at_its_place(api, confirmed_at):
    """Else any word would do for a double opt-in."""
    said = OFFERS | {"method": "double_opt_in", "evidence": {"confirmed_at": confirmed_at}}
    reply = api.post(PATH, said)

    assert reply.status == 422
    assert [(one["pointer"], one["code"]) for one in reply.json["errors"]] == [
        ("#/evidence/confirmed_at", "confirmation_time")
    ]


def test_what_is_said_with_a_profile_is_left_out_and_told_as_well(api, casa_lume):
    """The same word at another door."""
    stopped(casa_lume, "sms")
    said = {"topic": "reviews", "channel": "sms", "state": "granted", "wording": "optin_avaliacoes@1"}

    reply = api.patch("/v1/customers/cus_ana", {"consents": [said]})

    assert [(one["channel"], one["why"]) for one in reply.json["left_out"]] == [("sms", "stopped")]
    assert all(one["channel"] != "sms" or one["state"] == "withdrawn" for one in reply.json["consents"])
    assert "left_out" not in api.get("/v1/customers/cus_ana").json


def test_a_grant_behind_a_suppression_says_that_nothing_is_sent(api, casa_lume):
    """Wherever it is shown: a state alone would promise more than happens."""
    with casa_lume.store.write() as transaction:
        email = next(one.id for one in transaction.customers.get("cus_ana").addresses if one.kind == "email")
        transaction.consents.suppress([email], "email", "bounce", casa_lume.clock.now())
    reply = api.post(PATH, REVIEWS)
    shown = [
        *reply.json["recorded"],
        *reply.json["consents"],
        *api.get("/v1/customers/cus_ana").json["consents"],
        *api.get(THEIRS).json["data"],
    ]

    assert len(shown) == 8
    assert {(one["channel"], one.get("not_sent")) for one in shown} == {
        ("email", "suppressed:bounce"), ("whatsapp", None),
    }  # fmt: skip


def test_a_question_that_a_profile_brings_is_on_its_way_at_once(api, bell):
    """Double opt-in does not wait for the timer."""
    said = {"topic": "offers", "channel": "email", "state": "granted", "wording": "optin_ofertas@4"}

    api.post("/v1/customers", {"id": "cus_bia", "email": "bia@example.com", "consents": [said]})
    assert bell.heard() == "transactional"
    api.patch("/v1/customers/cus_ana", {"consents": [said]})
    assert bell.heard() == "transactional"


def test_a_customer_may_be_named_in_any_way(api):
    """A shop that knows only an e-mail address says so."""
    named = {name: value for name, value in REVIEWS.items() if name != "customer_id"}
    reply = api.post(PATH, named | {"customer": {"email": "Ana@Example.com"}})
    assert (reply.status, reply.json["customer_id"]) == (201, "cus_ana")


def test_a_withdrawal_may_be_about_everything(api):
    """All marketing, everywhere; what was bought is not marketing."""
    api.post(PATH, REVIEWS)
    reply = api.post(PATH, {"customer_id": "cus_ana", "state": "withdrawn", "method": "phone_call"})
    assert reply.status == 201
    assert set(states(reply).values()) == {"withdrawn"}
    assert ("order_updates", "email") not in states(reply)
    assert len(states(reply)) == 5 * 4


def test_a_repeated_grant_gets_the_first_answer(api):
    """Under a key, nothing is recorded twice."""
    first = api.post(PATH, REVIEWS, Idempotency_Key="k1")
    again = api.post(PATH, REVIEWS, Idempotency_Key="k1")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert len(api.get(THEIRS).json["data"]) == 2


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"wording": None}, "#/wording", "wording_missing"),
        ({"wording": "optin_avaliacoes@9"}, "#/wording", "unknown_wording"),
        ({"wording": "optin_ofertas@4"}, "#/wording", "wording_of_another_topic"),
        ({"topic": "reviws"}, "#/topic", "unknown_topic"),
        ({"topic": "reviws", "state": "withdrawn"}, "#/topic", "unknown_topic"),
        ({"at": "2027-01-01T00:00:00-03:00"}, "#/at", "future_time"),
        ({"at": "1926-11-25T09:12:00-03:00"}, "#/at", "out_of_range"),
        ({"at": "2027-01-01T00:00:00-03:00", "state": "withdrawn"}, "#/at", "future_time"),
        ({"channels": ["fax"]}, "#/channels/0", "unknown_value"),
        ({"channels": []}, "#/channels", "too_short"),
        ({"channels": None}, "#", "missing_field"),
        ({"topic": None}, "#", "missing_field"),
        ({"method": None}, "#/method", "missing_field"),
        ({"customer": {"id": "cus_ana"}}, "#", "customer_named_once"),
        ({"legal_basis": "consent"}, "#/legal_basis", "unknown_field"),
    ],
)
def test_what_could_not_be_proven_is_refused(api, said, pointer, code):
    """With the field that is wrong, and nothing recorded."""
    body = {name: value for name, value in (REVIEWS | said).items() if value is not None}
    reply = api.post(PATH, body)
    assert reply.status == 422, reply.json
    assert [(field["pointer"], field["code"]) for field in reply.json["errors"]] == [(pointer, code)]
    assert api.get(THEIRS).json["data"] == []


def test_nobody_agrees_who_is_not_there(api):
    """404 for both routes."""
    assert api.post(PATH, REVIEWS | {"customer_id": "cus_nobody"}).status == 404
    assert api.get("/v1/customers/cus_nobody/consents").status == 404


def test_the_history_shows_each_proof_and_the_words(api):
    """Newest first, page by page; of a topic and channel only the last is in force."""
    api.post(PATH, REVIEWS | {"channels": ["email"]})
    api.post(PATH, {"customer_id": "cus_ana", "topic": "reviews", "channels": ["email"], "state": "withdrawn",
                    "method": "phone_call"})  # fmt: skip
    newest = api.get(f"{THEIRS}?limit=1").json
    oldest = api.get(f"{THEIRS}?limit=1&cursor={newest['next_cursor']}").json
    assert (newest["data"][0]["state"], newest["data"][0]["in_force"]) == ("withdrawn", True)
    (grant,) = oldest["data"]
    assert oldest["next_cursor"] is None
    assert (grant["state"], grant["in_force"], grant["at"]) == ("granted", False, "2026-10-02T14:03:22-03:00")
    assert (grant["method"], grant["source"], grant["actor"][:4]) == ("form", "checkout", "key:")
    assert grant["evidence"]["ip"] == "203.0.113.9"
    assert "SAIR" in oldest["wordings"]["optin_avaliacoes@1"]["texts"]["pt-BR"]


def test_evidence_is_for_those_who_may_read_addresses(api, casa_lume):
    """An IP address is one too."""
    api.post(PATH, REVIEWS)
    reader = api.with_key(new_key(casa_lume, "customers:read"))
    assert all("evidence" not in one for one in reader.get(THEIRS).json["data"])


def test_recording_needs_its_scope(api, casa_lume):
    """Who may change a name may not therefore say that somebody agreed."""
    assert api.with_key(new_key(casa_lume, "customers:write")).post(PATH, REVIEWS).status == 403
    assert api.with_key(new_key(casa_lume, "consents:write")).post(PATH, REVIEWS).status == 201
