"""/v1/inbound: the vectors of opt-out words and of phone numbers, through a real server."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from orchestrator.dispatch.register import Profile, register
from tests.doors.conftest import new_key, serving

PATH = "/v1/inbound"
VECTORS = Path(__file__).parents[1] / "vectors"
STOP_WORDS = json.loads((VECTORS / "stop_words.json").read_text("utf-8"))["cases"]
PHONES = json.loads((VECTORS / "phone_numbers.json").read_text("utf-8"))
BRAZILIAN = [case for case in PHONES["cases"] if case["region"] == "BR"]

# Languages of the vectors → a customer who reads it. French words are opt-outs in every thread.
READERS = {"pt": "+5511912345678", "en": "+14158675309", "es": "+5491123456789", "fr": "+5521998765432"}

numbers = itertools.count(1)


def text(said, **also):
    return {
        "source": "sms_main", "id": f"in_{next(numbers)}", "channel": "sms", "from": "+5511912345678", "text": said,
    } | also  # fmt: skip


@pytest.fixture
def readers(casa_lume):
    """Somebody in each language."""
    with casa_lume.store.write() as transaction:
        others = [
            Profile(id=f"cus_{language}", locale=language, phones=(phone,))
            for language, phone in READERS.items()
            if language != "pt"
        ]
        register(transaction, others, casa_lume.clock)
    return READERS


def test_every_text_of_the_vectors_is_read_as_it_was_meant(api, readers):
    """In the thread of somebody who reads its language. What is no opt-out ends nothing."""
    replies = api.calls(
        [("POST", PATH, text(case["text"], **{"from": readers[case["language"]]}), {}) for case in STOP_WORDS]
    )
    assert {reply.status for reply in replies} == {201}
    wrong = [
        (case["text"], case["expect"], reply.json)
        for case, reply in zip(STOP_WORDS, replies, strict=True)
        if reply.json["reading"]["kind"] != case["expect"]
        or (reply.json["done"] == "stopped") != (case["expect"] == "opt_out")
    ]
    assert wrong == []


def test_every_phone_of_the_vectors_is_a_sender_or_refused(api):
    """The same forms that a customer is created with."""
    replies = api.calls([("POST", PATH, text("oi", **{"from": case["input"] or " "}), {}) for case in BRAZILIAN])
    created = api.calls([("POST", "/v1/customers", {"phones": [case["input"]]}, {}) for case in BRAZILIAN])
    for case, heard, customer in zip(BRAZILIAN, replies, created, strict=True):
        if case["e164"] == "invalid":
            assert (heard.status, heard.pointers) == (422, ["#/from"]), case
            assert (customer.status, customer.pointers) == (422, ["#/phones/0"]), case
        else:
            assert heard.status == 201, case
            assert customer.json["phones"] == [case["e164"]], case


def test_a_whatsapp_sender_is_found_by_either_form(api):
    """However old their account is."""
    for case in PHONES["wa_id_variants"]:
        created = [api.post("/v1/customers", {"phones": [f"+{one}"]}) for one in case["candidates"]]
        known = {reply.json["id"] for reply in created if reply.status == 201}
        assert known, case
        for wa_id in case["candidates"]:
            heard = api.post(PATH, text("oi", channel="whatsapp", **{"from": wa_id})).json
            assert known <= set(heard["customer_ids"]), case


def test_a_stop_is_answered_once_it_holds(api, bell):
    """With who it is about, and the delivery that confirms it; the bell rings for that."""
    reply = api.post(PATH, text("SAIR!"))
    assert reply.status == 201
    heard = reply.json
    assert heard["reading"] == {"kind": "opt_out", "language": "pt", "matched": "sair"}
    assert (heard["done"], heard["customer_ids"]) == ("stopped", ["cus_ana"])
    assert api.get(f"/v1/messages/{heard['confirmation']}").json["message"] == "opt_out_confirmed"
    assert bell.heard() == "transactional"


def test_the_same_text_is_answered_as_the_first_time(api):
    """However often a provider tells it, and fifty times at once."""
    said = text("SAIR")
    replies = api.calls([("POST", PATH, said, {})] * 50)
    assert {reply.status for reply in replies} == {201}
    assert len({json.dumps(reply.json) for reply in replies}) == 1
    assert sum("Idempotency-Replayed" in reply.headers for reply in replies) == 49


def test_a_letter_is_from_the_address_beside_the_name(api):
    """As its head says it."""
    api.post("/v1/customers", {"id": "cus_eva", "emails": ["eva@example.com"]})
    reply = api.post(PATH, text("SAIR", channel="email", **{"from": "Eva Luz <eva@Example.com>"}))
    assert (reply.status, reply.json["done"], reply.json["customer_ids"]) == (201, "stopped", ["cus_eva"])


def test_a_text_without_words_is_kept_and_changes_nothing(api):
    """A picture comes without any: a provider that is refused would bring it again and again."""
    reply = api.post(PATH, text(""))
    assert (reply.status, reply.json["reading"]["kind"], reply.json["done"]) == (201, "none", "nothing")


MALFORMED = [
    ({"channel": "push"}, "#/channel"),
    ({"from": ""}, "#/from"),
    ({"from": "MY.2026206508304015", "channel": "whatsapp"}, "#/from"),
    ({"from": "ana@", "channel": "email"}, "#/from"),
    ({"from": "Ana <ana@>", "channel": "email"}, "#/from"),
    ({"text": None}, "#/text"),
    ({"at": "ontem"}, "#/at"),
    ({"txt": "SAIR"}, "#/txt"),
]


def test_a_malformed_text_is_refused_with_the_pointer(api):
    """And without the address: it is somebody's."""
    replies = api.calls([("POST", PATH, text("SAIR") | wrong, {}) for wrong, _ in MALFORMED])
    for reply, (_, pointer) in zip(replies, MALFORMED, strict=True):
        assert (reply.status, pointer in reply.pointers) == (422, True), pointer
        assert "2026206508304015" not in reply.body.decode()


def test_bringing_texts_needs_a_scope_of_its_own(casa_lume, bell):
    """Who may record consents may not therefore say what people wrote."""
    with serving(casa_lume, bell) as caller:
        assert caller.with_key(new_key(casa_lume, "inbound:write")).post(PATH, text("oi")).status == 201
        refused = caller.with_key(new_key(casa_lume, "consents:write", "customers:write")).post(PATH, text("oi"))
    assert (refused.status, refused.json["code"]) == (403, "missing_scope")
