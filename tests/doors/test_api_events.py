"""POST /v1/events: every form, once and only once, all or none, and what is wrong with it."""

from __future__ import annotations

import gzip
import json

import pytest

from orchestrator.dispatch.publish import publish
from orchestrator.project import Project
from tests.doors.conftest import new_key

PATH = "/v1/events"
NDJSON = "application/x-ndjson"
CLOUD_EVENT = "application/cloudevents+json"
CLOUD_EVENTS = "application/cloudevents-batch+json"


def placed(number=1, **more):
    """An order of Ana's."""
    return {
        "id": f"placed-{number}",
        "source": "shop",
        "type": "order.placed",
        "customer": {"id": "cus_ana"},
        "data": {
            "order_id": f"ord_{number}",
            "number": str(number),
            "url": f"https://casalume.example/p/{number}",
            "promised_date": "2026-11-30",
        },
        **more,
    }


def cloud(number=1, **more):
    """The same as a CloudEvent."""
    event = placed(number)
    del event["customer"]
    return {"specversion": "1.0", **event, "customerid": "cus_ana", **more}


def ndjson(*events):
    return b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in events)


def deliveries(app):
    """How many requests the ledger holds."""
    with app.store.read() as transaction:
        return sum(count for states in transaction.deliveries.tally().values() for count in states.values())


# --- whose it is ----------------------------------------------------------------------------------------------------


def test_an_event_about_somebody_elses_order_is_refused(api, casa_lume):
    """One customer's order is never told to another, whoever the event names."""
    assert api.post(PATH, placed()).status == 202
    api.post("/v1/customers", {"id": "cus_bia", "email": "bia@example.com"}, **{"Idempotency-Key": "bia"})

    sent = {"order_id": "ord_1", "promised_date": "2026-11-30"}
    reply = api.post(PATH, placed(2, type="shipment.dispatched", data=sent, customer={"id": "cus_bia"}))

    assert reply.status == 422
    assert reply.json["code"] == "foreign_object"
    assert deliveries(casa_lume) == 1


# --- one event ------------------------------------------------------------------------------------------------------


def test_an_event_is_accepted_stored_and_rung_for(api, casa_lume, bell):
    """The answer names the event, its customer and what it asked for; the lane hears of it."""
    reply = api.post(PATH, placed())
    assert reply.status == 202
    assert reply.json["accepted"] is True
    assert reply.json["customer_id"] == "cus_ana"
    assert reply.headers["Location"] == f"/v1/events/{reply.json['id']}"
    assert bell.heard() == "transactional"
    assert api.get(f"/v1/messages/{reply.json['messages'][0]}").json["message"] == "order_confirmed"
    assert deliveries(casa_lume) == 1


@pytest.mark.parametrize(
    "customer",
    [
        {"email": "ANA@example.com"},
        {"phone": "(11) 91234-5678"},
        {"external_id": "4711", "source": "shop"},
    ],
)
def test_an_event_names_its_customer_as_its_source_knows_them(api, customer):
    """By e-mail, by phone, or by the id of another system, in whatever way they are written."""
    assert api.post(PATH, placed(customer=customer)).json["customer_id"] == "cus_ana"


def test_an_event_about_a_known_order_needs_no_customer(api):
    """The order knows whose it is."""
    api.post(PATH, placed())
    shipped = {"id": "s1", "type": "shipment.dispatched", "data": {"order_id": "ord_1", "promised_date": "2026-12-01"}}
    assert api.post(PATH, shipped).json["customer_id"] == "cus_ana"


def test_the_same_event_again_gets_the_first_answer(api, casa_lume):
    """By its own id and source, without any key; and it asks for nothing a second time."""
    first = api.post(PATH, placed())
    again = api.post(PATH, placed())
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert deliveries(casa_lume) == 1


def test_an_event_without_a_time_is_the_same_event_later(api, clock):
    """Its source said no time, so the hour at which it is repeated is no difference."""
    first = api.post(PATH, placed())
    clock.advance(hours=1)
    assert api.post(PATH, placed()).json == first.json


def test_another_event_under_the_same_id_is_refused(api):
    """An id names one event for ever."""
    api.post(PATH, placed())
    other = placed()
    other["data"]["number"] = "2"
    reply = api.post(PATH, other)
    assert (reply.status, reply.json["code"]) == (422, "event_id_reused")


def test_an_event_without_an_id_takes_the_key_for_it(api, casa_lume):
    """The same key makes the same event, even after its first answer was forgotten."""
    event = placed()
    del event["id"]
    first = api.post(PATH, event, Idempotency_Key="k1")
    with casa_lume.store.write() as transaction:
        transaction.ledger.forget_answers(casa_lume.clock.now() + 1)
    again = api.post(PATH, event, Idempotency_Key="k1")
    assert again.json == first.json
    assert deliveries(casa_lume) == 1


def test_an_event_with_neither_id_nor_key_is_refused(api):
    """Nobody could tell a repetition from a second order."""
    event = placed()
    del event["id"]
    reply = api.post(PATH, event)
    assert (reply.status, reply.json["code"]) == (400, "idempotency_key_required")


def test_a_new_release_is_in_force_at_once(api, casa_lume, shop):
    """The server goes on while another process publishes."""
    restocked = {"id": "r1", "type": "stock.arrived", "customer": {"id": "cus_ana"}, "data": {"sku": "KIT"}}
    assert api.post(PATH, restocked).json["code"] == "unknown_event_type"
    (shop / "templates/events/stock.arrived.yaml").write_text(
        "kind: event\nid: stock.arrived\ntitle: Chegou\nowner: operacoes\ndata:\n  sku: {type: string}\n", "utf-8"
    )
    publish(casa_lume.store, Project(shop).read(), casa_lume.clock.now())
    assert api.post(PATH, restocked).status == 202


# --- the Idempotency-Key --------------------------------------------------------------------------------------------


def test_fifty_posts_with_one_key_make_one_delivery(api, casa_lume):
    """All of them get the same answer; one of them did the work."""
    replies = api.calls([("POST", PATH, placed(), {"Idempotency_Key": "k1"})] * 50)
    assert {reply.status for reply in replies} == {202}
    assert len({reply.body for reply in replies}) == 1
    assert sum("Idempotency-Replayed" not in reply.headers for reply in replies) == 1
    assert deliveries(casa_lume) == 1


def test_fifty_posts_of_one_event_make_one_delivery(api, casa_lume):
    """Without a key too: whoever was overtaken finds what the first one stored."""
    replies = api.calls([("POST", PATH, placed(), {})] * 50)
    assert {reply.status for reply in replies} == {202}
    assert len({reply.body for reply in replies}) == 1
    assert deliveries(casa_lume) == 1


def test_another_body_under_a_used_key_is_refused(api):
    """The key is a promise that the wish is the same."""
    api.post(PATH, placed(1), Idempotency_Key="k1")
    reply = api.post(PATH, placed(2), Idempotency_Key="k1")
    assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")


def test_the_order_of_keys_is_no_difference(api):
    """A JSON object has none."""
    api.post(PATH, placed(), Idempotency_Key="k1")
    turned = dict(reversed(placed().items()))
    assert api.post(PATH, turned, Idempotency_Key="k1").headers["Idempotency-Replayed"] == "true"


def test_a_key_belongs_to_its_caller(api, casa_lume):
    """Two callers may have the same idea of a key."""
    api.post(PATH, placed(1), Idempotency_Key="k1")
    other = api.with_key(new_key(casa_lume, "events:write"))
    assert other.post(PATH, placed(2), Idempotency_Key="k1").status == 202


def test_a_refusal_does_not_use_a_key_up(api):
    """What was wrong can be put right under the same key."""
    wrong = placed()
    del wrong["data"]["number"]
    assert api.post(PATH, wrong, Idempotency_Key="k1").status == 422
    assert api.post(PATH, placed(), Idempotency_Key="k1").status == 202


@pytest.mark.parametrize("key", ["", "x" * 256, "chave é", "a b"])
def test_a_key_that_is_no_key_is_refused(api, key):
    """It must survive logs, proxies and columns."""
    reply = api.post(PATH, placed(), Idempotency_Key=key)
    assert (reply.status, reply.json["code"]) == (400, "idempotency_key_malformed")


# --- several events -------------------------------------------------------------------------------------------------


def test_a_list_is_answered_in_its_order(api, bell):
    """With one ring for the lane, however many there are."""
    reply = api.post(PATH, [placed(1), placed(2), placed(3)])
    assert reply.status == 202
    assert len({item["id"] for item in reply.json["items"]}) == 3
    assert bell.heard() == "transactional"
    assert bell.rings.empty()


def test_of_a_list_with_a_fault_nothing_is_stored(api, casa_lume):
    """Every fault is named at its place in the list, whoever found it."""
    incomplete = placed(2)
    del incomplete["data"]["number"]
    reply = api.post(PATH, [placed(1), incomplete, {"id": "x", "tipe": "order.placed"}, placed(4)])
    assert (reply.status, reply.json["code"]) == (422, "events_refused")
    assert sorted(reply.pointers) == ["#/1/data/number", "#/2/tipe", "#/2/type"]
    assert deliveries(casa_lume) == 0
    assert api.post(PATH, [placed(1)]).headers.get("Idempotency-Replayed") is None


def test_a_known_event_in_a_list_says_so(api):
    """The others are new."""
    api.post(PATH, placed(1))
    first, second = api.post(PATH, [placed(1), placed(2)]).json["items"]
    assert first["repeated"] is True
    assert "repeated" not in second


@pytest.mark.parametrize("count", [0, 1001])
def test_a_list_has_at_least_one_event_and_at_most_a_thousand(api, count):
    """A transaction has a size."""
    assert api.post(PATH, [placed(n) for n in range(count)]).status == 422


def test_ndjson_answers_a_result_a_line(api, casa_lume):
    """Each line stands for itself; empty lines count, and say nothing."""
    incomplete = placed(2)
    del incomplete["data"]["number"]
    body = ndjson(placed(1), b"\n", b"{no json\n", incomplete, placed(3, customer={"id": "cus_nobody"}), cloud(4))
    reply = api.post(PATH, body, Content_Type=NDJSON)
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith(NDJSON)
    assert [(line["line"], line["status"], line["accepted"]) for line in reply.lines] == [
        (1, 202, True), (3, 400, False), (4, 422, False), (5, 422, False), (6, 202, True),
    ]  # fmt: skip
    assert [line["problem"]["code"] for line in reply.lines if not line["accepted"]] == [
        "invalid_json", "invalid_event", "unknown_customer",
    ]  # fmt: skip
    assert deliveries(casa_lume) == 2


def test_ndjson_can_be_sent_again_as_a_whole(api, casa_lume):
    """What was accepted is repeated, what was refused is tried again."""
    body = ndjson(placed(1), placed(2))
    api.post(PATH, body, Content_Type=NDJSON)
    again = api.post(PATH, body, Content_Type=NDJSON)
    assert [line["repeated"] for line in again.lines] == [True, True]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert deliveries(casa_lume) == 2


def test_ndjson_under_a_key_gives_the_first_answer_again(api):
    """The same bytes, to the letter."""
    body = ndjson(placed(1), placed(2, type="order.plcaed"))
    first = api.post(PATH, body, Content_Type=NDJSON, Idempotency_Key="k1")
    again = api.post(PATH, body, Content_Type=NDJSON, Idempotency_Key="k1")
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"


# --- CloudEvents ----------------------------------------------------------------------------------------------------


def structured(api, event):
    return api.post(PATH, json.dumps(event).encode(), Content_Type=CLOUD_EVENT)


def binary(api, event):
    attributes = {f"ce_{name}": value for name, value in event.items() if name != "data"}
    return api.post(PATH, event["data"], **attributes)


def batch(api, event):
    return api.post(PATH, json.dumps([event]).encode(), Content_Type=CLOUD_EVENTS)


@pytest.mark.parametrize("form", [structured, binary, batch])
def test_every_form_of_a_cloud_event_is_the_same_event(api, casa_lume, form):
    """Structured, binary and batch; (source, id) tells that it is known, also across forms."""
    event = cloud(time="2026-11-25T09:12:00-03:00", traceparent="00-a-b-01", subject="order/ord_1")
    reply = form(api, event)
    assert reply.status == 202
    again = structured(api, event)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert deliveries(casa_lume) == 1


def test_a_plain_event_and_a_cloud_event_with_one_id_are_one(api):
    """The form is how it travels, not what it is."""
    first = api.post(PATH, placed())
    assert structured(api, cloud()).json == first.json


def test_attributes_in_headers_are_percent_decoded(api, casa_lume):
    """CloudEvents' HTTP binding encodes what a header cannot hold."""
    reply = binary(api, cloud(id="pedido%20n%C2%BA%201"))
    with casa_lume.store.read() as transaction:
        known = transaction.events.known({("shop", "pedido nº 1")})
    assert known["shop", "pedido nº 1"].id == reply.json["id"]


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"specversion": "0.3"}, "#/specversion", "unknown_value"),
        ({"datacontenttype": "text/xml"}, "#", "json_data"),
        ({"data_base64": "e30="}, "#", "json_data"),
        ({"customer_id": "cus_ana"}, "#/customer_id", "unknown_field"),
        ({"time": "2026-11-25 09:12"}, "#/time", "time_format"),
        ({"id": ""}, "#/id", "too_short"),
    ],
)
def test_a_malformed_cloud_event_is_refused_with_its_attribute(api, more, pointer, code):
    """Extensions are let pass, misspelt ones are not."""
    reply = structured(api, cloud(**more))
    assert reply.status == 422
    assert {"pointer": pointer, "code": code}.items() <= reply.json["errors"][0].items()


def test_a_fault_of_a_binary_event_names_the_header_or_the_place_in_the_body(api):
    """There, the body is the data alone."""
    assert binary(api, cloud(type="order.plcaed")).pointers == ["ce-type"]
    assert binary(api, cloud(time="yesterday")).pointers == ["ce-time"]
    event = cloud()
    event["data"]["promised_date"] = "30/11/2026"
    assert binary(api, event).pointers == ["#/promised_date"]


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"type": "order.placed",\n  "id": }', "line 2, column 9"),
        (b"", "line 1, column 1"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[" * 200_000, "nested"),
        (b'{"data": ' + b"[" * 50 + b"]" * 50 + b"}", "nested"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "digits"),
    ],
)
def test_what_is_not_json_is_refused_with_the_place(api, body, words):
    """400: nobody could tell what was meant."""
    reply = api.post(PATH, body, Content_Type="application/json")
    assert (reply.status, reply.json["code"]) == (400, "invalid_json")
    assert words in reply.json["detail"]


@pytest.mark.parametrize(
    ("event", "pointer", "code"),
    [
        (placed(type="order.plcaed"), "#/type", "unknown_event_type"),
        (placed(sorce="x"), "#/sorce", "unknown_field"),
        (placed(type=5), "#/type", "wrong_type"),
        (placed(data=[]), "#/data", "wrong_type"),
        (placed(time="2026-11-25T09:12:00"), "#/time", "time_format"),
        (placed(time="2026-02-30T09:12:00Z"), "#/time", "time_format"),
        (placed(time="0001-01-01T00:00:00Z"), "#/time", "out_of_range"),
        (placed(time=1795600800), "#/time", "time_format"),
        (placed(customer={"id": "cus_ana", "email": "ana@example.com"}), "#/customer", "customer_named_once"),
        (placed(customer={"external_id": "4711"}), "#/customer", "customer_named_once"),
        (placed(customer={"email": "ana"}), "#/customer/email", "invalid_address"),
        (placed(customer={"phone": "12"}), "#/customer/phone", "invalid_address"),
        (placed(customer={"id": "cus_nobody"}), "#/customer", "unknown_customer"),
        (placed(customer=None), "#/customer", "unknown_customer"),
        (placed(data={"order_id": "a", "nmber": "1"}), "#/data/nmber", "unknown_field"),
        (placed(data={"order_id": "\x00"}), "#/data/order_id", "unstorable_text"),
        (placed(data={"order_id": "\ud800"}), "#/data/order_id", "unstorable_text"),
        (placed(data={"order/~id": "\x00"}), "#/data/order~1~0id", "unstorable_text"),
        ("an event", "#", "wrong_type"),
    ],
)
def test_a_malformed_event_is_refused_with_the_pointer(api, casa_lume, event, pointer, code):
    """422: what was meant is clear, and wrong."""
    reply = api.post(PATH, event)
    assert reply.status == 422
    assert (pointer, code) in [(field["pointer"], field["code"]) for field in reply.json["errors"]]
    assert deliveries(casa_lume) == 0


def test_a_number_beyond_all_numbers_is_refused(api):
    """JSON can write it, no column can hold it."""
    body = json.dumps(placed()).replace('"1"', "1e999").encode()
    assert api.post(PATH, body, Content_Type="application/json").json["errors"][0]["code"] == "unstorable_number"


def test_a_misspelt_field_gets_a_suggestion_in_the_callers_language(api):
    """The word that was meant, in a sentence of theirs."""
    event = placed(sorce="shop")
    assert api.post(PATH, event).json["errors"][0]["detail"] == 'Unknown field; did you mean "source"?'
    portuguese = api.post(PATH, event, Accept_Language="pt-BR").json["errors"][0]["detail"]
    assert portuguese == 'Campo desconhecido; você quis dizer "source"?'


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_a_body_of_another_type_is_refused(api, media_type):
    """With the types that are read."""
    reply = api.post(PATH, json.dumps(placed()).encode(), Content_Type=media_type)
    assert (reply.status, reply.json["code"]) == (415, "unsupported_media_type")
    assert "application/cloudevents+json" in reply.json["detail"]


def test_a_body_over_a_megabyte_is_refused(api):
    """Before it is read to its end."""
    reply = api.post(PATH, b'"' + b"x" * 1024 * 1024 + b'"', Content_Type="application/json")
    assert (reply.status, reply.json["code"]) == (413, "body_too_large")


def test_a_compressed_body_counts_by_what_it_holds(api):
    """A small bomb is a large body."""
    assert api.post(PATH, packed(placed()), **GZIP).status == 202
    bomb = gzip.compress(b" " * 64 * 1024 * 1024)
    assert api.post(PATH, bomb, **GZIP).status == 413


def test_a_body_that_is_not_compressed_as_it_says_is_refused(api):
    """It cannot be read at all."""
    reply = api.post(PATH, json.dumps(placed()).encode(), **GZIP)
    assert (reply.status, reply.json["code"]) == (400, "malformed_request")


def test_the_time_of_an_event_keeps_its_instant(api, casa_lume):
    """Whatever its offset."""
    reply = api.post(PATH, placed(time="2026-11-25T09:12:00.5-03:00"))
    with casa_lume.store.read() as transaction:
        stored = transaction.events.known({("shop", "placed-1")})["shop", "placed-1"]
    assert stored.id == reply.json["id"]
    assert stored.occurred_at == 1_795_608_720_500


GZIP = {"Content_Type": "application/json", "Content_Encoding": "gzip"}


def packed(document):
    return gzip.compress(json.dumps(document).encode())
