"""The audit log as people and machines meet it: who did what, whose data they looked at, and whether all is there."""

from __future__ import annotations

import getpass
import json
import queue
import re

import pytest
import structlog
from sqlalchemy import text
from structlog.testing import capture_logs

from orchestrator.app import App, SystemClock
from orchestrator.audit_chain import FINDINGS
from orchestrator.cli.chain import CONSENTS_WRONG, WRONG
from orchestrator.cli.timekeeper import Timekeeper
from orchestrator.console.routes import add_console
from orchestrator.dispatch.consent_record import CONSENT_FINDINGS
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.reads import reader, record_reads
from orchestrator.dispatch.sealing import HEADS_FILE, carried_heads, carry_head, chain_keys, seal_chain
from orchestrator.dispatch.tick import NoBell
from orchestrator.release import read_release
from orchestrator.settings import Settings
from tests.doors.conftest import drained, new_key, serving
from tests.doors.test_api_events import placed

SECONDS = 20
ME = f"cli:{getpass.getuser()}"


def entries(store, kind="customer.read"):
    """What was put on record, oldest first: kind, customer and what it says, without who."""
    with store.read() as transaction:
        rows = transaction.chain.sealed()
        assert not list(rows)  # nobody seals in these tests but those that say so
        found = transaction.chain.unsealed(1_000)
    return [
        {name: value for name, value in one.said().items() if name != "by"}
        for one in found
        if one.kind.startswith(kind)
    ]


# --- jogral audit verify ----------------------------------------------------------------------------------------------


@pytest.fixture
def sealed(open_shop, ledger, shop):
    """A shop with three entries, sealed with the project's own key."""
    timer = App(root=shop, settings=Settings(), store=ledger, clock=SystemClock())
    with ledger.write() as transaction:
        for _ in range(3):
            record_reads(transaction, timer.clock, reader(ME, "ticket 8841"), "decisions", ["cus_ana"])
    assert seal_chain(ledger, chain_keys(timer.keyring)[0]) == 3
    assert carry_head(ledger, timer.state / HEADS_FILE, timer.clock.now())
    return open_shop


def change(store, sql):
    with store.engine.begin() as connection:
        assert connection.execute(text(sql)).rowcount


def test_a_log_in_order_passes(sealed):
    """And says how long it is, and where it ends."""
    done = sealed("audit", "verify")
    assert (done.code, done.err) == (0, "")
    assert "✔ entries, each sealed onto the one before: 3" in done.out
    assert "✔ heads that were carried away, and are in it: 1" in done.out
    document = sealed("audit", "verify", "--json").document
    assert document["ok"] is True
    assert (document["sealed"], document["erased"], document["waiting"], document["items"]) == (3, 0, 0, [])
    assert document["head"].startswith("3:")


@pytest.mark.parametrize(
    ("sql", "finding", "words"),
    [
        ("UPDATE audit_entries SET payload = '{}' WHERE place = 2", "edited", "entry 2 does not say any more"),
        ("DELETE FROM audit_entries WHERE place = 1", "missing", "before entry 2 entries are gone"),
        ("UPDATE audit_entries SET place = 9 - place WHERE place < 3", "missing", "before entry 3 entries are gone"),
        ("DELETE FROM audit_entries WHERE place = 3", "truncated", "the chain ends at entry 2"),
    ],
)
def test_what_was_done_to_the_log_is_named_and_exits_with_1(sealed, ledger, sql, finding, words):
    change(ledger, sql)
    done = sealed("audit", "verify")
    assert done.code == 1
    assert words in done.out
    document = sealed("audit", "verify", "--json").document
    assert document["ok"] is False
    assert finding in [item["finding"] for item in document["items"]]


def test_a_consent_that_was_changed_by_hand_is_named_and_exits_with_1(sealed, ledger):
    """By its id, with what differs from what was put on record, and without whose it is."""
    sealed("consent", "grant", "cus_ana", "--topic", "reviews", "--channel", "email", "--wording",
           "optin_avaliacoes@1", "--source", "phone")  # fmt: skip
    assert "✔ consents, each as it was put on record: 1" in sealed("audit", "verify").out
    change(ledger, "UPDATE consent_events SET source = 'form', wording = 'optin_avaliacoes@2'")
    done = sealed("audit", "verify")
    assert done.code == 1
    assert re.search(r"consent con_\w+ does not say what was put on record: proof, wording  consent_edited", done.out)
    document = sealed("audit", "verify", "--json").document
    assert (document["ok"], document["count"], document["consents"]) == (False, 1, 1)
    (item,) = document["items"]
    assert (item["finding"], item["differs"]) == ("consent_edited", ["proof", "wording"])
    assert "cus_ana" not in done.out


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE wordings SET texts = '{\"en\": \"Everything, always.\"}' WHERE id = 'optin_avaliacoes@1'",
        "UPDATE wordings SET digest = 'f00d' WHERE id = 'optin_avaliacoes@1'",
        "DELETE FROM wordings WHERE id = 'optin_avaliacoes@1'",
    ],
)
def test_words_that_were_changed_by_hand_are_named_and_exit_with_1(sealed, ledger, sql):
    """What people agreed to is what was published, or nobody can say what they agreed to."""
    sealed("consent", "grant", "cus_ana", "--topic", "reviews", "--channel", "email", "--wording",
           "optin_avaliacoes@1", "--source", "phone")  # fmt: skip
    assert sealed("audit", "verify").code == 0
    change(ledger, sql)
    done = sealed("audit", "verify")
    assert done.code == 1
    assert "wording optin_avaliacoes@1 does not say any more what was published" in done.out
    document = sealed("audit", "verify", "--json").document
    assert (document["ok"], document["count"]) == (False, 1)
    assert document["items"] == [{"finding": "wording_edited", "wording": "optin_avaliacoes@1"}]


def test_a_head_that_somebody_kept_is_compared(sealed, shop, ledger):
    """Where the file of heads is gone too."""
    (kept,) = carried_heads(shop / ".jogral" / HEADS_FILE)
    (shop / ".jogral" / HEADS_FILE).unlink()
    assert sealed("audit", "verify", "--head", str(kept.head)).code == 0
    change(ledger, "DELETE FROM audit_entries")
    assert sealed("audit", "verify").code == 0
    assert sealed("audit", "verify", "--head", str(kept.head)).code == 1


def test_what_is_no_head_is_a_mistake_of_usage(open_shop):
    done = open_shop("audit", "verify", "--head", "last week's")
    assert done.code == 2
    assert '"last week\'s" is no head of the audit chain.' in done.err
    assert "Write a place, a colon and 64 hex digits" in done.err


def test_every_finding_has_words():
    assert set(WRONG) == set(FINDINGS)
    assert set(CONSENTS_WRONG) == set(CONSENT_FINDINGS)


def test_the_timer_seals_and_carries_the_head_away(api, casa_lume):
    """What is carried away is in its log as it is in the file: no pattern takes it for a secret."""
    api.get("/v1/customers/cus_ana")
    found = queue.Queue()

    def listen(_logger, _method, line):
        if line["event"] == "audit_head":
            found.put(line)
        raise structlog.DropEvent

    with capture_logs(processors=[listen]), Timekeeper(casa_lume, NoBell(), seal_seconds=0.01):
        line = found.get(timeout=SECONDS)

    (carried,) = carried_heads(casa_lume.state / HEADS_FILE)
    assert line["head"] == str(carried.head)


# --- jogral audit log -------------------------------------------------------------------------------------------------


def test_the_log_says_who_looked_at_whom_and_why(sealed):
    """Newest first."""
    done = sealed("audit", "log", "--limit", "2")
    lines = done.out.splitlines()
    assert len(lines) == 2
    assert f"{ME} looked at a customer's data cus_ana  what=decisions  reason=ticket 8841" in lines[0]
    items = sealed("audit", "log", "--json").document["items"]
    assert [item["place"] for item in items] == [3, 2, 1]
    assert (items[0]["by"], items[0]["customer_id"], items[0]["kind"]) == (ME, "cus_ana", "customer.read")
    assert items[0]["details"] == {"what": "decisions", "reason": "ticket 8841"}


def test_the_log_is_narrowed(sealed):
    """By customer, kind, family of kinds, and who."""

    def count(*arguments):
        return len(sealed("audit", "log", "--json", *arguments).document["items"])

    assert count("--customer", "cus_ana") == count("--kind", "customer") == count("--by", ME) == 3
    assert count("--customer", "cus_bruno") == count("--kind", "consent") == count("--by", "cli:nobody") == 0
    assert sealed("audit", "log", "--kind", "consent").out == "Nothing is on record.\n"


def test_a_kind_that_is_none_is_a_mistake_of_usage(open_shop):
    done = open_shop("audit", "log", "--kind", "customer.raed")
    assert done.code == 2
    assert 'did you mean "customer.read"?' in done.err


def test_what_the_command_line_does_and_reads_is_on_record(open_shop, ledger):
    """Keys, pauses, and looks at customers; of a rehearsal with a persona nothing."""
    key = open_shop("keys", "create", "--name", "shop", "--scope", "events:write", "--json").document["id"]
    open_shop("keys", "revoke", key)
    open_shop("keys", "revoke", key)
    open_shop("pause", "--customer", "cus_ana", "--reason", "Mourning")
    open_shop("resume", "--customer", "cus_ana")
    open_shop("resume", "--customer", "cus_ana")
    open_shop("pause", "--channel", "sms", "--for", "30d")
    open_shop("reply", "render", "onde_esta_meu_pedido", "--persona", "ana")
    open_shop("explain", "--customer", "cus_ana", "--message", "review_request", "--reason", "ticket 8841")

    assert entries(ledger, "key.") == [{"key": key, "scopes": ["events:write"]}, {"key": key}]
    first, second, third = entries(ledger, "pause.")
    assert first == {"customer": "cus_ana", "scope": "customer", "reason": "Mourning"}
    assert second == {"customer": "cus_ana", "scope": "customer"}
    assert (third["scope"], third["subject"], third["until"][:2]) == ("channel", "sms", "20")
    assert entries(ledger) == [{"customer": "cus_ana", "what": "decisions", "reason": "ticket 8841"}]


# --- the API ----------------------------------------------------------------------------------------------------------


def test_keys_that_look_are_on_record(api, casa_lume):
    """Each with what they saw of whom, and the reason they gave; a write says which fields."""
    api.post("/v1/customers", {"id": "cus_bruno", "email": "bruno@example.com", "attributes": {"first_name": "B"}})
    api.patch("/v1/customers/cus_bruno", {"locale": "en"})
    asking = api.with_headers(X_Jogral_Reason="ticket 8841")
    asking.get("/v1/customers/cus_ana")
    asking.get("/v1/customers")
    asking.get("/v1/customers/cus_nobody")

    assert entries(casa_lume.store, "customer.c") == [
        {"customer": "cus_bruno", "fields": ["attributes", "email"]},
        {"customer": "cus_bruno", "fields": ["locale"]},
    ]
    why = {"what": "profile", "reason": "ticket 8841"}
    assert entries(casa_lume.store) == [
        {"customer": "cus_ana", **why}, {"customer": "cus_ana", **why}, {"customer": "cus_bruno", **why},
    ]  # fmt: skip


def test_looks_at_messages_decisions_and_replies_are_on_record(api, casa_lume):
    api.post("/v1/events", placed(1))
    drained(casa_lume)
    message = api.get("/v1/decisions").json["data"][0]["message_id"]
    api.get(f"/v1/messages/{message}")
    api.get("/v1/messages/msg_none")
    rendered = api.post("/v1/replies/onde_esta_meu_pedido/render", {"customer_id": "cus_ana", "channel": "whatsapp"})
    assert rendered.status == 200
    assert [one["what"] for one in entries(casa_lume.store)] == ["decisions", "message", "reply"]


def test_what_workers_read_is_not_on_record(api, casa_lume):
    """They read everybody all day."""
    api.post("/v1/events", placed(1))
    assert drained(casa_lume)
    assert entries(casa_lume.store) == []


def test_a_reason_that_is_no_line_is_refused(api):
    """Before anything is read."""
    for path in ("/v1/customers", "/v1/customers/cus_ana", "/v1/decisions", "/v1/messages/msg_1"):
        reply = api.get(path, X_Jogral_Reason="x" * 201)
        assert (reply.status, reply.json["code"]) == (422, "reason_format")


def test_a_shop_may_want_a_reason_for_every_look(api, casa_lume, release):
    """At every door where somebody can give one; without it nothing is shown and nothing recorded."""
    strict = json.loads(release.content)
    strict["project"]["audit"] = {"reasons": "required"}
    publish(casa_lume.store, read_release(json.dumps(strict)), casa_lume.clock.now())

    refused = api.get("/v1/customers/cus_ana")
    assert (refused.status, refused.json["code"]) == (422, "reason_required")
    assert b"ana@example.com" not in refused.body
    assert entries(casa_lume.store) == []
    assert api.get("/v1/customers/cus_ana", X_Jogral_Reason="ticket 8841").status == 200


def test_the_log_is_read_page_by_page(api, casa_lume):
    """Newest first, by those who may; each entry with what it says."""
    for number in range(5):
        api.get("/v1/customers/cus_ana", X_Jogral_Reason=f"ticket {number}")
    seal_chain(casa_lume.store, chain_keys(casa_lume.keyring)[0])
    auditor = api.with_key(new_key(casa_lume, "audit:read"))

    first = auditor.get("/v1/audit?limit=3&customer_id=cus_ana")
    second = auditor.get(f"/v1/audit?limit=3&customer_id=cus_ana&cursor={first.json['next_cursor']}")
    shown = [*first.json["data"], *second.json["data"]]
    assert second.json["next_cursor"] is None
    assert [one["details"]["reason"] for one in shown] == [f"ticket {number}" for number in (4, 3, 2, 1, 0)]
    assert shown[0]["by"].startswith("key:key_")
    assert (shown[0]["kind"], shown[0]["customer_id"]) == ("customer.read", "cus_ana")
    assert shown[0]["place"] == shown[1]["place"] + 1
    assert auditor.get("/v1/audit?kind=key").json["data"][0]["kind"] == "key.created"
    assert api.with_key(new_key(casa_lume, "customers:read")).get("/v1/audit").status == 403


def test_what_nobody_could_find_is_refused(api):
    assert api.get("/v1/audit?kind=customer.raed").json["code"] == "unknown_kind"
    assert api.get("/v1/audit?cursor=x").pointers == ["?cursor"]


# --- the console ------------------------------------------------------------------------------------------------------


def test_looks_at_the_inbox_are_on_record(api, casa_lume, bell):
    """The list, a message, and a letter that is opened by itself; not the letter in its own page."""
    api.post("/v1/events", placed(1))
    drained(casa_lume)
    with casa_lume.store.read() as transaction:
        entry = transaction.inbox.page(before=None, limit=1, channel="email")[0]["id"]
    with serving(casa_lume, bell, extra=[lambda web_app: add_console(web_app, casa_lume)]) as browser:
        assert browser.get("/inbox").status == 200
        assert len(entries(casa_lume.store)) == 1
        assert browser.get(f"/inbox/{entry}").status == 200
        assert browser.get(f"/inbox/{entry}/body", Sec_Fetch_Dest="iframe").status == 200
        assert len(entries(casa_lume.store)) == 2
        assert browser.get(f"/inbox/{entry}/body").status == 200
    assert entries(casa_lume.store) == [{"customer": "cus_ana", "what": "inbox"}] * 3
