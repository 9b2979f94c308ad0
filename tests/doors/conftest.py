"""The API on a real socket and somebody who calls it; the command in a shop of its own."""

from __future__ import annotations

import asyncio
import io
import json
import queue
import shutil
import threading
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import aiohttp
import pytest

from orchestrator.api.server import serve
from orchestrator.app import App, SystemClock
from orchestrator.app.draining import open_drain
from orchestrator.app.threads import DatabaseThreads
from orchestrator.dispatch import keys
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.settings import Settings
from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore
from tests.shipped import ORDERS, keep_only

SECONDS = 20  # for anything that is waited for; reached only by a test that fails


@pytest.fixture
def app(shop, store, clock):
    return App(root=shop, settings=Settings(), store=store, clock=clock)


@pytest.fixture
def casa_lume(app, release):
    """The shop with its release published, and Ana among its customers."""
    publish(app.store, release, app.clock.now())
    with app.store.write() as transaction:
        ana = Profile(
            id="cus_ana",
            emails=("ana@example.com",),
            phones=("+5511912345678",),
            attributes={"first_name": "Ana"},
            external_ids={"shop": "4711"},
        )
        register(transaction, [ana], app.clock)
    return app


@pytest.fixture
def bell():
    return RecordedBell()


@pytest.fixture
def api(casa_lume, bell):
    """The API as it runs, called with a key that may do everything."""
    with serving(casa_lume, bell) as caller:
        yield caller.with_key(new_key(casa_lume, "admin"))


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty_ledger(tmp_path_factory):
    """The file of a migrated ledger that holds nothing."""
    file = tmp_path_factory.mktemp("ledger") / "ledger.db"
    store = SqlStore(f"sqlite:///{file}")
    upgrade(store)
    store.close()
    return file


@pytest.fixture
def ledger(shop, empty_ledger):
    """The shop's own ledger, empty."""
    (shop / ".jogral").mkdir(mode=0o700)
    store = SqlStore(f"sqlite:///{shutil.copy(empty_ledger, shop / '.jogral')}")
    yield store
    store.close()


@pytest.fixture
def jogral(jogral_in, shop):
    """The command, run in the shop."""
    return jogral_in(shop)


@pytest.fixture
def orders_alone(shop):
    """The shop with what an order needs and no more: many a command begins with a check of everything."""
    keep_only(shop, *ORDERS)
    return shop


@pytest.fixture
def open_shop(jogral, ledger, release):
    """The command in a shop that is published and knows Ana."""
    publish(ledger, release, SystemClock().now())
    with ledger.write() as transaction:
        ana = Profile(id="cus_ana", emails=("ana@example.com",), phones=("+5511912345678",))
        register(transaction, [ana], SystemClock())
    return jogral


# --- what they are made of ------------------------------------------------------------------------------------------


def new_key(app, *scopes):
    """The secret of a new key."""
    with app.store.write() as transaction:
        return keys.create(transaction, app.clock, "test", scopes, by="test")[1]


class RecordedBell:
    """A bell that remembers who rang."""

    def __init__(self):
        self.rings = queue.Queue()

    def ring(self, lane):
        self.rings.put(lane)
        return True

    def answers(self):
        return True

    def heard(self):
        """The next lane that was rung."""
        return self.rings.get(timeout=SECONDS)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: object
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def lines(self):
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def pointers(self):
        return [field["pointer"] for field in self.json["errors"]]


@dataclass(frozen=True)
class Caller:
    """A client on the server's loop; every call is a real request over the loopback."""

    loop: asyncio.AbstractEventLoop
    session: aiohttp.ClientSession
    url: str
    headers: object

    def with_key(self, secret):
        return self.with_headers(Authorization=f"Bearer {secret}")

    def with_headers(self, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Caller(self.loop, self.session, self.url, {**self.headers, **named})

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, document=None, **headers):
        return self.call("POST", path, document, **headers)

    def patch(self, path, document=None, **headers):
        return self.call("PATCH", path, document, **headers)

    def call(self, method, path, document=None, **headers):
        """One request. A document that is not bytes is sent as JSON; headers are written with underscores."""
        return self.calls([(method, path, document, headers)])[0]

    def calls(self, wanted):
        """Many requests at once."""

        async def gathered():
            return await asyncio.gather(*[self._call(*one) for one in wanted])

        return asyncio.run_coroutine_threadsafe(gathered(), self.loop).result(SECONDS)

    async def _call(self, method, path, document, headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body, kind = document, {}
        if document is not None and not isinstance(document, bytes):
            body, kind = json.dumps(document).encode(), {"Content-Type": "application/json"}
        every = {name: value for name, value in {**self.headers, **kind, **named}.items() if value is not None}
        skip = ["Content-Type"] if "Content-Type" not in every else []
        async with self.session.request(
            method,
            self.url + path,
            data=io.BytesIO(body) if body is not None else None,
            headers=every,
            skip_auto_headers=skip,
        ) as response:
            return Reply(response.status, response.headers, await response.read())


@contextmanager
def serving(app, bell, **wanted):
    """The API on a free port, in a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def done(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(SECONDS)

    stack = AsyncExitStack()
    try:
        address = done(stack.enter_async_context(serve(app, bell=bell, host="127.0.0.1", port=0, **wanted)))
        connector = done(_connector())
        session = done(stack.enter_async_context(aiohttp.ClientSession(connector=connector)))
        yield Caller(loop, session, address.url, {})
    finally:
        done(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _connector():
    return aiohttp.TCPConnector(limit=0)


def drained(app):
    """Let a worker send everything that is due; how many requests it took."""

    async def work():
        async with draining(app) as drain:
            return await drain.drain()

    return asyncio.run(work())


@asynccontextmanager
async def draining(app):
    """A worker's drain, with what it holds closed afterwards."""
    threads = DatabaseThreads(app.store)
    drain, transport = open_drain(app, threads, "test")
    try:
        yield drain
    finally:
        await transport.close()
        threads.close()
