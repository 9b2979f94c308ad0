"""The public pages on a real server: one for all that is shown, and one on each database for what must hold there."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime
from functools import partial

import pytest
from pydantic import SecretStr

from orchestrator.app import open_app
from orchestrator.dispatch.publish import publish
from orchestrator.public import add_public_pages
from orchestrator.settings import Settings
from orchestrator.store.migrate import upgrade
from orchestrator.testing import FakeClock
from tests.doors.conftest import RecordedBell, serving
from tests.doors.public.visiting import Visitor

_NUMBERS = itertools.count(1)


@pytest.fixture
def live(casa_lume, bell, release):
    """Ana, on SQLite and on PostgreSQL."""
    with serving(casa_lume, bell, extra=[partial(add_public_pages, app=casa_lume)]) as caller:
        yield Visitor(casa_lume, release, caller.with_headers(Accept_Language="pt-BR"), "cus_ana").registered()


@pytest.fixture(scope="session")
def site(tmp_path_factory, release):
    """A server for everybody; each test brings a person of its own, and leaves the clock about where it was."""
    folder = tmp_path_factory.mktemp("public")
    app = open_app(folder, Settings(database_url=SecretStr(f"sqlite:///{folder}/ledger.db")))
    upgrade(app.store)
    app = dataclasses.replace(app, clock=FakeClock(datetime(2026, 11, 25, 12, tzinfo=UTC)))
    publish(app.store, release, app.clock.now())
    with serving(app, RecordedBell(), extra=[partial(add_public_pages, app=app)]) as caller:
        yield app, caller.with_headers(Accept_Language="pt-BR")
    app.close()


@pytest.fixture
def visitor(site, release):
    """Somebody of whom nobody knew before."""
    app, caller = site
    return Visitor(app, release, caller, f"cus_{next(_NUMBERS)}").registered()
