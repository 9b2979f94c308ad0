"""A console whose inbox holds messages on every channel, and consoles of one's own."""

import asyncio
import dataclasses
import shutil
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from orchestrator.app import open_app
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import register
from orchestrator.project import SHIPPED
from orchestrator.settings import Settings
from orchestrator.store.migrate import upgrade
from orchestrator.testing import FakeClock
from tests.doors.console.browsing import Server
from tests.doors.console.talk import CUSTOMERS, RAW, WANTED, put, send


@pytest.fixture(scope="module")
def make_app(tmp_path_factory):
    """Apps of projects with a ledger of their own, closed at the end."""
    made = []

    def make(*, tables=True):
        folder = tmp_path_factory.mktemp("console")
        app = open_app(folder, Settings(database_url=SecretStr(f"sqlite:///{folder}/ledger.db")))
        if tables:
            upgrade(app.store)
        app = dataclasses.replace(app, clock=FakeClock(datetime(2026, 11, 25, 12, tzinfo=UTC)))
        made.append(app)
        return app

    yield make
    for app in made:
        app.close()


@pytest.fixture(scope="module")
def make_shop(make_app):
    """Apps whose folder is a copy of the shipped project, to be edited."""

    def make(*, tables=False):
        app = make_app(tables=tables)
        shutil.copytree(SHIPPED / "templates", app.root / "templates")
        shutil.copy(SHIPPED / "brand_voice.yaml", app.root)
        return app

    return make


@pytest.fixture(scope="module")
def site(make_app, release):
    """Casa Lume with messages on every channel, some of them with what an attacker would put into a name."""
    app = make_app()
    publish(app.store, release, app.clock.now())
    with app.store.write() as transaction:
        register(transaction, CUSTOMERS, app.clock)
    asyncio.run(send(app, release))
    put(app, RAW)
    with Server(app) as server:
        yield server


@pytest.fixture(scope="module")
def entries(site):
    """The inbox, oldest first, by the ledger's own word."""
    with site.app.store.read() as transaction:
        found = transaction.inbox.page(before=None, limit=100)[::-1]
    assert len(found) == len(WANTED) + len(RAW)
    return found


@pytest.fixture(scope="module")
def every_page(entries):
    """A path for each kind of page."""
    return ["/inbox", "/inbox?channel=sms&message=order_late", *[f"/inbox/{entry['id']}" for entry in entries]]
