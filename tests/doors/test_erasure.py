"""A customer is erased in a shop that runs: server, worker, timer, Redis. Nothing of them is left anywhere.

What an erasure leaves in each table, and on PostgreSQL, is told in `tests/contract/test_privacy.py`.
"""

from __future__ import annotations

import json
import time
import urllib.request

import pytest

from tests.doors.command import SECONDS
from tests.doors.test_logs_keep_secrets import Caller, everything_in_redis, wait_for

EMAIL = "rosalina.canario@example.com"
TRACES = (
    "rosalina", "Canarinha", "987654004", "cus_rosalina", "LOJA-ROSA", "PEDIDO-ROSA", "oferta rosa",
)  # fmt: skip
CUSTOMER = {
    "id": "cus_rosalina",
    "email": EMAIL,
    "phone": "+5511987654004",
    "attributes": {"first_name": "Canarinha"},
    "external_ids": {"shop": "LOJA-ROSA"},
}
ORDER = {
    "source": "shop", "id": "placed/PEDIDO-ROSA", "type": "order.placed", "customer": {"id": "cus_rosalina"},
    "data": {"order_id": "PEDIDO-ROSA", "number": "PEDIDO-ROSA", "url": "https://casalume.example/p/PEDIDO-ROSA",
             "promised_date": "2026-11-30"},
}  # fmt: skip
CONSENT = {
    "customer_id": "cus_rosalina", "topic": "reviews", "channels": ["email"], "state": "granted", "method": "form",
    "source": "checkout", "wording": "optin_avaliacoes@1", "evidence": {"form": "oferta rosa"},
}  # fmt: skip
TEXT = {
    "source": "sms_main", "id": "in_rosalina", "channel": "sms", "from": "+5511987654004", "text": "SAIR. rosalina",
}  # fmt: skip
CONFIRMED = {
    "message": "order_confirmed", "customer": {"id": "cus_rosalina"}, "channels": {"first_reachable": ["email"]},
    "data": {
        "order": {"number": "PEDIDO-ROSA", "url": "https://casalume.example/p/1", "promised_date": "2026-11-30",
                  "first_item": "Kit"},
        "shipment": {"promised_date": "2026-11-30"},
    },
}  # fmt: skip
ROWS = f"nome;email\nCanarinha;{EMAIL.upper()}\nBia;bia@example.com\n"


@pytest.fixture
def caller(open_shop, shop):
    """Everything of a shop in processes of their own, with a canary wherever one can be."""
    secret = open_shop("keys", "create", "--name", "canary", "--scope", "admin", "--json").document["secret"]
    with open_shop.start("up", "--port", "0", "--json", JOGRAL_LOG_LEVEL="debug") as up:
        caller = Caller(json.loads(up.line())["url"], secret)
        caller.shop, caller.log = shop, up.log
        wanted = {"customers": CUSTOMER, "events": ORDER, "consents": CONSENT, "inbound": TEXT, "messages": CONFIRMED}
        for path, document in wanted.items():
            assert caller("POST", f"/v1/{path}", document, Idempotency_Key=f"{path}/cus_rosalina/1") in {201, 202}, (
                caller.last
            )
        assert wait_for(caller, caller.last["id"])[0] == "sent"
        (shop / ".jogral/quarantine").mkdir(mode=0o700, exist_ok=True)
        (shop / ".jogral/quarantine/clientes.csv").write_text(ROWS, encoding="utf-8")
        yield caller
        up.stop()


def test_nothing_of_the_erased_is_left_anywhere(caller, open_shop):
    """Ledger's bytes, Redis, logs, inbox, quarantine, what every door answers; and they stay unwritten to."""
    assert traces(held(caller)) == list(TRACES)

    asked = {"kind": "erase", "customer": {"id": "cus_rosalina"}, "vouched": "ticket 8841"}
    assert caller("POST", "/v1/privacy/requests", asked) == 201
    request = f"/v1/privacy/requests/{caller.last['id']}"
    # Whoever is quicker: the timer looks every few seconds.
    assert caller("PATCH", request, {"state": "done"}) in {200, 409}
    overwritten(open_shop)
    assert caller("GET", request) == 200
    assert (caller.last["state"], caller.last["result"]["certificate"]["addresses_erased"]) == ("done", 2)
    assert traces(held(caller)) == []
    assert caller("GET", "/v1/customers/cus_rosalina") == 404

    # A new customer with the old address: stored, and not written to.
    again = {"id": "cus_nova", "email": EMAIL}
    assert caller("POST", "/v1/customers", again) == 201
    assert caller("POST", "/v1/messages", CONFIRMED | {"customer": {"id": "cus_nova"}}, Idempotency_Key="nova") == 202
    state, reason = wait_for(caller, caller.last["id"])
    assert (state, reason["code"]) == ("blocked", "suppressed:erased")
    verified = open_shop("audit", "verify")
    assert verified.code == 0, verified.out


def overwritten(open_shop):
    """Nobody may read while the file is written anew, and the worker does from time to time."""
    end = time.monotonic() + SECONDS
    while open_shop("privacy", "overwrite").code:
        assert time.monotonic() < end


def held(caller):
    """All that the shop holds, wherever it does: files (the ledger's and its log's bytes), Redis, logs, the inbox."""
    files = [file for file in (caller.shop / ".jogral").rglob("*") if file.is_file()]
    with urllib.request.urlopen(f"{caller.url}/inbox", timeout=SECONDS) as page:
        inbox = page.read()
    return [*(file.read_bytes() for file in files), everything_in_redis(caller.shop).encode(), inbox,
            "".join(caller.log).encode()]  # fmt: skip


def traces(parts):
    """Which canaries are there, in whatever case."""
    told = b"".join(parts).lower()
    return [one for one in TRACES if one.lower().encode() in told]
