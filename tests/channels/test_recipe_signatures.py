"""Recipes hear providers that sign in a way of their own: every recorded case, through the account's `receive`."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from orchestrator.channels import Notice, build_adapter
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import ConfigurationError, InputError, Refused

VECTORS = Path(__file__).parents[1] / "vectors"
SEND = {"url": "https://api.provider.example/send", "body": {"to": "{to}"}, "id_at": "id"}
WORDS = {"delivered": "delivered", "bounce": "bounced", "spamreport": "complained", "dropped": "failed"}


def cases(name):
    return [
        pytest.param(one, id=one["id"]) for one in json.loads((VECTORS / f"{name}_signature.json").read_text())["cases"]
    ]


def account(signature, secret, **recipe):
    written = {
        "signature": signature,
        "status_at": "event",
        "provider_id_at": "sg_message_id",
        "words": WORDS,
        **recipe,
    }
    return build_adapter("webhook", Channel.EMAIL, {**SEND, "receipts": written, "receipts_secret": secret})


def heard(adapter, notice, seconds):
    """What was believed, or None for what was refused. A genuine notice about nothing of ours is believed as well."""
    try:
        return adapter.receive(notice, seconds * 1000)
    except Refused:
        return None
    except InputError:
        return ()


def of_sendgrid(case):
    headers = {
        "x-twilio-email-event-webhook-signature": case["signature"],
        "x-twilio-email-event-webhook-timestamp": case["timestamp"],
    }
    return Notice(method="POST", headers=headers, body=case["raw_body"].encode())


@pytest.mark.parametrize("case", cases("sendgrid"))
def test_sendgrid(case):
    found = heard(account("sendgrid", case["public_key"]), of_sendgrid(case), int(case["timestamp"]))

    assert (found is not None) is case["valid"]


def test_what_sendgrid_signed_long_ago_is_not_heard_again():
    case = cases("sendgrid")[0].values[0]
    adapter = account("sendgrid", case["public_key"])

    assert heard(adapter, of_sendgrid(case), int(case["timestamp"]) + 299).receipts
    assert heard(adapter, of_sendgrid(case), int(case["timestamp"]) + 301) is None


@pytest.mark.parametrize("key", ["", "not base64", "AAAA"])
def test_without_sendgrids_key_nothing_is_believed(key):
    """No key at all is a mistake in the account."""
    case = cases("sendgrid")[0].values[0]
    try:
        adapter = account("sendgrid", key)
    except ConfigurationError:
        assert not key
    else:
        assert heard(adapter, of_sendgrid(case), int(case["timestamp"])) is None


def of_mailgun(signature, **event):
    body = {"signature": signature, "event-data": {"event": "delivered", "message": {"id": "m1"}, **event}}
    return Notice(method="POST", headers={}, body=json.dumps(body).encode())


def mailgun(secret):
    return account("mailgun", secret, list_at="event-data", provider_id_at="message.id")


@pytest.mark.parametrize("case", cases("mailgun"))
def test_mailgun(case):
    """A second use of a token is the same news: its key in the ledger is the token."""
    adapter = mailgun(case["signing_key"])
    found = heard(adapter, of_mailgun(case["signature"]), int(case["signature"]["timestamp"]))

    assert (found is not None) is bool(case["valid"])
    if case["valid"] == "second use refused":
        again = heard(adapter, of_mailgun(case["signature"], event="bounce"), int(case["signature"]["timestamp"]))
        assert [one.event_key for one in found.receipts] == [one.event_key for one in again.receipts]


def test_what_mailgun_signed_yesterday_is_not_heard_again():
    case = cases("mailgun")[0].values[0]
    seconds = int(case["signature"]["timestamp"])

    assert heard(mailgun(case["signing_key"]), of_mailgun(case["signature"]), seconds + 8 * 3600).receipts
    assert heard(mailgun(case["signing_key"]), of_mailgun(case["signature"]), seconds + 8 * 3600 + 1) is None


FORM = {"content-type": "application/x-www-form-urlencoded"}
AS = {
    "form": lambda said: Notice(method="POST", headers=FORM, body=urlencode(said).encode()),
    "address": lambda said: Notice(method="GET", headers={}, body=b"", query=said),
    "json": lambda said: Notice(method="POST", headers={}, body=json.dumps(said).encode()),
}


@pytest.mark.parametrize("how", AS)
@pytest.mark.parametrize("case", cases("vonage"))
def test_vonage(case, how):
    adapter = account("vonage", case["secret"], status_at="type", provider_id_at="messageId", words={"text": "read"})
    found = heard(adapter, AS[how]({**case["params"], "sig": case["sig"]}), int(case["params"]["timestamp"]))

    assert (found is not None) is case["valid"]


@pytest.mark.parametrize(
    ("recipe", "wrong"),
    [
        ({"signature": "sendgird"}, 'did you mean "sendgrid"'),
        ({"signature": "sendgrid", "signature_header": "X-Signature"}, "how its notices are signed"),
    ],
)
def test_a_mistake_in_the_name_is_told_when_the_account_is_made(recipe, wrong):
    with pytest.raises(ConfigurationError, match=wrong):
        account(secret="s", **recipe)
