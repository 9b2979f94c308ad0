"""/v1/events with JOGRAL_UNKNOWN_EVENTS=quarantine, and /v1/events/quarantine: what waits, and what becomes of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orchestrator.settings import Settings
from tests.doors.conftest import new_key, serving
from tests.doors.test_api_events import CLOUD_EVENT, NDJSON, cloud, ndjson, placed

PATH = "/v1/events"
WAITING = "/v1/events/quarantine"
STRANGER = {"email": "bia@example.com"}


@pytest.fixture
def kept(casa_lume, bell):
    """The API where what nobody understands is kept."""
    app = replace(casa_lume, settings=Settings(unknown_events="quarantine"))
    with serving(app, bell) as caller:
        yield caller.with_key(new_key(casa_lume, "admin"))


def misspelt(number=1, **more):
    event = placed(number, **more)
    event["data"]["presente"] = "sim"
    return event


# --- what is answered -------------------------------------------------------------------------------------------------


def test_an_event_that_nobody_understands_is_stored_and_says_why(kept):
    """202, for it is on disk; with the problem that it would have been refused with, and where it is found."""
    reply = kept.post(PATH, placed(type="order.placd"))

    assert reply.status == 202
    said = reply.json
    assert (said["accepted"], said["status"]) == (False, "quarantined")
    assert said["problem"]["code"] == "unknown_event_type"
    assert 'did you mean "order.placed"?' in said["problem"]["detail"]
    assert reply.headers["Location"] == f"{WAITING}/{said['id']}"
    assert kept.get(reply.headers["Location"]).json["data"] == placed()["data"]


def test_the_same_again_gets_the_same_answer(kept):
    first, again = kept.post(PATH, misspelt()), kept.post(PATH, misspelt())
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(kept.get(WAITING).json["data"]) == 1


def test_an_array_is_stored_whole_whether_understood_or_not(kept):
    """All are on disk: that is what all or none promises."""
    reply = kept.post(PATH, [misspelt(1), placed(2)])
    assert reply.status == 202
    assert [one["accepted"] for one in reply.json["items"]] == [False, True]
    assert reply.json["items"][0]["status"] == "quarantined"


def test_an_array_with_what_cannot_be_stored_stores_nothing(kept):
    """What has no type is no event, and an id that is taken is taken: nothing else of the array is kept either."""
    nameless = {name: value for name, value in placed(2).items() if name != "type"}
    assert kept.post(PATH, [misspelt(1), nameless]).status == 422
    kept.post(PATH, placed(3))
    assert kept.post(PATH, [misspelt(1), misspelt(3)]).status == 422
    assert kept.get(WAITING).json["data"] == []


def test_each_line_says_what_became_of_it(kept):
    reply = kept.post(PATH, ndjson(placed(1), misspelt(2), b'{"type": \n'), Content_Type=NDJSON)
    assert reply.status == 200
    assert [(one["status"], one["accepted"], one.get("quarantined")) for one in reply.lines] == [
        (202, True, None),
        (202, False, True),
        (400, False, None),
    ]
    assert reply.lines[1]["problem"]["errors"][0]["pointer"] == "#/data/presente"
    assert reply.lines[1]["id"] == kept.get(WAITING).json["data"][0]["id"]


def test_a_cloud_event_in_headers_is_told_by_its_headers(kept):
    """In binary mode the attributes are headers, and the body is the data."""
    event = cloud(1, type="order.placd")
    headers = {f"ce_{name}": event[name] for name in ("specversion", "id", "source", "type", "customerid")}
    reply = kept.post(PATH, json.dumps(event["data"]).encode(), Content_Type="application/json", **headers)
    assert reply.json["problem"]["errors"][0]["pointer"] == "ce-type"
    whole = kept.post(PATH, json.dumps(cloud(2, type="order.placd")).encode(), Content_Type=CLOUD_EVENT)
    assert whole.json["problem"]["errors"][0]["pointer"] == "#/type"


def test_without_the_setting_nothing_is_kept(api):
    assert api.post(PATH, misspelt()).status == 422
    assert api.get(WAITING).json["data"] == []


# --- what becomes of it -----------------------------------------------------------------------------------------------


def test_what_waits_is_listed_page_by_page_with_what_stands_against_it_now(kept, clock):
    """In the order in which it came."""
    for number in (1, 2, 3):
        kept.post(PATH, placed(number, customer=STRANGER))
        clock.advance(seconds=1)
    kept.post("/v1/customers", {"id": "cus_bia", **STRANGER}, Idempotency_Key="bia")
    kept.post(PATH, placed(4, type="order.placd"))

    first = kept.get(f"{WAITING}?limit=3").json
    rest = kept.get(f"{WAITING}?limit=3&cursor={first['next_cursor']}").json

    assert ["problem" in one for one in first["data"]] == [False] * 3
    assert [one["problem"]["code"] for one in rest["data"]] == ["unknown_event_type"]
    assert len(kept.get(f"{WAITING}?type=order.placd").json["data"]) == 1


def test_a_retry_accepts_what_is_understood_by_now_and_rings_for_it(kept, bell):
    """The others stay, and say why; a second retry finds nothing to do twice."""
    kept.post(PATH, placed(1, customer=STRANGER))
    kept.post(PATH, placed(2, type="order.placd"))
    kept.post("/v1/customers", {"id": "cus_bia", **STRANGER}, Idempotency_Key="bia")

    reply = kept.post(f"{WAITING}/retry", {"all": True})

    assert reply.status == 200
    found = {one["accepted"]: one for one in reply.json["items"]}
    assert found[True]["customer_id"] == "cus_bia"
    assert found[False]["problem"]["code"] == "unknown_event_type"
    assert reply.json["next_cursor"] is None
    assert bell.heard() == "transactional"
    again = kept.post(f"{WAITING}/retry", {"type": "order.placed"})
    assert again.json["items"] == []


def test_the_key_of_a_retry_gives_its_first_answer_again(kept):
    event_id = kept.post(PATH, placed(1, customer=STRANGER)).json["id"]
    kept.post("/v1/customers", {"id": "cus_bia", **STRANGER}, Idempotency_Key="bia")
    first = kept.post(f"{WAITING}/retry", {"ids": [event_id]}, Idempotency_Key="r1")
    again = kept.post(f"{WAITING}/retry", {"ids": [event_id]}, Idempotency_Key="r1")
    assert again.json == first.json
    gone = kept.post(f"{WAITING}/retry", {"ids": [event_id]})
    assert (gone.status, gone.json["code"]) == (404, "unknown_quarantined_event")


def test_what_is_discarded_is_gone(kept):
    kept.post(PATH, misspelt(1))
    kept.post(PATH, placed(2, type="order.placd"))
    assert kept.post(f"{WAITING}/discard", {"type": "order.placd"}).json == {"discarded": 1}
    assert [one["type"] for one in kept.get(WAITING).json["data"]] == ["order.placed"]


def test_what_is_meant_is_said_in_exactly_one_way(kept):
    """An empty choice is not everything, and a cursor is one that we gave."""
    for body in ({}, {"all": True, "type": "order.placed"}, {"ids": []}, {"ids": ["evt_1"]}):
        assert kept.post(f"{WAITING}/retry", body).status == 422
        assert kept.post(f"{WAITING}/discard", body).status == 422
    for cursor in ("x", "bm8", "LTEvcWV2XzA"):
        for reply in (
            kept.get(f"{WAITING}?cursor={cursor}"),
            kept.post(f"{WAITING}/retry", {"all": True, "cursor": cursor}),
        ):
            assert (reply.status, reply.pointers) == (422, ["?cursor"])


def test_how_many_wait_is_a_number_for_prometheus(kept):
    kept.post(PATH, misspelt(1))
    text = kept.get("/metrics").body.decode()
    assert 'jogral_quarantined_events{reason="invalid_event"} 1.0' in text
    assert "jogral_oldest_quarantined_event_seconds 0.0" in text
