"""`jogral channels receive`, run as a person runs it: what a callback would do, and nothing done."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from sqlalchemy import text

from orchestrator.app import SystemClock
from orchestrator.dispatch.publish import publish
from tests.contract.world import with_project
from tests.doors.test_hooks import RECIPE, SECRET, news


@pytest.fixture
def callback(jogral, ledger, release, tmp_path):
    """The command in a shop whose e-mail provider tells what became of messages, on what it posted."""
    channels = json.loads(release.content)["project"]["channels"]
    channels["email"]["accounts"] = [RECIPE]
    publish(ledger, with_project(release, channels=channels), SystemClock().now())

    def receive(document, *options, secret=SECRET, head="POST /hooks/email HTTP/1.1\n"):
        body = json.dumps(document).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        (tmp_path / "headers").write_text(f"{head}Host: shop.example\nX-Signature: {signature}\n")
        (tmp_path / "body").write_bytes(body)
        files = ("--headers", tmp_path / "headers", "--body", tmp_path / "body")
        secrets = {"JOGRAL_ACCOUNTS__EMAIL__RECEIPTS_SECRET": SECRET}
        return jogral("channels", "receive", "email", *files, *options, **secrets)

    return receive


def test_a_genuine_callback_shows_what_it_would_do_and_does_nothing(callback, ledger):
    done = callback(news("msg_1"), "--json")

    assert done.code == 0, done.err
    assert (done.document["schema"], done.document["genuine"]) == ("jogral.channels.receive/1", True)
    assert [(one["kind"], one["reference"]) for one in done.document["receipts"]] == [("read", "msg_1")]
    assert (done.document["waiting"], done.document["reply"]) == (1, "OK")
    with ledger.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM receipts")).scalar() == 0


def test_a_forged_one_ends_with_exit_code_4(callback):
    done = callback(news("msg_1"), secret="guessed")

    assert done.code == 4
    assert "not genuine" in done.err
    assert SECRET not in done.err + done.out


def test_a_person_reads_it_in_lines(callback):
    done = callback([news("msg_1"), {"status": "strange"}])

    assert done.code == 0
    assert "It is genuine." in done.out
    assert "strange" in done.out
    assert "Nothing was changed." in done.err


def test_headers_may_be_json(callback, tmp_path, jogral):
    callback(news("msg_1"))
    lines = (tmp_path / "headers").read_text().splitlines()[1:]
    (tmp_path / "headers").write_text(json.dumps(dict(line.split(": ") for line in lines)))
    files = ("--headers", tmp_path / "headers", "--body", tmp_path / "body")
    secrets = {"JOGRAL_ACCOUNTS__EMAIL__RECEIPTS_SECRET": SECRET}

    assert jogral("channels", "receive", "email", *files, **secrets).code == 0
    assert jogral("channels", "receive", "emial", *files, **secrets).code == 2


def test_a_line_that_is_no_header_is_named(callback):
    done = callback(news("msg_1"), head="POST / HTTP/1.1\nno header\n")
    assert done.code == 2
    assert "line 2" in done.err


@pytest.mark.parametrize(
    ("written", "sender", "said"),
    [
        ("SAIR", "5511912345678", "cus_ana wrote: marketing to them would stop on this channel"),
        ("Obrigada!", "5511912345678", "cus_ana wrote: it would be kept for people to read, and end nothing."),
        (
            "Parem de me mandar mensagens em todos os canais",
            "5511912345678",
            "cus_ana wrote: marketing to them would stop",
        ),
        ("SAIR", "5511912345679", "Somebody whom we do not know wrote: marketing to them would stop on this channel"),
    ],
)
def test_what_people_write_is_said_in_words(open_shop, ledger, release, tmp_path, written, sender, said):
    """With ids of customers, and neither their text nor their number: a callback is often shown to somebody else."""
    channels = json.loads(release.content)["project"]["channels"]
    settings = {"phone_number_id": "123", "business_account_id": "456"}
    channels["whatsapp"]["accounts"] = [{"id": "meta", "adapter": "whatsapp_cloud", **settings}]
    publish(ledger, with_project(release, channels=channels), SystemClock().now())
    message = {"from": sender, "id": "wamid.1", "timestamp": "1795000000", "type": "text", "text": {"body": written}}
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "123"}, "messages": [message]}
    notice = {"object": "whatsapp_business_account", "entry": [{"id": "456", "changes": [
        {"field": "messages", "value": value}]}]}  # fmt: skip
    body = json.dumps(notice).encode()
    (tmp_path / "body").write_bytes(body)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    (tmp_path / "headers").write_text(f"X-Hub-Signature-256: sha256={signature}\n")
    files = ("--headers", tmp_path / "headers", "--body", tmp_path / "body")
    secrets = {"JOGRAL_ACCOUNTS__META__TOKEN": "t", "JOGRAL_ACCOUNTS__META__APP_SECRET": SECRET}

    done = open_shop("channels", "receive", "meta", *files, **secrets)

    assert done.code == 0, done.err
    assert said in done.out
    assert written not in done.out
    assert sender not in done.out
