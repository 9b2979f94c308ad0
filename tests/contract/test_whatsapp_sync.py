"""`jogral whatsapp sync`: what is missing at Meta is submitted once, and what it decided is heard."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

import pytest

from orchestrator.channels import HttpAnswer, NoAnswer, build_adapter
from orchestrator.cli.checkups.check import Verdict
from orchestrator.cli.checkups.hooks import approvals
from orchestrator.cli.terminal import Terminal
from orchestrator.contract.meta.account_news import template_news
from orchestrator.contract.meta.templates import Trouble, created, page_of
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.refused_templates import UnsendableTemplate, block
from orchestrator.dispatch.template_sync import TemplateSync
from orchestrator.dispatch.wanted_templates import wanted_templates
from orchestrator.domain.customer import Channel
from orchestrator.release import read_release
from tests.contract.world import WHATSAPP, with_project

SETTINGS = {"phone_number_id": "106540352242922", "business_account_id": "102290129340398", "token": "EAAG"}
PAGE = 3
AT = 1_900_000_000_000


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
        if (id_ := urlsplit(call.url).path.removeprefix("/v23.0/")).isdigit():
            return self.edit(id_, json.loads(call.body))
        assert id_ == "102290129340398/message_templates"
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

    def edit(self, id_, changes):
        (found,) = [one for one in self.templates if one["id"] == id_]
        found.update(changes)
        return answer(200, {"success": True})

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
    shop.clock.advance(seconds=3600)
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


# --- what is not as it was --------------------------------------------------------------------------------------------


def renamed(release, message, other):
    """The next release, in which a message has another id, and says the same."""
    content = json.loads(release.content)
    published = content["messages"].pop(message)
    for one in (published, *published["translations"].values()):
        one["message"]["id"] = other
    content["messages"][other] = published
    return read_release(json.dumps(content))


def test_a_message_that_was_renamed_keeps_its_template(shop):
    """Its words are at Meta and approved: they are the new message's, or it would wait for ever."""
    graph = Graph()
    sync(shop, graph)
    graph.decide(status="APPROVED")
    shop.release = renamed(shop.release, "order_confirmed", "order_paid")
    publish(shop.store, shop.release, shop.clock.now())
    shop.wire = lambda _: {"meta": build_adapter("whatsapp_cloud", Channel.WHATSAPP, SETTINGS)}
    asked = shop.ask("order_paid", WHATSAPP)
    shop.drain()
    assert shop.ended(asked) == ("deferred", "awaiting_template_approval")
    report = sync(shop, graph)
    assert {one.done for one in report.items} == {"known"}
    assert report.lanes == {"transactional": 1}
    with shop.store.read() as transaction:
        found = transaction.templates.of_messages(["order_paid"], ["meta"])
    assert {(one.locale, one.approved) for one in found} == {("pt-BR", True), ("en", True)}


def test_what_was_refused_when_it_was_sent_goes_on_when_meta_lists_it_as_approved(shop):
    """A list that was asked for within the minute may be older than the refusal."""
    graph = Graph()
    sync(shop, graph)
    graph.decide(status="APPROVED")
    sync(shop, graph, poll=True)
    shop.clock.advance(seconds=3600)
    name, language = wanted_templates(shop.release)[0].key
    refused = UnsendableTemplate("meta", name, language, "missing")
    for _ in range(2):  # as two workers hear it
        with shop.store.write() as transaction:
            block(transaction, [refused], shop.clock.now())
    sync(shop, graph, poll=True)
    assert {(one.status, one.reason) for one in rows(shop) if not one.approved} == {("missing", "refused_at_send")}
    shop.clock.advance(seconds=61)
    report = sync(shop, graph, poll=True)
    assert [one.newly_approved for one in report.changed] == [True]
    assert {(one.status, one.reason) for one in rows(shop)} == {("approved", "")}


def judged(shop):
    """What `jogral doctor` says of the templates."""
    wanted = [one.key for one in wanted_templates(shop.release)]
    (found,) = approvals(Terminal("en", as_json=True), shop.store, "meta", wanted)
    return found.verdict


def test_the_doctor_looks_at_the_words_of_today_and_at_no_others(shop):
    """What was refused once and said better since is history; what was never submitted is missing."""
    graph = Graph()
    assert judged(shop) is Verdict.NOTE
    sync(shop, graph)
    graph.decide(status="APPROVED")
    sync(shop, graph, poll=True)
    with shop.store.write() as transaction:
        old = replace(rows(shop)[0], name="its_words_before_0a1b2c", template_id="1", status="rejected")
        transaction.templates.put([old])
    assert judged(shop) is Verdict.GOOD
    with shop.store.write() as transaction:
        block(transaction, [UnsendableTemplate("meta", *wanted_templates(shop.release)[0].key, "paused")], AT)
    assert judged(shop) is Verdict.BAD


def test_the_doctor_misses_what_was_not_submitted(shop):
    """Some are approved, and one message cannot be sent: not all is well."""
    graph = Graph(refusals={wanted_templates(shop.release)[0].key[0]: "no"}, decides_at_once=True)
    sync(shop, graph)
    assert judged(shop) is Verdict.NOTE


def kept_for(release, message, ttl):
    """The next release, in which Meta is to try for so long with a message; its words are the same."""
    content = json.loads(release.content)
    published = content["messages"][message]
    for one in (published, *published["translations"].values()):
        one["message"]["channels"]["whatsapp"]["template"]["ttl"] = ttl
    return read_release(json.dumps(content))


def test_for_how_long_meta_tries_is_changed_in_the_template_that_is_there(shop):
    """The same words under another name would be refused as a copy; and unsaid, an offer comes after its end."""
    graph = Graph()
    sync(shop, graph)
    graph.decide(status="APPROVED")
    shop.release = kept_for(shop.release, "order_confirmed", "1h")
    dry = sync(shop, graph, dry_run=True)
    assert {one.done for one in dry.items if one.wanted.message == "order_confirmed"} == {"to_edit"}
    report = sync(shop, graph)
    assert {one.done for one in report.items if one.wanted.message == "order_confirmed"} == {"edited"}
    hours = [one.get("message_send_ttl_seconds") for one in graph.templates if "order_confirmed" in one["name"]]
    assert hours == [3600, 3600]
    assert {one.done for one in sync(shop, graph).items} == {"known"}
    assert sum(call.method == "POST" for call in graph.calls) == len(graph.templates) + 2


def test_a_change_that_meta_refuses_is_told_and_tried_again(shop):
    """An approved one may be edited once a day."""
    graph = Graph()
    sync(shop, graph)
    graph.decide(status="APPROVED")
    shop.release = kept_for(shop.release, "order_confirmed", "1h")
    edit, graph.edit = graph.edit, lambda *_: answer(400, {"error": {"code": 100, "message": "once a day"}})
    report = sync(shop, graph)
    assert {one.said for one in report.items if one.done == "failed"} == {"100: once a day"}
    graph.edit = edit
    assert {one.done for one in sync(shop, graph).items} == {"known", "edited"}


def test_what_was_made_anew_at_meta_is_another_template(shop):
    """Somebody deleted it there, and wrote it again by hand: news of the second one has another id."""
    graph = Graph()
    sync(shop, graph)
    graph.decide(status="APPROVED")
    sync(shop, graph)
    shop.clock.advance(seconds=3600)
    anew = graph.templates[0]
    anew.update(id="777", status="PENDING")
    sync(shop, graph)
    known = {(one.name, one.language): one for one in rows(shop)}[anew["name"], anew["language"]]
    assert (known.status, known.template_id) == ("pending", "777")
    anew.update(status="APPROVED")
    sync(shop, graph)
    assert {one.status for one in rows(shop)} == {"approved"}


def test_what_another_sync_submitted_since_the_list_was_asked_for_is_no_deletion(shop):
    """Two run at once: one lists, the other submits."""
    graph, other = Graph(), Graph()
    sync(shop, other)
    graph.page = lambda _url: answer(200, {"data": [], "paging": {}})
    report = sync(shop, graph)
    assert {one.done for one in report.items} == {"known"}
    assert graph.submitted == []
    assert {one.status for one in rows(shop)} == {"pending"}


TOO_MANY = {"error": {"code": 80008, "message": "There have been too many calls to this WhatsApp Business account"}}


def test_where_meta_takes_nothing_from_the_account_the_rest_is_not_tried(shop):
    """A hundred templates an hour are all that it takes: the others wait for the next time."""
    graph = Graph()
    count = len(wanted_templates(shop.release))
    make = graph.create
    graph.create = lambda document: make(document) if len(graph.templates) < 2 else answer(400, TOO_MANY)
    report = sync(shop, graph)
    assert [one.done for one in report.items] == ["submitted"] * 2 + ["failed"] + ["wanted"] * (count - 3)
    assert len(graph.submitted) == 3
    graph.create = make
    assert {one.done for one in sync(shop, graph).items} == {"known", "submitted"}
    assert len(rows(shop)) == count


# --- what the Graph API says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        HttpAnswer(200, {}, b"<html>"),
        HttpAnswer(200, {}, b"[]"),
        HttpAnswer(500, {}, b'{"data": []}'),
        HttpAnswer(200, {}, b'{"error": "what"}'),
        HttpAnswer(200, {}, b'{"paging": {}}'),
        HttpAnswer(200, {}, b'{"data": [], "paging": {"next": "x", "cursors": {"after": "the same"}}}'),
    ],
)
def test_an_answer_that_is_no_list_is_no_news_of_a_deletion(shop, told):
    graph = Graph()
    sync(shop, graph)
    before = rows(shop)
    graph.page = lambda _: told
    assert sync(shop, graph).failed
    assert rows(shop) == before


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"data": [], "paging": {"next": "https://graph.facebook.com/more"}}',
        b'{"data": [], "paging": {"next": "https://graph.facebook.com/more", "cursors": {}}}',
    ],
)
def test_a_list_whose_end_is_missing_is_none(body):
    """Whatever stood behind it would be taken for deleted."""
    assert isinstance(page_of(HttpAnswer(200, {}, body)), Trouble)


@pytest.mark.parametrize(
    ("no", "of_all"),
    [
        (answer(400, TOO_MANY), True),
        (answer(429, {}), True),
        (answer(401, {"error": {"code": 190}}), True),
        (answer(503, {}), True),
        (NoAnswer("timeout", in_doubt=True), True),
        (answer(400, {"error": {"code": 100, "error_subcode": 2388299}}), False),
        (answer(400, {"error": {"code": 192}}), False),
    ],
)
def test_a_no_is_about_the_template_or_about_all_of_them(no, of_all):
    """Where it is about the account, the next one would get the same."""
    assert created(no, {"name": "a", "language": "pt_BR"}).of_all is of_all


def test_why_a_template_was_rejected_is_no_news_when_a_list_says_it_again():
    """A notice told of it; each look at the list would else tell of a change that nobody made."""
    told = {"message_template_name": "pedido", "message_template_language": "pt_BR", "reason": "INVALID_FORMAT"}
    news = template_news("message_template_status_update", {**told, "event": "REJECTED"}, 0)
    row = {"name": "pedido", "language": "pt_BR", "status": "REJECTED", "rejected_reason": "INVALID_FORMAT"}
    page = page_of(HttpAnswer(200, {}, json.dumps({"data": [row]}).encode()))
    assert {one.reason for one in (news, *page.templates)} == {"INVALID_FORMAT"}
