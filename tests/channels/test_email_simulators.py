"""Played mail: SES with its topic, and an SMTP server, over real sockets. Neither knows our adapters' code."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_string

import aiohttp
import pytest
from aiohttp import web

from orchestrator.channels import HttpCall, InboundKind, NoAnswer, Notice, build_adapter
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery, OutcomeKind, Rejection
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.domain.receipt import ReceiptKind
from orchestrator.simulators.frame import playing
from orchestrator.transport import Deadlines, Transport

SENDER = "Casa Lume <oi@casalume.example>"
# Long enough for a loaded machine, short enough to wait for in a test of silence.
DEADLINES = Deadlines(connect_seconds=5, call_seconds=0.7)


class MachineClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class Shop:
    """An account with what it has heard, and the transport that carries its calls."""

    def __init__(self) -> None:
        self.adapter = None
        self.transport = Transport(inbox=None, run=None, clock=MachineClock(), deadlines=DEADLINES)
        self.heard = []
        self.news = asyncio.Event()

    async def hook(self, request: web.Request) -> web.Response:
        """As the API does it: read, fetch what is needed, read again, and ask what is to be asked."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        notice = Notice(method=request.method, headers=headers, body=await request.read())
        received = self.adapter.receive(notice, MachineClock().now())
        if received.needs is not None:
            fetched = await self.transport.carry(received.needs)
            notice = replace(notice, documents={received.needs.url: fetched.body})
            received = self.adapter.receive(notice, MachineClock().now())
        for call in received.calls:
            await self.transport.carry(call)
        self.heard += [*received.receipts, *received.inbound]
        self.news.set()
        return web.Response()

    async def send(self, to="joana@example.com", reference="msg_1"):
        call = self.adapter.call(delivery(to, reference), MachineClock().now(), bytes)
        answer = await self.transport.carry(call)
        return self.adapter.outcome(answer), answer

    async def until(self, number):
        async with asyncio.timeout(20):
            while len(self.heard) < number:
                await self.news.wait()
                self.news.clear()
        return self.heard


def delivery(to, reference):
    rendered = Rendered(
        message="order_shipped",
        channel=Channel.EMAIL,
        locale="pt-BR",
        text="Olá!\n.\nfim",
        subject="Amanhã",
        html="<p>",
    )
    return Delivery(
        reference=reference, customer_id="c", object_id="o", channel=Channel.EMAIL, purpose=Purpose.TRANSACTIONAL,
        address=Address(id="a", kind=AddressKind.EMAIL, value=to), topic="order_updates", rendered=rendered,
    )  # fmt: skip


@asynccontextmanager
async def shop(provider):
    """A shop whose e-mail goes through a played provider."""
    one = Shop()
    application = web.Application()
    application.router.add_post("/hooks/email", one.hook)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hooks = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with playing([provider], hooks=hooks) as (played,):
            account = played.simulator.account(played.base)
            one.adapter = build_adapter(
                account.adapter, Channel.EMAIL, {"sender": SENDER, **account.settings, **account.secrets}
            )
            yield one, played
            await one.transport.close()
    finally:
        await runner.cleanup()


def test_ses_takes_signs_and_tells():
    """Every event arrives, signed, once the topic's subscription is confirmed; each names our message."""

    async def story():
        async with shop("ses") as (one, played):
            outcome, _ = await one.send()
            assert outcome.kind is OutcomeKind.SENT
            await one.send("bounce+ana@example.com", "msg_2")
            await one.send("complaint@example.com", "msg_3")
            about = {"about": "msg_1"}
            await one.until(4)
            for said in (
                {"event": "Open", **about},
                {"event": "DeliveryDelay", **about},
                {"event": "Bounce", "type": "Transient", "sub_type": "MailboxFull", "status": "5.2.2", **about},
                {"from": "joana@example.com", "text": "SAIR", **about},
            ):
                await played.simulator.say(said)
            return await one.until(7), outcome.provider_id, played.told.all()

    heard, provider_id, told = asyncio.run(story())
    kinds = {(getattr(one, "reference", ""), one.kind, getattr(one, "permanent", None)) for one in heard}
    assert kinds == {
        ("msg_1", ReceiptKind.DELIVERED, False),
        ("msg_2", ReceiptKind.BOUNCED, True),
        ("msg_3", ReceiptKind.DELIVERED, False),
        ("msg_3", ReceiptKind.COMPLAINED, False),
        ("msg_1", ReceiptKind.READ, False),
        ("msg_1", ReceiptKind.BOUNCED, False),
        ("", InboundKind.TEXT, None),
    }
    (said,) = [one for one in heard if one.kind is InboundKind.TEXT]
    assert (said.sender, said.about, said.text.strip()) == ("joana@example.com", provider_id, "SAIR")
    assert next((one.kind, one.reference, one.to) for one in told) == ("email", "msg_1", "joana@example.com")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"secret_key": "another"}, "InvalidSignature"),
        ({"access_key": "AKIDOTHER"}, "UnrecognizedClient"),
        ({"region": "us-east-1"}, "InvalidSignature"),
    ],
)
def test_ses_refuses_what_is_not_signed_as_amazon_documents_it(changes, word):
    """The account is at fault, and no message of a customer."""

    async def story():
        async with shop("ses") as (one, _):
            one.adapter = replace(one.adapter, **changes)
            return await one.send()

    outcome, answer = asyncio.run(story())
    assert word in answer.headers["x-amzn-errortype"]
    assert (outcome.kind, outcome.stopped) == (OutcomeKind.NOT_SENT, True)


def test_a_request_that_was_changed_on_its_way_is_refused():
    """Its body, or the hour."""

    async def story():
        async with shop("ses") as (one, played):
            now = MachineClock().now()
            call = one.adapter.call(delivery("a@example.com", "msg_1"), now, bytes)
            late = one.adapter.call(delivery("a@example.com", "msg_1"), now - 3_600_000, bytes)
            changed = HttpCall(call.method, call.url, call.headers, call.body.replace(b"a@", b"b@"))
            return [(await one.transport.carry(each)).status for each in (call, changed, late)], played.told.all()

    statuses, told = asyncio.run(story())
    assert statuses == [200, 403, 403]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("mood", "kind"), [("429", OutcomeKind.NOT_SENT), ("500", OutcomeKind.UNKNOWN), ("wrong_type", OutcomeKind.UNKNOWN)]
)
def test_ses_in_a_mood_is_understood(mood, kind):
    async def story():
        async with shop("ses") as (one, played):
            played.mood.become({"mood": mood, "count": 1, "taken": mood != "429"})
            first, _ = await one.send()
            return first, (await one.send())[0]

    first, second = asyncio.run(story())
    assert (first.kind, second.kind) == (kind, OutcomeKind.SENT)


def test_smtp_takes_refuses_and_stays_silent():
    """As its mood says; only silence after the final dot leaves a doubt."""

    async def story():
        outcomes = {}
        async with shop("smtp") as (one, played):
            outcomes["ok"] = await one.send()
            for answer, at in (
                ("451 4.7.1 greylisted", "rcpt"),
                ("550 5.1.1 no such user", "rcpt"),
                ("554 5.7.1 spam", "dot"),
                ("silence", "dot"),
                ("drop", "mail"),
            ):
                await played.simulator.say({"answer": answer, "at": at, "count": 1})
                outcomes[answer] = await one.send(reference="msg_2")
            return outcomes, [(taken.reference, taken.body["message"]) for taken in played.told.all()]

    outcomes, told = asyncio.run(story())
    kinds = {said: outcome.kind for said, (outcome, _) in outcomes.items()}
    assert kinds == {
        "ok": OutcomeKind.SENT,
        "451 4.7.1 greylisted": OutcomeKind.NOT_SENT,
        "550 5.1.1 no such user": OutcomeKind.REFUSED,
        "554 5.7.1 spam": OutcomeKind.REFUSED,
        "silence": OutcomeKind.UNKNOWN,
        "drop": OutcomeKind.NOT_SENT,
    }
    assert outcomes["550 5.1.1 no such user"][0].reason == Rejection.ADDRESS.reason
    assert isinstance(outcomes["silence"][1], NoAnswer)
    # What the server kept in silence is the doubt: it has the letter. A dot that stands alone is in it, once.
    assert [reference for reference, _ in told] == ["msg_1", "msg_2"]
    plain = message_from_string(told[0][1]).get_payload(0)
    assert plain.get_payload(decode=True).decode().splitlines() == ["Olá!", ".", "fim"]


def test_what_comes_back_to_a_mail_server_reaches_the_account():
    """A bounce, a complaint and an answer, posted as its pipe would."""

    async def story():
        async with shop("smtp") as (one, played):
            await one.send()
            for number, said in enumerate(
                (
                    {"bounce": "msg_1"},
                    {"bounce": "msg_1", "status": "5.7.1"},
                    {"bounce": "msg_1", "action": "delivered", "status": "2.0.0"},
                    {"complaint": "msg_1"},
                    {"reply": "msg_1", "text": "não quero mais receber"},
                )
            ):
                await played.simulator.say(said)
                await one.until(number + 1)
            assert not (await asked(f"{played.base}/_told"))["told"][1:]
            return one.heard

    hard, block, delivered, complaint, said = asyncio.run(story())
    assert (hard.kind, hard.permanent, hard.reference) == (ReceiptKind.BOUNCED, True, "msg_1")
    assert (block.rejection, block.permanent) == (Rejection.POLICY, False)
    assert (delivered.kind, complaint.kind) == (ReceiptKind.DELIVERED, ReceiptKind.COMPLAINED)
    assert (said.sender, said.text.strip(), said.about) == ("joana@example.com", "não quero mais receber", "msg_1")


async def asked(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return json.loads(await answer.text())
