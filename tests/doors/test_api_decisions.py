"""GET /v1/decisions: why messages were or were not sent, as programs ask for it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from orchestrator.dispatch.register import Profile, register
from tests.doors.conftest import drained, new_key
from tests.doors.test_api_events import placed

PATH = "/v1/decisions"


@pytest.fixture
def decided(api, casa_lume):
    """Three decisions: an order's confirmation that went, a review request that must not, and Bruno's confirmation."""
    with casa_lume.store.write() as transaction:
        register(transaction, [Profile(id="cus_bruno", emails=("bruno@example.com",))], casa_lume.clock)
    api.post("/v1/events", placed())
    drained(casa_lume)
    casa_lume.clock.advance(minutes=1)
    channels = {"first_reachable": ["email", "push"]}
    asked = {"message": "review_request", "customer_id": "cus_ana", "channels": channels}
    review = api.post("/v1/messages", asked, Idempotency_Key="k1").json["id"]
    drained(casa_lume)
    casa_lume.clock.advance(minutes=1)
    data = {"order": {"number": "9", "url": "https://casalume.example/p/9", "promised_date": "2026-12-01"}}
    asked = {"message": "order_confirmed", "customer_id": "cus_bruno", "data": data}
    api.post("/v1/messages", asked, Idempotency_Key="k2")
    drained(casa_lume)
    return review


def messages(reply):
    return [(one["message"], one["customer_id"]) for one in reply.json["data"]]


def test_decisions_are_listed_newest_first(api, decided):
    """Each with its subject, where that stands now, and every step in its order."""
    reply = api.get(PATH)
    assert reply.status == 200
    assert messages(reply) == [
        ("order_confirmed", "cus_bruno"),
        ("review_request", "cus_ana"),
        ("order_confirmed", "cus_ana"),
    ]
    blocked, sent = reply.json["data"][1:]
    assert (blocked["message_id"], blocked["verdict"], blocked["state"]) == (decided, "blocked", "blocked")
    assert blocked["reason"]["code"] == "no_consent"
    assert blocked["at"] == "2026-11-25T09:01:00-03:00"
    assert blocked["release_id"].startswith("rel_")
    steps = [(step["gate"], step.get("channel", ""), step["result"]) for step in blocked["trace"]]
    assert steps == [
        ("not_after", "", "pass"),
        ("address", "email", "pass"),
        ("suppression", "email", "pass"),
        ("consent", "email", "next"),
        ("address", "push", "next"),
    ]
    assert (sent["verdict"], sent["state"], "reason" in sent) == ("send", "sent", False)
    assert (sent["journey"], sent["step"]) == ("orders_simple", "confirmar")
    assert reply.json["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("customer_id=cus_ana", 2),
        ("customer_id=cus_nobody", 0),
        ("message=order_confirmed", 2),
        ("message=order_confirmed&customer_id=cus_ana", 1),
        ("journey=orders_simple", 1),
        ("reason=no_consent", 1),
        ("reason=suppressed", 0),
        ("state=sent", 2),
        ("state=blocked&customer_id=cus_ana", 1),
        (f"since={quote('2026-11-25T09:01:00-03:00')}", 2),
        (f"until={quote('2026-11-25T09:01:00-03:00')}", 1),
        (f"since={quote('2026-11-25T09:01:00-03:00')}&until={quote('2026-11-25T09:02:00-03:00')}", 1),
        ("since=2027-01-01T00:00:00Z", 0),
        ("until=2020-01-01T00:00:00Z", 0),
    ],
)
def test_a_list_can_be_narrowed(api, decided, query, count):
    assert decided
    assert len(api.get(f"{PATH}?{query}").json["data"]) == count


def test_the_next_page_keeps_what_was_asked_for(api, decided):
    """The link leads on, filters and all, until there is none."""
    assert decided
    first = api.get(f"{PATH}?message=order_confirmed&limit=1")
    assert messages(first) == [("order_confirmed", "cus_bruno")]
    link = first.headers["Link"].partition(">")[0].removeprefix("<")
    assert "message=order_confirmed" in link

    second = api.get(link)
    assert messages(second) == [("order_confirmed", "cus_ana")]
    found = [second]
    while found[-1].json["next_cursor"] is not None:
        found.append(api.get(found[-1].headers["Link"].partition(">")[0].removeprefix("<")))
    assert [one.json["data"] for one in found[1:]] == [[]] * (len(found) - 1)


def test_reasons_are_said_in_the_callers_language(api, decided):
    assert decided
    (one,) = api.get(f"{PATH}?reason=no_consent", Accept_Language="pt-BR").json["data"]
    assert one["reason"]["sentence"].startswith("O cliente não autorizou este tópico")


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("reason=no_consnt", "unknown_reason", "?reason"),
        ("state=gone", "invalid_input", "?state"),
        ("since=yesterday", "invalid_input", "?since"),
        ("limit=0", "invalid_input", "?limit"),
        ("cursor=here", "invalid_input", "?cursor"),
        ("mesage=order_confirmed", "invalid_input", "?mesage"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(api, query, code, pointer):
    reply = api.get(f"{PATH}?{query}")
    assert (reply.status, reply.json["code"], reply.pointers) == (422, code, [pointer])


def test_only_a_key_that_may_read_messages_reads_why(api, casa_lume):
    assert api.with_key(new_key(casa_lume, "messages:send")).get(PATH).status == 403
    assert api.with_key(new_key(casa_lume, "messages:read")).get(PATH).status == 200
