"""A shop that sends SMS through a played provider, over real sockets; and the pieces of its tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from orchestrator.channels import Notice, build_adapter
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.simulators.frame import playing
from orchestrator.transport import Deadlines, Transport

if TYPE_CHECKING:
    from orchestrator.domain.delivery import Outcome

NOW = 1_795_600_800_000
PERSON = "+5511987654321"
SECONDS = 30  # for anything that is waited for; reached only by a test that fails
# Long enough for a loaded machine, short enough to wait for in a test of silence.
DEADLINES = Deadlines(connect_seconds=5, call_seconds=0.7)


def delivery(*, to=PERSON, reference="msg_01JC9ZK3XQ", text="Casa Lume: pedido 10234 a caminho.", **changes):
    encoding = changes.pop("encoding", "GSM-7")
    rendered = Rendered(message="pedido", channel=Channel.SMS, locale="pt-BR", text=text, encoding=encoding, segments=1)
    return Delivery(
        reference=reference, customer_id="cus_1", object_id="", channel=Channel.SMS,
        address=Address(id="adr_1", kind=AddressKind.PHONE, value=to), purpose=Purpose.TRANSACTIONAL,
        topic="order_updates", rendered=rendered, **changes,
    )  # fmt: skip


class MachineClock:
    def now(self):
        return time.time_ns() // 1_000_000

    def monotonic(self):
        return time.monotonic()


class Shop:
    """An account, the transport that carries its calls, and what it has heard."""

    def __init__(self):
        self.transport = Transport(inbox=None, run=None, clock=MachineClock(), deadlines=DEADLINES)
        self.adapter = None
        self.base = ""
        self.public = ""
        self.heard = asyncio.Queue()

    async def hook(self, request):
        notice = Notice(
            method=request.method,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            query=dict(request.query),
            url=f"{self.public}{request.raw_path}",
        )
        received = self.adapter.receive(notice, NOW)
        self.heard.put_nowait(received)
        return web.Response(text=received.reply, content_type=received.reply_type)

    async def send(self, **changes) -> Outcome:
        call = self.adapter.call(delivery(**changes), NOW, bytes)
        return self.adapter.outcome(await self.transport.carry(call))

    async def news(self):
        return await asyncio.wait_for(self.heard.get(), SECONDS)

    async def ask(self, method, path, document=None):
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.base}/{path}", data=json.dumps(document).encode()) as answer,
        ):
            return json.loads(await answer.read())


@contextlib.asynccontextmanager
async def shop_with(provider):
    """A shop and a played provider that know each other."""
    shop = Shop()
    ours = web.Application()
    ours.router.add_post("/hooks/{account}", shop.hook)
    runner = web.AppRunner(ours, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    shop.public = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with contextlib.AsyncExitStack() as ending, playing([provider], hooks=shop.public) as (played,):
            ending.push_async_callback(shop.transport.close)
            account = played.simulator.account(played.base)
            shop.base = played.base
            shop.adapter = build_adapter(account.adapter, Channel.SMS, {**account.settings, **account.secrets})
            yield shop
    finally:
        await runner.cleanup()
