"""One adapter at work: `python -m tests.bench.carrying`. Each message becomes a call, is carried, and its answer read.

It reads one JSON document: adapter, channel, settings, address, messages, concurrency. It prints one: per_s,
cpu_s_per_1000, sent, and what one call looks like. The transport is the worker's; ledger and rendering are not part.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import uvloop

from orchestrator.app import SystemClock
from orchestrator.channels import DeviceCalls, HttpCall, SmtpCall, build_adapter
from orchestrator.domain.customer import ADDRESS_KINDS, Address, Channel
from orchestrator.domain.delivery import Delivery, OutcomeKind
from orchestrator.domain.message import Button, Purpose, Rendered
from orchestrator.transport import Guard, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.channels import Adapter, Call, InboxCall

TEXT = "Oi, Ana! Seu pedido 10234 saiu para entrega e chega até terça-feira, 1 de dezembro. Acompanhe pelo link."
HTML = "<html><body>" + "<p>" + TEXT + "</p>" * 1 + "<p>&nbsp;</p>" * 400 + "</body></html>"


class _NoInbox:
    """Nothing here goes to the inbox."""

    def put(self, calls: Sequence[InboxCall]) -> list[str]:
        raise AssertionError(calls)

    def find(self, references: Sequence[str]) -> Mapping[str, str]:
        raise AssertionError(references)


def delivery(number: int, channel: Channel, address: str, template: dict[str, Any] | None) -> Delivery:
    """A message as a worker would hand it over, with a reference of its own."""
    rendered = Rendered(
        message="order_shipped",
        channel=channel,
        locale="pt-BR",
        text=TEXT,
        subject="Seu pedido saiu para entrega",
        html=HTML if channel is Channel.EMAIL else "",
        title="Seu pedido está a caminho",
        url="https://lume.example/p/10234",
        buttons=(Button(label="Acompanhar", url="https://lume.example/p/10234"),),
        template=template,
        encoding="gsm7",
        units=len(TEXT),
        segments=1,
    )
    place = Address(id="adr_1", kind=ADDRESS_KINDS[channel], value=address)
    return Delivery(
        reference=f"msg_{number:026d}",
        customer_id="cus_ana",
        object_id="10234",
        channel=channel,
        address=place,
        purpose=Purpose.TRANSACTIONAL,
        topic="orders",
        rendered=rendered,
        devices=(place,) if channel is Channel.PUSH else (),
    )


async def _carried(adapter: Adapter, transport: Transport, deliveries: Iterator[Delivery], clock: SystemClock) -> int:
    sent = 0
    for one in deliveries:
        call = adapter.call(one, clock.now(), os.urandom)
        sent += adapter.outcome(await transport.carry(call)).kind is OutcomeKind.SENT
    return sent


async def measured(wanted: dict[str, Any]) -> dict[str, Any]:
    channel = Channel(wanted["channel"])
    adapter = build_adapter(wanted["adapter"], channel, wanted["settings"])
    clock = SystemClock()

    async def never(_work: Any) -> Any:
        raise AssertionError

    transport = Transport(inbox=_NoInbox(), run=never, clock=clock, guard=Guard(**wanted.get("guard", {})))
    messages, template = wanted["messages"], wanted.get("template")
    numbers = (delivery(number, channel, wanted["address"], template) for number in range(messages))
    started, cpu_before = time.perf_counter(), time.process_time()
    sent = sum(
        await asyncio.gather(*(_carried(adapter, transport, numbers, clock) for _ in range(wanted["concurrency"])))
    )
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_before
    await transport.close()
    sample = adapter.call(delivery(0, channel, wanted["address"], template), clock.now(), os.urandom)
    return {
        "per_s": messages / seconds,
        "cpu_s_per_1000": cpu_seconds / messages * 1000,
        "sent": sent,
        "sample": _shown(sample),
    }


def _shown(call: Call) -> dict[str, Any]:
    """What the bare loop repeats."""
    match call:
        case DeviceCalls(calls):
            return _shown(calls[0])
        case HttpCall():
            return {"url": call.url, "headers": dict(call.headers), "body": base64.b64encode(call.body).decode()}
        case SmtpCall():
            return {"sender": call.sender, "recipient": call.recipient, "message": call.message.decode()}
        case _:
            raise TypeError(call)


def main() -> None:
    json.dump(uvloop.run(measured(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
