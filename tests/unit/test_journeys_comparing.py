"""The ways of a split are told apart by what they reached, once that is worth something."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.journeys.chance import drawn
from orchestrator.journeys.comparing import MINIMUM, Comparison, Way, compared, is_compared
from orchestrator.journeys.model import Journey
from orchestrator.journeys.steps import SplitStep

WEIGHTS = {"com_oferta": 50, "sem_oferta": 50}


def journey(**split):
    shares = {name: {"weight": weight} for name, weight in WEIGHTS.items()}
    step = {"id": "teste", "split": shares, "metric": "goal"} | split
    return Journey.model_validate(
        {
            "kind": "journey", "id": "carrinhos", "title": "Carrinhos", "owner": "marketing", "topic": "offers",
            "trigger": {"event": "cart.updated"}, "goal": {"event": "order.placed", "within": "3d"}, "steps": [step],
        }
    )  # fmt: skip


def comparison(*runs, minimum=1):
    ways = tuple(Way(name=name, weight=50, runs=count, reached=0) for name, count in zip("ab", runs, strict=True))
    return Comparison(step="teste", hypothesis="", minimum=minimum, ways=ways)


def test_ten_thousand_customers_part_evenly_and_each_goal_counts_for_its_way():
    """Half and half within a point; what a way reached is what its own customers reached."""
    customers = [f"cus_{number}" for number in range(10_000)]
    one = journey()
    (found,) = compared(one, [(customer, customer.endswith("7")) for customer in customers])

    own = {name: [c for c in customers if drawn(WEIGHTS, "carrinhos", "teste", c) == name] for name in WEIGHTS}
    assert [(way.name, way.runs) for way in found.ways] == [(name, len(those)) for name, those in own.items()]
    assert [way.reached for way in found.ways] == [sum(c.endswith("7") for c in those) for those in own.values()]
    assert all(abs(way.runs - 5_000) < 100 for way in found.ways)
    assert (found.is_uneven, found.is_ready) == (False, True)


@pytest.mark.parametrize(
    ("runs", "uneven"),
    [((0, 0), False), ((1, 0), False), ((5_000, 5_000), False), ((5_150, 4_850), False), ((5_200, 4_800), True),
     ((900, 1_100), True), ((60, 40), False)],
)  # fmt: skip
def test_ways_that_chance_does_not_explain_are_flagged(runs, uneven):
    """One of a thousand splits as they should be is flagged: beyond 3.29 standard deviations."""
    assert comparison(*runs).is_uneven is uneven


@pytest.mark.parametrize(("runs", "ready"), [((99, 5_000), False), ((100, 100), True), ((0, 0), False)])
def test_nothing_is_told_before_each_way_had_its_number_of_runs(runs, ready):
    """However many the other one had."""
    assert comparison(*runs, minimum=100).is_ready is ready


def test_the_number_of_runs_and_the_hypothesis_are_the_files_own():
    """Without a number there is one of ours."""
    (said,) = compared(journey(minimum=40, hypothesis="Mais gente volta"), [])
    (unsaid,) = compared(journey(), [])
    assert (said.minimum, said.hypothesis) == (40, "Mais gente volta")
    assert (unsaid.minimum, unsaid.hypothesis, [way.share for way in unsaid.ways]) == (MINIMUM, "", [None, None])


def test_a_split_without_a_metric_is_compared_by_nobody():
    """And neither expects something nor counts up to a number."""
    shares = journey().steps[0].model_dump(include={"split"})
    assert not is_compared(journey(metric=None))
    for name, value in (("minimum", 100), ("hypothesis", "Mais gente volta")):
        with pytest.raises(ValidationError, match="goes with `metric: goal`"):
            SplitStep.model_validate({"id": "teste", **shares, name: value})


def test_a_release_of_a_file_that_says_neither_is_the_one_that_it_was():
    """What is new in the format changes no release."""
    assert {"hypothesis", "minimum"}.isdisjoint(journey().steps[0].model_dump())
