"""Fault points: where a test may cut the power; in a shop that asks for none, nothing."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from orchestrator.domain.errors import ConfigurationError
from orchestrator.faultpoints import POINTS, VARIABLE, fault_points, nowhere

# It passes a point until it is ended, and tells each passage; what would clean up says so.
PASSING_PROCESS = """
import os, sys
from orchestrator.faultpoints import fault_points

pass_by = fault_points(os.environ)
try:
    for passage in range(1, 5):
        pass_by("after_claim")
        pass_by("after_gate")
        print(passage, flush=True)
finally:
    print("cleaned up", flush=True)
"""


def run(wanted):
    command = [sys.executable, "-W", "error", "-c", PASSING_PROCESS]
    return subprocess.run(command, env={VARIABLE: wanted}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("wanted", "passages"), [("after_gate", 0), ("after_gate:1", 0), ("after_gate:3", 2), ("after_claim:4", 3)]
)
def test_the_process_ends_at_the_passage_that_was_asked_for(wanted, passages):
    """By SIGKILL: nothing is cleaned up, nothing is written."""
    done = run(wanted)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == [str(number + 1) for number in range(passages)]


@pytest.mark.parametrize("wanted", ["", "after_settle", "after_gate:5"])
def test_a_point_that_is_not_reached_ends_nothing(wanted):
    done = run(wanted)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "cleaned up")


def test_without_the_variable_a_point_does_nothing():
    assert fault_points({}) is nowhere


@pytest.mark.parametrize(
    "wanted", ["after_gat", "gate", "after_gate:x", "after_gate:0", "after_gate:²", "after_gate:-1", ":3"]
)
def test_a_point_that_does_not_exist_is_refused(wanted):
    """A run that tests nothing must not look like one that found nothing."""
    with pytest.raises(ConfigurationError, match="names no fault point") as caught:
        fault_points({VARIABLE: wanted})
    assert all(point in caught.value.remedy() for point in POINTS)
