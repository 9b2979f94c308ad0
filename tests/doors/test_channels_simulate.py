"""`jogral channels simulate`: providers played on this machine."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime

import pytest

SECONDS = 30  # for anything that is waited for; reached only by a test that fails


def call(method, url, body=None, headers=None, timeout=SECONDS):
    """Status, headers and body; JSON where it is."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def ask(method, url, body=None):
    status, _, said = call(method, url, body)
    return status, json.loads(said)


@pytest.fixture(scope="module")
def played(jogral_in, tmp_path_factory):
    """Twilio and Zenvia, played by the command; and the document that it began with."""
    with jogral_in(tmp_path_factory.mktemp("played")).start(
        "channels", "simulate", "zenvia", "--port", "0", "--hooks", f"http://127.0.0.1:{unused_port()}",
        "--account", "zenvia=sms_br", "--json",
    ) as running:  # fmt: skip
        yield running, json.loads(running.line())


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def zenvia(played):
    _, document = played
    base = document["providers"][0]["url"]
    yield base
    ask("PUT", f"{base}/_mood", {"mood": "ok"})


MESSAGE = {
    "from": "casa-lume",
    "to": "5511987654321",
    "externalId": "ref_1",
    "contents": [{"type": "text", "text": "Oi"}],
}
TOKEN = {"X-API-TOKEN": "zenvia-simulated-token", "Content-Type": "application/json"}


def send(base, timeout=SECONDS, **changes):
    return call("POST", f"{base}/v2/channels/sms/messages", {**MESSAGE, **changes}, TOKEN, timeout)


def taken(base):
    return [one["reference"] for one in ask("GET", f"{base}/_told")[1]["told"]]


def test_it_says_what_makes_a_project_use_a_played_provider(played):
    _, document = played
    (provider,) = document["providers"]

    assert document["schema"] == "jogral.channels_simulate/1"
    assert provider["name"] == "zenvia"
    assert provider["account"]["id"] == "sms_br"
    assert provider["account"]["adapter"] == "sms_zenvia"
    assert provider["account"]["settings"]["base_url"] == provider["url"]
    assert provider["account"]["environment"] == {
        "JOGRAL_ACCOUNTS__SMS_BR__TOKEN": "zenvia-simulated-token",
        "JOGRAL_ACCOUNTS__SMS_BR__WEBHOOK_SECRET": "zenvia-simulated-webhook-secret",
    }


def test_it_listens_on_this_machine_alone(played):
    _, document = played
    address = urllib.parse.urlsplit(document["providers"][0]["url"])

    assert address.hostname == "127.0.0.1"


def test_what_it_took_can_be_asked(zenvia):
    status, _, said = send(zenvia, externalId="ref_told")

    assert status == 200
    assert json.loads(said)["id"]
    assert "ref_told" in taken(zenvia)


@pytest.mark.parametrize(("mood", "status"), [("429", 429), ("500", 500)])
def test_it_refuses_as_often_as_it_is_told(zenvia, mood, status):
    ask("PUT", f"{zenvia}/_mood", {"mood": mood, "count": 1, "retry_after": 7})
    first, headers, _ = send(zenvia, externalId=f"not_{mood}")
    second, _, _ = send(zenvia, externalId=f"then_{mood}")

    assert (first, second) == (status, 200)
    assert headers.get("Retry-After") == ("7" if mood == "429" else None)
    assert f"not_{mood}" not in taken(zenvia)
    assert f"then_{mood}" in taken(zenvia)


def test_it_takes_a_message_and_says_that_it_failed(zenvia):
    ask("PUT", f"{zenvia}/_mood", {"mood": "500", "count": 1, "taken": True})
    status, _, _ = send(zenvia, externalId="taken_all_the_same")

    assert status == 500
    assert "taken_all_the_same" in taken(zenvia)


@pytest.mark.parametrize("mood", ["timeout", "half_open"])
def test_it_stays_silent(zenvia, mood):
    ask("PUT", f"{zenvia}/_mood", {"mood": mood, "count": 1})

    with pytest.raises((TimeoutError, urllib.error.URLError)):
        send(zenvia, timeout=0.2)


def test_it_tears_the_connection_down(zenvia):
    ask("PUT", f"{zenvia}/_mood", {"mood": "reset", "count": 1})

    with pytest.raises((ConnectionError, urllib.error.URLError, http.client.HTTPException)):
        send(zenvia)


def test_it_answers_with_a_page_or_with_ten_megabytes(zenvia):
    ask("PUT", f"{zenvia}/_mood", {"mood": "wrong_type", "count": 1})
    status, headers, page = send(zenvia)
    ask("PUT", f"{zenvia}/_mood", {"mood": "huge", "count": 1})
    _, _, huge = send(zenvia)

    assert (status, headers.get_content_type()) == (200, "text/html")
    assert page.startswith(b"<!doctype html>")
    assert len(huge) > 10 * 1024 * 1024


@pytest.mark.parametrize(
    "mood",
    [{"mood": "angry"}, {"mood": "500", "count": -1}, {"mood": "500", "taken": 1}, {"mood": "429", "retry_after": "1"}],
)
def test_a_mood_that_does_not_exist_is_refused(zenvia, mood):
    status, said = ask("PUT", f"{zenvia}/_mood", mood)

    assert status == 422
    assert said["error"]


def test_a_misspelt_word_is_named_and_changes_nothing(zenvia):
    """Whoever believes that a provider misbehaves now must not be told `ok`."""
    assert ask("PUT", f"{zenvia}/_mood", {"mod": "500"}) == (
        422,
        {"error": 'there is no "mod"; did you mean "mood"? It takes: mood, count, taken, retry_after.'},
    )
    assert ask("POST", f"{zenvia}/_say", {"form": "5511987654321", "text": "oi"}) == (
        422,
        {"error": '"from" is missing; did you mean "form"?'},
    )
    assert ask("POST", f"{zenvia}/_say", {"of": "nobody", "status": "SENT"})[1] == {
        "error": 'nothing here is called "nobody"; _told shows what there is'
    }


def test_what_cannot_be_said_is_refused(zenvia):
    status, said = ask("POST", f"{zenvia}/_say", {"of": "nobody", "status": "SENT"})

    assert status == 422
    assert "nobody" in said["error"]


def test_a_person_writes_now(zenvia):
    """A STOP of the day before yesterday would not end what was agreed to since."""
    began = datetime.now(UTC).replace(microsecond=0)
    _, said = ask("POST", f"{zenvia}/_say", {"from": "5511987654321", "text": "SAIR"})
    assert began <= datetime.fromisoformat(said["posted"]["timestamp"]) <= datetime.now(UTC)


def test_it_ends_in_order_when_it_is_told(jogral_in, tmp_path):
    with jogral_in(tmp_path).start("channels", "simulate", "twilio", "--port", "0") as running:
        line = running.line()

        assert line.startswith("twilio  http://127.0.0.1:")
        assert running.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["twillio"], 'There is no provider "twillio" to play'),
        (["twilio", "--hooks", "https://shop.example"], "https://shop.example is not on this machine."),
        (["twilio", "--account", "twilio"], "does not name a provider and an account"),
        (["twilio", "--account", "acme=sms"], 'There is no provider "acme" to play'),
    ],
)
def test_what_it_cannot_do_it_refuses(jogral_in, tmp_path, arguments, said):
    done = jogral_in(tmp_path)("channels", "simulate", *arguments)

    assert done.code == 2
    assert said in done.err


def test_it_speaks_portuguese(jogral_in, tmp_path):
    done = jogral_in(tmp_path)("channels", "simulate", "--help", "--lang", "pt-BR")

    assert done.code == 0
    assert "jogral channels simulate" in done.out


def test_what_is_pasted_stands_together(jogral_in, tmp_path):
    """One block for a terminal, however many providers are played."""
    with jogral_in(tmp_path).start("channels", "simulate", "twilio", "zenvia", "--port", "0") as running:
        lines = list(iter(lambda: running.line().rstrip(), "Stop it with Ctrl+C."))
    exports = [number for number, line in enumerate(lines) if line.startswith("export JOGRAL_ACCOUNTS__")]

    assert exports == list(range(exports[0], exports[0] + 3))
    assert lines[exports[0] - 1] == "Paste this where jogral up runs:"


def test_a_port_that_is_taken_is_named(jogral_in, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        done = jogral_in(tmp_path)("channels", "simulate", "twilio", "--port", port)

    assert done.code == 3
    assert str(port) in done.err
