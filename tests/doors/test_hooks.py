"""POST /hooks/{account}: providers tell what became of messages, and nobody else does."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from contextlib import ExitStack

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from orchestrator.app import App
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.tick import NoBell
from orchestrator.settings import Settings
from tests.contract.world import with_project
from tests.doors.conftest import drained, new_key, serving
from tests.doors.test_api import unwritable

SECRET = "whsec-canary-77"
HOOK = "/hooks/email"
RECIPE = {
    "id": "email",
    "adapter": "webhook",
    "url": "https://api.provider.example/send",
    "receipts": {
        "signature_header": "X-Signature",
        "event_at": "event",
        "reference_at": "reference",
        "status_at": "status",
        "detail_at": "why",
        "words": {"delivered": "delivered", "opened": "read", "complaint": "complained"},
        "reply": "OK",
    },
}


@pytest.fixture
def asked(api, casa_lume):
    """A message that was sent."""
    wanted = {"message": "order_confirmed", "customer_id": "cus_ana", "data": ORDER}
    found = api.post("/v1/messages", wanted, Idempotency_Key="k1").json["id"]
    drained(casa_lume)
    assert api.get(f"/v1/messages/{found}").json["state"] == "sent"
    return found


ORDER = {
    "order": {"number": "10234", "url": "https://casalume.example/p/10234", "promised_date": "2026-11-30"},
    "shipment": {"promised_date": "2026-11-30"},
}


@pytest.fixture
def servers():
    """What runs; closing it waits for everything that was told to be applied."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def provider(casa_lume, asked, release, bell, servers):  # noqa: ARG001  # it was sent before
    """A caller without a key, of a shop whose e-mail provider tells what became of messages."""
    channels = json.loads(release.content)["project"]["channels"]
    channels["email"]["accounts"] = [RECIPE]
    publish(casa_lume.store, with_project(release, channels=channels), casa_lume.clock.now())
    return servers.enter_context(serving(hearing(casa_lume), bell))


def hearing(app, store=None):
    """The same shop, in an environment that holds the secret."""
    settings = Settings(accounts={"email": {"receipts_secret": SECRET}})
    return App(root=app.root, settings=settings, store=store or app.store, clock=app.clock)


def news(reference, status="opened", event="e-1"):
    return {"event": event, "reference": reference, "status": status}


def tell(caller, document, secret=SECRET, path=HOOK, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return caller.post(path, body, **{"X_Signature": signature, "Content_Type": "application/json", **headers})


def rows(app, query):
    with app.store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def settled(app, servers):
    """Every receipt: what it says, and whether it was applied, once nothing is under way."""
    servers.close()
    return rows(app, "SELECT kind, applied_at IS NOT NULL FROM receipts ORDER BY seq")


# --- what is heard --------------------------------------------------------------------------------------------------


def test_a_providers_news_is_answered_kept_and_applied(provider, casa_lume, asked, servers):
    """No key, and no more said than the provider wants to read."""
    reply = tell(provider, news(asked))

    assert (reply.status, reply.body) == (200, b"OK")
    assert settled(casa_lume, servers) == [("read", True)]
    assert rows(casa_lume, "SELECT state, receipt FROM deliveries") == [("sent", "read")]


def test_it_is_applied_without_waiting_for_a_worker(casa_lume, release, asked, clock):
    """By the server itself, once it has answered: closing it waits for that."""
    channels = json.loads(release.content)["project"]["channels"]
    channels["email"]["accounts"] = [RECIPE]
    publish(casa_lume.store, with_project(release, channels=channels), clock.now())
    with serving(hearing(casa_lume), NoBell()) as caller:
        tell(caller, [news(asked, "delivered"), news(asked, event="e-2")])

    assert rows(casa_lume, "SELECT receipt FROM deliveries") == [("read",)]


def test_a_message_shows_what_was_told_of_it(api, provider, asked, servers):
    """The furthest state, and every receipt, without the address that providers like to repeat."""
    tell(provider, [news(asked, event="e-2"), news(asked, "delivered") | {"why": "ana@example.com took it"}])
    servers.close()

    shown = api.get(f"/v1/messages/{asked}").json
    assert (shown["state"], shown["receipt"]) == ("sent", "read")
    assert [one["kind"] for one in shown["receipts"]] == ["delivered", "read"]
    assert "ana@example.com" not in str(shown["receipts"])
    assert "took it" in shown["receipts"][0]["detail"]


def test_the_same_news_many_times_at_once_is_kept_once(provider, casa_lume, asked, servers):
    """Each is answered alike."""
    body = json.dumps([news(asked, "delivered"), news(asked, event="e-2")]).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    replies = provider.calls([("POST", HOOK, body, {"X_Signature": signature})] * 46)

    assert {(reply.status, reply.body) for reply in replies} == {(200, b"OK")}
    assert settled(casa_lume, servers) == [("delivered", True), ("read", True)]


def test_news_with_other_words_is_answered_counted_and_not_kept(provider, casa_lume, servers):
    with capture_logs() as lines:
        assert tell(provider, {"status": "template_Approved"}).status == 200
        assert tell(provider, {"status": "para 11912345678, José " + "x" * 40}).status == 200
        assert tell(provider, {"status": "ana@example.com"}).status == 200
    first, second, third = [line for line in lines if line["event"] == "receipts_passed_over"]
    assert (first["log_level"], first["account"], first["unknown"]) == ("warning", "email", ["template_Approved"])
    assert second["unknown"] == ["para ************ Jos* xxxxxxxxxxxxxxxxx"]
    assert third["unknown"] == ["***"]
    assert 'jogral_receipts_passed_over_total{account="email"} 3.0' in provider.get("/metrics").body.decode()
    assert settled(casa_lume, servers) == []


def test_a_notice_without_a_status_is_given_back(provider, casa_lume, servers):
    """The recipe looks in the wrong place: 200 would lose every receipt, and nobody would notice."""
    reply = tell(provider, {"type": "account.updated"})

    assert (reply.status, reply.json["code"]) == (422, "unreadable_notice")
    assert settled(casa_lume, servers) == []


def test_one_bad_piece_of_news_keeps_no_other_from_being_heard(provider, casa_lume, asked, servers):
    """A provider repeats a refused notice for a day and gives up, with the complaint that stands in it."""
    bad = {"status": "opened", "event": "e-2"}
    assert tell(provider, [bad, news(asked), bad]).status == 200

    assert 'jogral_receipts_passed_over_total{account="email"} 2.0' in provider.get("/metrics").body.decode()
    assert settled(casa_lume, servers) == [("read", True)]


# --- what is refused ------------------------------------------------------------------------------------------------


def test_a_wrong_signature_is_refused_and_changes_nothing(provider, casa_lume, asked):
    """In the caller's language, without a hint at what would have been right."""
    before = state_of(casa_lume)
    reply = tell(provider, news(asked, "complaint"), secret="guessed")

    assert (reply.status, reply.json["code"]) == (401, "wrong_signature")
    assert "WWW-Authenticate" not in reply.headers
    assert SECRET.encode() not in reply.body
    assert state_of(casa_lume) == before


def test_a_key_of_ours_is_no_signature(provider, casa_lume, asked):
    secret = new_key(casa_lume, "admin")

    assert tell(provider.with_key(secret), news(asked), secret="guessed").status == 401


def test_a_hundred_mutations_at_the_real_door_change_nothing(provider, casa_lume, asked):
    """The contract suite makes a thousand; here they pass the server's own parser."""
    before, chance = state_of(casa_lume), random.Random(3)
    body = json.dumps(news(asked, "complaint")).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    calls = []
    for _ in range(100):
        mutated, place = bytearray(body), chance.randrange(len(body))
        mutated[place] ^= 1 << chance.randrange(8)
        calls.append(("POST", HOOK, bytes(mutated), {"X_Signature": signature}))

    assert {reply.status for reply in provider.calls(calls)} == {401}
    assert state_of(casa_lume) == before


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/hooks/nobody", 404, "unknown_account"),
        ("/hooks/sms", 404, "no_callbacks"),
        ("/hooks/", 404, "route_not_found"),
    ],
)
def test_a_path_that_nobody_listens_at_is_not_found(provider, path, status, code):
    reply = tell(provider, {}, path=path)

    assert (reply.status, reply.json["code"]) == (status, code)


def test_a_get_is_a_handshake_and_signed_as_everything_else(provider):
    """Meta asks by it whether it calls the right place; nobody else is told."""
    assert provider.get(HOOK).status == 401
    assert provider.call("PUT", HOOK).status == 405


def test_a_notice_of_more_than_a_megabyte_is_not_read(provider, casa_lume, servers):
    reply = tell(provider, b" " * (1024 * 1024 + 1))

    assert (reply.status, reply.json["code"]) == (413, "body_too_large")
    assert settled(casa_lume, servers) == []


def test_a_genuine_notice_that_cannot_be_read_is_given_back(provider, casa_lume, servers):
    """So that the provider keeps it until the recipe is mended."""
    reply = tell(provider, [{"status": "opened", "event": "e-2"}])

    assert (reply.status, reply.json["code"]) == (422, "unreadable_notice")
    assert settled(casa_lume, servers) == []


def test_a_ledger_that_is_away_makes_the_provider_come_again(
    casa_lume, provider, asked, bell, servers
):  # the release is published
    """503, and nothing said about where it is."""
    with unwritable(casa_lume.store) as store, serving(hearing(casa_lume, store), bell) as caller:
        reply = tell(caller, news(asked))
    assert (reply.status, reply.json["code"]) == (503, "unavailable")
    assert reply.headers["Retry-After"]
    assert "ledger" not in reply.json["detail"]

    assert tell(provider, news(asked)).status == 200
    assert settled(casa_lume, servers) == [("read", True)]


@pytest.mark.usefixtures("provider")
def test_a_secret_that_is_missing_is_a_mistake_of_ours(casa_lume, asked, bell, servers):
    """500: the provider comes again, and the log says what to set."""
    with capture_logs() as lines, serving(casa_lume, bell) as caller:
        reply = tell(caller, news(asked))
    assert (reply.status, reply.json["code"]) == (500, "configuration")
    assert any("RECEIPTS_SECRET" in str(line) for line in lines)
    assert settled(casa_lume, servers) == []


def test_no_line_of_the_log_holds_what_was_told(casa_lume, provider, asked, servers):
    with capture_logs() as lines:
        tell(provider, news(asked))
        tell(provider, news(asked, "complaint"), secret="guessed")
    settled(casa_lume, servers)
    told = str(lines)

    assert SECRET not in told
    assert asked not in told
    assert "notice_refused" in told


# --- worlds ---------------------------------------------------------------------------------------------------------


def state_of(app):
    """Everything that a receipt could change."""
    return [rows(app, f"SELECT * FROM {table}") for table in ("receipts", "deliveries", "suppressions")]
