"""`jogral events validate` and `jogral events quarantine`: what is wrong and where, and what becomes of it."""

from __future__ import annotations

import json

import pytest

from orchestrator.app import SystemClock
from orchestrator.cli.json_places import places_in
from orchestrator.dispatch.publish import publish
from orchestrator.release import read_release

KEEP = {"JOGRAL_UNKNOWN_EVENTS": "quarantine"}
DATA = {
    "order_id": "ord_1",
    "number": "1",
    "url": "https://casalume.example/p/1",
    "promised_date": "2026-11-30",
}
PLACED = {"id": "e1", "source": "shop", "type": "order.placed", "customer": {"id": "cus_ana"}, "data": DATA}
MISSPELT = {**PLACED, "id": "e2", "data": {**DATA, "presente": "sim"}}
OF_A_STRANGER = {**PLACED, "id": "e3", "customer": {"email": "bia@example.com"}, "data": {**DATA, "order_id": "o3"}}


def lines(*events):
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in events)


# --- validate ---------------------------------------------------------------------------------------------------------


def test_a_file_that_fits_is_said_to(jogral, shop):
    (shop / "events.jsonl").write_text(lines(PLACED, {**PLACED, "id": "e4"}))
    done = jogral("events", "validate", "events.jsonl")
    assert (done.code, done.out) == (0, "2 events, 0 do not fit.\n")
    assert not (shop / ".jogral" / "ledger.db").exists()


def test_what_does_not_fit_is_named_with_its_line_and_column(jogral, shop):
    """Where an editor can go: to the name of the field, or to what it is missing in."""
    unknown_type = {**PLACED, "id": "e5", "type": "order.placd"}
    without_url = {**PLACED, "id": "e6", "data": {name: DATA[name] for name in DATA if name != "url"}}
    text = (
        lines(PLACED, MISSPELT, unknown_type, without_url, {**PLACED, "data": {**DATA, "number": "2"}}) + '\n{"type": '
    )
    (shop / "events.jsonl").write_text(text)

    done = jogral("events", "validate", "events.jsonl")

    assert done.code == 1
    at = {
        number: text.splitlines()[number - 1].index(f'"{name}"') + 1
        for number, name in ((2, "presente"), (3, "type"), (4, "data"))
    }
    known = 'Unknown "order.placd"; did you mean "order.placed"?'
    assert done.out.splitlines() == [
        f"events.jsonl:2:{at[2]}  unknown_field  #/data/presente  Unknown field",
        f"events.jsonl:3:{at[3]}  unknown_event_type  #/type  {known}",
        f"events.jsonl:4:{at[4]}  missing_field  #/data/url  This field is required",
        'events.jsonl:5:1  event_id_reused  The event id "e1" of source "shop" was used with another body.',
        "events.jsonl:6:10  invalid_json  This line is not JSON: Expecting value.",
        "6 events, 5 do not fit.",
    ]


def test_a_document_of_many_lines_has_its_own_lines(jogral, shop):
    """A list as a person writes it, one field a line."""
    (shop / "events.json").write_text(json.dumps([PLACED, MISSPELT], indent=2))
    done = jogral("events", "validate", "events.json", "--json")
    (found,) = done.document["items"]
    written = (shop / "events.json").read_text().splitlines()
    assert '"presente"' in written[found["line"] - 1]
    assert (found["place"], found["column"], found["code"]) == (1, 7, "unknown_field")
    assert (done.document["events"], done.document["invalid"]) == (2, 1)


def test_a_broken_event_type_is_told_with_its_place(jogral, shop):
    """The rest of the project may be as it likes: only the event types are read."""
    (shop / "templates/messages/order_late.yaml").write_text("kind: massage\n")
    (shop / "events.jsonl").write_text(lines(PLACED))
    assert jogral("events", "validate", "events.jsonl").code == 0
    (shop / "templates/events/order.placed.yaml").write_text("kind: evnt\nid: order.placed\n")
    done = jogral("events", "validate", "events.jsonl")
    assert done.code == 1
    assert "templates/events/order.placed.yaml:1:" in done.err


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("#", (1, 1)),
        ("#/0/a", (2, 4)),
        ("#/0/b~1c/1", (3, 16)),
        ("#/1", (4, 2)),
        ("#/0/nowhere/deep", (2, 2)),
    ],
)
def test_every_value_of_a_json_text_has_its_place(pointer, place):
    """Names of fields may hold anything, and texts may hold what looks like JSON."""
    text = '[\n { "a": "x, {\\"y\\": [",\n   "b/c": [ 1, 2 ] },\n "last"]'
    assert places_in(text).of(pointer) == place


# --- quarantine -------------------------------------------------------------------------------------------------------


def test_what_is_not_understood_is_kept_shown_mended_and_accepted(open_shop, ledger, release):
    """From the mistake to the message: the whole way, as the how-to goes it."""
    sent = open_shop("events", "send", "-", stdin=lines(PLACED, MISSPELT, OF_A_STRANGER), **KEEP)
    assert sent.code == 0
    assert "1 accepted, 0 known already, 0 refused." in sent.out
    assert "2 in quarantine. See why: jogral events quarantine list" in sent.out

    listed = open_shop("events", "quarantine", "list", "--json").document
    found = {one["error"]["code"]: one["id"] for one in listed["items"]}
    assert found.keys() == {"invalid_event", "unknown_customer"}
    assert "2 are in quarantine, the first since" in open_shop("doctor").out

    event_id = found["invalid_event"]
    shown = open_shop("events", "quarantine", "show", event_id)
    assert '"presente": "sim"' in shown.out
    assert "#/data/presente Unknown field" in shown.out

    content = json.loads(release.content)
    content["events"]["order.placed"]["data"]["presente"] = {"type": "string"}
    publish(ledger, read_release(json.dumps(content)), SystemClock().now())
    assert "Nothing stands against it any more" in open_shop("events", "quarantine", "list").out

    retried = open_shop("events", "quarantine", "retry", "--all", "--json")
    assert retried.code == 1
    assert (retried.document["accepted"], retried.document["waiting"]) == (1, 1)
    assert {one["id"] for one in retried.document["items"] if one["accepted"]} == {event_id}

    assert open_shop("events", "quarantine", "discard", "--type", "order.placed").out == "Discarded: 1.\n"
    gone = open_shop("events", "quarantine", "show", event_id)
    assert gone.code == 2
    assert f'There is no event "{event_id}" in quarantine.' in gone.err


@pytest.mark.parametrize("arguments", [["retry"], ["discard"], ["discard", "--all", "--type", "order.placed"]])
def test_what_is_meant_is_said_in_exactly_one_way(open_shop, arguments):
    """Nobody throws everything away because they forgot to say what."""
    done = open_shop("events", "quarantine", *arguments)
    assert done.code == 2
    assert "by their ids, --type, or --all" in done.err


def test_without_the_setting_what_is_not_understood_is_refused(open_shop):
    done = open_shop("events", "send", "-", "--json", stdin=lines(MISSPELT))
    assert (done.code, done.document["refused"], done.document["quarantined"]) == (1, 1, 0)


def test_a_wrong_setting_is_named_and_not_guessed(open_shop):
    done = open_shop("events", "send", "-", stdin=lines(MISSPELT), JOGRAL_UNKNOWN_EVENTS="keep")
    assert done.code == 2
    assert "JOGRAL_UNKNOWN_EVENTS" in done.err
