"""Thousands of orders in which things may happen: in none of them is a promise broken."""

from __future__ import annotations

import pytest

from tests.contract.world import Marked
from tests.simulation.schedule import Schedule, prepared

# Seeds that once broke something. They stay: a sweeper that died took the marks of a delivery with it (11, 25, 45), and
# the two seconds after a commit were counted from a moment after it (85).
BROKEN_ONCE = (11, 25, 45, 85)
# A minute of them; `python -m tests.simulation` plays on from there.
SEEDS = range(1_000)
PACKS = 10


@pytest.fixture(scope="module")
def shared(release):
    return prepared(release)


@pytest.mark.parametrize("pack", range(PACKS))
def test_no_schedule_breaks_a_promise(shared, pack):
    """Nothing lost, marketing never twice, nothing after an opt-out, no cap exceeded; the rest is marked."""
    for seed in SEEDS[pack::PACKS]:
        wrong = Schedule(seed, shared).play()
        assert not wrong, f"seed {seed}: {wrong}"


@pytest.mark.parametrize("seed", BROKEN_ONCE)
def test_what_was_mended_stays_so(shared, seed):
    assert Schedule(seed, shared).play() == []


class Forgetful(Marked):
    """A machine that has lost its marks and does not know it."""

    def of(self, lease):
        del lease
        return frozenset()


def test_schedules_find_what_they_look_for(shared):
    """Without the marks of calls that began, somebody gets a message twice: these schedules would not miss it."""
    wrong = [Schedule(seed, shared, marks=Forgetful()).play() for seed in range(200)]
    assert any("was sent 2 times" in one for found in wrong for one in found)
