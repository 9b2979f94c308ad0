"""Meta played here, over real sockets: the adapter's calls are taken, refused and told of as Meta does."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from orchestrator.catalog.model import Message, PublishedMessage
from orchestrator.catalog.render import render
from orchestrator.catalog.voice import Voice
from orchestrator.catalog.whatsapp import template_document
from orchestrator.channels import HttpAnswer, NoAnswer, Notice, build_adapter
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery, OutcomeKind, Rejection
from orchestrator.domain.message import Purpose
from orchestrator.domain.receipt import ReceiptKind
from orchestrator.simulators.frame import playing
from orchestrator.simulators.meta import BUSINESS, NUMBER, TOKEN

SECONDS = 10
PERSON = "5511987654321"
VOICE = Voice.model_validate(
    {"kind": "brand_voice", "id": "loja", "locale": "pt-BR", "owner": "marketing", "channels": {}}
)  # fmt: skip
MESSAGE = PublishedMessage(
    message=Message.model_validate(
        {
            "kind": "message",
            "id": "pedido",
            "title": "Pedido",
            "owner": "operacoes",
            "topic": "order_updates",
            "variables": {"order.number": {"type": "string", "example": "10234"}},
            "content": {"headline": "Pedido", "body": "Pedido."},
            "channels": {
                "email": None,
                "sms": None,
                "push": None,
                "whatsapp": {
                    "template": {"name": "pedido", "category": "utility", "language": "pt_BR"},
                    "body": "Olá! O pedido {{ order.number }} saiu para entrega hoje.",
                    "buttons": [
                        {"type": "url", "label": "Ver", "url": "https://loja.example/p/{{ order.number }}"},
                        {"type": "quick_reply", "label": "Ajuda", "emit": "help.wanted"},
                    ],
                },
            },
        }
    )
)
RENDERED = render(MESSAGE, VOICE, "pt-BR", Channel.WHATSAPP, {"order": {"number": "7"}})


class Shop:
    """Our side: the adapter, its calls carried, and what Meta's own calls said."""

    def __init__(self, base):
        account = base.simulator.account(base.base)
        self.adapter = build_adapter(account.adapter, Channel.WHATSAPP, {**account.settings, **account.secrets})
        self.base = base.base
        self.heard = asyncio.Queue()

    async def hook(self, request):
        notice = Notice(
            method=request.method,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            query=dict(request.query),
        )
        received = self.adapter.receive(notice, int(datetime.now(UTC).timestamp() * 1000) + 1000)
        if request.method == "POST":
            self.heard.put_nowait(received)
        return web.Response(text=received.reply)

    async def news(self):
        return await asyncio.wait_for(self.heard.get(), SECONDS)

    async def send(self, *, conversing=False, rendered=RENDERED, to=PERSON):
        delivery = Delivery(
            reference="msg_01J", customer_id="cus_1", object_id="", channel=Channel.WHATSAPP,
            address=Address(id="adr_1", kind=AddressKind.PHONE, value=f"+{to}"), purpose=Purpose.TRANSACTIONAL,
            topic="order_updates", rendered=rendered, conversing=conversing,
        )  # fmt: skip
        call = self.adapter.call(delivery, 0, bytes)
        return self.adapter.outcome(await self.carry(call.method, call.url, call.headers, call.body))

    async def carry(self, method, url, headers, body=b""):
        timeout = aiohttp.ClientTimeout(total=0.5)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.request(method, url, headers=headers, data=body) as answer,
            ):
                told = {name.lower(): value for name, value in answer.headers.items()}
                return HttpAnswer(answer.status, told, await answer.read())
        except (aiohttp.ClientError, TimeoutError):
            return NoAnswer("timeout", in_doubt=True)

    async def graph(self, method, path, document=None):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await self.carry(method, f"{self.base}/v23.0/{path}", headers, json.dumps(document).encode())
        return json.loads(answer.body)

    async def create(self, **changed):
        document = {**template_document(MESSAGE, VOICE, "pt-BR"), **changed}
        return await self.graph("POST", f"{BUSINESS}/message_templates", document)

    async def say(self, **said):
        answer = await self.carry("POST", f"{self.base}/_say", {}, json.dumps(said).encode())
        assert answer.status == 200, answer.body
        return json.loads(answer.body)["posted"]

    async def told(self):
        return json.loads((await self.carry("GET", f"{self.base}/_told", {})).body)["told"]

    async def mood(self, **mood):
        await self.carry("PUT", f"{self.base}/_mood", {}, json.dumps(mood).encode())


@asynccontextmanager
async def meeting(**options):
    """Meta and the shop, talking to each other."""
    hooks = web.Application()
    runner = web.AppRunner(hooks, shutdown_timeout=0.1)
    shops = []

    async def hook(request):
        return await shops[0].hook(request)

    hooks.router.add_route("*", "/hooks/whatsapp_main", hook)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with playing(["meta"], hooks=f"http://127.0.0.1:{port}", options={"meta": options}) as (meta,):
            shops.append(Shop(meta))
            yield shops[0]
    finally:
        await runner.cleanup()


def test_a_template_is_created_approved_sent_and_told_of():
    """From our file to the person's phone: Meta takes the document, and the message fits it."""

    async def story():
        async with meeting() as shop:
            assert (await shop.create())["status"] == "PENDING"
            (approved,) = (await shop.news()).templates
            outcome = await shop.send()
            receipts = [(await shop.news()).receipts[0] for _ in range(2)]
            return approved, outcome, receipts, await shop.told()

    approved, outcome, receipts, told = asyncio.run(story())

    assert (approved.name, approved.status) == (RENDERED.template["name"], "approved")
    assert outcome.kind is OutcomeKind.SENT
    assert {one.kind for one in receipts} == {ReceiptKind.SENT, ReceiptKind.DELIVERED}
    assert {(one.provider_id, one.reference) for one in receipts} == {(outcome.provider_id, "msg_01J")}
    assert [(one["kind"], one["reference"], one["to"]) for one in told] == [("template", "msg_01J", PERSON)]


def test_a_template_that_is_not_approved_is_not_sent():
    """Not there, waiting, paused."""

    async def story():
        async with meeting(review="pending") as shop:
            unknown = await shop.send()
            await shop.create()
            waiting = await shop.send()
            named = {"template": RENDERED.template["name"], "language": "pt_BR"}
            await shop.say(**named, event="PAUSED")
            return unknown, waiting, await shop.send(), (await shop.news()).templates[0].status

    *outcomes, status = asyncio.run(story())

    assert {one.reason for one in outcomes} == {"provider_rejected:template"}
    assert status == "paused"


def test_free_text_goes_through_only_after_the_person_wrote():
    """Outside the 24 hours Meta takes it, and says afterwards that it failed."""

    async def story():
        async with meeting() as shop:
            early = await shop.send(conversing=True)
            failed = (await shop.news()).receipts[0]
            await shop.say(**{"from": PERSON, "text": "Oi, cadê?"})
            wrote = (await shop.news()).inbound[0]
            late = await shop.send(conversing=True)
            return early, failed, wrote, late, (await shop.news()).receipts[0], await shop.told()

    early, failed, wrote, late, receipt, told = asyncio.run(story())

    assert early.kind is late.kind is OutcomeKind.SENT
    assert (failed.kind, failed.rejection) == (ReceiptKind.FAILED, Rejection.CHANNEL)
    assert (wrote.text, wrote.sender) == ("Oi, cadê?", PERSON)
    assert receipt.kind in (ReceiptKind.SENT, ReceiptKind.DELIVERED)
    assert told[-1]["body"]["interactive"]["action"]["buttons"][0]["reply"]["id"] == "help.wanted"


def test_what_people_do_is_told_signed():
    """Text with accents, taps, preferences, another number, and what goes to a number that is not ours."""

    async def story():
        async with meeting() as shop:
            await shop.say(**{"from": PERSON, "text": "Não quero mais 😀"})
            text = await shop.news()
            await shop.say(**{"from": PERSON, "tap": "OPTOUT_MARKETING", "label": "Sim", "about": "wamid.Q"})
            tap = await shop.news()
            await shop.say(from_user_id="BR.1349", text="sair")
            nameless = await shop.news()
            await shop.say(**{"from": PERSON, "prefers": "stop"})
            stop = await shop.news()
            await shop.say(**{"from": PERSON, "now": "5511911112222"})
            moved = await shop.news()
            await shop.say(**{"from": PERSON, "text": "sair", "number": "999"})
            return text, tap, nameless, stop, moved, await shop.news()

    text, tap, nameless, stop, moved, elsewhere = asyncio.run(story())

    assert text.inbound[0].text == "Não quero mais 😀"
    assert (tap.inbound[0].choice, tap.inbound[0].about) == ("OPTOUT_MARKETING", "wamid.Q")
    assert (nameless.inbound[0].sender, nameless.inbound[0].user_id) == ("", "BR.1349")
    assert [one.wanted for one in stop.preferences] == [False]
    assert moved.users[0].former == PERSON
    assert elsewhere.alarms
    assert not elsewhere.inbound


def test_who_stopped_marketing_is_not_sent_any():
    """Meta says so afterwards (131050); other refusals can be played, at once or later."""

    async def story():
        async with meeting() as shop:
            await shop.create(category="MARKETING", name=RENDERED.template["name"])
            await shop.news()
            await shop.say(**{"from": PERSON, "prefers": "stop"})
            await shop.news()
            await shop.send()
            stopped = (await shop.news()).receipts[0]
            await shop.say(person=PERSON, refuses=131026, at_once=True)
            return stopped, await shop.send()

    stopped, unreachable = asyncio.run(story())

    assert stopped.rejection is Rejection.OPTED_OUT
    assert unreachable.reason == "provider_rejected:address"


def test_meta_subscribes():
    """With the token that we chose."""

    async def story():
        async with meeting() as shop:
            return await shop.say(handshake=True)

    assert asyncio.run(story()) == {"status": 200, "text": "1158201444"}


@pytest.mark.parametrize(
    ("mood", "kind"),
    [
        ({"mood": "429"}, OutcomeKind.NOT_SENT),
        ({"mood": "500", "taken": True}, OutcomeKind.UNKNOWN),
        ({"mood": "timeout", "taken": True}, OutcomeKind.UNKNOWN),
        ({"mood": "half_open"}, OutcomeKind.UNKNOWN),
        ({"mood": "wrong_type"}, OutcomeKind.UNKNOWN),
    ],
)
def test_a_meta_that_misbehaves_leaves_a_doubt_and_no_more(mood, kind):
    """What may have been taken is never said to be lost."""

    async def story():
        async with meeting(templates="any") as shop:
            await shop.mood(**mood)
            outcome = await shop.send()
            return outcome, len(await shop.told())

    outcome, taken = asyncio.run(story())

    assert outcome.kind is kind
    assert taken == bool(mood.get("taken"))


def test_the_graph_is_asked_about_templates_and_numbers():
    """Listed by pages, edited, recategorised, deleted; a wrong token and a wrong number are the account's fault."""

    async def story():
        async with meeting(review="recategorise") as shop:
            made = await shop.create()
            category = (await shop.news()).templates[0].category
            await shop.news()
            twice = await shop.create()
            await shop.create(name="outro", language="es")
            page = await shop.graph("GET", f"{BUSINESS}/message_templates?limit=1&fields=name,status")
            edited = await shop.graph("POST", made["id"], {"message_send_ttl_seconds": 43_200})
            number = await shop.graph("GET", NUMBER)
            gone = await shop.graph("DELETE", f"{BUSINESS}/message_templates?name=outro")
            nowhere = await shop.graph("POST", "999/messages", {})
            return category, twice, page, edited, number, gone, nowhere

    category, twice, page, edited, number, gone, nowhere = asyncio.run(story())

    assert category == "marketing"
    assert isinstance(twice["error"]["error_data"], str)
    assert [set(one) for one in page["data"]] == [{"id", "name", "status"}]
    assert "after=1" in page["paging"]["next"]
    assert edited == gone == {"success": True}
    assert number["quality_rating"] == "GREEN"
    assert nowhere["error"]["error_subcode"] == 33
