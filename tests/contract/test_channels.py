"""What every adapter in `channels/` keeps to, and what each of the first three says in its own words."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.channels import (
    HttpAnswer,
    InboxAnswer,
    InboxLookUp,
    SmtpAnswer,
    account_settings,
    adapter_names,
    build_adapter,
)
from orchestrator.domain.customer import ADDRESS_KINDS, Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery, Outcome, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.testing import RecordedAnswer, RecordedNotice, exercise_channel, recorded_in
from orchestrator.testing.accounts import example_accounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.channels import Adapter

NOW = 1_795_600_800_000
SECRET = "canary-5f1e"
ADDRESSES = {
    AddressKind.EMAIL: "joana@example.com",
    AddressKind.PHONE: "+5511955550123",
    AddressKind.PUSH_TOKEN: "token-1",
}


@dataclass(frozen=True)
class Account:
    """One adapter as a project would set it up. Its secrets hold the canary."""

    name: str
    channel: Channel
    settings: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.name}-{self.channel}"

    def adapter(self, **changes: Any) -> Adapter:
        return build_adapter(self.name, self.channel, {**self.settings, **changes})


RECIPE = {
    "url": "https://api.provider.example/v2/{customer_id}/messages?to={to}",
    "headers": {"Authorization": "Bearer {token}", "X-Reference": "{reference}"},
    "body": {"to": "{to}", "text": "{text}", "parts": "{segments}", "tags": ["jogral", "{channel}"], "test": False},
    "id_at": "data.0.id",
    "token": SECRET,
    "look_up": {
        "url": "https://api.provider.example/v2/messages/{reference}?key={token}",
        "headers": {"Authorization": "Bearer {token}"},
        "found_at": "data.0.id",
        "missing": "404",
        "empty_at": "data",
    },
    "receipts": {
        "signature_header": "X-Signature",
        "reference_at": "reference",
        "status_at": "status",
        "words": {"delivered": "delivered"},
    },
    "receipts_secret": f"{SECRET}-receipts",
}
SMTP = {
    "host": "smtp.provider.example",
    "sender": "Casa Lume <oi@casalume.example>",
    "username": "lume",
    "password": SECRET,
}
OUTBOXES = [Account("outbox", channel, {}) for channel in Channel]
WEBHOOKS = [Account("webhook", channel, RECIPE) for channel in Channel]
EMAIL = Account("email_smtp", Channel.EMAIL, SMTP)

EVERY = [account for name in adapter_names() for account in example_accounts(name)]
RECORDED = Path(__file__).parents[1] / "recorded"


def delivery(channel: Channel, *, purpose: Purpose = Purpose.TRANSACTIONAL, to: str = "", **rendered: Any) -> Delivery:
    said = {"subject": "Seu pedido", "text": 'Olá, "Joana"!\nChega amanhã.', "html": "<p>Olá!</p>", "segments": 2}
    kind = ADDRESS_KINDS[channel]
    return Delivery(
        reference="msg_01JC9ZK3XQ",
        customer_id="cus_01JC9ZK3XQ",
        object_id="order_1042",
        channel=channel,
        address=Address(id="adr_1", kind=kind, value=to or ADDRESSES[kind]),
        purpose=purpose,
        topic="order_updates",
        rendered=Rendered(message="order_shipped", channel=channel, locale="pt-BR", **{**said, **rendered}),
    )


def chance(number: int):
    """Entropy that shows where it was used: all of its bytes are this number."""
    return lambda size: bytes([number]) * size


# --- every adapter --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", EVERY, ids=str)
def test_every_shipped_adapter_passes_the_suite(account):
    """The same one that a user's own adapter has to pass, with what its provider did answer."""
    exercise_channel(account.adapter(), recorded=RECORDED / account.name)


@pytest.mark.parametrize("name", adapter_names())
def test_a_new_adapter_comes_with_an_account_and_with_what_its_provider_says(name):
    """A module in `channels/` that nobody tries would not be known to work."""
    assert example_accounts(name), "describe an account in orchestrator/testing/accounts.py"
    answers = [one for one in recorded_in(RECORDED / name) if isinstance(one, RecordedAnswer)]
    assert answers or name == "outbox", f"write what the provider answers into tests/recorded/{name}/"


@pytest.mark.parametrize("account", EVERY, ids=str)
def test_what_an_adapter_hears_is_on_record(account):
    """Who receives has a genuine notice there: without one, nobody knows that it is believed at all."""
    adapter = account.adapter()
    notices = [one for one in recorded_in(RECORDED / account.name) if isinstance(one, RecordedNotice)]

    assert bool(notices) == (adapter.can.receives or adapter.can.hears)


@pytest.mark.parametrize("account", EVERY, ids=str)
def test_an_adapter_speaks_the_channels_that_it_names(account):
    """Each of them can be built, and any other is refused."""
    adapter = account.adapter()
    assert account.channel in adapter.can.channels

    for channel in Channel:
        if channel not in adapter.can.channels:
            with pytest.raises(ConfigurationError, match="cannot speak"):
                build_adapter(account.name, channel, account.settings)


@pytest.mark.parametrize("account", EVERY, ids=str)
def test_settings_are_public_fields(account):
    """What an adapter works out for itself cannot be set from YAML."""
    assert not [name for name in account_settings(type(account.adapter())) if name.startswith("_")]


@pytest.mark.parametrize("account", EVERY, ids=str)
def test_adapters_are_frozen_and_show_no_secret(account):
    """Settings are read once; an adapter in a log or a traceback shows none of the secret ones."""
    adapter = account.adapter()
    assert SECRET not in repr(adapter)

    with pytest.raises(dataclasses.FrozenInstanceError):
        adapter.channel = Channel.SMS


# --- outbox ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", OUTBOXES, ids=str)
def test_the_outbox_keeps_the_rendered_message(account):
    """The inbox holds the very value that preview and send share."""
    adapter = account.adapter()
    sent = delivery(account.channel)
    call = adapter.call(sent, NOW, chance(1))

    assert call.at == NOW
    assert call.entry.rendered is sent.rendered
    assert (call.entry.address, call.entry.channel) == (sent.address.value, account.channel)
    assert (call.entry.customer_id, call.entry.object_id) == (sent.customer_id, sent.object_id)
    assert (adapter.can.local, adapter.can.looks_up, adapter.can.html) == (True, True, True)


def test_the_outbox_knows_what_it_holds():
    """A look-up is a definite yes or a definite no."""
    adapter = OUTBOXES[0].adapter()

    assert adapter.look_up("msg_1") == InboxLookUp("msg_1")
    assert adapter.outcome(InboxAnswer("inb_1")) == Outcome(OutcomeKind.SENT, provider_id="inb_1")
    assert adapter.found(InboxAnswer("inb_1")) == Outcome(OutcomeKind.SENT, provider_id="inb_1")
    assert adapter.found(InboxAnswer(None)).kind is OutcomeKind.NOT_SENT


# --- email_smtp -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text", "kind", "reason"),
    [
        (421, "4.3.2 closing", OutcomeKind.NOT_SENT, "provider_unavailable"),
        (450, "4.2.0 greylisted", OutcomeKind.NOT_SENT, "provider_unavailable"),
        (451, "4.3.0 try later", OutcomeKind.NOT_SENT, "provider_unavailable"),
        (452, "4.2.2 mailbox full", OutcomeKind.NOT_SENT, "provider_unavailable"),
        (530, "5.7.0 authentication required", OutcomeKind.NOT_SENT, "provider_unavailable"),
        (535, "5.7.8 bad credentials", OutcomeKind.NOT_SENT, "provider_unavailable"),
        (550, "5.1.1 no such user", OutcomeKind.REFUSED, "provider_rejected:address"),
        (550, "5.1.10 null MX", OutcomeKind.REFUSED, "provider_rejected:address"),
        (550, "5.2.1 mailbox disabled", OutcomeKind.REFUSED, "provider_rejected:address"),
        (550, "User unknown", OutcomeKind.REFUSED, "provider_rejected:address"),
        (550, "Requested action not taken: mailbox not found", OutcomeKind.REFUSED, "provider_rejected:address"),
        (553, "mailbox name not allowed", OutcomeKind.REFUSED, "provider_rejected:address"),
        (553, "5.1.8 sender domain not found", OutcomeKind.REFUSED, "provider_rejected:policy"),
        (550, "5.7.1 relaying denied", OutcomeKind.REFUSED, "provider_rejected:policy"),
        (550, "5.7.515 not authenticated", OutcomeKind.REFUSED, "provider_rejected:policy"),
        (552, "5.2.2 over quota", OutcomeKind.REFUSED, "provider_rejected:message"),
        (552, "5.3.4 too big", OutcomeKind.REFUSED, "provider_rejected:message"),
        (554, "5.6.0 malformed", OutcomeKind.REFUSED, "provider_rejected:message"),
        (550, "looks like spam", OutcomeKind.REFUSED, "provider_rejected:message"),
        (554, "transaction failed", OutcomeKind.REFUSED, "provider_rejected:message"),
    ],
)
def test_every_smtp_reply_is_definite(code, text, kind, reason):
    """The server has said whether it took the message; only 5.1 and its like speak against the address."""
    outcome = EMAIL.adapter().outcome(SmtpAnswer(code, text))

    assert (outcome.kind, outcome.reason) == (kind, reason)
    assert text in outcome.detail


@pytest.mark.parametrize(
    ("text", "provider_id"),
    [
        ("2.0.0 Ok: queued as 4F1A2B", "4F1A2B"),
        ("OK id=1abc-000-xyz", "1abc-000-xyz"),
        ("Ok 0100018f-example", "Ok 0100018f-example"),
        ("2.6.0 accepted", "accepted"),
    ],
)
def test_the_queue_id_is_kept(text, provider_id):
    """It is what the provider's support will ask for."""
    assert EMAIL.adapter().outcome(SmtpAnswer(250, text)) == Outcome(OutcomeKind.SENT, provider_id=provider_id)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"security": "startls"}, 'did you mean "starttls"'),
        ({"port": 70000}, "does not exist"),
        ({"security": "none"}, "unencrypted"),
        ({"sender": "Casa Lume"}, "own headers"),
        ({"reply_to": "a@b.example, c@d.example"}, "own headers"),
        ({"bounce_to": "ninguém"}, "own headers"),
        ({"message_id_domain": "não é um domínio"}, "own headers"),
        ({"passwort": "x"}, 'did you mean "password"'),
    ],
)
def test_an_email_account_is_checked_when_it_is_made(changes, message):
    """Not at the first send."""
    with pytest.raises(ConfigurationError, match=message):
        EMAIL.adapter(**changes)


def test_a_local_server_may_be_spoken_to_in_the_clear():
    """As development servers need it; the password does not leave the machine."""
    call = EMAIL.adapter(host="127.0.0.1", security="none", port="1025").call(delivery(Channel.EMAIL), NOW, chance(1))

    assert (call.port, call.security, call.password) == (1025, "none", SECRET)
    assert SECRET not in repr(call)


# --- webhook --------------------------------------------------------------------------------------------------------


def webhook(**changes: Any) -> Adapter:
    return WEBHOOKS[2].adapter(**changes)


def test_a_recipe_says_where_one_click_ends_marketing():
    """As the object with the two headers, which is empty for every other message; or as the link alone."""
    adapter = webhook(body={"headers": "{one_click_headers}", "leave": "{unsubscribe_url}"})
    marketing, other = (
        json.loads(adapter.call(replace(delivery(Channel.EMAIL), unsubscribe_url=url), NOW, chance(1)).body)
        for url in ("https://loja.example/u/k1.AA", "")
    )

    assert marketing == {
        "headers": {
            "List-Unsubscribe": "<https://loja.example/u/k1.AA>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "leave": "https://loja.example/u/k1.AA",
    }
    assert other == {"headers": {}, "leave": ""}


def test_a_recipe_is_filled_with_data():
    """JSON keeps its types and escapes, the URL its shape, and the secret goes where the recipe says."""
    call = webhook(idempotency_header="Idempotency-Key").call(
        delivery(Channel.SMS, text='"},{"to": "+5511955550199'), NOW, chance(1)
    )

    assert call.method == "POST"
    assert call.url == "https://api.provider.example/v2/cus_01JC9ZK3XQ/messages?to=%2B5511955550123"
    assert call.headers == {
        "Authorization": f"Bearer {SECRET}",
        "X-Reference": "msg_01JC9ZK3XQ",
        "Idempotency-Key": "msg_01JC9ZK3XQ",
        "Content-Type": "application/json",
    }
    assert json.loads(call.body) == {
        "to": "+5511955550123",
        "text": '"},{"to": "+5511955550199',
        "parts": 2,
        "tags": ["jogral", "sms"],
        "test": False,
    }
    assert call.guarded


def test_braces_written_twice_are_braces():
    """So that a recipe can hold JSON of its own."""
    call = webhook(body={"raw": '{{"id": "{reference}"}}'}).call(delivery(Channel.SMS), NOW, chance(1))

    assert json.loads(call.body) == {"raw": '{"id": "msg_01JC9ZK3XQ"}'}


@pytest.mark.parametrize("to", ["a/b?c#d", "../../admin", "á @", "%2e%2e", "x&to=y"])
def test_a_value_never_changes_the_shape_of_a_url(to):
    """It is one segment or one parameter, whatever it holds."""
    url = (
        webhook(url="https://api.provider.example/send/{to}/now").call(delivery(Channel.SMS, to=to), NOW, chance(1)).url
    )

    assert url.count("/") == 5
    assert url.endswith("/now")
    assert not set("?#& ") & set(url)


@pytest.mark.parametrize("to", [".", "..", "\ud83d"])
def test_a_value_that_cannot_stand_in_a_url_is_refused(to):
    """A dot segment would climb, half a character has no encoding."""
    with pytest.raises(InputError, match="for the URL"):
        webhook(url="https://api.provider.example/send/{to}").call(delivery(Channel.SMS, to=to), NOW, chance(1))


def test_a_line_break_in_a_header_value_is_refused():
    """Header values come from data too."""
    adapter = webhook(headers={"X-Title": "{title}"})
    with pytest.raises(InputError, match="line break"):
        adapter.call(delivery(Channel.SMS, title="Oi\r\nX-Evil: 1"), NOW, chance(1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"body": {"to": "{adress}"}}, "placeholder"),
        ({"body": {"text": "{txt}"}}, 'did you mean "text"'),
        ({"body": {"text": "{text!r}"}}, "placeholder"),
        ({"body": {"text": "{text:>10}"}}, "placeholder"),
        ({"body": {"text": "{text.__class__}"}}, "placeholder"),
        ({"body": {"text": "{"}}, "placeholder"),
        ({"body": {"at": object()}}, "cannot hold"),
        ({"url": "https://{to}/send"}, "not a URL"),
        ({"url": "https://api.provider.example{to}/send"}, "not a URL"),
        ({"url": "https://user:pw@api.provider.example/"}, "not a URL"),
        ({"url": "https://api.provider.example/#x"}, "not a URL"),
        ({"url": "ftp://api.provider.example/"}, "not a URL"),
        ({"url": "https://api.provider.example/a b"}, "not a URL"),
        ({"url": "https://api.provider.example:99999/"}, "no valid host"),
        ({"url": "http://api.provider.example/"}, "not https"),
        ({"url": "https://api.provider.example:8443/"}, "not https"),
        ({"method": "DELETE"}, "not one of"),
        ({"headers": {"Host": "x"}}, "cannot set the header"),
        ({"headers": {"Content-Length": "1"}}, "cannot set the header"),
        ({"headers": {"X A": "1"}}, "cannot set the header"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "one line"),
        ({"success": "ok"}, "list of statuses"),
    ],
)
def test_a_recipe_is_checked_when_it_is_made(changes, message):
    """What it does not know, and where it would lead, is told before the first send."""
    with pytest.raises(ConfigurationError, match=message):
        webhook(**changes)


def test_private_networks_have_to_be_asked_for():
    """Then plain http is allowed, and the call is not guarded."""
    call = webhook(url="http://127.0.0.1:8080/send", allow_private="true").call(delivery(Channel.SMS), NOW, chance(1))

    assert not call.guarded


def test_a_recipe_without_a_body_sends_none():
    """Some providers take everything in the URL."""
    call = webhook(method="GET", body=None, headers={}).call(delivery(Channel.SMS), NOW, chance(1))

    assert (call.method, call.body, call.headers) == ("GET", b"", {})


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (100, OutcomeKind.UNKNOWN, "unreadable_answer"),
        (301, OutcomeKind.NOT_SENT, "provider_unavailable"),
        (303, OutcomeKind.UNKNOWN, "unreadable_answer"),
        (400, OutcomeKind.REFUSED, "provider_rejected:message"),
        (401, OutcomeKind.NOT_SENT, "provider_unavailable"),
        (403, OutcomeKind.NOT_SENT, "provider_unavailable"),
        (404, OutcomeKind.REFUSED, "provider_rejected:address"),
        (408, OutcomeKind.UNKNOWN, "timeout"),
        (409, OutcomeKind.UNKNOWN, "unreadable_answer"),
        (410, OutcomeKind.REFUSED, "provider_rejected:address"),
        (422, OutcomeKind.REFUSED, "provider_rejected:message"),
        (425, OutcomeKind.UNKNOWN, "unreadable_answer"),
        (429, OutcomeKind.NOT_SENT, "rate_limit"),
        (500, OutcomeKind.UNKNOWN, "unreadable_answer"),
        (503, OutcomeKind.UNKNOWN, "unreadable_answer"),
        (504, OutcomeKind.UNKNOWN, "timeout"),
    ],
)
def test_what_a_status_means(status, kind, reason):
    """Definite refusals and doubts as decisions, section 5, divides them."""
    outcome = webhook().outcome(HttpAnswer(status, {}, "não".encode()))

    assert (outcome.kind, outcome.reason) == (kind, reason)
    assert outcome.detail == f"{status}: não"


@pytest.mark.parametrize(
    ("id_at", "body", "provider_id"),
    [
        ("data.0.id", b'{"data": [{"id": "m1"}]}', "m1"),
        ("data[0].id", b'{"data": [{"id": 7}]}', "7"),
        ("id", b'{"id": "x"}', "x"),
        ("", b"whatever", ""),
    ],
)
def test_success_gives_the_provider_id(id_at, body, provider_id):
    """It is read where the recipe says; without `id_at` success is enough."""
    assert webhook(id_at=id_at).outcome(HttpAnswer(200, {}, body)) == Outcome(OutcomeKind.SENT, provider_id=provider_id)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[]", b'{"data": []}', b'{"data": [{"id": null}]}', b'{"data": [{"id": true}]}']
)
def test_success_that_cannot_be_read_is_doubt(body):
    """Something answered 200, and it was not what the provider answers."""
    outcome = webhook().outcome(HttpAnswer(200, {}, body))

    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNKNOWN, "unreadable_answer")


def test_success_is_what_the_recipe_calls_so():
    """A provider that answers 409 to a repeated reference has the message."""
    adapter = webhook(id_at="", success="202, 409")

    assert adapter.outcome(HttpAnswer(409, {}, b"")).kind is OutcomeKind.SENT
    assert adapter.outcome(HttpAnswer(200, {}, b"")).kind is OutcomeKind.UNKNOWN


def test_retry_after_is_obeyed_in_seconds_and_told_as_a_date():
    """An adapter has no clock to turn a date into seconds."""
    date = "Wed, 25 Nov 2026 12:00:00 GMT"

    assert webhook().outcome(HttpAnswer(429, {"retry-after": "7"}, b"")).retry_after_seconds == 7
    by_date = webhook().outcome(HttpAnswer(429, {"retry-after": date}, b""))
    assert by_date.retry_after_seconds is None
    assert date in by_date.detail


def test_an_idempotency_header_is_a_capability():
    """Dispatch may then resend after a doubt."""
    assert webhook(idempotency_header="Idempotency-Key").can.idempotent
    assert not webhook().can.idempotent
