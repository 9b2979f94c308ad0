"""A recipe's look-up and receipts: what they ask, what they believe, and what is told about a mistake in one."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.channels import HttpAnswer, InboxAnswer, NoAnswer, Notice, build_adapter
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, InputError, NotFound, Refused
from orchestrator.domain.receipt import Receipt, ReceiptKind, furthest, suppression

NOW = 1_795_600_800_000
SECRET = "whsec-canary"
SEND = {
    "url": "https://api.provider.example/send",
    "headers": {"Authorization": "Bearer {token}"},
    "token": "t-1",
    "id_at": "id",
}
LOOK_UP = {
    "url": "https://api.provider.example/messages/{reference}",
    "found_at": "data.id",
    "missing": "404, 410",
    "empty_at": "data",
}
RECEIPTS = {
    "signature_header": "X-Signature",
    "event_at": "event",
    "reference_at": "message.external_id",
    "provider_id_at": "message.id",
    "status_at": "status.name",
    "at_at": "at",
    "detail_at": "status.description",
    "words": {"DELIVRD": "delivered", "UNDELIV": "bounced", "EXPIRED": "failed", 7: "read"},
    "permanent": ["UNDELIV"],
    "reply": "OK",
}
NEWS = {
    "event": "e-1",
    "message": {"external_id": "msg_1", "id": 99},
    "status": {"name": "DELIVRD", "description": "entregue"},
    "at": "2026-11-25T06:00:00-03:00",
}


def adapter(**changes):
    return build_adapter("webhook", Channel.SMS, {**SEND, **changes})


def asking(**changes):
    return adapter(look_up={**LOOK_UP, **changes})


def listening(*without, secret=SECRET, **changes):
    recipe = {name: value for name, value in {**RECEIPTS, **changes}.items() if name not in without}
    return adapter(receipts=recipe, receipts_secret=secret)


def signed(body, secret=SECRET, hash_name="sha256", prefix=""):
    signature = prefix + hmac.new(secret.encode(), body, hash_name).hexdigest()
    return Notice(method="POST", headers={"x-signature": signature, "host": "shop.example"}, body=body)


def heard(document, **changes):
    return listening(**changes).receive(signed(json.dumps(document).encode()), NOW)


def receipt(**changes):
    """The only receipt of a notice that is NEWS with changes."""
    (found,) = heard(NEWS | changes).receipts
    return found


# --- look-up --------------------------------------------------------------------------------------------------------


def test_a_look_up_asks_for_our_reference_with_the_accounts_headers():
    call = asking().look_up("msg/1?")

    assert (call.method, call.url, call.body) == ("GET", "https://api.provider.example/messages/msg%2F1%3F", b"")
    assert call.headers == {"Authorization": "Bearer t-1"}
    assert call.guarded


def test_a_look_up_may_have_headers_of_its_own():
    """Where the account's hold what a question does not know, such as the customer."""
    own = adapter(headers={"X-To": "{to}"}, look_up={**LOOK_UP, "headers": {"X-Key": "{token}"}})

    assert own.look_up("msg_1").headers == {"X-Key": "t-1"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (HttpAnswer(200, {}, b'{"data": {"id": "p-1"}}'), OutcomeKind.SENT),
        (HttpAnswer(203, {}, b'{"data": {"id": 17}}'), OutcomeKind.SENT),
        (HttpAnswer(200, {}, b'{"data": []}'), OutcomeKind.NOT_SENT),
        (HttpAnswer(200, {}, b'{"data": null}'), OutcomeKind.NOT_SENT),
        (HttpAnswer(404, {}, b"whatever"), OutcomeKind.NOT_SENT),
        (HttpAnswer(410, {}, b""), OutcomeKind.NOT_SENT),
        (HttpAnswer(200, {}, b'{"data": {}}'), OutcomeKind.UNKNOWN),
        (HttpAnswer(200, {}, b'{"data": {"id": null}}'), OutcomeKind.UNKNOWN),
        (HttpAnswer(200, {}, b'{"data": {"id": true}}'), OutcomeKind.UNKNOWN),
        (HttpAnswer(200, {}, b'{"data": {"id": ""}}'), OutcomeKind.UNKNOWN),
        (HttpAnswer(200, {}, b"{}"), OutcomeKind.UNKNOWN),
        (HttpAnswer(200, {}, b"<html>"), OutcomeKind.UNKNOWN),
        (HttpAnswer(204, {}, b""), OutcomeKind.UNKNOWN),
        (HttpAnswer(302, {}, b""), OutcomeKind.UNKNOWN),
        (HttpAnswer(400, {}, b""), OutcomeKind.UNKNOWN),
        (HttpAnswer(401, {}, b""), OutcomeKind.UNKNOWN),
        (HttpAnswer(429, {}, b""), OutcomeKind.UNKNOWN),
        (HttpAnswer(500, {}, b""), OutcomeKind.UNKNOWN),
        (NoAnswer("connect", in_doubt=False), OutcomeKind.UNKNOWN),
        (NoAnswer("timeout", in_doubt=True), OutcomeKind.UNKNOWN),
        (InboxAnswer("inb_1"), OutcomeKind.UNKNOWN),
    ],
)
def test_only_an_id_and_a_declared_absence_are_definite(answer, kind):
    """After a definite no the message is sent again: nothing else may be taken for one."""
    outcome = asking().found(answer)

    assert outcome.kind is kind
    assert bool(outcome.provider_id) == (kind is OutcomeKind.SENT)


def test_the_same_status_means_another_thing_after_sending():
    """404 is a wrong address there, and a definite no here."""
    answer = HttpAnswer(404, {}, b"")

    assert asking().outcome(answer).kind is OutcomeKind.REFUSED
    assert asking().found(answer).kind is OutcomeKind.NOT_SENT


def test_without_a_recipe_nothing_is_asked_and_nothing_is_known():
    assert adapter().look_up("msg_1") is None
    assert not adapter().can.looks_up
    assert adapter().found(HttpAnswer(404, {}, b"")).kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize("body", [b"", b"{", b"[[[[", b"[" * 100_000, b"1" * 10_000, b'{"data": {"id": "a\\u0000b"}}'])
def test_no_answer_breaks_the_reader(body):
    """What cannot be read is doubt, after sending too."""
    assert asking().found(HttpAnswer(200, {}, body)).kind is OutcomeKind.UNKNOWN
    assert asking().outcome(HttpAnswer(200, {}, body)).kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("https://api.provider.example/{reference}", "not a mapping.*url"),
        ({"url": LOOK_UP["url"], "missing": "404"}, "needs: found_at"),
        ({**LOOK_UP, "mising": "404"}, 'no key "mising"; did you mean "missing"'),
        ({"url": LOOK_UP["url"], "found_at": "id"}, 'missing: "404"'),
        ({**LOOK_UP, "url": "https://api.provider.example/messages"}, "{reference}"),
        ({**LOOK_UP, "url": "https://api.provider.example/{to}/{reference}"}, "Known: reference, token"),
        ({**LOOK_UP, "url": "http://api.provider.example/{reference}"}, "not https"),
        ({**LOOK_UP, "url": 7}, "look_up.url is not text"),
        ({**LOOK_UP, "found_at": ""}, "where the id stands"),
        ({**LOOK_UP, "missing": "nope"}, 'look_up.missing "nope" is not a list'),
        ({**LOOK_UP, "missing": "200"}, "names 200"),
        ({**LOOK_UP, "missing": "400-499"}, "names 401"),
        ({**LOOK_UP, "missing": "500"}, "names 500"),
        ({**LOOK_UP, "headers": "X-Key"}, "headers is not a mapping"),
        ({**LOOK_UP, "headers": {"X-To": "{to}"}}, "Known: reference, token"),
    ],
)
def test_a_mistake_in_a_look_up_is_told_when_the_account_is_made(recipe, message):
    with pytest.raises(ConfigurationError, match=message):
        adapter(look_up=recipe)


# --- receipts -------------------------------------------------------------------------------------------------------


def test_a_receipt_is_read_by_the_recipes_table():
    """Every field from where the recipe says that it stands."""
    found = heard(NEWS)

    assert found.receipts == (
        Receipt(
            event_key="e-1",
            kind=ReceiptKind.DELIVERED,
            at=1_795_597_200_000,
            reference="msg_1",
            provider_id="99",
            detail="entregue",
        ),
    )
    assert (found.passed_over, found.reply) == (0, "OK")


def test_permanent_is_what_the_recipe_calls_so():
    """A mailbox that is full today is no dead address."""
    assert receipt(status={"name": "UNDELIV"}).permanent
    assert not receipt(status={"name": "EXPIRED"}).permanent


def test_a_notice_may_be_one_piece_of_news_a_list_or_hold_one():
    """And the words of some providers are numbers."""
    second = NEWS | {"event": "e-2", "status": {"name": 7}}

    assert [one.event_key for one in heard([NEWS, second]).receipts] == ["e-1", "e-2"]
    within = heard({"account": 1, "events": [NEWS, second]}, list_at="events")
    assert [one.kind for one in within.receipts] == [ReceiptKind.DELIVERED, ReceiptKind.READ]
    assert heard([]).receipts == ()


@pytest.mark.parametrize("other", [NEWS | {"status": {"name": "QUEUED"}}, {"status": {"name": "QUEUED"}}])
def test_a_word_that_the_recipe_does_not_translate_is_passed_over(other):
    """A provider tells more than one asked for, and a refusal would make it tell it again."""
    found = heard([NEWS, other, other])

    assert (len(found.receipts), found.passed_over, found.unknown) == (1, 2, ("QUEUED",))


@pytest.mark.parametrize("other", [{}, "news", 7, None, {"status": {"name": None}}, {"status": {"name": ""}}])
def test_news_without_any_status_is_refused_where_nothing_else_is_told(other):
    """The recipe says where one stands: it looks in the wrong place, and every receipt would be lost unnoticed."""
    with pytest.raises(InputError) as refused:
        heard([other, other])
    assert refused.value.code == "unreadable_notice"
    assert heard([other, NEWS]).passed_over == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"message": {}},
        {"message": {"external_id": "x" * 256}},
        {"message": {"external_id": "a\x00b"}},
        {"event": None},
        {"event": ""},
        {"event": True},
    ],
)
def test_news_that_lacks_what_the_recipe_promises_keeps_no_other_from_being_heard(broken):
    """A complaint beside it counts. Where there is nothing else, the provider keeps it until the recipe is mended."""
    found = heard([NEWS | broken, NEWS])
    assert ([one.event_key for one in found.receipts], found.passed_over) == (["e-1"], 1)
    with pytest.raises(InputError) as refused:
        heard([NEWS | broken])
    assert refused.value.code == "unreadable_notice"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"events": 1}'])
def test_a_genuine_notice_that_cannot_be_read_is_refused(body):
    with pytest.raises(InputError):
        listening(list_at="events.0").receive(signed(body), NOW)


def test_without_an_id_of_its_own_the_same_news_is_the_same_words():
    """In whatever order its keys come."""
    shuffled = dict(reversed(NEWS.items()))
    first, again, other = heard([NEWS, shuffled, NEWS | {"at": "2026-11-25T06:01:00-03:00"}], event_at="at").receipts
    assert (first.event_key, again.event_key) == (NEWS["at"], NEWS["at"])
    assert other.event_key != first.event_key

    plain = listening("event_at")
    first, again, other = plain.receive(
        signed(json.dumps([NEWS, shuffled, NEWS | {"at": "2026-11-25T06:01:00-03:00"}]).encode()), NOW
    ).receipts
    assert first.event_key == again.event_key != other.event_key


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-11-25T06:00:00-03:00", 1_795_597_200_000),
        ("2026-11-25T09:00:00Z", 1_795_597_200_000),
        (1_795_597_200, 1_795_597_200_000),
        ("1795597200.5", 1_795_597_200_500),
        (1_795_597_200_123, 1_795_597_200_123),
        ("2026-11-25T09:00:00", NOW),  # no offset: no instant
        ("yesterday", NOW),
        (NOW + 60_000, NOW),
        (-1, NOW),
        (0, NOW),
        (1e300, NOW),
        (None, NOW),
        (True, NOW),
        ([], NOW),
    ],
)
def test_a_time_that_cannot_be_one_is_when_we_heard_of_it(told, at):
    """It is for people to read: nothing is decided by it."""
    assert receipt(at=told).at == at


def test_the_providers_words_are_cut_and_can_be_stored():
    assert receipt(status={"name": "DELIVRD", "description": "a\x00b\ud83d" + "x" * 1_000}).detail.startswith("ab?xxx")
    assert len(receipt(status={"name": "DELIVRD", "description": "x" * 1_000}).detail) == 300
    assert receipt(status={"name": "DELIVRD", "description": {"code": 1}}).detail == '{"code": 1}'
    assert receipt(status={"name": "DELIVRD"}).detail == ""


def test_other_hashes_and_prefixes_are_signatures_too():
    body = json.dumps(NEWS).encode()
    prefixed = listening(algorithm="sha512", signature_prefix="sha512=")

    assert prefixed.receive(signed(body, hash_name="sha512", prefix="sha512="), NOW).receipts
    for wrong in (signed(body), signed(body, hash_name="sha512"), signed(body, prefix="sha512=")):
        with pytest.raises(Refused):
            prefixed.receive(wrong, NOW)


@given(body=st.binary(max_size=200), signature=st.text(max_size=80))
def test_nothing_is_parsed_before_its_signature_is_good(body, signature):
    """Whatever the bytes are: it is refused, and never unreadable."""
    with pytest.raises(Refused):
        listening().receive(Notice(method="POST", headers={"x-signature": signature}, body=body), NOW)


@pytest.mark.parametrize("changes", [{"body": b"[]"}, {"headers": {}}, {"headers": {"x-signature": ""}}])
def test_a_signature_is_of_these_bytes(changes):
    genuine = signed(json.dumps(NEWS).encode())
    forged = {"method": "POST", "headers": genuine.headers, "body": genuine.body} | changes
    with pytest.raises(Refused):
        listening().receive(Notice(**forged), NOW)


def test_an_account_without_receipts_takes_no_callbacks():
    assert not adapter().can.receives
    assert listening().can.receives
    with pytest.raises(NotFound):
        adapter().receive(signed(b"{}"), NOW)


def test_the_secret_is_not_shown():
    """Nor is the recipe that holds it."""
    assert SECRET not in repr(listening())
    assert SECRET not in repr(listening()._recipe)


@pytest.mark.parametrize(
    ("changes", "without", "message"),
    [
        ({"status": "x"}, (), 'no key "status"; did you mean "status_at"'),
        ({}, ("status_at",), "needs: status_at"),
        ({}, ("signature_header", "words"), "needs: words"),
        ({}, ("reference_at", "provider_id_at"), "which message"),
        ({"event_at": ""}, (), "event_at is empty"),
        ({"signature_header": "X Signature"}, (), "not the name of a header"),
        ({"signature_header": ""}, (), "not the name of a header"),
        ({"algorithm": "sha265"}, (), 'did you mean "sha256"'),
        ({"algorithm": 256}, (), "algorithm is not text"),
        ({"words": {}}, (), "DELIVRD: delivered"),
        ({"words": ["DELIVRD"]}, (), "DELIVRD: delivered"),
        ({"words": {"DELIVRD": "deliverd"}}, (), 'did you mean "delivered"'),
        ({"words": {"DELIVRD": ["delivered"]}}, (), "Kinds are: sent, delivered"),
        ({"words": {True: "delivered"}}, (), "True is not a word"),
        ({"permanent": "UNDELIV"}, (), r"permanent: \[hard_bounce\]"),
        ({"permanent": ["DELIVRD"]}, (), "does not call bounced or failed"),
        ({"permanent": ["UNDELIVD"]}, (), 'did you mean "UNDELIV"'),
        ({"list_at": 7}, (), "list_at is not text"),
    ],
)
def test_a_mistake_in_receipts_is_told_when_the_account_is_made(changes, without, message):
    with pytest.raises(ConfigurationError, match=message):
        listening(*without, **changes)


def test_receipts_without_a_secret_would_believe_everybody():
    with pytest.raises(ConfigurationError, match="RECEIPTS_SECRET"):
        listening(secret="")
    with pytest.raises(ConfigurationError, match="not a mapping"):
        adapter(receipts="yes", receipts_secret=SECRET)


def test_a_secret_does_not_stand_in_a_file():
    with pytest.raises(ConfigurationError, match="JOGRAL_ACCOUNTS__<ACCOUNT>__RECEIPTS_SECRET"):
        adapter(receipts={**RECEIPTS, "secret": SECRET}, receipts_secret=SECRET)


# --- what receipts come to ------------------------------------------------------------------------------------------


@given(kinds=st.lists(st.sampled_from(ReceiptKind)), split=st.integers(min_value=0, max_value=10))
def test_how_far_a_message_got_does_not_depend_on_when_it_was_told(kinds, split):
    """Applied at once, or in two parts, or the other way round."""
    at_once = furthest("", kinds)

    assert furthest(furthest("", kinds[:split]), kinds[split:]) == at_once
    assert furthest("", reversed(kinds)) == at_once
    assert furthest(at_once, kinds) == at_once


def test_only_what_will_not_change_is_held_against_an_address():
    said = {(kind, permanent): suppression(kind, permanent=permanent) for kind in ReceiptKind for permanent in (0, 1)}

    assert {case: reason for case, reason in said.items() if reason} == {
        (ReceiptKind.BOUNCED, 1): "bounce",
        (ReceiptKind.COMPLAINED, 0): "complaint",
        (ReceiptKind.COMPLAINED, 1): "complaint",
    }


def test_an_outcome_that_is_found_carries_the_providers_id():
    assert asking().found(HttpAnswer(200, {}, b'{"data": {"id": "p-1"}}')) == Outcome(
        OutcomeKind.SENT, provider_id="p-1"
    )


def test_a_bare_hash_of_the_body_is_no_signature():
    """Who knows the words and not the secret can make one."""
    body = json.dumps(NEWS).encode()
    bare = Notice(method="POST", headers={"x-signature": hashlib.sha256(body).hexdigest()}, body=body)
    with pytest.raises(Refused):
        listening().receive(bare, NOW)
