"""/v1/facts: read as every channel states them, put with versions, and what a new value does to messages that wait."""

from __future__ import annotations

import itertools

import pytest

from orchestrator.domain.delivery import State
from orchestrator.store.port import Conclusion
from tests.doors.conftest import drained, new_key

PATH = "/v1/facts"
STOCK = "inventory.KIT-BANHO-04.available"
OFFER = "offers.banho_lume20"
REASON = f"fact_unavailable:{OFFER}"

# The offer is not promised when 40 or fewer are left, nor sent when there are fewer than 60.
PLENTY, FEW = 212, 52

sentinels = itertools.count()


def put(api, value, path=STOCK, *, source="wms", as_of="2026-11-25T08:59:00-03:00", **headers):
    return api.call("PUT", f"{PATH}/{path}", {"value": value, "source": source, "as_of": as_of}, **headers)


def wanted(api, *messages):
    """Requests for Ana, accepted and waiting; their ids."""
    return [
        api.post(
            "/v1/messages", {"message": message, "customer_id": "cus_ana"}, Idempotency_Key=f"{message}-{place}"
        ).json["id"]
        for place, message in enumerate(messages)
    ]


def hold(app, delivery_ids, reason=REASON):
    """Hold requests, as the gate does."""
    now = app.clock.now()
    held = [Conclusion(one, State.HELD, reason, "", now, "[]", now) for one in delivery_ids]
    with app.store.write() as transaction:
        transaction.deliveries.conclude(held, release_id="rel_1", at=now)


def states(app, delivery_ids):
    with app.store.read() as transaction:
        return [transaction.deliveries.get(one)["state"] for one in delivery_ids]


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_written_fact_names_its_file_line_and_owner(api, shop):
    """What every channel states, and where to change it."""
    reply = api.get(f"{PATH}/{OFFER}.price")
    shown = reply.json
    assert reply.status == 200
    assert "ETag" not in reply.headers
    assert shown == {
        "path": f"{OFFER}.price",
        "value": "129.90 BRL",
        "kind": "price",
        "owner": "marketing",
        "live": False,
        "source": shown["declared"],
        "declared": shown["declared"],
    }
    file, _, line = shown["declared"].partition(":")
    assert (shop / file).read_text("utf-8").splitlines()[int(line) - 1].strip() == "price: 129.90 BRL"


def test_a_live_fact_has_a_version_and_an_age(api, clock):
    """Nobody has said it at first: then there is a declaration and no value."""
    before = api.get(f"{PATH}/{STOCK}")
    assert "value" not in before.json
    assert (before.json["live"], before.json["owner"]) == (True, "marketing")
    put(api, PLENTY)
    clock.advance(seconds=30)

    reply = api.get(f"{PATH}/{STOCK}")
    shown = reply.json
    assert reply.headers["ETag"] == '"v1"'
    assert {name: shown[name] for name in ("value", "version", "source", "as_of", "age_seconds")} == {
        "value": PLENTY,
        "version": "v1",
        "source": "wms",
        "as_of": "2026-11-25T08:59:00-03:00",
        "age_seconds": 90.0,
    }


def test_what_is_computed_from_a_live_fact_carries_its_version(api):
    """How many of an offer may still be promised: those in stock without the reserve."""
    put(api, PLENTY)
    put(api, PLENTY - 1)

    shown = api.get(f"{PATH}/{OFFER}.stock").json
    assert (shown["value"], shown["version"], shown["source"]) == (PLENTY - 1 - 40, "v2", "wms")
    assert api.get(f"{PATH}/{OFFER}.on_sale").json["value"] is True


def test_an_unknown_path_is_answered_with_what_was_meant(api):
    """In the caller's language, by every method."""
    for reply in (
        api.get(f"{PATH}/{OFFER}.prise"),
        put(api, 1, f"{OFFER}.prise"),
        api.get(f"{PATH}/{OFFER}.prise/history"),
    ):
        assert (reply.status, reply.json["code"]) == (404, "unknown_fact")
        assert f"{OFFER}.price" in reply.json["detail"]


def test_facts_are_listed_page_by_page(api, release):
    """Every fact of the release, by path."""
    put(api, PLENTY)
    found, path = [], f"{PATH}?limit=7"
    while path:
        page = api.get(path)
        found += page.json["data"]
        assert len(page.json["data"]) <= 7
        link = page.headers.get("Link", "")
        assert bool(link) == bool(page.json["next_cursor"])
        path = link[1 : link.index(">")] if link else ""

    assert [one["path"] for one in found] == sorted(release.facts.known_paths())
    by_path = {one["path"]: one for one in found}
    assert by_path[STOCK]["value"] == PLENTY
    assert by_path["policies.return_window"]["kind"] == "policy"


# --- delivery dates: one rule for every channel, reply and API ------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "promised"),
    [
        ("at=2026-11-25T13:59:00-03:00&region=SP", "2026-11-27"),  # Wednesday, before the cut-off
        ("at=2026-11-25T15:00:00-03:00&region=SP", "2026-11-30"),  # after it: counted from Thursday
        ("at=2026-11-25T15:00:00-03:00&region=Sudeste", "2026-12-01"),
        ("at=2026-11-25T15:00:00-03:00&region=MG", "2026-12-01"),
        ("at=2026-11-25T15:00:00-03:00", "2026-12-09"),  # no region: the slowest
        ("at=2026-12-23T10:00:00-03:00&region=SP", "2026-12-28"),  # Christmas is no business day
        ("region=SP", "2026-11-27"),  # now, Wednesday at nine
    ],
)
def test_a_delivery_promise_answers_the_date_of_an_order(api, asked, promised):
    """Business days from the cut-off, by region, without holidays and weekends."""
    shown = api.get(f"{PATH}/promises.delivery.standard?{asked}").json
    assert (shown["value"], shown["kind"], shown["owner"]) == (promised, "delivery_date", "operacoes")


def test_a_time_that_is_none_is_refused(api):
    reply = api.get(f"{PATH}/promises.delivery.standard?at=amanha")
    assert (reply.status, reply.pointers) == (422, ["?at"])


# --- putting --------------------------------------------------------------------------------------------------------


def test_a_new_value_is_stored_with_who_said_it_and_when(api):
    reply = put(api, PLENTY)
    assert (reply.status, reply.headers["ETag"]) == (200, '"v1"')
    assert reply.json == {
        "path": STOCK,
        "value": PLENTY,
        "version": "v1",
        "as_of": "2026-11-25T08:59:00-03:00",
        "effects": {"held_messages": 0, "released_messages": 0, "reason": ""},
    }


def test_without_a_source_it_was_the_key_and_without_a_time_it_is_now(api):
    reply = api.call("PUT", f"{PATH}/{STOCK}", {"value": PLENTY})
    assert reply.json["as_of"] == "2026-11-25T09:00:00-03:00"
    assert api.get(f"{PATH}/{STOCK}").json["source"] == "test"


def test_only_whoever_read_the_newest_version_overwrites_it(api):
    """412 says at which version it is, and stores nothing."""
    put(api, PLENTY)
    assert put(api, 200, If_Match='"v1"').json["version"] == "v2"
    late = put(api, 199, If_Match='"v1"')
    assert (late.status, late.json["code"]) == (412, "version_conflict")
    assert "v2" in late.json["detail"]
    assert api.get(f"{PATH}/{STOCK}").json["value"] == 200


def test_the_first_value_can_be_asked_to_be_the_first(api):
    assert put(api, PLENTY, If_Match='"v1"').status == 412
    assert put(api, PLENTY, If_None_Match="*").status == 200
    assert put(api, FEW, If_None_Match="*").status == 412


@pytest.mark.parametrize(
    "headers",
    [{"If_Match": "17"}, {"If_Match": 'W/"v17"'}, {"If_Match": "*"}, {"If_Match": '"v0"'}, {"If_None_Match": '"v1"'},
     {"If_Match": '"v1"', "If_None_Match": "*"}],
)  # fmt: skip
def test_a_condition_that_cannot_be_kept_is_refused(api, headers):
    """Better than a value that is stored unconditionally."""
    reply = put(api, PLENTY, **headers)
    assert (reply.status, reply.json["code"]) == (400, "etag_malformed")
    assert "value" not in api.get(f"{PATH}/{STOCK}").json


def test_of_fifty_who_read_the_same_version_one_wins(api):
    put(api, PLENTY)
    body = {"value": 1}
    replies = api.calls([("PUT", f"{PATH}/{STOCK}", body, {"If_Match": '"v1"'})] * 50)
    assert sorted(reply.status for reply in replies) == [200] + [412] * 49


def test_of_fifty_unconditional_values_none_is_lost(api):
    replies = api.calls([("PUT", f"{PATH}/{STOCK}", {"value": value}, {}) for value in range(50)])
    assert {reply.status for reply in replies} == {200}
    history = api.get(f"{PATH}/{STOCK}/history?limit=60").json["data"]
    assert [one["version"] for one in history] == [f"v{number}" for number in range(50, 0, -1)]
    assert sorted(one["value"] for one in history) == list(range(50))


@pytest.mark.parametrize(
    "path", [f"{OFFER}.price", f"{OFFER}.on_sale", "policies.return_window", "promises.delivery.standard"]
)
def test_what_a_file_says_changes_with_a_release_only(api, path):
    """409 names the file and the line."""
    reply = put(api, "9.90 BRL", path)
    assert (reply.status, reply.json["code"]) == (409, "fact_not_live")
    assert api.get(f"{PATH}/{path}").json["declared"] in reply.json["detail"]


def test_what_is_read_from_a_live_path_is_put_there(api):
    """An offer's own stock is what is left of it, not what the warehouse counts."""
    reply = put(api, PLENTY, f"{OFFER}.stock")
    assert (reply.status, reply.json["code"]) == (409, "fact_not_live")
    assert STOCK in reply.json["detail"]


@pytest.mark.parametrize(
    ("value", "code"),
    [("muitos", "unfit_fact"), ("212", "unfit_fact"), (True, "unfit_fact"), (-1, "unfit_fact"),
     (1.5, "unfit_fact"), (1e23, "unfit_fact"), (1_000_000_001, "unfit_fact"),
     (None, "wrong_type"), ([212], "wrong_type"), ({"amount": 212}, "wrong_type"), ("x" * 201, "too_long")],
)  # fmt: skip
def test_a_value_that_the_file_does_not_declare_is_refused(api, value, code):
    """With its pointer; nothing is stored."""
    reply = put(api, value)
    assert (reply.status, reply.pointers, reply.json["errors"][0]["code"]) == (422, ["#/value"], code)
    assert "value" not in api.get(f"{PATH}/{STOCK}").json


def test_older_news_does_not_replace_newer_news(api, casa_lume):
    """An export that was late would open an offer again that is sold out; what is as old as the last is taken."""
    put(api, FEW, as_of="2026-11-25T08:59:00-03:00")
    offers = wanted(api, "cart_offer")
    hold(casa_lume, offers)

    late = put(api, PLENTY, as_of="2026-11-25T08:58:59-03:00")
    assert (late.status, late.json["code"]) == (409, "older_fact")
    assert f"{STOCK} is at v1, as of 2026-11-25T08:59:00-03:00" in late.json["detail"]
    assert (api.get(f"{PATH}/{STOCK}").json["value"], states(casa_lume, offers)) == (FEW, ["held"])
    assert len(api.get(f"{PATH}/{STOCK}/history").json["data"]) == 1
    assert put(api, FEW - 1, as_of="2026-11-25T08:59:00-03:00").json["version"] == "v2"


def test_without_a_time_the_newest_word_counts(api):
    """Also where the last one came from a machine whose clock is a little ahead."""
    assert put(api, FEW, as_of="2026-11-25T09:05:00-03:00").status == 200
    assert api.call("PUT", f"{PATH}/{STOCK}", {"value": PLENTY}).json["version"] == "v2"


def test_news_from_the_future_is_refused(api):
    """It would keep out all that is said until then; a clock that is five minutes ahead is none."""
    early = put(api, PLENTY, as_of="2026-11-25T09:05:01-03:00")
    assert (early.status, early.json["code"], early.pointers) == (422, "as_of_in_the_future", ["#/as_of"])
    assert "2026-11-25T09:05:01-03:00 is still to come" in early.json["errors"][0]["detail"]
    assert "value" not in api.get(f"{PATH}/{STOCK}").json


@pytest.mark.parametrize("body", [{}, {"value": 1, "valeu": 2}, {"value": 1, "as_of": "ontem"}, [1]])
def test_a_body_that_says_something_else_is_refused(api, body):
    assert api.call("PUT", f"{PATH}/{STOCK}", body).status == 422


def test_reading_and_putting_are_two_scopes(api, casa_lume):
    """Whoever counts the stock may read it; whoever shows it may not count."""
    shows, counts = api.with_key(new_key(casa_lume, "facts:read")), api.with_key(new_key(casa_lume, "facts:write"))
    assert (shows.get(f"{PATH}/{STOCK}").status, put(shows, PLENTY).status) == (200, 403)
    assert (counts.get(f"{PATH}/{STOCK}").status, put(counts, PLENTY).status) == (200, 200)
    assert api.with_key(new_key(casa_lume, "events:write")).get(PATH).status == 403


def test_history_is_read_newest_first_and_page_by_page(api):
    for value in (1, 2, 3):
        put(api, value)

    page = api.get(f"{PATH}/{STOCK}/history?limit=2")
    assert [(one["version"], one["value"]) for one in page.json["data"]] == [("v3", 3), ("v2", 2)]
    assert set(page.json["data"][0]) == {"version", "value", "source", "as_of", "recorded_at"}
    rest = api.get(page.headers["Link"].partition(">")[0][1:])
    assert [one["version"] for one in rest.json["data"]] == ["v1"]
    assert rest.json["next_cursor"] is None
    assert api.get(f"{PATH}/{OFFER}.price/history").json == {"data": [], "next_cursor": None}


@pytest.mark.parametrize("cursor", ["!", "djA", "bm9wZQ"])
def test_a_cursor_of_somebody_elses_page_is_refused(api, cursor):
    reply = api.get(f"{PATH}/{STOCK}/history?cursor={cursor}")
    assert (reply.status, reply.pointers) == (422, ["?cursor"])


# --- what a new value does ------------------------------------------------------------------------------------------


def test_a_stock_that_runs_short_says_how_many_messages_it_holds(api):
    """All that wait and state something of the offer; others do not count."""
    put(api, PLENTY)
    wanted(api, "cart_offer", "cart_offer", "deadline_reminder", "review_request")

    assert put(api, PLENTY - 1).json["effects"] == {"held_messages": 0, "released_messages": 0, "reason": ""}
    assert put(api, FEW).json["effects"] == {"held_messages": 3, "released_messages": 0, "reason": REASON}


def test_a_stock_that_comes_back_releases_what_was_held_for_it(api, casa_lume, bell):
    """Its lane is rung at once; what is held for something else stays."""
    put(api, FEW)
    offers = wanted(api, "cart_offer", "deadline_reminder", "cart_offer")
    hold(casa_lume, offers[:2])
    hold(casa_lume, offers[2:], "paused")
    rung(api, bell)

    assert put(api, PLENTY).json["effects"] == {"held_messages": 0, "released_messages": 2, "reason": ""}
    assert states(casa_lume, offers) == ["accepted", "accepted", "held"]
    assert rung(api, bell) == ["marketing"]


def test_a_stock_that_is_still_short_wakes_nobody(api, casa_lume, bell):
    """Counted down one by one, it would wake the whole campaign each time."""
    put(api, FEW)
    offers = wanted(api, "cart_offer", "deadline_reminder")
    hold(casa_lume, offers)
    rung(api, bell)

    assert put(api, FEW - 1).json["effects"] == {"held_messages": 2, "released_messages": 0, "reason": REASON}
    assert states(casa_lume, offers) == ["held", "held"]
    assert rung(api, bell) == []


def test_a_message_waits_for_stock_and_leaves_when_it_is_there(api, casa_lume):
    """From the warehouse's number to the customer: held by the worker, released by the next number, and sent."""
    consent = {
        "topic": "offers", "channel": "email", "state": "granted", "wording": "optin_ofertas@4",
        "method": "double_opt_in", "evidence": {"confirmed_at": "2026-10-02T14:05:00-03:00"},
    }  # fmt: skip
    api.patch("/v1/customers/cus_ana", {"consents": [consent]})
    put(api, FEW)
    asked = {
        "message": "cart_offer",
        "customer_id": "cus_ana",
        "channels": {"all": ["email"]},
        "data": {"cart": {"url": "https://casalume.example/c/1"}},
    }
    location = api.post("/v1/messages", asked, Idempotency_Key="k1").headers["Location"]
    drained(casa_lume)
    held = api.get(location).json
    assert (held["state"], held["reason"]["code"]) == ("held", REASON)

    assert put(api, PLENTY).json["effects"]["released_messages"] == 1
    drained(casa_lume)
    sent = api.get(location).json
    assert sent["state"] == "sent"
    price = next(claim for claim in sent["rendering"]["claims"] if claim["kind"] == "price")
    assert (price["fact"], price["value"], price["superseded"]) == (f"{OFFER}.price", "129.90 BRL", False)


def test_a_refused_value_wakes_nobody(api, casa_lume, bell):
    """Nothing was stored, so nothing changed."""
    put(api, FEW)
    offers = wanted(api, "cart_offer")
    hold(casa_lume, offers)
    rung(api, bell)

    assert put(api, PLENTY, If_Match='"v7"').status == 412
    assert states(casa_lume, offers) == ["held"]
    assert rung(api, bell) == []


def rung(api, bell):
    """The lanes that were rung until now: rings sound in the order in which they were asked for."""
    asked = {"message": "order_cancelled", "customer_id": "cus_ana"}
    api.post("/v1/messages", asked, Idempotency_Key=f"sentinel-{next(sentinels)}")
    return list(iter(bell.heard, "transactional"))


def test_how_late_facts_come_is_a_number(api, clock):
    """From being true to being recorded, of the fact that was recorded last."""
    assert "jogral_fact_lag_seconds 0.0" in api.get("/metrics").body.decode()
    put(api, PLENTY, as_of="2026-11-25T08:59:57.500-03:00")
    clock.advance(seconds=16)  # the numbers are counted every 15 seconds
    assert "jogral_fact_lag_seconds 2.5" in api.get("/metrics").body.decode()
