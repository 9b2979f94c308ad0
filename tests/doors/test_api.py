"""What holds for every route: keys and scopes, problems and their language, the log, health, and the server itself."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import text
from structlog.testing import capture_logs

from orchestrator.api.routes import ROUTES
from orchestrator.api.server import serve
from orchestrator.app import App
from orchestrator.dispatch import keys
from orchestrator.dispatch.keys import SCOPES, hash_of
from orchestrator.dispatch.tick import NoBell
from orchestrator.domain.errors import ConfigurationError, Unavailable
from orchestrator.settings import Settings
from orchestrator.store.sql import SqlStore
from orchestrator.translations import preferred
from tests.doors.conftest import SECONDS, RecordedBell, new_key, serving
from tests.doors.test_api_events import placed

GUARDED = [route for route in ROUTES if route.scopes]
# Notices of providers are POSTed, and signed instead.
# Hooks are opened by the provider's own signature (tests/doors/test_hooks.py).
OPEN = [route for route in ROUTES if not route.scopes and route.method == "GET" and "hooks" not in route.path]


def named(route):
    return f"{route.method} {route.path}"


def call(caller, route):
    """The emptiest request that the route can get."""
    body = {} if route.body else None
    path = route.path.replace("{id}", "x").replace("{path}", "x")
    return caller.call(route.method, path, body, Idempotency_Key="k1")


# --- keys and scopes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_a_guarded_route_wants_a_key_with_its_scope(casa_lume, bell, route):
    """Every route of the table, without a key, with every scope that is not its own, and with each that is."""
    others = sorted(set(SCOPES) - {*route.scopes, "admin"})
    with serving(casa_lume, bell) as caller:
        nobody = call(caller, route)
        assert (nobody.status, nobody.json["code"]) == (401, "unauthorized")
        assert nobody.headers["WWW-Authenticate"] == 'Bearer realm="jogral"'
        wrong = call(caller.with_key(new_key(casa_lume, *others)), route)
        assert (wrong.status, wrong.json["code"]) == (403, "missing_scope")
        assert all(scope in wrong.json["detail"] for scope in route.scopes)
        assert 'error="insufficient_scope"' in wrong.headers["WWW-Authenticate"]
        for scope in (*route.scopes, "admin"):
            assert call(caller.with_key(new_key(casa_lume, scope)), route).status not in (401, 403)


@pytest.mark.parametrize("route", OPEN, ids=named)
def test_an_open_route_wants_no_key(casa_lume, bell, route):
    """Load balancers and scrapers have none."""
    with serving(casa_lume, bell) as caller:
        assert call(caller, route).status == 200


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer jgl_live_wrong", "Bearer \x80é", "Bearer a b"]
)
def test_what_is_no_key_is_refused(api, authorization):
    """In whatever way it is none."""
    assert api.get("/v1/customers", Authorization=authorization).status == 401


def test_a_revoked_key_ends_within_a_second(casa_lume, bell, clock):
    """What is remembered of keys is forgotten before that."""
    secret = new_key(casa_lume, "customers:read")
    with serving(casa_lume, bell) as caller:
        assert caller.with_key(secret).get("/v1/customers").status == 200
        with casa_lume.store.write() as transaction:
            (key,) = transaction.ledger.keys()
            transaction.ledger.revoke_key(key.id, clock.now())
        clock.advance(seconds=1)
        assert caller.with_key(secret).get("/v1/customers").status == 401


def test_a_key_that_ends_by_itself_ends_at_once(casa_lume, bell, clock):
    """What is remembered of it has its end, too."""
    with casa_lume.store.write() as transaction:
        _, secret = keys.create(transaction, clock, "agency", ["customers:read"], by="test", lives_ms=500)
    with serving(casa_lume, bell) as caller:
        assert caller.with_key(secret).get("/v1/customers").status == 200
        clock.advance(seconds=0.5)
        assert caller.with_key(secret).get("/v1/customers").status == 401


def test_the_ledger_holds_no_usable_key(casa_lume):
    """A dump of it lets nobody in: the hash of a hash is another."""
    secret = new_key(casa_lume, "admin")
    assert secret.startswith("jgl_live_")
    assert len(secret.removeprefix("jgl_live_")) == 43
    with casa_lume.store.engine.connect() as connection:
        rows = [str(row) for row in connection.execute(text("SELECT * FROM api_keys"))]
    assert not any(secret in row or secret.removeprefix("jgl_live_") in row for row in rows)
    assert hash_of(hash_of(secret)) != hash_of(secret)


# --- problems -------------------------------------------------------------------------------------------------------


def test_a_problem_is_complete_in_english(api):
    """RFC 9457, with a stable code, the wrong fields, and a sentence that says what to do."""
    reply = api.post("/v1/events", placed(type="order.plcaed"))
    assert reply.headers["Content-Type"].startswith("application/problem+json")
    assert reply.headers["Content-Language"] == "en"
    assert reply.json == {
        "type": "https://jogral.example/problems/unknown-event-type",
        "title": "Unknown event type",
        "status": 422,
        "code": "unknown_event_type",
        "detail": 'Unknown event type "order.plcaed"; did you mean "order.placed"?',
        "instance": "/v1/events",
        "errors": [
            {
                "pointer": "#/type",
                "code": "unknown_event_type",
                "detail": 'Unknown "order.plcaed"; did you mean "order.placed"?',
            }
        ],
    }


def test_a_problem_is_complete_in_portuguese(api):
    """Title, sentence and fields; codes stay what they are."""
    reply = api.post("/v1/events", placed(type="order.plcaed"), Accept_Language="pt-BR,pt;q=0.9,en;q=0.5")
    assert reply.headers["Content-Language"] == "pt-BR"
    assert reply.json["title"] == "Tipo de evento desconhecido"
    assert reply.json["detail"] == 'Tipo de evento desconhecido: "order.plcaed"; você quis dizer "order.placed"?'
    assert reply.json["errors"][0]["detail"] == '"order.plcaed" não é conhecido; você quis dizer "order.placed"?'


def test_the_servers_language_is_that_of_callers_who_ask_for_none(shop, casa_lume, bell):
    """JOGRAL_LANG, and English without it."""
    speaking = App(root=shop, settings=Settings(lang="pt-BR"), store=casa_lume.store, clock=casa_lume.clock)
    with serving(speaking, bell) as caller:
        assert caller.get("/v1/customers").json["title"] == "Não autorizado"
        assert caller.get("/v1/customers", Accept_Language="en").json["title"] == "Unauthorized"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("pt-BR", "pt-BR"),
        ("pt", "pt-BR"),
        ("en-GB, pt;q=0.9", "en"),
        ("fr, pt;q=0.1", "pt-BR"),
        ("en;q=0.1, pt ; q=0.2", "pt-BR"),
        ("pt;q=0", None),
        ("pt;q=a lot", None),
        ("fr", None),
        ("*", None),
        ("", None),
    ],
)
def test_the_language_is_the_best_that_the_caller_reads(header, language):
    """By quality, then by order."""
    assert preferred(header) == language


def test_a_path_that_is_not_there_gets_a_suggestion(api):
    """And the place where all paths are."""
    reply = api.get("/v1/custmers")
    assert (reply.status, reply.json["code"]) == (404, "route_not_found")
    assert '"/v1/customers"' in reply.json["detail"]


def test_a_method_that_is_not_known_gets_those_that_are(api):
    """In the header that is made for it too."""
    reply = api.call("DELETE", "/v1/customers")
    assert (reply.status, reply.json["code"]) == (405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET,POST"


def test_a_ledger_that_cannot_be_written_answers_503(casa_lume, shop, clock, bell):
    """It says which, and what to do; nothing is accepted. What holds nobody's data is served.

    Who reads a person's data goes on record, and nobody reads what cannot be put on record.
    """
    secret = new_key(casa_lume, "admin")
    with (
        unwritable(casa_lume.store) as store,
        serving(App(root=shop, settings=Settings(), store=store, clock=clock), bell) as caller,
    ):
        reply = caller.with_key(secret).post("/v1/events", placed())
        assert (reply.status, reply.json["code"]) == (503, "unavailable")
        assert reply.headers["Retry-After"] == "5"
        assert re.search("is read-only|refuses this user", reply.json["detail"])
        assert caller.with_key(secret).get("/v1/pauses").status == 200
        assert caller.with_key(secret).get("/v1/customers").status == 503
    assert bell.rings.empty()


def test_a_ledger_that_is_gone_tells_strangers_nothing_of_itself(shop, tmp_path, clock, bell):
    """Whoever has no key yet learns neither folder nor host."""
    gone = SqlStore(f"sqlite:///{tmp_path / 'nowhere' / 'ledger.db'}")
    with serving(App(root=shop, settings=Settings(), store=gone, clock=clock), bell) as caller:
        reply = caller.with_key("jgl_live_any").get("/v1/customers")
        assert (reply.status, reply.json["code"]) == (503, "unavailable")
        assert "nowhere" not in reply.body.decode()
    gone.close()


def test_a_mistake_of_ours_is_a_problem_with_an_id_to_ask_for(casa_lume, bell):
    """The log has the place and no words: words of parsers and databases repeat what people sent."""

    def mount(web_app):
        async def crash(_request):
            raise RuntimeError("ana@example.com")

        web_app.router.add_get("/crash", crash)

    with capture_logs() as lines, serving(casa_lume, bell, extra=[mount]) as caller:
        reply = caller.get("/crash", X_Request_Id="req-1")
    assert (reply.status, reply.json["code"]) == (500, "internal_error")
    assert reply.json["request_id"] == "req-1"
    (line,) = [line for line in lines if line["event"] == "request_crashed"]
    assert line["error"] == "builtins.RuntimeError"
    assert line["at"][-1].endswith(" crash")
    assert "ana@example.com" not in json.dumps(lines)


def test_a_caller_who_hangs_up_in_the_middle_is_no_mistake_of_ours(casa_lume, bell):
    """Anybody can, without a key: the log of what is wrong with us must not fill with it."""
    with capture_logs() as lines, serving(casa_lume, bell) as caller:
        place = urlsplit(caller.url)
        with socket.create_connection((place.hostname, place.port)) as line:
            line.sendall(b"POST /hooks/email HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        assert caller.get("/healthz").status == 200
    assert [one["event"] for one in lines if one["log_level"] == "error"] == []


# --- headers and the log --------------------------------------------------------------------------------------------


def test_a_request_id_is_given_back(api):
    """The caller's where it is fit for a log, else one of ours."""
    assert api.get("/healthz", X_Request_Id="abc-1").headers["X-Request-Id"] == "abc-1"
    for unfit in (None, "a b", "x" * 200):
        assert api.get("/healthz", X_Request_Id=unfit).headers["X-Request-Id"].startswith("req_")


def test_every_answer_says_what_it_is_and_nothing_of_the_machine(api):
    """No sniffing, no versions."""
    for path in ("/healthz", "/v1/customers", "/nothing"):
        headers = api.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Server"] == "jogral"


def test_the_log_has_a_line_for_each_request_and_nothing_that_it_carried(casa_lume, bell):
    """Route, status, time. No body, no key, no query, no path: all of them may name somebody."""
    secret = new_key(casa_lume, "admin")
    canaries = [secret, "carla@example.com", "5511987654321", "cus_canary", "canary-key", "canary-query"]
    with capture_logs() as lines, serving(casa_lume, bell) as caller:
        known = caller.with_key(secret)
        known.post("/v1/customers", {"id": "cus_canary", "emails": ["carla@example.com"], "phones": ["+5511987654321"]})
        known.get("/v1/customers/cus_canary?x=canary-query")
        known.post("/v1/events", placed(customer={"email": "carla@example.com"}), Idempotency_Key="canary-key")
        known.post("/v1/events", b'{"carla@example.com', Content_Type="application/json")
        known.get("/cus_canary")
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in requests] == [
        ("POST", "/v1/customers", 201),
        ("GET", "/v1/customers/{id}", 200),
        ("POST", "/v1/events", 202),
        ("POST", "/v1/events", 400),
        ("(none)", "(none)", 404),
    ]
    logged = json.dumps(lines)
    assert [canary for canary in canaries if canary in logged] == []


# --- health and numbers ---------------------------------------------------------------------------------------------


def test_the_process_lives_whatever_the_ledger_does(shop, tmp_path, clock, bell):
    """Restarting it would not bring the ledger back."""
    gone = SqlStore(f"sqlite:///{tmp_path / 'nowhere' / 'ledger.db'}")
    with serving(App(root=shop, settings=Settings(), store=gone, clock=clock), bell) as caller:
        assert caller.get("/healthz").json == {"ok": True}
        ready = caller.get("/readyz", Accept_Language="pt-BR")
        assert ready.status == 503
        assert ready.json["items"][0] == {
            "name": "ledger", "ok": False, "required": True, "detail": "O registro não pode ser lido.",
        }  # fmt: skip
        assert "jogral_ledger_up 0.0" in caller.get("/metrics").body.decode()
    gone.close()


def test_a_ledger_without_tables_or_release_is_not_ready(shop, empty_database_url, app, clock, bell):
    """Each says what is missing."""
    empty = SqlStore(empty_database_url)
    with serving(App(root=shop, settings=Settings(), store=empty, clock=clock), bell) as caller:
        assert checks(caller) == {"ledger": True, "schema": False, "redis": True}
    with serving(app, bell) as caller:
        assert checks(caller) == {"ledger": True, "schema": True, "release": False, "redis": True}
    empty.close()


def test_redis_is_reported_and_not_required(casa_lume):
    """Without it messages are found by polling."""
    with serving(casa_lume, NoBell()) as caller:
        assert caller.get("/readyz").status == 200
    with serving(casa_lume, DeadBell()) as caller:
        reply = caller.get("/readyz")
        assert reply.status == 200
        assert reply.json["items"][-1]["ok"] is False


def test_a_bell_that_fails_fails_no_request(casa_lume):
    """What was accepted is on disk; workers look for themselves."""
    bell = DeadBell()
    with serving(casa_lume, bell) as caller:
        assert caller.with_key(new_key(casa_lume, "admin")).post("/v1/events", placed()).status == 202
        assert bell.rung.wait(SECONDS)


def test_numbers_say_what_was_answered_accepted_and_still_waits(api, clock):
    """For Prometheus; no label names a person."""
    api.post("/v1/events", placed(1))
    api.post("/v1/events", placed(1))
    api.post("/v1/events", placed(2))
    api.get("/v1/customers/cus_ana")
    api.get("/cus_ana")
    clock.advance(seconds=90)
    said = api.get("/metrics").body.decode()
    for line in (
        'jogral_http_requests_total{method="POST",route="/v1/events",status="202"} 3.0',
        'jogral_http_requests_total{method="GET",route="/v1/customers/{id}",status="200"} 1.0',
        'jogral_http_requests_total{method="(none)",route="(none)",status="404"} 1.0',
        "jogral_events_accepted_total 2.0",
        'jogral_requests_accepted_total{lane="transactional"} 2.0',
        "jogral_ledger_up 1.0",
        'jogral_deliveries{lane="transactional",state="accepted"} 2.0',
        'jogral_oldest_due_seconds{lane="transactional"} 90.0',
        'jogral_oldest_due_seconds{lane="marketing"} 0.0',
    ):
        assert line in said
    assert "cus_ana" not in said


# --- the server -----------------------------------------------------------------------------------------------------


def test_a_busy_port_says_which_and_what_to_do(casa_lume, bell):
    """Exit code 3, and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable) as refused:
            asyncio.run(open_and_close(casa_lume, bell, "127.0.0.1", port))
    assert refused.value.exit_code == 3
    assert str(port) in str(refused.value)
    assert "--port" in refused.value.remedy()


def test_a_host_that_is_not_ours_is_a_mistake_of_configuration(casa_lume, bell):
    """Nobody can listen there."""
    with pytest.raises(ConfigurationError, match="JOGRAL_HOST"):
        asyncio.run(open_and_close(casa_lume, bell, "192.0.2.1", 0))


def test_a_socket_that_listens_already_is_served(casa_lume, bell):
    """The command line takes it before it starts anything else."""
    listener = socket.create_server(("127.0.0.1", 0))
    with serving(casa_lume, bell, listener=listener) as caller:
        assert caller.url.endswith(f":{listener.getsockname()[1]}")
        assert caller.get("/healthz").status == 200


def test_what_was_asked_before_the_stop_is_answered(casa_lume, bell):
    """A stop waits for the requests that are being answered."""

    async def story():
        begun, go_on = asyncio.Event(), asyncio.Event()

        def mount(web_app):
            async def slow(_request):
                begun.set()
                await go_on.wait()
                return web.Response(text="done")

            web_app.router.add_get("/slow", slow)

        async with aiohttp.ClientSession() as session:
            async with serve(casa_lume, bell=bell, host="127.0.0.1", port=0, extra=[mount]) as address:
                asked = asyncio.create_task(session.get(f"{address.url}/slow"))
                await begun.wait()
                asyncio.get_running_loop().call_soon(go_on.set)
            return await (await asked).text()

    assert asyncio.run(asyncio.wait_for(story(), SECONDS)) == "done"


# --- worlds ---------------------------------------------------------------------------------------------------------


def checks(caller):
    reply = caller.get("/readyz")
    assert reply.status == 503
    return {item["name"]: item["ok"] for item in reply.json["items"]}


async def open_and_close(app, bell, host, port):
    async with serve(app, bell=bell, host=host, port=port):
        pass


class DeadBell(RecordedBell):
    """A bell whose server is away, and which says so in the worst way."""

    def __init__(self):
        super().__init__()
        self.rung = threading.Event()

    def ring(self, lane):
        self.rung.set()
        raise ConnectionError(lane)

    def answers(self):
        return False


@contextmanager
def unwritable(store):
    """The same ledger, for somebody who may only read it."""
    with ExitStack() as stack:
        if store.engine.dialect.name == "sqlite":
            opened = SqlStore(f"sqlite:///file:{store.engine.url.database}?mode=ro&uri=true")
        else:
            opened = SqlStore(stack.enter_context(reader_of(store.engine)))
        yield opened
        opened.close()


@contextmanager
def reader_of(engine):
    """The URL of a PostgreSQL user who may read every table, and write none."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE ROLE jogral_reader LOGIN PASSWORD 'reader'"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO jogral_reader"))
        yield engine.url.set(username="jogral_reader", password="reader").render_as_string(hide_password=False)
        connection.execute(text("DROP OWNED BY jogral_reader"))
        connection.execute(text("DROP ROLE jogral_reader"))
