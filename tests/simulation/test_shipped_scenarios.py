"""Casa Lume's own scenarios hold, and none of her journeys is without."""

from __future__ import annotations

from functools import cache

import pytest

from orchestrator.project import SHIPPED, Project
from orchestrator.simulation.trials import Stage, trials
from tests.shipped import TODAY


@cache
def survey():
    return Project(SHIPPED).survey(TODAY)


@pytest.fixture(scope="module")
def stage():
    return Stage.of(survey())


@pytest.mark.parametrize("trial", trials(survey()), ids=lambda trial: f"{trial.scenario.id} {trial.case.name}")
def test_a_shipped_scenario_holds(trial, stage):
    tried = stage.play(trial)

    assert [(one.path, *map(str, one.got), *map(str, one.because)) for one in tried.misses] == []


def test_every_shipped_journey_has_scenarios():
    assert {read.model.journey for read in survey().scenarios.values()} == set(survey().journeys)
