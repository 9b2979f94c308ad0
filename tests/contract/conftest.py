"""The world, on each of both ledgers."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.privacy import PrivacyDesk
from orchestrator.dispatch.publish import publish
from orchestrator.tokens import Keyring, SigningKey
from tests.contract.world import ANA, World, webhooks, with_project


@pytest.fixture
def world(store, release, clock):
    """Casa Lume without quiet hours, caps and suppress rules: what they do is seen where they are, in `strict`."""
    return opened(store, with_project(release, quiet_hours=[], frequency_caps=[], suppress_rules=[]), clock)


@pytest.fixture
def strict(store, release, clock):
    """Casa Lume with all of its rules."""
    return opened(store, release, clock)


def opened(store, release, clock):
    publish(store, release, clock.now())
    made = World(store, release, clock)
    made.register(ANA)
    return made


@pytest.fixture
def over_http(world):
    """Every channel goes through a recipe: a provider with statuses, and one that cannot be asked afterwards."""
    world.wire = webhooks
    return world


@pytest.fixture
def desk(world, tmp_path):
    """Where people's requests about their data are dealt with."""
    return PrivacyDesk(
        release=world.release,
        clock=world.clock,
        keyring=Keyring(keys=(SigningKey(id="k1", secret=b"k" * 40),)),
        public_url="https://mail.shop.example",
        quarantine=tmp_path / "quarantine",
    )
