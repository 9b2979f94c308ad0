"""Supersede: of several messages that wait for one customer's peace, only the newest is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.dispatch.supersede import superseded
from orchestrator.domain.message import Purpose
from orchestrator.store.port import Deferred

OFFER = Deferred("msg_1", "cus_1", "offers", Purpose.MARKETING, "cart_offer", {"cart": "crt_1"}, "quiet_hours:noite", 1)
NEWS = replace(OFFER, topic="order_updates", purpose=Purpose.TRANSACTIONAL, message="order_late")


def older(*waiting):
    return [one.id for one in superseded(waiting)]


def test_of_marketing_one_message_of_a_topic_is_enough():
    """Whatever it is about, in whatever order they are read."""
    newer = replace(OFFER, id="msg_2", message="banho", objects={}, accepted_at=2)
    newest = replace(OFFER, id="msg_3", accepted_at=3, reason="frequency_cap:dia")
    assert older(newest, OFFER, newer) == ["msg_1", "msg_2"]


@pytest.mark.parametrize(
    "other",
    [{"customer_id": "cus_2"}, {"topic": "reviews"}, {"purpose": Purpose.TRANSACTIONAL}],
    ids=["another person", "another topic", "another purpose"],
)
def test_what_has_nothing_to_do_with_it_stays(other):
    assert older(OFFER, replace(OFFER, id="msg_2", accepted_at=2, **other)) == []


@pytest.mark.parametrize(
    ("other", "replaced"),
    [
        ({}, True),
        ({"message": "order_shipped"}, False),
        ({"objects": {"order": "ord_2"}}, False),
        ({"objects": {"cart": "crt_1", "order": "ord_1"}}, False),
        ({"customer_id": "cus_2"}, False),
    ],
    ids=["the same", "another message", "another thing", "one thing more", "another person"],
)
def test_what_was_bought_is_told_of_each_thing(other, replaced):
    """Two orders that are late are two pieces of news; only the same message about the same thing repeats itself."""
    assert older(NEWS, replace(NEWS, id="msg_2", accepted_at=2, **other)) == ["msg_1"] * replaced


def test_the_order_in_which_objects_are_named_says_nothing():
    one = replace(NEWS, objects={"order": "ord_1", "shipment": "shp_1"})
    other = replace(NEWS, id="msg_2", accepted_at=2, objects={"shipment": "shp_1", "order": "ord_1"})
    assert older(one, other) == ["msg_1"]


def test_of_two_of_the_same_moment_the_larger_id_is_the_newer():
    """Ids grow with time; the sweep of every worker says the same."""
    assert older(replace(OFFER, id="msg_2"), OFFER) == ["msg_1"]


WAITING = st.lists(
    st.builds(
        lambda customer_id, topic, purpose, message, order, at: replace(
            OFFER,
            customer_id=customer_id,
            topic=topic,
            purpose=purpose,
            message=message,
            objects={"order": order},
            accepted_at=at,
        ),
        st.sampled_from(["cus_1", "cus_2"]),
        st.sampled_from(["offers", "reviews"]),
        st.sampled_from(Purpose),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["ord_1", "ord_2"]),
        st.integers(0, 5),
    ),
    max_size=12,
).map(lambda found: [replace(one, id=f"msg_{place:02}") for place, one in enumerate(found)])


@given(waiting=WAITING)
def test_whatever_goes_a_newer_one_stays_in_its_place(waiting):
    """Nobody is left without word, and what stays repeats nothing."""
    gone = superseded(waiting)
    stay = [one for one in waiting if one not in gone]
    for one in gone:
        assert any(
            (other.customer_id, other.topic, other.purpose) == (one.customer_id, one.topic, one.purpose)
            and (other.accepted_at, other.id) > (one.accepted_at, one.id)
            for other in stay
        )
    assert superseded(stay) == []
