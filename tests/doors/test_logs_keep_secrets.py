"""Nothing that a person, a provider or an operator must keep is written into a log, into Redis, or on the screen.

A whole shop runs at DEBUG with a canary in every field, and everything goes wrong that can: providers that refuse with
the address in their words, adapters that raise with all they know, data that cannot be rendered or stored, a ledger
that cannot be read, and callers who put secrets where none belong (reliability, S14 and S15).
"""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest

from orchestrator import embedded_redis
from orchestrator.queue import connect
from tests.doors.command import SECONDS
from tests.sinks.process import running

CANARIES = {
    "name": "Zulmira Canarinho",
    "e-mail": "zulmira.canario@example.com",
    "phone": "987650123",
    "written phone": "98765-0123",
    "CPF": "390.533.447-05",
    "bare CPF": "39053344705",
    "push token": "canario-push-4f9e1c7a2b8d4f9e1c7a2b8d4f9e1c7a",
    "order": "Pijama Canarinho Azul",
    "order number": "CANARIO-10234",
    "SMTP password": "canario-smtp-password",
    "account's own secret": "canario-sms-password",
    "database password": "canario-database-password",
    "Redis password": "canario-redis-password",
    "basic login": "canario:basic",
    "wrong key": "canario-not-a-key",
    "path": "canario-path",
    "query": "canario-query",
    "idempotency key": "canario-idempotency",
}
NAME, EMAIL = CANARIES["name"], CANARIES["e-mail"]

# Adapters that raise with all they know: one when it writes the call, one when it reads the answer.
RAISING = """
from dataclasses import dataclass, field
from typing import ClassVar

from orchestrator.channels import Capabilities, InboxLookUp, no_callbacks
from orchestrator.domain.customer import Channel


@dataclass(frozen=True, kw_only=True)
class Adapter:
    channel: Channel
    raises_at: str
    password: str = field(default="", repr=False)
    can: ClassVar[Capabilities] = Capabilities(channels=frozenset(Channel))

    def call(self, delivery, now, entropy):
        if self.raises_at == "call":
            raise RuntimeError(f"cannot write to {delivery.address.value} with {self.password}: {delivery}")
        return InboxLookUp(f"{delivery.address.value} {delivery.rendered.text}")

    def outcome(self, answer):
        raise ValueError(f"what is {answer} with {self.password}?") from KeyError(self.password)

    def look_up(self, reference):
        return None

    found = outcome

    def receive(self, notice, now):
        no_callbacks()
"""

CUSTOMER = {
    "id": "cus_canario",
    "email": EMAIL,
    "phone": "+5511" + CANARIES["phone"],
    "push_tokens": [CANARIES["push token"]],
    "attributes": {"first_name": NAME, "cpf": CANARIES["CPF"], "document": CANARIES["bare CPF"]},
}
ORDER = {
    "number": CANARIES["order number"], "url": f"https://casalume.example/p?canario={CANARIES['query']}",
    "promised_date": "2026-11-30", "first_item": CANARIES["order"],
}  # fmt: skip
SHIPMENT = {"promised_date": "2026-11-30"}


@pytest.fixture
def shop(orders_alone):
    """Small, for most of these commands begin with a check of everything."""
    return orders_alone


@pytest.fixture
def mail(tmp_path):
    """A mail server that refuses everybody, in words that repeat whom."""
    refusal = f"550 5.1.1 <{EMAIL}> {NAME}: no such user, call 11 {CANARIES['written phone']}"
    with running("smtp", tmp_path / "mails.jsonl", "--answer", refusal, "--at", "rcpt") as sink:
        yield sink


@pytest.fixture
def leaky_shop(open_shop, shop, mail):
    """The shop with accounts that fail, each in its own way; push goes to the outbox."""
    (shop / "channels").mkdir()
    (shop / "channels/raising.py").write_text(RAISING)
    settings = shop / "templates/project.yaml"
    text = settings.read_text(encoding="utf-8")
    letter = f"{{id: email, adapter: email_smtp, host: 127.0.0.1, port: {mail.port}, security: none}}"
    for before, after in (
        ("{id: email, adapter: outbox}", letter),
        ("{id: whatsapp, adapter: outbox}", "{id: whatsapp, adapter: raising, raises_at: outcome}"),
        ("{id: sms, adapter: outbox}", "{id: sms, adapter: raising, raises_at: call}"),
    ):
        assert before in text
        text = text.replace(before, after)
    settings.write_text(text, encoding="utf-8")
    return open_shop


ENVIRONMENT = {
    "JOGRAL_LOG_LEVEL": "debug",
    "JOGRAL_ACCOUNTS__SMS__PASSWORD": CANARIES["account's own secret"],
    "JOGRAL_ACCOUNTS__WHATSAPP__PASSWORD": CANARIES["account's own secret"],
}


def test_no_canary_reaches_a_log_or_redis(leaky_shop, shop):
    """Server, worker and timer, through everything that can go wrong."""
    secret = leaky_shop("keys", "create", "--name", "canary", "--scope", "admin", "--json").document["secret"]
    with leaky_shop.start("up", "--port", "0", "--json", **ENVIRONMENT) as up:
        url = json.loads(up.line())["url"]
        up.logged("worker_started")
        caller = Caller(url, secret)
        misused = misuse(caller)
        asked = [ask(caller, channel) for channel in ("email", "sms", "whatsapp", "push")]
        asked.append(ask(caller, "email", shipment={"promised_date": f"{NAME} {EMAIL}"}))
        ended = [wait_for(caller, one) for one in asked]
        up.logged("adapter_failed", times=2)

        # A row that somebody broke by hand: the server's own mistake.
        with closing(sqlite3.connect(shop / ".jogral/ledger.db")) as ledger, ledger:
            ledger.execute("INSERT INTO consent_state VALUES ('cus_canario', 'offers', 'email', ?, '', 0)", [NAME])
        crashed = caller("GET", "/v1/customers/cus_canario")
        up.logged("request_crashed")

        remembered = everything_in_redis(shop)
        up.stop()

    # Each of them went wrong, in its own way.
    assert misused == {400, 401, 404, 422}
    assert crashed == 500
    assert [state for state, _ in ended] == ["failed", "deferred", "unknown", "sent", "failed"]
    assert ended[0][1]["code"] == "provider_rejected:address"
    logged = "".join(up.log)
    assert "adapter_failed" in logged
    assert canaries_in(logged, secret) == []
    assert canaries_in(remembered, secret) == []


DATABASE, REDIS, ACCOUNT = CANARIES["database password"], CANARIES["Redis password"], CANARIES["SMTP password"]
# Nobody answers there, or it cannot be read; drivers like to repeat what they could not read.
UNUSABLE = [
    ("JOGRAL_DATABASE_URL", f"postgresql://jogral:{DATABASE}@127.0.0.1:1/ledger"),
    ("JOGRAL_DATABASE_URL", f"postgresql://jogral:a@{DATABASE}@127.0.0.1:1/ledger"),
    ("JOGRAL_DATABASE_URL", f"postgresql://jogral:{DATABASE}@127.0.0.1:port/ledger"),
    ("JOGRAL_DATABASE_URL", f"postgresql+psycopg2://jogral:{DATABASE}@127.0.0.1:1/ledger"),
    ("JOGRAL_DATABASE_URL", f"postgresql://127.0.0.1:1/ledger?password={DATABASE}"),
    ("JOGRAL_DATABASE_URL", f"postgresql://127.0.0.1:1/ledger?sslmode={DATABASE}"),
    ("JOGRAL_DATABASE_URL", f"postgresql://127.0.0.1:1/ledger?{DATABASE}=1"),
    ("JOGRAL_DATABASE_URL", f"mysql://jogral:{DATABASE}@127.0.0.1:1/ledger"),
    ("JOGRAL_DATABASE_URL", f"sqlite://jogral:{DATABASE}@127.0.0.1/ledger"),
    ("JOGRAL_DATABASE_URL", DATABASE),
    ("JOGRAL_REDIS_URL", f"redis://:{REDIS}/x@127.0.0.1:1/0"),
    ("JOGRAL_REDIS_URL", f"redis://127.0.0.1:1/0?db={REDIS}"),
    ("JOGRAL_REDIS_URL", f"redis://127.0.0.1:1/0?{REDIS}=1"),
    ("JOGRAL_REDIS_URL", f"rediss://127.0.0.1:1/0?ssl_cert_reqs={REDIS}"),
    ("JOGRAL_REDIS_URL", REDIS),
    ("JOGRAL_ACCOUNTS__NOBODY__PASSWORD", ACCOUNT),
    ("JOGRAL_ACCOUNTS__EMAIL__PASSWORD", ACCOUNT),
    ("JOGRAL_ACCOUNTS", ACCOUNT),
    ("JOGRAL_PORT", ACCOUNT),
]
COMMANDS = (
    ["doctor"], ["doctor", "--json"], ["keys", "list"], ["audit"], ["db", "upgrade"], ["pause", "--all"],
    ["explain", "msg_0", "cus_ana"], ["send", "order_confirmed", "--customer", "cus_ana"],
    ["up", "--port", "0"], ["serve", "--port", "0"], ["worker"], ["timer"],
)  # fmt: skip
# A command that stays would not end: it is asked only where it cannot begin.
STAYING = ("up", "serve", "worker", "timer")


# Each value with so many commands: together every command meets three.
EACH = 2


@pytest.mark.parametrize("place", range(len(UNUSABLE)))
def test_no_password_of_the_environment_is_told(open_shop, place):
    """Not by a command that cannot use it either, on the screen and in the log."""
    name, value = UNUSABLE[place]
    begins = name.startswith("JOGRAL_ACCOUNTS__")
    for command in (COMMANDS[(place * EACH + turn * 3) % len(COMMANDS)] for turn in range(EACH)):
        if not (begins and command[0] in STAYING):
            done = open_shop(*command, JOGRAL_LOG_LEVEL="debug", **{name: value})
            assert canaries_in(done.out + done.err) == [], command


@pytest.mark.parametrize("command", [["worker"], ["up", "--port", "0"]])
def test_no_password_of_a_redis_that_is_gone_is_told(open_shop, command):
    """By what goes on without it; nor is it on a command line, which everybody on the machine may read."""
    with open_shop.start(*command, JOGRAL_REDIS_URL=f"redis://:{REDIS}@127.0.0.1:1/0", JOGRAL_LOG_LEVEL="debug") as it:
        it.logged("bell_unreachable")
        family = subprocess.run(["ps", "-ww", "-e", "-o", "args="], capture_output=True, text=True, check=True).stdout
        it.stop()
    assert str(open_shop.folder) in family
    assert canaries_in("".join(it.log)) == []
    assert REDIS not in family


def test_a_wrong_password_of_the_database_is_not_told(open_shop, postgresql):
    """A server that refuses it, or does not ask."""
    with postgresql.migrated() as ledger:
        url = ledger.engine.url.set(drivername="postgresql", username="nobody", password=DATABASE)
        done = open_shop("audit", JOGRAL_DATABASE_URL=url.render_as_string(hide_password=False))
    assert done.code == 3
    assert canaries_in(done.out + done.err) == []


# --- what they are made of ------------------------------------------------------------------------------------------


class Caller:
    """Somebody who calls the API over a real socket; the status of each answer."""

    def __init__(self, url, secret):
        self.url = url
        self.secret = secret
        self.last = {}

    def __call__(self, method, path, document=None, *, authorization=None, **headers):
        body = document if document is None or isinstance(document, bytes) else json.dumps(document).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            self.url + path, body, method=method,
            headers={"Authorization": authorization or f"Bearer {self.secret}", "Content-Type": "application/json",
                     **named},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                self.last = json.loads(answer.read() or b"{}")
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code


def misuse(caller):
    """Canaries where none belong; what was answered."""
    basic = base64.b64encode(CANARIES["basic login"].encode()).decode()
    assert caller("POST", "/v1/customers", CUSTOMER) == 201
    return {
        caller("GET", "/v1/customers", authorization=f"Basic {basic}"),
        caller("GET", "/v1/customers", authorization=f"Bearer {CANARIES['wrong key']}"),
        caller("GET", f"/v1/messages/{CANARIES['path']}?{CANARIES['query']}={EMAIL}"),
        caller("GET", f"/{CANARIES['path']}/{EMAIL}?cpf={CANARIES['CPF']}"),
        caller("GET", f"/inbox/{CANARIES['path']}?q={CANARIES['query']}"),
        caller("POST", "/v1/events", f'{{"data": "{EMAIL} {NAME}'.encode()),
        caller("POST", "/v1/events", {"type": "order.placed", "id": EMAIL, "customer": {"email": EMAIL}, "x": NAME}),
        caller("POST", "/v1/events", {"data": f"\0{NAME}"}, Idempotency_Key=CANARIES["idempotency key"]),
        caller("POST", f"/hooks/{CANARIES['path']}?token={CANARIES['query']}", {"to": EMAIL, "text": NAME}),
    }


def ask(caller, channel, **data):
    """Ask for a message about the order; its id."""
    wanted = {
        "message": "order_confirmed", "customer": {"id": "cus_canario"}, "channels": {"first_reachable": [channel]},
        "data": {"order": ORDER, "shipment": SHIPMENT, **data},
    }  # fmt: skip
    if "shipment" in data:
        wanted["data"]["order"] = {**ORDER, "promised_date": data["shipment"]["promised_date"]}
    status = caller(
        "POST", "/v1/messages", wanted, Idempotency_Key=f"{CANARIES['idempotency key']}-{channel}-{len(data)}"
    )
    assert status == 202, (channel, status)
    return caller.last["items"][0]["id"] if "items" in caller.last else caller.last["id"]


def wait_for(caller, delivery_id):
    """State and reason, once a worker has said something of it."""
    end = time.monotonic() + SECONDS
    while caller("GET", f"/v1/messages/{delivery_id}") == 200 and time.monotonic() < end:
        if caller.last["state"] not in ("accepted", "sending"):
            break
    return caller.last["state"], caller.last["reason"]


def everything_in_redis(shop):
    """Keys and values, whatever they are; RQ's registries of failures among them."""
    found = []
    with connect(embedded_redis.find(shop / ".jogral")) as redis:
        for key in redis.scan_iter():
            found.append(repr(key))
            found.append(repr(redis.dump(key)))
            if redis.type(key) == b"hash":
                found.append(repr(redis.hgetall(key)))
    return "".join(found)


def canaries_in(text, *secrets):
    """Which canaries are there, in whatever case or escape."""
    told = text.lower()
    escaped = {name: json.dumps(value)[1:-1].lower() for name, value in CANARIES.items()}
    found = [name for name, value in CANARIES.items() if value.lower() in told or escaped[name] in told]
    return found + [name for name in ("api key",) for secret in secrets if secret.lower() in told]


def test_a_canary_would_have_been_seen():
    """The net has no holes."""
    assert canaries_in(json.dumps(CANARIES).upper()) == list(CANARIES)
    assert canaries_in("x jgl_live_abc", "jgl_live_abc") == ["api key"]
