"""The provider does what it is told, and its log says what it did."""

from __future__ import annotations

import http.client
import json
import smtplib
import threading
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.faults import provider


@pytest.fixture
def far(tmp_path):
    with provider.running(tmp_path) as running:
        yield running


def post(far, account="any", *, reference="msg_1", key="", timeout=5):
    """Status and document, or the exception that a client would see."""
    connection = http.client.HTTPConnection("127.0.0.1", far.port, timeout=timeout)
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    body = json.dumps({"reference": reference, "customer": "cus_ana", "text": "Pedido 100001"})
    try:
        connection.request("POST", f"/{account}/messages", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read()), response.getheader("Retry-After")
    finally:
        connection.close()


def look_up(far, reference, account="any"):
    connection = http.client.HTTPConnection("127.0.0.1", far.port, timeout=5)
    connection.request("GET", f"/{account}/messages/{reference}")
    response = connection.getresponse()
    document = json.loads(response.read())
    connection.close()
    return response.status, document


def test_it_takes_a_message_and_writes_it_down(far):
    """Reference, customer, text and both clocks."""
    status, document, _ = post(far)

    (call,) = far.calls()
    assert (status, call.ending, call.taken) == (200, "ok", True)
    assert document["id"].startswith("prov_")
    assert (call.account, call.reference, call.customer, call.text) == ("any", "msg_1", "cus_ana", "Pedido 100001")
    assert call.first_byte <= call.at
    assert call.first_byte_wall <= call.at_wall


def test_it_takes_a_message_and_hangs_up(far):
    """Accept-then-drop: the client knows nothing, the log knows."""
    far.behave(drop=1.0)

    with pytest.raises(http.client.RemoteDisconnected):
        post(far)
    assert [call.ending for call in far.taken()] == ["drop"]


@pytest.mark.parametrize("silence", ["black_hole", "slow_loris"])
def test_it_takes_a_message_and_never_comes_to_an_end(far, silence):
    """Whether it says nothing or a byte a second."""
    far.behave(**{silence: 1.0})

    with pytest.raises(TimeoutError):
        post(far, timeout=0.3)
    assert [call.ending for call in far.taken()] == [silence]


@pytest.mark.parametrize(("share", "status"), [("fail", 500), ("refuse", 429)])
def test_it_refuses_a_message_and_has_not_taken_it(far, share, status):
    """A refusal is written down too."""
    far.behave(**{share: 1.0})

    assert post(far)[0] == status
    assert far.taken() == []
    assert [call.ending for call in far.calls()] == [share]


def test_a_repeated_key_has_the_first_answer(far):
    """And nothing is taken a second time, while an account that forgets keys takes both."""
    far.behave("keyed", remembers_keys=True)

    first, second = (post(far, "keyed", key="one")[1] for _ in range(2))
    for _ in range(2):
        post(far, "forgetful", key="one")

    assert first == second
    assert [call.account for call in far.taken()] == ["keyed", "forgetful", "forgetful"]
    assert far.calls()[1].ending == "repeated"


def test_it_can_be_asked_for_what_it_took(far):
    """A look-up is written down, and takes nothing."""
    _, taken, _ = post(far)

    assert look_up(far, "msg_1") == (200, {"id": taken["id"], "status": "accepted"})
    assert look_up(far, "msg_2")[0] == 404
    assert [call.reference for call in far.calls() if call.looked_up] == ["msg_1", "msg_2"]
    assert len(far.taken()) == 1


def test_after_its_quota_it_asks_to_be_left_alone(far):
    """With Retry-After, for every call until then."""
    far.behave(quota=2, retry_after_s=60)

    answers = [post(far, reference=f"msg_{number}") for number in range(4)]

    assert [(status, wait) for status, _, wait in answers] == [(200, None), (200, None), (429, "60"), (429, "60")]


def test_the_same_seed_drops_the_same_calls(tmp_path):
    """Chance that can be repeated."""

    def endings(folder):
        with provider.running(folder, seed=7) as running:
            running.behave(fail=0.5)
            return [post(running, reference=f"msg_{number}")[0] for number in range(20)]

    found = endings(tmp_path / "one")
    assert set(found) == {200, 500}
    assert found == endings(tmp_path / "two")


def test_a_letter_is_taken_by_its_message_id(far):
    """SMTP has an account of its own."""
    letter = EmailMessage()
    letter["Message-ID"], letter["To"], letter["From"] = "<msg_1@casalume.example>", "ana@example.com", "oi@example.com"
    letter.set_content("Pedido 100001")
    with smtplib.SMTP("127.0.0.1", far.smtp_port, timeout=5) as connection:
        connection.send_message(letter)

    (call,) = far.taken()
    assert (call.account, call.reference, call.to) == ("smtp", "msg_1", "ana@example.com")
    assert "Pedido 100001" in call.text


def test_it_tells_everything_as_often_as_it_is_asked_to(far):
    """Each kind of receipt so many times, signed."""
    heard = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((json.loads(body)["event"], self.headers["X-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    hook = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=hook.serve_forever)
    thread.start()
    _, taken, _ = post(far)

    far.tell(
        account="any",
        url=f"http://127.0.0.1:{hook.server_port}/",
        header="X-Signature",
        secret="not-a-secret",
        kinds=["delivered", "read"],
        copies=3,
    )

    hook.shutdown()
    thread.join()
    hook.server_close()
    assert sorted(event for event, _ in heard) == sorted(
        [f"{taken['id']}/{kind}" for kind in ("delivered", "read")] * 3
    )
    assert all(len(signature) == 64 for _, signature in heard)
