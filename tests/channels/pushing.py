"""Pieces of the tests of push: a message for some devices, and sending it through a played provider."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from orchestrator.channels import DeviceAnswers, HttpAnswer, build_adapter
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.simulators.frame import playing
from orchestrator.transport import Deadlines, Transport

NOW = 1_795_600_800_000
VECTORS = json.loads((Path(__file__).parents[1] / "vectors/push.json").read_text("utf-8"))
DEADLINES = Deadlines(connect_seconds=5, call_seconds=10)


def responses(service):
    return [one for one in VECTORS["responses"] if one["service"] == service]


def of(vector):
    """The answer that one device gets."""
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    return HttpAnswer(vector["status"], headers, vector["body"].encode())


def device(place, value):
    return Address(id=f"adr_{place}", kind=AddressKind.PUSH_TOKEN, value=value)


def delivery(*values, text="Chega amanhã.", title="Pedido a caminho", url="https://loja.example/p/1", **changes):
    devices = tuple(device(place, value) for place, value in enumerate(values))
    rendered = Rendered(message="order_shipped", channel=Channel.PUSH, locale="pt-BR", text=text, title=title, url=url)
    return Delivery(**{
        "reference": "msg_01JC9ZK3XQ", "customer_id": "cus_1", "object_id": "", "channel": Channel.PUSH,
        "address": devices[0], "purpose": Purpose.TRANSACTIONAL, "topic": "order_updates", "rendered": rendered,
        "devices": devices, **changes,
    })  # fmt: skip


def answers(*given):
    return DeviceAnswers(tuple(given))


class MachineClock:
    def now(self):
        return time.time_ns() // 1_000_000

    def monotonic(self):
        return time.monotonic()


def played(provider, use):
    """What `use(send, played)` says while a provider is played; `send` carries a delivery through its adapter."""

    async def play():
        async with playing([provider]) as (one,):
            account = one.simulator.account(one.base)
            adapter = build_adapter(account.adapter, Channel.PUSH, {**account.settings, **account.secrets})
            clock = MachineClock()
            transport = Transport(inbox=None, run=None, clock=clock, deadlines=DEADLINES)

            async def send(wanted):
                call = adapter.call(wanted, clock.now(), lambda size: time.time_ns().to_bytes(size, "big"))
                return adapter.outcome(await transport.carry(call))

            try:
                return await use(send, one)
            finally:
                await transport.close()

    return asyncio.run(play())
