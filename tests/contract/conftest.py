"""The world, on each of both ledgers."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.publish import publish
from tests.contract.world import ANA, World, webhooks


@pytest.fixture
def world(store, release, clock):
    publish(store, release, clock.now())
    made = World(store, release, clock)
    made.register(ANA)
    return made


@pytest.fixture
def over_http(world):
    """Every channel goes through a recipe: a provider with statuses, and one that cannot be asked afterwards."""
    world.wire = webhooks
    return world
