"""/v1/pauses: stop something, see what is stopped, and go on."""

from __future__ import annotations

import pytest

from tests.doors.conftest import drained, new_key
from tests.doors.test_api_events import placed

PATH = "/v1/pauses"
SMS = {"scope": "channel", "subject": "sms"}


@pytest.fixture
def pause(api):
    """Pause something, with whatever else is said."""

    def post(**body):
        return api.post(PATH, body)

    return post


def state_of(api, message_id):
    shown = api.get(f"/v1/messages/{message_id}").json
    return shown["state"], shown["reason"]["code"]


# --- pausing --------------------------------------------------------------------------------------------------------


def test_a_pause_is_told_with_who_why_and_until_when(pause):
    """The key's name says who; times are the project's."""
    reply = pause(**SMS, reason="The bill.", until="2026-12-24T12:00:00Z")
    assert reply.status == 201
    assert reply.json.pop("id").startswith("pau_")
    assert reply.json == {
        "id": reply.json["id"], **SMS, "reason": "The bill.", "by": "test",
        "at": "2026-11-25T09:00:00-03:00", "until": "2026-12-24T09:00:00-03:00",
    }  # fmt: skip


def test_the_kill_switch_holds_everything_and_lifting_it_lets_it_go(api, pause, casa_lume, bell):
    """What was held is rung for at once."""
    assert pause(scope="all").status == 201
    (message_id,) = api.post("/v1/events", placed()).json["messages"]
    assert bell.heard() == "transactional"
    drained(casa_lume)
    assert state_of(api, message_id) == ("held", "kill_switch")

    reply = api.call("DELETE", f"{PATH}?scope=all")
    assert (reply.status, reply.json) == (200, {"was_paused": True, "released_messages": 1})
    assert bell.heard() == "transactional"
    drained(casa_lume)
    assert state_of(api, message_id) == ("sent", "")


def test_pausing_twice_and_resuming_twice_is_no_mistake(api, pause):
    """The newer reason stands; what is not paused says so."""
    pause(**SMS, reason="bill")
    pause(**SMS, reason="contract")
    assert [one["reason"] for one in api.get(PATH).json["data"]] == ["contract"]
    for was_paused in (True, False):
        reply = api.call("DELETE", f"{PATH}?scope=channel&subject=sms")
        assert (reply.status, reply.json["was_paused"]) == (200, was_paused)


def test_pauses_are_listed_page_by_page(api, pause):
    """Oldest first, with a link to the next page."""
    for subject in ("email", "sms", "push"):
        pause(scope="channel", subject=subject)
    first = api.get(f"{PATH}?limit=2")
    assert len(first.json["data"]) == 2
    assert 'rel="next"' in first.headers["Link"]
    rest = api.get(f"{PATH}?limit=2&cursor={first.json['next_cursor']}").json
    assert rest["next_cursor"] is None
    subjects = {one["subject"] for one in (*first.json["data"], *rest["data"])}
    assert subjects == {"email", "sms", "push"}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "#/scope", "missing_field"),
        ({"scope": "chanel", "subject": "sms"}, "#/scope", "unknown_value"),
        ({"scope": "channel"}, "#", "subject_unless_all"),
        ({"scope": "all", "subject": "sms"}, "#", "subject_unless_all"),
        (SMS | {"until": "tomorrow"}, "#/until", "time_format"),
        (SMS | {"until": "2026-11-25T11:59:59Z"}, "#/until", "past_end"),
        (SMS | {"untill": "x"}, "#/untill", "unknown_field"),
    ],
)
def test_a_body_that_says_no_pause_is_refused(pause, body, pointer, code):
    reply = pause(**body)
    assert (reply.status, reply.pointers) == (422, [pointer])
    assert reply.json["errors"][0]["code"] == code


def test_a_thing_that_does_not_exist_is_not_found(api, pause):
    """With what was meant: a pause of nothing would stop nothing."""
    reply = pause(scope="message", subject="order_confirmd")
    assert (reply.status, reply.json["code"]) == (404, "unknown_message")
    assert 'did you mean "order_confirmed"?' in reply.json["detail"]
    assert api.call("DELETE", f"{PATH}?scope=message&subject=order_confirmd").status == 404
    assert api.call("DELETE", f"{PATH}?scope=message").status == 422


def test_who_may_look_may_not_stop(api, casa_lume, pause):
    """Reading and stopping are two things; who may stop may look."""
    pause(**SMS)
    reader = api.with_key(new_key(casa_lume, "pauses:read"))
    writer = api.with_key(new_key(casa_lume, "pauses:write"))
    stranger = api.with_key(new_key(casa_lume, "messages:send"))
    assert (reader.get(PATH).status, reader.post(PATH, SMS).status) == (200, 403)
    assert reader.call("DELETE", f"{PATH}?scope=all").status == 403
    assert (writer.get(PATH).status, writer.post(PATH, SMS).status) == (200, 201)
    assert stranger.get(PATH).status == 403


def test_what_can_be_chosen_is_listed_in_the_callers_language(api):
    """The last choice too: "ou", not "or"."""
    reply = api.post(PATH, {"scope": "chanel", "subject": "sms"}, Accept_Language="pt-BR")
    detail = reply.json["errors"][0]["detail"]

    assert detail.startswith("Use ")
    assert detail.endswith('" ou "handoff"')
