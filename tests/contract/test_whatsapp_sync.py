"""`jogral whatsapp sync`: what is missing at Meta is submitted once, and what it decided is heard."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from orchestrator.channels import HttpAnswer, NoAnswer, build_adapter
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.template_sync import TemplateSync, wanted_templates
from orchestrator.domain.customer import Channel
from tests.contract.world import WHATSAPP, with_project

SETTINGS = {"phone_number_id": "106540352242922", "business_account_id": "102290129340398", "token": "EAAG"}
PAGE = 3


@dataclass
class Graph:
    """As much of the Graph API as templates need, in memory. See `drain.Carrier`."""

    templates: list[dict] = field(default_factory=list)
    calls: list = field(default_factory=list)
    refusals: dict = field(default_factory=dict)
    away: bool = False
    decides_at_once: bool = False

    async def carry(self, call, *, begin_before=None, may_begin=None):
        del begin_before, may_begin
        self.calls.append(call)
        if self.away:
            return NoAnswer("connect", in_doubt=False, detail="refused")
        assert call.headers["Authorization"] == "Bearer EAAG"
        assert urlsplit(call.url).path == "/v23.0/102290129340398/message_templates"
        return self.create(json.loads(call.body)) if call.method == "POST" else self.page(call.url)

    def create(self, document):
        if document["name"] in self.refusals:
            return answer(
                400, {"error": {"code": 100, "error_subcode": 2388023, "message": self.refusals[document["name"]]}}
            )
        made = {
            "id": str(900 + len(self.templates)), "name": document["name"], "language": document["language"],
            "status": "PENDING", "category": document["category"],
        }  # fmt: skip
        said = {name: made[name] for name in ("id", "status", "category")}
        self.templates.append({**made, "status": "APPROVED"} if self.decides_at_once else made)
        return answer(200, said)

    def page(self, url):
        start = int(parse_qs(urlsplit(url).query).get("after", ["0"])[0])
        shown = self.templates[start : start + PAGE]
        paging = {"cursors": {"after": str(start + PAGE)}}
        if start + PAGE < len(self.templates):
            paging["next"] = "https://graph.facebook.com/more"
        return answer(200, {"data": shown, "paging": paging})

    def decide(self, **said):
        for one in self.templates:
            one.update(said)

    @property
    def submitted(self):
        return [json.loads(call.body)["name"] for call in self.calls if call.method == "POST"]


def answer(status, document):
    return HttpAnswer(status, {}, json.dumps(document).encode())


@pytest.fixture
def shop(world):
    settings = json.loads(world.release.content)["project"]["channels"]
    whatsapp = {**settings["whatsapp"], "accounts": [{"id": "meta", "adapter": "whatsapp_cloud"}]}
    world.release = with_project(world.release, channels={**settings, "whatsapp": whatsapp})
    publish(world.store, world.release, world.clock.now())
    return world


def sync(shop, graph, accounts=("meta",), **how):
    adapters = {one: build_adapter("whatsapp_cloud", Channel.WHATSAPP, SETTINGS) for one in accounts}
    desk = TemplateSync(store=shop.store, release=shop.release, carrier=graph, clock=shop.clock, **how)
    return asyncio.run(desk.run(adapters))


def rows(shop, account="meta"):
    with shop.store.read() as transaction:
        return transaction.templates.all(account)


def test_every_message_with_a_template_is_submitted_once(shop):
    graph = Graph()
    wanted = {one.key for one in wanted_templates(shop.release)}
    report = sync(shop, graph)
    assert {one.done for one in report.items} == {"submitted"}
    assert {(one.name, one.language) for one in rows(shop)} == wanted
    again = sync(shop, graph)
    assert len(graph.submitted) == len(wanted)
    assert {one.done for one in again.items} == {"known"}
    assert not again.changed


def test_an_approval_that_overtakes_the_answer_to_a_submission_is_heard(shop):
    """Its callback comes before we know the template, and says nothing to us then."""
    sync(shop, Graph(decides_at_once=True))
    assert {one.status for one in rows(shop)} == {"approved"}


def test_what_was_submitted_a_moment_ago_and_is_not_listed_yet_is_no_deletion(shop):
    graph = Graph()
    graph.page = lambda _url: answer(200, {"data": [], "paging": {}})
    sync(shop, graph)
    assert {one.status for one in rows(shop)} == {"pending"}


def test_the_names_end_in_six_digits_of_what_they_say(shop):
    for one in wanted_templates(shop.release):
        base, _, digits = one.key[0].rpartition("_")
        assert base
        assert len(digits) == 6
        assert set(digits) <= set("0123456789abcdef")


def test_a_dry_run_asks_nobody_and_changes_nothing(shop):
    graph = Graph()
    report = sync(shop, graph, dry_run=True)
    assert {one.done for one in report.items} == {"wanted"}
    assert graph.calls == []
    assert rows(shop) == []


def test_a_poll_submits_nothing(shop):
    graph = Graph()
    assert {one.done for one in sync(shop, graph, poll=True).items} == {"wanted"}
    assert graph.submitted == []


def test_what_meta_has_already_is_taken_over(shop):
    """Somebody lost the ledger, or submitted by hand."""
    graph = Graph()
    sync(shop, graph)
    graph.decide(status="APPROVED")
    with shop.store.write() as transaction:
        transaction.templates.put([])
    other = Graph(templates=graph.templates)
    report = sync(shop, other, accounts=("second",))
    assert {one.done for one in report.items} == {"adopted"}
    assert other.submitted == []
    assert all(one.approved for one in rows(shop, "second"))


def test_what_meta_decided_is_heard_page_by_page_and_wakes_what_waited(shop):
    graph = Graph()
    sync(shop, graph)
    shop.wire = lambda _: {"meta": build_adapter("whatsapp_cloud", Channel.WHATSAPP, SETTINGS)}
    asked = shop.ask("order_confirmed", WHATSAPP)
    shop.drain()
    assert shop.ended(asked) == ("deferred", "awaiting_template_approval")
    graph.decide(status="APPROVED", quality_score={"score": "GREEN"})
    report = sync(shop, graph, poll=True)
    assert len(report.changed) == len(graph.templates)
    assert report.lanes == {"transactional": 1}
    assert {(one.status, one.quality) for one in rows(shop)} == {("approved", "green")}
    assert shop.ended(asked) == ("accepted", "")


def test_another_category_is_told(shop):
    graph = Graph()
    sync(shop, graph)
    graph.decide(category="MARKETING")
    report = sync(shop, graph, poll=True)
    assert all(one.recategorised for one in report.changed)
    assert {one.wanted.category for one in report.items if one.recategorised} == {"utility"}


def test_what_was_deleted_there_is_submitted_again(shop):
    graph = Graph()
    sync(shop, graph)
    count = len(graph.submitted)
    gone = graph.templates.pop(0)
    report = sync(shop, graph)
    assert [one.wanted.key[0] for one in report.items if one.done == "submitted"] == [gone["name"]]
    assert len(graph.submitted) == count + 1
    assert {one.status for one in rows(shop)} == {"pending"}


def test_what_meta_refuses_is_told_with_its_words_and_the_others_go_on(shop):
    bad = wanted_templates(shop.release)[0].key[0]
    graph = Graph(refusals={bad: "Message template language is being deleted"})
    report = sync(shop, graph)
    failed = [one for one in report.items if one.done == "failed"]
    assert {one.wanted.key[0] for one in failed} == {bad}
    assert "100/2388023: Message template language" in failed[0].said
    assert report.failed
    assert bad not in {one.name for one in rows(shop)}


def test_where_meta_is_not_reached_nothing_is_submitted_and_nothing_forgotten(shop):
    graph = Graph()
    sync(shop, graph)
    before = rows(shop)
    graph.away = True
    report = sync(shop, graph)
    assert report.failed
    assert report.troubles == [(("meta",), "connect: refused")]
    assert rows(shop) == before


def test_two_numbers_of_one_business_are_one_submission(shop):
    graph = Graph()
    sync(shop, graph, accounts=("meta", "second"))
    assert len(graph.submitted) == len(set(graph.submitted)) == len(rows(shop)) == len(rows(shop, "second"))


def test_the_same_words_in_a_later_release_are_its_own(shop):
    graph = Graph()
    sync(shop, graph)
    later = with_project(shop.release, name="Outro nome")
    publish(shop.store, later, shop.clock.now())
    shop.release = later
    sync(shop, graph)
    assert {one.release_id for one in rows(shop)} == {later.id}
    assert len(graph.submitted) == len(rows(shop))


# --- what the Graph API says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        HttpAnswer(200, {}, b"<html>"),
        HttpAnswer(200, {}, b"[]"),
        HttpAnswer(500, {}, b'{"data": []}'),
        HttpAnswer(200, {}, b'{"error": "what"}'),
        HttpAnswer(200, {}, b'{"paging": {}}'),
    ],
)
def test_an_answer_that_is_no_list_is_no_news_of_a_deletion(shop, told):
    graph = Graph()
    sync(shop, graph)
    before = rows(shop)
    graph.page = lambda _: told
    assert sync(shop, graph).failed
    assert rows(shop) == before
