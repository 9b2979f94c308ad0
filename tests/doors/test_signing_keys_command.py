"""`jogral signing-keys`, and what `jogral doctor` says of links: a way out that leads nowhere is none."""

from __future__ import annotations

import json

import pytest

from orchestrator.channels import build_adapter
from orchestrator.cli.checkups.links import leads_nowhere
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.message import Purpose, Rendered

SECRET = "s" * 40
LETTER = Delivery(
    reference="msg_1", customer_id="cus_1", object_id="", channel=Channel.EMAIL, purpose=Purpose.MARKETING,
    address=Address(id="adr_1", kind=AddressKind.EMAIL, value="ana@example.com"), topic="offers",
    rendered=Rendered(message="news", channel=Channel.EMAIL, locale="pt-BR", text="Oi", subject="Oi"),
)  # fmt: skip


def test_rotating_makes_a_key_that_signs(open_shop, shop):
    """The others go on verifying, and no secret is shown."""
    before = open_shop("signing-keys", "list", "--json").document["items"]
    rotated = open_shop("signing-keys", "rotate")
    listed = open_shop("signing-keys", "list")
    after = open_shop("signing-keys", "list", "--json").document["items"]

    assert [item["signs"] for item in before] == [True]
    assert [item["signs"] for item in after] == [True, False]
    assert after[1]["id"] == before[0]["id"]
    assert f"{after[0]['id']} signs from now on" in rotated.out
    assert "takes it up at once" in rotated.out
    assert [line.split()[0] for line in listed.out.splitlines()] == [item["id"] for item in after]
    secrets = [item["secret"] for item in json.loads((shop / ".jogral/keys.json").read_text())["items"]]
    assert not [secret for secret in secrets if secret in rotated.out + listed.out]


def test_the_environment_s_keys_are_rotated_there(open_shop, shop):
    """They are listed by their ids, and no file is made."""
    keys = f"autumn:{SECRET},spring:{SECRET}"

    listed = open_shop("signing-keys", "list", "--json", JOGRAL_SIGNING_KEYS=keys)
    refused = open_shop("signing-keys", "rotate", JOGRAL_SIGNING_KEYS=keys)

    assert [(item["id"], item["signs"]) for item in listed.document["items"]] == [("autumn", True), ("spring", False)]
    assert (refused.code, "JOGRAL_SIGNING_KEYS" in refused.err) == (2, True)
    assert SECRET not in listed.out + refused.err
    assert not (shop / ".jogral/keys.json").exists()


@pytest.mark.parametrize(
    ("public_url", "host", "nowhere"),
    [
        ("http://127.0.0.1:8080", "mail.casalume.example", True),
        ("https://localhost", "mail.casalume.example", True),
        ("http://[::1]:8080", "203.0.113.7", True),
        ("https://mail.casalume.example", "mail.casalume.example", False),
        ("http://127.0.0.1:8080", "127.0.0.1", False),
        ("http://127.0.0.1:8080", "mail.localhost", False),
    ],
)
def test_mail_to_other_machines_must_not_lead_to_this_one(public_url, host, nowhere):
    """A mail server on this machine is one for trying out."""
    smtp = build_adapter("email_smtp", Channel.EMAIL, {"host": host, "sender": "oi@casalume.example"})
    recipe = {"url": f"https://{host}/send", "allow_private": True}
    for adapter in (smtp, build_adapter("webhook", Channel.EMAIL, recipe)):
        call = adapter.call(LETTER, 0, bytes)
        assert leads_nowhere(public_url, [call]) is nowhere
    outbox = build_adapter("outbox", Channel.EMAIL, {})
    assert not leads_nowhere(public_url, [outbox.call(LETTER, 0, bytes)])


def test_the_doctor_says_where_links_lead_and_what_signs_them(open_shop):
    """Nothing leaves the outbox, so any address will do."""
    done = open_shop("doctor", "--json", JOGRAL_SIGNING_KEYS=f"autumn:{SECRET}")
    found = {item["check"]: item for item in done.document["items"]}

    assert (found["links"]["verdict"], found["links"]["message"]) == (
        "good",
        "Public pages are at http://127.0.0.1:8080, or where `up --port` says",
    )
    assert found["keys"]["message"] == "From JOGRAL_SIGNING_KEYS; autumn signs."
