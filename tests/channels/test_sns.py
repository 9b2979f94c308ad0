"""Notices of Amazon SNS: whose they are is settled before anything in them is believed."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.channels import Notice, Received, build_adapter
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import ConfigurationError, NotFound, Refused

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sns_signature.json").read_text("utf-8"))
CASES = {case["id"]: case for case in VECTORS["cases"]}
CERTIFICATE = VECTORS["test_certificate"].encode()
TOPIC = "arn:aws:sns:sa-east-1:123456789012:ses-eventos"
PEM = "https://sns.sa-east-1.amazonaws.com/SimpleNotificationService-test.pem"
NOW = 1_795_600_800_000


def account(**settings):
    given = {
        "sender": "Loja <loja@example.com.br>", "region": "sa-east-1", "access_key": "AKIDEXAMPLE", "secret_key": "s",
        "sns_topics": [TOPIC], **settings,
    }  # fmt: skip
    return build_adapter("email_ses", Channel.EMAIL, given)


ACCOUNT = account()


def notice(message, documents=None, **changes):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    kind = message.get("Type", "") if isinstance(message, dict) else "Notification"
    known = {PEM: CERTIFICATE} if documents is None else documents
    return Notice(
        **{"method": "POST", "headers": {"x-amz-sns-message-type": kind}, "body": body, "documents": known, **changes}
    )


def changed(case="notification-v2", **fields):
    return {**CASES[case]["message"], **fields}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["id"])
def test_a_notice_is_believed_as_in_the_vectors(case):
    """Signed by Amazon, for our topic, with a certificate that stands where Amazon's stand."""
    url = case["message"]["SigningCertURL"]
    told = notice(case["message"], {url: CERTIFICATE})
    if not case["valid"]:
        with pytest.raises(Refused):
            account().receive(told, NOW)
        return
    received = account().receive(told, NOW)
    assert bool(received.receipts) == (case["message"]["Type"] == "Notification")
    assert bool(received.calls) == (case["message"]["Type"] == "SubscriptionConfirmation")


def test_the_certificate_is_asked_for_first():
    """Guarded, because its address came from outside; the notice says nothing before."""
    received = account().receive(notice(changed(), {}), NOW)

    assert received == Received(needs=received.needs)
    assert (received.needs.method, received.needs.url, received.needs.guarded) == ("GET", PEM, True)


def test_a_subscription_is_confirmed_where_amazon_says():
    """By a call of ours, which leads to Amazon and nowhere else."""
    (call,) = account().receive(notice(CASES["subscription"]["message"]), NOW).calls

    assert call.url == CASES["subscription"]["message"]["SubscribeURL"]
    assert call.guarded


def test_another_topic_is_refused_before_anything_is_fetched():
    """A valid signature of Amazon does not prove that the topic is ours."""
    other = account(sns_topics=["arn:aws:sns:sa-east-1:999999999999:ses-eventos"])
    for case in ("notification-v2", "subscription"):
        for documents in ({}, None):
            with pytest.raises(Refused):
                other.receive(notice(CASES[case]["message"], documents), NOW)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.sa-east-1.amazonaws.com/SimpleNotificationService-test.pem",
        "https://sns.sa-east-1.amazonaws.com.evil.example/SimpleNotificationService-test.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem",
        "https://evil.example/sns.sa-east-1.amazonaws.com/SimpleNotificationService-test.pem",
        "https://sns.sa-east-1.amazonaws.com.cn/SimpleNotificationService-test.pem",
        "https://x@sns.sa-east-1.amazonaws.com/SimpleNotificationService-test.pem",
        "https://sns.sa-east-1.amazonaws.com:8443/SimpleNotificationService-test.pem",
        "https://sns.sa-east-1.amazonaws.com/SimpleNotificationService-test.pem?x=.pem",
        "https://sns.sa-east-1.amazonaws.com/bucket/SimpleNotificationService-test.pem",
        "https://s3.sa-east-1.amazonaws.com/SimpleNotificationService-test.pem",
        "https://sns.sa-east-1.amazonaws.com/evil.pem",
        "https://sns.sa-east-1.amazonaws.com/SimpleNotificationService-test.pem\n",
        "",
        17,
    ],
)
def test_a_certificate_stands_at_amazon_in_the_topics_region(url):
    """Nothing else is fetched, and nothing else is believed where somebody had fetched it."""
    told = changed(SigningCertURL=url)
    for documents in ({}, {url: CERTIFICATE}):
        with pytest.raises(Refused):
            account().receive(notice(told, documents), NOW)


@pytest.mark.parametrize(
    "told",
    [
        changed(Message="{}"),
        changed(MessageId="other"),
        changed(Subject="SES"),
        changed(Timestamp="2026-11-21T15:30:02.123Z"),
        changed(SignatureVersion="1"),
        changed(SignatureVersion="3"),
        changed(Signature=""),
        changed(Signature="!!!!"),
        changed(Signature=CASES["notification-v1"]["message"]["Signature"]),
        changed(Type="SubscriptionConfirmation"),
        changed("subscription", Token="2336412f0"),
        changed("subscription", SubscribeURL="https://evil.example/?Action=ConfirmSubscription&Token=2336412f"),
        {name: value for name, value in changed().items() if name != "Signature"},
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 100_000,
    ],
    ids=range(18),
)
def test_whatever_was_changed_is_refused(told):
    """Of the envelope, every signed word; and what is no envelope at all."""
    with pytest.raises(Refused):
        account().receive(notice(told), NOW)


def test_ten_thousand_notices_that_were_changed_are_refused():
    """One byte is another, is gone, or is one more. What says the same in other bytes is no change."""
    genuine = json.dumps(changed()).encode()
    dice, told = random.Random(8), 0
    while told < 10_000:
        place, kind = dice.randrange(len(genuine)), dice.randrange(3)
        byte = bytes([dice.randrange(256)]) if kind else b""
        body = genuine[:place] + byte + genuine[place + (kind != 2) :]
        if not says_the_same(body, genuine):
            told += 1
            assert not believed(body), (place, byte)
    assert believed(genuine)


def says_the_same(body, genuine):
    with suppress(ValueError):
        return json.loads(body) == json.loads(genuine)
    return False


def believed(body):
    """Whether anything of it is. To ask for another certificate of Amazon's is to believe nothing yet."""
    try:
        received = ACCOUNT.receive(notice(body, {PEM: CERTIFICATE}), NOW)
    except Refused:
        return False
    return received.needs is None


def test_the_header_says_the_same_type_as_the_body():
    """So that nobody is led to read one as the other."""
    for headers in ({}, {"x-amz-sns-message-type": "SubscriptionConfirmation"}):
        with pytest.raises(Refused):
            account().receive(notice(changed(), headers=headers), NOW)


def test_a_name_that_stands_twice_is_refused():
    """Two readers could read two things: the signed one and the other."""
    body = json.dumps(changed()).replace('"Message":', '"Message": "{}", "Message":', 1).encode()
    with pytest.raises(Refused):
        account().receive(notice(body), NOW)


@pytest.mark.parametrize("certificate", [b"", b"not a certificate", CERTIFICATE[:-80]])
def test_what_is_no_certificate_proves_nothing(certificate):
    """A page of HTML where it should be, for example."""
    with pytest.raises(Refused):
        account().receive(notice(changed(), {PEM: certificate}), NOW)


def test_a_certificate_that_has_run_out_proves_nothing():
    """It is valid from 2026 to 2035."""
    for year in (-11, 20):
        with pytest.raises(Refused):
            account().receive(notice(changed()), NOW + year * 366 * 86_400_000)


def test_nothing_but_a_post_is_a_notice():
    """Somebody opens the address in a browser."""
    with pytest.raises(Refused):
        account().receive(replace(notice(changed()), method="GET"), NOW)


def test_an_account_without_topics_hears_nothing():
    """No list is no trust."""
    silent = account(sns_topics=[])
    assert not silent.can.receives
    with pytest.raises(NotFound):
        silent.receive(notice(changed()), NOW)


def test_topics_are_written_as_amazon_writes_them():
    """In a list, or in one environment variable; anything else is found when the account is made."""
    assert account(sns_topics=f"{TOPIC}, {TOPIC}-2").can.receives
    for wrong in (["ses-eventos"], "arn:aws:sqs:sa-east-1:123456789012:x", [{"a": 1}]):
        with pytest.raises(ConfigurationError, match="ARN"):
            account(sns_topics=wrong)


def test_where_somebody_plays_sns_only_they_are_asked():
    """An operator's own address is not guarded; and Amazon's is nobody's any more."""
    played = account(sns_base_url="http://127.0.0.1:9090/ses/")
    url = "http://127.0.0.1:9090/ses/SimpleNotificationService-test.pem"
    needs = played.receive(notice(changed(SigningCertURL=url), {}), NOW).needs

    assert (needs.url, needs.guarded) == (url, False)
    with pytest.raises(Refused):
        played.receive(notice(changed()), NOW)
