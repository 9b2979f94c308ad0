"""/v1/customers/merges, and whose word stands: find, merge, undo, and look behind the old id."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.identity import look
from orchestrator.dispatch.register import Profile, register
from tests.doors.conftest import new_key, serving

PATH = "/v1/customers/merges"
BOTH = {"kept": "cus_ana", "merged": "cus_two"}


@pytest.fixture
def two(casa_lume):
    """Ana again, a minute later, at the same address."""
    casa_lume.clock.advance(minutes=1)
    with casa_lume.store.write() as transaction:
        profile = Profile(id="cus_two", emails=("ana@example.com",), external_ids={"crm": "77"})
        register(transaction, [profile], casa_lume.clock)
    return casa_lume


@pytest.fixture
def suggestion(two, release):
    (found,) = look(two.store, release, two.clock).suggested
    return found.id


@pytest.mark.usefixtures("two")
def test_a_merge_is_told_and_the_old_id_answers_with_the_kept_one(api):
    """Reading, changing and listing: there is one customer."""
    done = api.post(PATH, BOTH)
    assert done.status == 201
    assert done.json["id"].startswith("mrg_")
    assert {**done.json, "id": "", "by": "", "at": ""} == {
        **BOTH, "id": "", "state": "done", "reasons": ["by_hand"], "by": "", "at": "",
    }  # fmt: skip
    assert done.json["by"].startswith("key:")
    shown = api.get("/v1/customers/cus_two").json
    assert (shown["id"], shown["external_ids"]) == ("cus_ana", {"shop": "4711", "crm": "77"})
    assert api.patch("/v1/customers/cus_two", {"attributes": {"vip": True}}).json["id"] == "cus_ana"
    assert [one["id"] for one in api.get("/v1/customers").json["data"]] == ["cus_ana"]
    assert api.post(PATH, BOTH).status == 422


def test_a_suggestion_is_applied_undone_and_not_made_again(api, two, suggestion, release):
    """Each step says where it stands."""
    listed = api.get(f"{PATH}?state=suggested").json["data"]
    assert [(one["id"], one["kept"], one["reasons"]) for one in listed] == [(suggestion, "cus_ana", ["email"])]
    for step, state in (("apply", "done"), ("undo", "undone")):
        reply = api.post(f"{PATH}/{suggestion}/{step}")
        assert (reply.status, reply.json["state"]) == (200, state)
    assert api.get("/v1/customers/cus_two").json["id"] == "cus_two"
    assert look(two.store, release, two.clock).suggested == ()
    assert api.get(f"{PATH}?customer=cus_two").json["data"][0]["state"] == "undone"


def test_a_dismissed_suggestion_cannot_be_applied(api, suggestion):
    """And what does not exist says so."""
    assert api.post(f"{PATH}/{suggestion}/dismiss").json["state"] == "dismissed"
    refused = api.post(f"{PATH}/{suggestion}/apply")
    assert (refused.status, refused.json["code"]) == (422, "merge_not_suggested")
    unknown = api.post(f"{PATH}/mrg_nothing/undo")
    assert (unknown.status, unknown.json["code"]) == (404, "unknown_merge")


def test_merges_are_listed_page_by_page(api, casa_lume):
    """Oldest first."""
    with casa_lume.store.write() as transaction:
        register(transaction, [Profile(id=f"cus_{place}") for place in range(3)], casa_lume.clock)
    for place in range(3):
        casa_lume.clock.advance(seconds=1)
        assert api.post(PATH, {"kept": "cus_ana", "merged": f"cus_{place}"}).status == 201
    first = api.get(f"{PATH}?limit=2")
    rest = api.get(f"{PATH}?limit=2&cursor={first.json['next_cursor']}").json
    assert [one["merged"] for one in (*first.json["data"], *rest["data"])] == ["cus_0", "cus_1", "cus_2"]
    assert rest["next_cursor"] is None


def test_every_value_is_kept_with_its_source_and_masked_for_most(api, casa_lume, bell):
    """CRM beats form for phone, and the history shows both."""
    api.patch("/v1/customers/cus_ana", {"phone": "11 95555-6666", "source": "crm"})
    with serving(casa_lume, bell) as caller:
        masked = caller.with_key(new_key(casa_lume, "customers:read")).get("/v1/customers/cus_ana/values").json
    values = api.get("/v1/customers/cus_ana/values").json["data"]
    assert [(one["field"], one.get("source"), one["value"], one["won"]) for one in values] == [
        ("phones", None, ["+5511912345678"], True), ("phones", "crm", ["+5511955556666"], True),
    ]  # fmt: skip
    assert "5511955556666" not in str(masked)
    assert masked["data"][1]["value"] == ["+55 11 9••••-6666"]
