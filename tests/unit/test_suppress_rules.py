"""Suppress rules: no marketing while an order is late or somebody waits for an answer."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from orchestrator.domain.message import Purpose
from orchestrator.domain.object import unheard_of, updated
from orchestrator.domain.time import instant
from orchestrator.project import SHIPPED, Project
from orchestrator.suppress_rules import SuppressRule, forbidding

SAO_PAULO = "America/Sao_Paulo"
OPEN = {"id": "tic_1", "status": "open"}
CLOSED = {"id": "tic_2", "status": "closed"}


def at(*parts):
    return instant(datetime(*parts, tzinfo=ZoneInfo(SAO_PAULO)))


NOW = at(2026, 11, 26, 10)


def rule(**changes):
    return SuppressRule.model_validate(
        {
            "id": "ticket_aberto",
            "title": "Atendimento em aberto",
            "purposes": ["marketing"],
            "object": "ticket",
            "when": 'ticket.status == "open"',
        }
        | changes
    )


def asked(rules, objects, *, purpose=Purpose.MARKETING, topic="offers", now=NOW):
    found = forbidding(
        rules if isinstance(rules, tuple) else (rules,),
        objects,
        purpose=purpose,
        topic=topic,
        now=now,
        zone=SAO_PAULO,
    )
    return None if found is None else found.id


# --- one rule -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tickets", "found"),
    [
        ((), None),
        ((CLOSED,), None),
        ((OPEN,), "ticket_aberto"),
        ((CLOSED, OPEN, CLOSED), "ticket_aberto"),
    ],
)
def test_one_object_is_enough(tickets, found):
    assert asked(rule(), {"ticket": tickets}) == found


def test_who_has_no_such_object_may_be_written_to():
    assert asked(rule(), {}) is None
    assert asked((), {"ticket": (OPEN,)}) is None


def test_an_object_that_lacks_what_is_read_forbids_nothing():
    """Nor one in which it is of another kind."""
    odd = rule(when="ticket.waiting > 3")
    assert asked(odd, {"ticket": ({"id": "a"}, {"waiting": None}, {"waiting": "many"})}) is None
    assert asked(odd, {"ticket": ({"id": "a"}, {"waiting": 4})}) == "ticket_aberto"


def test_order_updates_are_told_all_the_same():
    assert asked(rule(), {"ticket": (OPEN,)}, purpose=Purpose.TRANSACTIONAL) is None
    assert asked(rule(purposes=[]), {"ticket": (OPEN,)}, purpose=Purpose.TRANSACTIONAL) == "ticket_aberto"


def test_a_rule_may_name_its_topics():
    one = rule(topics=["offers"])
    assert asked(one, {"ticket": (OPEN,)}) == "ticket_aberto"
    assert asked(one, {"ticket": (OPEN,)}, topic="reviews") is None


def test_the_first_rule_of_the_file_is_told():
    rules = (rule(id="a", object="order", when="true"), rule(id="b"), rule(id="c"))
    assert asked(rules, {"ticket": (OPEN,)}) == "b"


def test_two_releases_may_have_the_same_id_for_another_rule():
    assert asked(rule(), {"ticket": (OPEN,)}) == "ticket_aberto"
    assert asked(rule(when='ticket.status == "closed"'), {"ticket": (OPEN,)}) is None


def test_today_is_the_shops_date_and_now_an_instant():
    """At 22:00 in São Paulo it is tomorrow in UTC."""
    evening = at(2026, 11, 25, 22)
    today = rule(when='today == "2026-11-25"')
    now = rule(when='now == timestamp("2026-11-26T01:00:00Z")')
    assert asked(today, {"ticket": (OPEN,)}, now=evening) == "ticket_aberto"
    assert asked(now, {"ticket": (OPEN,)}, now=evening) == "ticket_aberto"


def test_a_condition_that_cannot_be_read_is_refused():
    with pytest.raises(ValidationError, match="cannot be read"):
        rule(when="ticket.status ==")


def test_a_rule_comes_back_from_the_ledger_as_it_was():
    one = rule(topics=["offers"])
    assert SuppressRule.model_validate_json(one.model_dump_json()) == one


# --- those of the sample shop ---------------------------------------------------------------------------------------

SHOP = Project(SHIPPED).read()
DISPATCHED = {"order_id": "ord_1", "promised_date": "2026-11-25", "status": "in_transit"}
MISSED = {"order_id": "ord_1", "promised_date": "2026-11-25"}
CHANGED = {"order_id": "ord_1", "promised_date": "2026-11-25", "estimated_date": "2026-11-27"}
DELIVERED = {"order_id": "ord_1", "status": "delivered"}


def shipment(*told):
    """A shipment as its events have made it, in whatever order they came: (day of November, data)."""
    one = unheard_of("shipment", "ord_1")
    for day, data in told:
        one = updated(one, data, at(2026, 11, day, 9), "cus_1")
    return {"shipment": ({**one.data, "id": one.id},)}


def shop_says(objects, now=NOW):
    return asked(SHOP.project.suppress_rules, objects, now=now)


@pytest.mark.parametrize(
    ("told", "now", "late"),
    [
        ([(23, DISPATCHED)], at(2026, 11, 25, 23, 59), False),  # the whole day was promised
        ([(23, DISPATCHED)], at(2026, 11, 26, 0), True),
        ([(26, MISSED)], at(2026, 11, 26, 10), True),  # never dispatched
        ([(23, DISPATCHED), (24, CHANGED)], at(2026, 11, 24, 10), True),  # known beforehand
        ([(23, DISPATCHED), (24, CHANGED | {"estimated_date": "2026-11-25"})], at(2026, 11, 24, 10), False),
        ([(23, DISPATCHED), (26, MISSED), (28, DELIVERED)], at(2026, 11, 28, 10), False),
        ([(28, DELIVERED), (23, DISPATCHED), (26, MISSED)], at(2026, 11, 28, 10), False),  # in another order
        ([(28, DELIVERED)], at(2026, 11, 28, 10), False),
        ([(23, DISPATCHED)], at(2026, 12, 24, 20), True),
        ([(23, DISPATCHED)], at(2026, 12, 24, 21), False),  # thirty days, by UTC
    ],
)
def test_no_offers_while_an_order_is_late(told, now, late):
    """From the day after its date, or from the day on which we know better, until it arrives."""
    assert shop_says(shipment(*told), now) == ("pedido_atrasado" if late else None)


def test_no_offers_while_a_ticket_is_open():
    assert shop_says({"ticket": (OPEN,)}) == "ticket_aberto"
    assert shop_says({"ticket": (CLOSED,)}) is None


def test_delivered_says_so():
    """Without its status a shipment would stay late for a month."""
    assert SHOP.events["shipment.delivered"].data["status"].required
    assert SHOP.events["ticket.closed"].data["status"].required
