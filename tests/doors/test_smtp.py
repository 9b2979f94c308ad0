"""An event posted to a running shop reaches a real mail server, and why can be read."""

from __future__ import annotations

import email
import json
import socket
import threading
import urllib.request
from email import policy

import pytest

from tests.shipped import ORDERS, keep_only
from tests.sinks.process import running

SECONDS = 30  # for anything that is waited for; reached only by a test that fails

CUSTOMER = {"id": "cus_ana", "email": "ana@example.com", "attributes": {"first_name": "Ana Conceição"}}
PLACED = {
    "id": "placed-1",
    "source": "shop",
    "type": "order.placed",
    "customer": {"id": "cus_ana"},
    "data": {
        "order_id": "ord_1",
        "number": "10234",
        "url": "https://casalume.example/p/10234",
        "promised_date": "2026-11-27",
    },
}


class Shop:
    """A shop made with `init`, whose e-mail goes to a mail server on this machine."""

    def __init__(self, jogral_in, folder, port):
        made = jogral_in(folder.parent)("init", folder, "--json")
        assert made.code == 0, made.err
        keep_only(folder, *ORDERS)
        self.jogral = jogral_in(folder)
        self.key = made.document["key"]["secret"]
        settings = folder / "templates/project.yaml"
        text = settings.read_text(encoding="utf-8")
        account = f"- {{id: email, adapter: email_smtp, host: 127.0.0.1, port: {port}, security: none}}"
        settings.write_text(text.replace("- {id: email, adapter: outbox}", account), encoding="utf-8")

    def __enter__(self):
        self.up = self.jogral.start("up", "--port", "0", "--json")
        self.url = json.loads(self.up.line())["url"]
        return self

    def __exit__(self, *_):
        self.up.stop()

    def call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if body is not None:
            headers["Idempotency-Key"] = f"{path}/{body.get('id')}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)

    def message_once(self, message_id, *states):
        """The message, as soon as it is in one of these states."""
        pause = threading.Event()
        for _ in range(SECONDS * 20):
            message = self.call("GET", f"/v1/messages/{message_id}")
            if message["state"] in states:
                return message
            pause.wait(0.05)
        return pytest.fail(f"still {message['state']}")


def test_an_event_becomes_a_mail_with_text_and_html_and_a_decision(jogral_in, tmp_path):
    """From the HTTP door to a mail server in another process."""
    with running("smtp", tmp_path / "mails.jsonl") as server, Shop(jogral_in, tmp_path / "shop", server.port) as shop:
        shop.call("POST", "/v1/customers", CUSTOMER)
        accepted = shop.call("POST", "/v1/events", PLACED)
        message = shop.message_once(accepted["messages"][0], "sent")
        (mail,) = server.received()

    parsed = email.message_from_string(mail["message"], policy=policy.default)
    text, html = (parsed.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert parsed["To"].addresses[0].addr_spec == "ana@example.com"
    assert "10234" in parsed["Subject"]
    assert "Oi, Ana Conceição," in text
    assert "sexta-feira, 27 de novembro" in text
    assert "sexta-feira, 27 de novembro" in html
    assert message["channel"] == "email"
    gates = [step["gate"] for step in message["decisions"][-1]["trace"]]
    assert gates == [
        "journey_live", "not_after", "address", "suppression", "consent", "pauses", "suppress_rules", "quiet_hours",
        "route",
    ]  # fmt: skip


def test_a_mail_server_that_is_away_defers_the_message_and_doctor_names_it(jogral_in, tmp_path):
    """Nothing is lost: it says what is the matter, and tries again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Shop(jogral_in, tmp_path / "shop", port) as shop:
        shop.call("POST", "/v1/customers", CUSTOMER)
        accepted = shop.call("POST", "/v1/events", PLACED)
        message = shop.message_once(accepted["messages"][0], "deferred")

    assert message["reason"]["code"] == "provider_unavailable"

    doctor = shop.jogral("doctor")

    assert doctor.code == 3
    assert f"127.0.0.1 on port {port}" in doctor.out
