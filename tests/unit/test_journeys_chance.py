"""Chance that is the same whenever it is asked: rollouts (requirement 12) and splits (requirement 120)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from orchestrator.journeys.chance import drawn, lot
from orchestrator.journeys.entrance import rolled_out
from tests.playing import journey, send

PEOPLE = [f"cus_{number}" for number in range(10_000)]


def inside(share, journey_id="envio"):
    one = journey(send("avisar"), id=journey_id, rollout=share)
    return {person for person in PEOPLE if rolled_out(one, person)}


@pytest.mark.parametrize(("share", "expected"), [("1%", 100), ("10%", 1_000), ("33.3%", 3_330), ("90%", 9_000)])
def test_a_rollout_lets_its_share_of_ten_thousand_in_within_a_point(share, expected):
    assert abs(len(inside(share)) - expected) <= 100


def test_a_rollout_is_the_same_at_every_asking_and_on_every_machine():
    """The number is written down: another hash, or Python's own, would let others in after a restart."""
    assert inside("10%") == inside("10%")
    assert lot("envio", "cus_1") == pytest.approx(0.8494084587607981, abs=1e-15)


def test_a_rollout_that_grows_keeps_everybody_who_is_in():
    shares = [inside(f"{percent}%") for percent in (1, 10, 25, 60, 100)]
    assert shares == sorted(shares, key=len)
    assert all(smaller < larger for smaller, larger in pairwise(shares))
    assert shares[-1] == set(PEOPLE)


def test_journeys_do_not_let_the_same_people_in():
    """Else one tenth of the customers would be the guinea pigs of all pilots."""
    both = inside("10%") & inside("10%", "outra")
    assert abs(len(both) - 100) <= 40


@pytest.mark.parametrize(
    "weights", [{"a": 50, "b": 50}, {"a": 1, "b": 1}, {"a": 10, "b": 90}, {"a": 1, "b": 1, "c": 2}]
)
def test_a_split_parts_ten_thousand_by_its_weights_within_a_point(weights):
    ways = Counter(drawn(weights, "envio", "teste", person) for person in PEOPLE)
    for way, weight in weights.items():
        assert abs(ways[way] - 10_000 * weight / sum(weights.values())) <= 100


def test_splits_part_people_anew_each_time():
    """Who got the offer in one test is as likely as anybody to get it in the next."""
    first, second = (
        {person for person in PEOPLE if drawn({"a": 1, "b": 1}, "envio", step, person) == "a"} for step in ("x", "y")
    )
    assert abs(len(first & second) - 2_500) <= 150


def test_a_split_does_not_follow_the_rollout():
    """Of those who are in, half go each way."""
    ways = Counter(drawn({"a": 50, "b": 50}, "envio", "teste", person) for person in inside("20%"))
    assert abs(ways["a"] - ways["b"]) <= 150


def test_names_are_told_apart():
    assert lot("ab", "c") != lot("a", "bc")
    assert all(0 <= lot(person) < 1 for person in PEOPLE[:1_000])
