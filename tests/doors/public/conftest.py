"""The public pages on a real server: one for all that is shown, and one on each database for what must hold there."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from orchestrator.app import open_app
from orchestrator.cli.serve import pages_of
from orchestrator.dispatch.publish import publish
from orchestrator.settings import Settings
from orchestrator.store.migrate import upgrade
from orchestrator.testing import FakeClock
from tests.doors.conftest import RecordedBell, serving
from tests.doors.public.choosing import Centre
from tests.doors.public.visiting import Visitor

_NUMBERS = itertools.count(1)


@pytest.fixture
def live(casa_lume, bell, release):
    """Ana, on SQLite and on PostgreSQL."""
    with serving(casa_lume, bell, extra=pages_of(casa_lume)) as caller:
        yield Visitor(casa_lume, release, caller.with_headers(Accept_Language="pt-BR"), "cus_ana").registered()


@pytest.fixture(scope="session")
def site(tmp_path_factory, release):
    """A server for everybody; each test brings a person of its own, and leaves the clock about where it was."""
    folder = tmp_path_factory.mktemp("public")
    app = open_app(folder, Settings(database_url=SecretStr(f"sqlite:///{folder}/ledger.db")))
    upgrade(app.store)
    app = dataclasses.replace(app, clock=FakeClock(datetime(2026, 11, 25, 12, tzinfo=UTC)))
    publish(app.store, release, app.clock.now())
    bell = RecordedBell()
    with serving(app, bell, extra=pages_of(app)) as caller:
        yield app, caller.with_headers(Accept_Language="pt-BR"), bell
    app.close()


@pytest.fixture
def visitor(site, release):
    """Somebody of whom nobody knew before."""
    app, caller, _ = site
    return Visitor(app, release, caller, f"cus_{next(_NUMBERS)}").registered()


@pytest.fixture
def centre(visitor):
    """Somebody with offers on e-mail and reminders on push, and their page."""
    visitor.agreed("offers", "email")
    visitor.agreed("cart_reminders", "push")
    return Centre(visitor)


@pytest.fixture
def rung(site):
    """What was rung since the test began."""
    _, _, bell = site
    while not bell.rings.empty():
        bell.rings.get()
    return bell
