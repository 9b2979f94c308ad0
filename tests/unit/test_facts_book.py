"""Facts at one moment: what they say, when they end, and why they cannot be promised."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.fact import LiveFact
from orchestrator.domain.time import instant
from orchestrator.facts.book import FactBook, Obstacle
from orchestrator.facts.calendar import Calendar
from orchestrator.facts.model import DeliveryPromise, Live, Offer, Policy, Stock
from orchestrator.facts.moments import as_moment, beginning, end, in_zone
from orchestrator.facts.sheet import FactSheet

ZONE = "America/Sao_Paulo"
CALENDAR = Calendar("BR", "SP")
STOCK = "inventory.KIT.available"
ORDER = {"order": {"placed_at": "2026-11-18T10:00:00-03:00", "state": "SP", "pay_until": "2026-11-25T18:00"}}

SHEET = FactSheet(
    offers={
        "kit": Offer(
            title="Kit",
            price="129.90 BRL",
            discount="20%",
            starts_at="2026-11-20",
            ends_at="2026-11-30",
            stock=Stock(live=STOCK, reserve=40, hold_sends_below=60),
        ),
        "volta": Offer(title="Volta", coupon="SAUDADE10", valid_for="7d"),
        "hora": Offer(title="Hora", valid_for="2h"),
        "uteis": Offer(title="Úteis", valid_for="2bd"),
        "semanas": Offer(title="Semanas", valid_for="2w", ends_at="2026-12-01"),
        "noite": Offer(title="Noite", starts_at="2026-11-20T08:00", ends_at="2026-11-30T18:00"),
        "fora": Offer(title="Fora", ends_at="2026-11-30T18:00Z"),
        "movel": Offer(
            title="Móvel", price=Live(live="inventory.MOVEL.price"), ends_at=Live(live="inventory.MOVEL.ends_at")
        ),
        "sempre": Offer(title="Sempre", price="10.00 BRL"),
    },
    delivery={
        "standard": DeliveryPromise(cutoff="14:00", business_days={"SP": 2, "Norte": 9}, carrier_calendar="BR"),
        "now": DeliveryPromise(cutoff="14:00", business_days={"SP": 2}, counts_from="now"),
        "here": DeliveryPromise(business_days={"SP": 2}, region="store.uf"),
    },
    policies={
        "troca": Policy(value="7d", text="7 dias corridos", texts={"en": "7 calendar days"}),
        "visits_at": Policy(value="9h", text="das 9h às 18h"),
    },
)


def at(wall):
    return instant(datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(ZONE)))


NOW = at("2026-11-24 10:00")


def fact(path, value, *, version=1):
    return LiveFact(path=path, value=value, version=version, source="erp", as_of=NOW, recorded_at=NOW)


def book(**live):
    """`KIT__available=212` is `inventory.KIT.available`."""
    paths = {f"inventory.{name.replace('__', '.')}": value for name, value in live.items()}
    return FactBook(SHEET, {path: fact(path, value) for path, value in paths.items()}, CALENDAR, ZONE)


def value(path, *, data=ORDER, now=NOW, **live):
    return book(**live).value(path, data, now)


@pytest.mark.parametrize(
    ("path", "now", "turns"),
    [
        ("offers.kit", "2026-11-19 10:00", "2026-11-20 00:00"),
        ("offers.kit", "2026-11-24 10:00", "2026-12-01 00:00"),
        ("offers.kit", "2026-12-02 10:00", None),
        ("offers.noite", "2026-11-20 07:59", "2026-11-20 08:00"),
        ("offers.volta", "2026-11-24 10:00", None),
        ("policies.troca", "2026-11-24 10:00", None),
    ],
)
def test_an_offer_becomes_another_when_it_begins_and_when_it_has_ended(path, now, turns):
    assert book().turns_at([path], at(now)) == (at(turns) if turns else None)


# --- written moments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026-11-30", at("2026-11-30 00:00"), at("2026-12-01 00:00") - 1),
        ("2026-11-30T18:00", at("2026-11-30 18:00"), at("2026-11-30 18:00")),
        ("2026-11-30 18:00", at("2026-11-30 18:00"), at("2026-11-30 18:00")),
        ("2026-11-30T18:00Z", at("2026-11-30 15:00"), at("2026-11-30 15:00")),
        ("2017-10-14", at("2017-10-14 00:00"), at("2017-10-15 01:00") - 1),  # midnight never was
    ],
)
def test_a_plain_date_lasts_through_its_day(text, begins, ends):
    """Until the 30th is not over on the 30th (trap T2)."""
    assert (beginning(text, ZONE), end(text, ZONE)) == (begins, ends)


def test_an_hour_is_told_as_the_project_s_clocks_show_it():
    assert in_zone("2026-11-30T18:00Z", ZONE) == "2026-11-30T15:00:00-03:00"
    assert in_zone("2026-11-30", ZONE) == "2026-11-30"


@pytest.mark.parametrize(
    "text", ["", "amanhã", "30/11/2026", "2026-11-31", "20261130", "9999-12-31", "2026-11-30T24:30"]
)
def test_anything_else_is_no_moment(text):
    with pytest.raises(ValueError, match="must be a date such as 2026-11-30"):
        as_moment(text)


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("offers.kit.title", "Kit"),
        ("offers.kit.price", "129.90 BRL"),
        ("offers.kit.discount", "20%"),
        ("offers.kit.ends_at", "2026-11-30"),
        ("offers.volta.valid_for", "7d"),
        ("offers.noite.starts_at", "2026-11-20T08:00:00-03:00"),
        ("offers.noite.ends_at", "2026-11-30T18:00:00-03:00"),
        ("offers.fora.ends_at", "2026-11-30T15:00:00-03:00"),
        ("policies.troca", "7 dias corridos"),
        ("policies.troca.value", "7d"),
        ("policies.troca.text", "7 dias corridos"),
        ("policies.visits_at", "das 9h às 18h"),
        ("offers.kit.coupon", None),
        ("offers.volta.stock", None),
        ("offers.nobody.price", None),
        ("offers.kit.nothing", None),
        ("policies.nothing", None),
        ("promises.delivery.nothing", None),
        ("order.number", None),
    ],
)
def test_a_fact_says_what_the_file_says(path, says):
    assert value(path) == says


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("offers.volta.ends_at", "2026-12-01"),
        ("offers.hora.ends_at", "2026-11-24T12:00:00-03:00"),
        ("offers.uteis.ends_at", "2026-11-26"),
        ("offers.semanas.ends_at", "2026-12-01"),  # the offer itself ends before two weeks do
    ],
)
def test_what_is_valid_for_a_time_ends_that_long_after_it_is_sent(path, says):
    assert value(path, now=NOW + 30_000) == says


def test_seven_days_from_the_last_minute_of_a_day_are_counted_from_that_day():
    assert value("offers.volta.ends_at", now=at("2026-11-24 23:59")) == "2026-12-01"
    assert value("offers.volta.ends_at", now=at("2026-11-25 00:00")) == "2026-12-02"


@pytest.mark.parametrize(
    ("live", "says"),
    [
        ({}, None),
        ({"MOVEL__price": "99.90 BRL"}, "99.90 BRL"),
        ({"MOVEL__price": 99.9}, None),  # no currency: as good as unknown
    ],
)
def test_a_live_part_says_what_was_told_last(live, says):
    assert value("offers.movel.price", **live) == says


@pytest.mark.parametrize(("available", "left"), [(212, 172), (40, 0), (12, 0), ("many", None), (None, None)])
def test_stock_is_what_may_still_be_promised(available, left):
    live = {} if available is None else {"KIT__available": available}
    assert value("offers.kit.stock", **live) == left


@pytest.mark.parametrize(
    ("wall", "available", "on_sale"),
    [
        ("2026-11-19 23:59", 212, False),
        ("2026-11-20 00:00", 212, True),
        ("2026-11-30 23:59", 212, True),
        ("2026-12-01 00:00", 212, False),
        ("2026-11-24 10:00", 60, True),
        ("2026-11-24 10:00", 59, False),
        ("2026-11-24 10:00", None, False),
    ],
)
def test_an_offer_is_on_sale_between_its_ends_and_above_its_threshold(wall, available, on_sale):
    live = {} if available is None else {"KIT__available": available}
    assert value("offers.kit.on_sale", now=at(wall), **live) is on_sale


@pytest.mark.parametrize(
    ("path", "data", "says"),
    [
        ("promises.delivery.standard", ORDER, "2026-11-23"),
        ("promises.delivery.standard", {"order": {"placed_at": "2026-11-18T10:00", "state": "SP"}}, "2026-11-23"),
        # A date without an hour counts as after the cut-off: nobody is promised a day too early.
        ("promises.delivery.standard", {"order": {"placed_at": "2026-11-18", "state": "SP"}}, "2026-11-24"),
        ("promises.delivery.standard", {"order": {"placed_at": "2026-11-18T10:00"}}, "2026-12-02"),
        ("promises.delivery.standard", {"order": {"placed_at": "2026-11-18T10:00", "state": 7}}, "2026-12-02"),
        ("promises.delivery.standard", {"order": {"placed_at": "yesterday", "state": "SP"}}, None),
        ("promises.delivery.standard", {"order": {"state": "SP"}}, None),
        ("promises.delivery.standard", {"order": "ord_1"}, None),
        ("promises.delivery.standard", {}, None),
        ("promises.delivery.now", {}, "2026-11-26"),
        ("promises.delivery.here", ORDER | {"store": {"uf": "SP"}}, "2026-11-23"),
    ],
)
def test_a_delivery_date_counts_from_the_order(path, data, says):
    assert value(path, data=data) == says


def test_a_carrier_has_holidays_of_its_own():
    """9 July is off in São Paulo, where the shop is, and not for the carrier, whose calendar is Brazil's."""
    data = {"order": {"placed_at": "2026-07-08T10:00", "state": "SP"}}
    assert value("promises.delivery.standard", data=data) == "2026-07-10"
    assert value("promises.delivery.here", data=data | {"store": {"uf": "SP"}}) == "2026-07-13"


# A claim reads a policy's value, the same in every language, and its approved words in one.
SWAP = {"value": "7d", "text": "7 dias corridos"}


def test_a_path_may_be_claimed_twice():
    assert book().nested(("policies.troca", "policies.troca"), {}, NOW) == {"policies": {"troca": SWAP}}


def test_only_what_is_live_has_a_version():
    live = {"inventory.MOVEL.price": fact("inventory.MOVEL.price", "99.90 BRL", version=18)}
    read = FactBook(SHEET, live, Calendar(), ZONE)
    assert read.version("inventory.MOVEL.price") == 18
    assert read.version("offers.movel.price") == 18
    assert read.version("offers.movel.ends_at") is None  # never told
    assert read.version("offers.kit.price") is None


def test_facts_are_nested_by_their_dots():
    paths = ("offers.kit.price", "offers.kit.ends_at", "policies.troca", "inventory.KIT.available", "order.number")
    assert book(KIT__available=212).nested(paths, ORDER, NOW) == {
        "offers": {"kit": {"price": "129.90 BRL", "ends_at": "2026-11-30"}},
        "policies": {"troca": SWAP},
        "inventory": {"KIT": {"available": 212}},
    }


@pytest.mark.parametrize(
    ("locale", "words"),
    [("", "7 dias corridos"), ("pt-BR", "7 dias corridos"), ("en", "7 calendar days"), ("de", "7 dias corridos")],
)
def test_a_policy_is_said_in_the_words_that_are_approved_for_a_language(locale, words):
    assert book().nested(("policies.troca",), {}, NOW, locale=locale) == {
        "policies": {"troca": {"value": "7d", "text": words}}
    }
    assert book().value("policies.troca.text", {}, NOW, locale=locale) == words
    assert book().value("policies.troca.value", {}, NOW, locale=locale) == "7d"


def test_what_is_not_known_is_left_out():
    """The render says which value is missing; nothing stands in for it."""
    assert book().nested(("offers.movel.price", "inventory.KIT.available"), {}, NOW) == {}


def test_one_value_cannot_hold_another():
    with pytest.raises(ValueError, match="one value cannot hold another"):
        book().nested(("policies.troca.value", "policies.troca"), {}, NOW)


# --- obstacles --------------------------------------------------------------------------------------------------------

EARLY, DURING, LATE = "2026-11-19 12:00", "2026-11-24 10:00", "2026-12-01 00:00"
PLENTY, UNTIL = {"KIT__available": 212}, {"MOVEL__ends_at": "2026-11-30"}


@pytest.mark.parametrize(
    ("path", "wall", "live", "detail"),
    [
        ("offers.kit.price", LATE, PLENTY, "offers.kit ended 2026-11-30"),
        ("offers.kit", LATE, {}, "offers.kit ended 2026-11-30"),
        ("offers.noite.title", "2026-11-30 18:01", {}, "offers.noite ended 2026-11-30T18:00"),
        ("offers.movel.price", LATE, UNTIL, "offers.movel ended 2026-11-30"),
    ],
)
def test_an_offer_that_has_ended_expires_the_message(path, wall, live, detail):
    assert book(**live).obstacle((path,), at(wall)) == Obstacle("expired", "offer_ended", detail)


@pytest.mark.parametrize(
    ("path", "wall", "live", "subject", "detail"),
    [
        ("offers.kit.price", EARLY, PLENTY, "offers.kit", "offers.kit begins 2026-11-20"),
        ("offers.kit.price", DURING, {}, "offers.kit", f"{STOCK} has no value that fits"),
        ("offers.kit.price", DURING, {"KIT__available": "many"}, "offers.kit", f"{STOCK} has no value that fits"),
        ("offers.kit.price", DURING, {"KIT__available": 40}, "offers.kit", f"{STOCK} is 40, and 40 are reserved"),
        ("offers.kit.price", DURING, {"KIT__available": 59}, "offers.kit", f"{STOCK} is 59; below 60 sends are held"),
        ("offers.kit.coupon", DURING, PLENTY, "offers.kit", "offers.kit.coupon has no value that fits"),
        ("offers.movel.price", DURING, UNTIL, "offers.movel", "inventory.MOVEL.price has no value that fits"),
        (
            "offers.movel.price",
            DURING,
            {"MOVEL__price": "9.90 BRL"},
            "offers.movel",
            "inventory.MOVEL.ends_at has no value that fits",
        ),
        (STOCK, DURING, {}, STOCK, f"{STOCK} has no value that fits"),
        ("policies.gone", DURING, {}, "policies.gone", "policies.gone is not a fact of this release"),
        ("offers.gone.price", DURING, {}, "offers.gone.price", "offers.gone.price is not a fact of this release"),
    ],
)
def test_a_fact_that_does_not_hold_yet_holds_the_message(path, wall, live, subject, detail):
    assert book(**live).obstacle((path,), at(wall)) == Obstacle("held", f"fact_unavailable:{subject}", detail)


@pytest.mark.parametrize(
    "paths",
    [
        (),
        ("order.number", "order.placed_at"),
        ("offers.kit.price", "offers.kit.discount", "offers.kit.ends_at"),
        ("offers.volta.coupon", "offers.volta.ends_at"),
        ("offers.sempre.price",),
        ("policies.troca", "promises.delivery.standard"),
        (STOCK,),
    ],
)
def test_facts_that_hold_stop_nothing(paths):
    assert book(KIT__available=60).obstacle(paths, NOW) is None


def test_what_is_over_for_ever_wins_over_what_may_pass():
    """A held message would wait for stock that comes after the other offer has ended."""
    found = book().obstacle(("offers.volta.coupon", STOCK, "offers.noite.title"), at("2026-12-05 10:00"))
    assert found.reason == "offer_ended"


@given(st.integers(min_value=at("2026-11-18 00:00"), max_value=at("2026-12-03 00:00")), st.integers(0, 300))
def test_an_offer_is_on_sale_exactly_when_nothing_stops_it(now, available):
    """One evaluator: a journey that asks on_sale and the gate agree."""
    read = book(KIT__available=available)
    stopped = read.obstacle(("offers.kit.price",), now)
    assert read.value("offers.kit.on_sale", {}, now) is (stopped is None)
    assert (stopped is None) == (at("2026-11-20 00:00") <= now < at("2026-12-01 00:00") and available >= 60)


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "ends"),
    [
        ((), None),
        (("offers.sempre.price",), None),
        (("policies.troca", "promises.delivery.standard", STOCK), None),
        (("offers.kit.price",), at("2026-12-01 00:00") - 1),
        (("offers.noite.title",), at("2026-11-30 18:00")),
        (("offers.volta.coupon",), at("2026-12-02 00:00") - 1),
        (("offers.hora.title",), at("2026-11-24 12:00")),
        (("offers.kit.price", "offers.noite.title"), at("2026-11-30 18:00")),
        (("order.pay_until",), at("2026-11-25 18:00")),
        (("order.pay_until", "offers.kit.price"), at("2026-11-25 18:00")),
        (("order.nothing", "order.state"), None),
        (("offers.movel.price",), None),
    ],
)
def test_a_message_ends_with_the_first_of_what_it_claims(paths, ends):
    assert book().ends(paths, ORDER, NOW) == ends


@given(st.integers(min_value=at("2026-11-20 00:00"), max_value=at("2026-12-31 00:00")))
def test_a_message_is_never_late_while_its_offer_holds(now):
    """The end that a message is given and the hour at which the gate says it is over are the same."""
    for offer in ("offers.fora.title", "offers.semanas.title"):
        stopped = book().obstacle((offer,), now)
        assert (stopped is not None) == (now > book().ends((offer,), {}, now))


@given(st.integers(min_value=at("2026-11-20 00:00"), max_value=at("2026-12-31 00:00")))
def test_what_is_valid_for_a_time_always_ends_later(now):
    for offer in ("offers.volta.coupon", "offers.hora.title", "offers.uteis.title"):
        assert book().ends((offer,), {}, now) > now
