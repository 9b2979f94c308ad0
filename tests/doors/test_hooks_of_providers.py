"""The hooks of real adapters, at the real door: a handshake, a STOP, and a certificate that has to be fetched."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import text

from orchestrator.app import App
from orchestrator.dispatch.publish import publish
from orchestrator.settings import Settings
from tests.contract.world import with_project
from tests.doors.conftest import serving

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sns_signature.json").read_text("utf-8"))
SNS = {case["id"]: case["message"] for case in VECTORS["cases"]}["notification-v2"]
META = {"token": "t-1", "app_secret": "s-canary-meta", "verify_token": "v-canary"}
WHATSAPP = {"id": "whatsapp", "adapter": "whatsapp_cloud", "phone_number_id": "1001", "business_account_id": "2002"}


@pytest.fixture
def amazon():
    """Where the certificate is; it counts who asks."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404 if "missing" in self.path else 200)
            self.end_headers()
            self.wfile.write(VECTORS["test_certificate"].encode())

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider(casa_lume, release, bell, amazon):
    """A caller without a key, of a shop with real providers."""
    base_url, _ = amazon
    channels = json.loads(release.content)["project"]["channels"]
    channels["whatsapp"]["accounts"] = [WHATSAPP]
    channels["email"]["accounts"] = [{
        "id": "email", "adapter": "email_ses", "region": "sa-east-1", "sns_topics": [SNS["TopicArn"]],
        "sns_base_url": base_url,
    }]  # fmt: skip
    publish(casa_lume.store, with_project(release, channels=channels), casa_lume.clock.now())
    secrets = {"whatsapp": META, "email": {"access_key": "AKIDEXAMPLE", "secret_key": "s"}}
    settings = Settings(accounts=secrets, public_url="https://shop.example/jogral")
    app = App(root=casa_lume.root, settings=settings, store=casa_lume.store, clock=casa_lume.clock)
    with serving(app, bell) as caller:
        yield caller


def meta(caller, value, secret=META["app_secret"], field="messages"):
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1001"}, **value}
    entry = {"id": "2002", "changes": [{"field": field, "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return caller.post("/hooks/whatsapp", body, X_Hub_Signature_256=f"sha256={signature}")


def texts(words, now, message_id="wamid.1"):
    one = {"from": "5511912345678", "id": message_id, "timestamp": str(now // 1000), "type": "text"}
    return {"messages": [{**one, "text": {"body": words}}]}


def rows(app, query):
    with app.store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_metas_handshake_is_answered_with_its_challenge(provider):
    """By whoever knows our word, and nobody else."""
    asked = "/hooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    good, bad = provider.get(asked + META["verify_token"]), provider.get(asked + "guessed")

    assert (good.status, good.body) == (200, b"1158201444")
    assert good.headers["Content-Type"].startswith("text/plain")
    assert bad.status == 401


def test_a_stop_is_in_force_when_the_provider_has_its_answer(provider, casa_lume, bell):
    """And whoever sends is woken, to say that it was heard."""
    assert meta(provider, texts("PARAR", casa_lume.clock.now())).status == 200

    assert rows(casa_lume, "SELECT channel, reason FROM suppressions") == [("whatsapp", "stop")]
    assert rows(casa_lume, "SELECT account FROM conversations") == [("whatsapp",)]
    assert bell.heard() in ("transactional", "marketing")


def test_words_with_a_wrong_signature_change_nothing(provider, casa_lume):
    assert meta(provider, texts("PARAR", casa_lume.clock.now()), secret="guessed").status == 401
    assert rows(casa_lume, "SELECT count(*) FROM inbound_texts") == [(0,)]


def test_an_alarm_is_a_number_too(provider):
    """Somebody who watches sees it."""
    other = {"metadata": {"phone_number_id": "9009"}, **texts("PARAR", 1_800_000_000_000)}
    meta(provider, other)

    assert 'jogral_provider_alarms_total{account="whatsapp"}' in provider.get("/metrics").body.decode()


def test_a_certificate_is_fetched_once_and_kept_for_genuine_notices_alone(provider, amazon):
    """Who forges makes us fetch, and makes us keep nothing."""
    base_url, asked = amazon
    genuine = {**SNS, "SigningCertURL": f"{base_url}/SimpleNotificationService-test.pem"}
    forged = {**genuine, "Message": "{}"}
    path, kind = "/hooks/email", {"X_Amz_Sns_Message_Type": "Notification", "Content_Type": "text/plain"}

    assert provider.post(path, json.dumps(forged).encode(), **kind).status == 401
    assert provider.post(path, json.dumps(genuine).encode(), **kind).status == 200
    assert provider.post(path, json.dumps(genuine).encode(), **kind).status == 200
    assert provider.post(path, json.dumps(forged).encode(), **kind).status == 401
    assert asked == ["/SimpleNotificationService-test.pem"] * 2


def test_a_certificate_that_cannot_be_fetched_makes_the_provider_come_again(provider, amazon):
    base_url, _ = amazon
    missing = {**SNS, "SigningCertURL": f"{base_url}/SimpleNotificationService-missing.pem"}
    reply = provider.post("/hooks/email", json.dumps(missing).encode(), X_Amz_Sns_Message_Type="Notification")

    assert (reply.status, reply.json["code"]) == (503, "unavailable")
    assert reply.headers["Retry-After"]
