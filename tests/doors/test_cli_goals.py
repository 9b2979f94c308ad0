"""`jogral goals`: what journeys are for, and how many got there."""

from __future__ import annotations

import pytest


def test_every_journey_with_a_goal_is_counted(open_shop):
    """In words, and with the same numbers for programs; one that has none is not there."""
    done = open_shop("goals")
    assert done.code == 0
    assert done.out.startswith("ask_for_review  order.placed within 90d\n  0 entered, 0 reached it\n")
    assert "orders_simple" not in done.out
    document = open_shop("goals", "ask_for_review", "--last", "30d", "--json").document
    assert document == {
        "schema": "jogral.goals/1", "ok": True,
        "items": [
            {
                "journey": "ask_for_review", "event": "order.placed", "within": "90d",
                "entered": 0, "reached": 0, "open": 0, "rate": None, "messages": [], "tests": [],
            }
        ],
    }  # fmt: skip


TESTED = """\
steps:
  - id: teste
    split:
      com_convite: {weight: 50, steps: [{id: convidar, send: review_request}]}
      sem_convite: {weight: 50}
    metric: goal
    hypothesis: Quem avalia volta
    minimum: {minimum}
"""


def test_a_test_is_told_when_it_is_ready(open_shop, shop):
    """Before that its ways are counted, and what they reached is not told, nor written for programs."""
    file = shop / "templates/journeys/ask_for_review.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before[: before.index("steps:")] + TESTED.replace("{minimum}", "20"), encoding="utf-8")
    assert open_shop("apply", open_shop("plan", "--json").document["id"]).code == 0

    done = open_shop("goals")
    assert "    teste  Quem avalia volta\n      com_convite                weight 50: 0 runs\n" in done.out
    assert "What they reached is told when each way has had 20 runs." in done.out
    (test,) = open_shop("goals", "--json").document["items"][0]["tests"]
    assert (test["ready"], test["uneven"], test["minimum"]) == (False, False, 20)
    assert {(way["reached"], way["rate"]) for way in test["ways"]} == {(None, None)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask_for_reviw",), 'did you mean "ask_for_review"?'),
        (("orders_simple",), 'Journey "orders_simple" has no goal.'),
        (("--last", "5bd"), '"5bd" is not a duration.'),
    ],
)
def test_what_cannot_be_counted_says_why(open_shop, arguments, said):
    done = open_shop("goals", *arguments)
    assert (done.code, said in done.err) == (2, True), done.err
