"""/v1/customers: created, changed, read, page by page, and masked for those who may not read addresses."""

from __future__ import annotations

import re

import pytest

from orchestrator.dispatch.register import Profile, register
from tests.doors.conftest import new_key

PATH = "/v1/customers"

BRUNO = {
    "id": "cus_bruno",
    "external_ids": {"shop": "4712"},
    "locale": "pt-BR",
    "time_zone": "America/Recife",
    "attributes": {"first_name": "Bruno"},
    "emails": ["Bruno@Example.com"],
    "phones": ["(81) 91234-5678"],
    "push_tokens": ["tok-12345678"],
    "consents": [
        {"topic": "reviews", "channel": "email", "state": "granted", "wording": "optin_avaliacoes@1",
         "evidence": {"form": "rodape"}, "at": "2026-10-02T14:03:22-03:00"},
    ],
}  # fmt: skip


# --- creating -------------------------------------------------------------------------------------------------------


def test_a_customer_is_created_as_they_are_stored(api):
    """Addresses come back in the form in which they are compared and written to."""
    reply = api.post(PATH, BRUNO)
    assert reply.status == 201
    assert reply.headers["Location"] == f"{PATH}/cus_bruno"
    shown = reply.json
    assert (shown["emails"], shown["phones"]) == (["bruno@example.com"], ["+5581912345678"])
    assert shown["external_ids"] == {"shop": "4712"}
    assert shown["consents"] == [{"topic": "reviews", "channel": "email", "state": "granted"}]
    assert api.get(f"{PATH}/cus_bruno").json == shown


def test_a_customer_without_an_id_gets_one(api):
    """Ours, which sorts by when it was made."""
    shown = api.post(PATH, {"emails": ["carla@example.com"]}).json
    assert re.fullmatch(r"cus_[0-9A-Z]{26}", shown["id"])


def test_a_repeated_creation_gets_the_first_answer(api):
    """Under a key; without one it is a second creation."""
    first = api.post(PATH, {"emails": ["carla@example.com"]}, Idempotency_Key="k1")
    again = api.post(PATH, {"emails": ["carla@example.com"]}, Idempotency_Key="k1")
    assert again.json == first.json
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")


def test_a_customer_who_exists_is_not_created_again(api):
    """409, with what to do instead; also when fifty come at once."""
    replies = api.calls([("POST", PATH, BRUNO, {})] * 50)
    assert sorted(reply.status for reply in replies) == [201] + [409] * 49
    refused = next(reply for reply in replies if reply.status == 409)
    assert refused.json["code"] == "customer_exists"
    assert f"PATCH {PATH}/cus_bruno" in refused.json["detail"]


def test_an_external_id_names_one_customer(api):
    """Two systems would otherwise disagree about who that is."""
    reply = api.post(PATH, {"external_ids": {"shop": "4711"}})
    assert (reply.status, reply.json["code"]) == (409, "external_id_taken")
    api.post(PATH, BRUNO)
    assert api.patch(f"{PATH}/cus_bruno", {"external_ids": {"shop": "4711"}}).status == 409


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"emial": "x@example.com"}, "#/emial", "unknown_field"),
        ({"emails": ["x"]}, "#/emails/0", "invalid_address"),
        ({"phones": ["+551133334444", "12"]}, "#/phones/1", "invalid_address"),
        ({"push_tokens": ["short"]}, "#/push_tokens/0", "invalid_address"),
        ({"time_zone": "America/Sao Paulo"}, "#/time_zone", "time_zone_format"),
        ({"time_zone": "../../etc/passwd"}, "#/time_zone", "time_zone_format"),
        ({"locale": "pt_BR"}, "#/locale", "locale_format"),
        ({"id": "cus ana"}, "#/id", "wrong_format"),
        ({"attributes": {"First Name": "Ana"}}, "#/attributes/First Name", "wrong_format"),
        ({"consents": [{"topic": "offers", "channel": "email"}]}, "#/consents/0/state", "missing_field"),
        ({"consents": [{"topic": "offers", "channel": "fax", "state": "granted"}]}, "#/consents/0/channel",
         "unknown_value"),
        ({"consents": [{"topic": "ofers", "channel": "email", "state": "granted"}]}, "#/consents/0/topic",
         "unknown_topic"),
        ({"consents": [{"topic": "reviews", "channel": "email", "state": "granted"}]}, "#/consents/0/wording",
         "wording_missing"),
    ],
)  # fmt: skip
def test_a_malformed_customer_is_refused_with_the_pointer(api, said, pointer, code):
    """Nothing of it is stored."""
    reply = api.post(PATH, {"id": "cus_carla"} | said)
    assert reply.status == 422
    assert (pointer, code) in [(field["pointer"], field["code"]) for field in reply.json["errors"]]
    assert api.get(f"{PATH}/cus_carla").status == 404


def test_recording_consent_needs_a_scope_of_its_own(api, casa_lume):
    """Who may change a name may not therefore say that somebody agreed to something."""
    writer = api.with_key(new_key(casa_lume, "customers:write"))
    assert writer.post(PATH, {"id": "cus_carla"}).status == 201
    reply = writer.post(PATH, BRUNO)
    assert (reply.status, reply.json["code"]) == (403, "missing_scope")
    assert "consents:write" in reply.json["detail"]
    assert writer.with_key(new_key(casa_lume, "customers:write", "consents:write")).post(PATH, BRUNO).status == 201


@pytest.mark.parametrize("state", ["granted", "withdrawn"])
def test_nobody_has_agreed_or_refused_in_the_future(api, state):
    """It would win over everything that they say until then. A clock that is a little ahead is forgiven."""
    said = {"topic": "reviews", "channel": "email", "state": state, "wording": "optin_avaliacoes@1"}
    soon, later = ({**said, "at": at} for at in ("2026-11-25T09:05:00-03:00", "2026-11-25T09:05:01-03:00"))
    known = api.post(PATH, {"id": "cus_dora", "consents": [soon]})
    for reply in (
        api.post(PATH, {"id": "cus_carla", "consents": [soon, later]}),
        api.patch(f"{PATH}/cus_dora", {"consents": [soon, later]}),
    ):
        assert (reply.status, reply.pointers) == (422, ["#/consents/1/at"])
        assert reply.json["errors"][0]["code"] == "future_time"
    assert known.status == 201
    assert api.get(f"{PATH}/cus_carla").status == 404


# --- changing -------------------------------------------------------------------------------------------------------


def test_a_change_leaves_what_it_does_not_name(api):
    """A list replaces the addresses of its kind; null takes an attribute away."""
    api.post(PATH, BRUNO)
    reply = api.patch(
        f"{PATH}/cus_bruno", {"emails": ["b@example.com"], "attributes": {"first_name": None, "vip": True}}
    )
    assert reply.status == 200
    assert reply.json["emails"] == ["b@example.com"]
    assert reply.json["phones"] == ["+5581912345678"]
    assert reply.json["attributes"] == {"vip": True}
    assert reply.json["time_zone"] == "America/Recife"


def test_a_withdrawal_is_in_force_at_once(api):
    """The newest word about a topic and channel counts."""
    api.post(PATH, BRUNO)
    said = {"topic": "reviews", "channel": "email", "state": "withdrawn", "source": "phone call"}
    reply = api.patch(f"{PATH}/cus_bruno", {"consents": [said]})
    assert reply.json["consents"] == [{"topic": "reviews", "channel": "email", "state": "withdrawn"}]


def test_a_merge_patch_is_read_too(api):
    """RFC 7396 is what it is."""
    reply = api.patch(f"{PATH}/cus_ana", b'{"locale": "en"}', Content_Type="application/merge-patch+json")
    assert reply.json["locale"] == "en"


def test_nobody_can_be_changed_who_is_not_there(api):
    """404, as for reading."""
    for reply in (api.patch(f"{PATH}/cus_nobody", {}), api.get(f"{PATH}/cus_nobody")):
        assert reply.status == 404


# --- reading --------------------------------------------------------------------------------------------------------


def test_addresses_are_masked_for_those_who_may_not_read_them(api, casa_lume):
    """In lists, alone, and in the answers to changes."""
    reader = api.with_key(new_key(casa_lume, "customers:read", "customers:write"))
    shown = [
        reader.get(PATH).json["data"][0],
        reader.get(f"{PATH}/cus_ana").json,
        reader.patch(f"{PATH}/cus_ana", {}).json,
    ]
    for one in shown:
        assert (one["emails"], one["phones"]) == (["a••@example.com"], ["+55 11 9••••-5678"])
    full = api.with_key(new_key(casa_lume, "customers:read", "customers:read_addresses"))
    assert full.get(f"{PATH}/cus_ana").json["emails"] == ["ana@example.com"]


def test_customers_are_read_page_by_page(api, casa_lume):
    """Following the links gives everybody once."""
    with casa_lume.store.write() as transaction:
        register(transaction, [Profile(id=f"cus_{n:03}") for n in range(7)], casa_lume.clock)
    path, seen = f"{PATH}?limit=3", []
    while path:
        page = api.get(path)
        seen += [customer["id"] for customer in page.json["data"]]
        link = page.headers.get("Link")
        assert (page.json["next_cursor"] is None) == (link is None)
        path = re.fullmatch(r'<(.*)>; rel="next"', link)[1] if link else None
    assert seen == [*(f"cus_{n:03}" for n in range(7)), "cus_ana"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=many", "cursor=!", "cursor=AA", "page=2"])
def test_a_query_that_makes_no_sense_is_refused(api, query):
    """With the parameter's name."""
    reply = api.get(f"{PATH}?{query}")
    assert reply.status == 422
    assert reply.pointers == [f"?{query.partition('=')[0]}"]


def test_one_address_needs_no_list(api):
    """`email` is short for a list of one, and stands before the rest of a list."""
    key = {"Idempotency-Key": "bia"}
    made = api.post("/v1/customers", {"id": "cus_bia", "email": "bia@example.com", "phone": "+5511912345678"}, **key)

    assert made.status == 201
    assert len(made.json["emails"]) == len(made.json["phones"]) == 1

    more = {"email": "nova@example.com", "emails": ["bia@example.com"]}
    changed = api.patch("/v1/customers/cus_bia", more, **{"Idempotency-Key": "bia-2"})
    assert [address[0] for address in changed.json["emails"]] == ["n", "b"]
