"""/v1/segments: whom a filter means."""

from __future__ import annotations

import json

import pytest

from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.release import read_release
from tests.doors.conftest import new_key

WHERE = {"not": {"field": "customer.fan", "op": "is", "value": True}}


@pytest.fixture
def segmented(api, casa_lume, release):
    """The shop with two segments, and one fan beside Ana."""
    content = json.loads(release.content)
    content["segments"] = {
        name: {"kind": "segment", "id": name, "title": f"Os {name}", "owner": "marketing", "where": where}
        for name, where in (("outros", WHERE), ("fans", WHERE["not"]))
    }
    changed = read_release(json.dumps(content))
    publish(casa_lume.store, changed, casa_lume.clock.now())
    with casa_lume.store.write() as transaction:
        register(transaction, [Profile(id="cus_fan", attributes={"fan": True})], casa_lume.clock)
    return api


def test_segments_are_listed_by_id(segmented):
    assert segmented.get("/v1/segments").json == {
        "data": [
            {"id": "fans", "title": "Os fans", "owner": "marketing"},
            {"id": "outros", "title": "Os outros", "owner": "marketing"},
        ]
    }


def test_one_is_shown_as_it_is_written_with_how_many_it_fits(segmented):
    assert segmented.get("/v1/segments/outros").json == {
        "id": "outros", "title": "Os outros", "owner": "marketing", "where": WHERE, "customers": 1,
    }  # fmt: skip


def test_a_segment_that_does_not_exist_is_not_found(segmented):
    reply = segmented.get("/v1/segments/fan")
    assert (reply.status, reply.json["code"]) == (404, "unknown_segment")
    assert "fans" in reply.json["detail"]


def test_a_key_needs_the_scope_for_it(segmented, casa_lume):
    assert segmented.with_key(new_key(casa_lume, "segments:read")).get("/v1/segments").status == 200
    assert segmented.with_key(new_key(casa_lume, "messages:read")).get("/v1/segments").status == 403
