"""E-mail through Amazon SES: what is sent, what its answers mean, and what its events tell."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from orchestrator.channels import HttpAnswer, InboxAnswer, Notice, Preference, SmtpCall, build_adapter
from orchestrator.contract.sigv4 import Credentials
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery, OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.domain.receipt import ReceiptKind, suppression
from orchestrator.stop_words import Meaning, read_text

NOW = 1_795_600_800_000  # 2026-11-25T10:00:00Z
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOPIC = "arn:aws:sns:sa-east-1:123456789012:ses-events"
PEM = "https://sns.sa-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
REFERENCE = "msg_01JC9ZK3XQ"
NOT_VERIFIED = "Email address is not verified. The following identities failed the check in region SA-EAST-1"
ANSWER = (
    b"From: Joana <joana@example.com>\r\nMessage-ID: <1@x.example>\r\n"
    b"In-Reply-To: <0100018f-aaaa@sa-east-1.amazonses.com>\r\n\r\nSAIR\r\n"
)


def account(**settings):
    given = {
        "sender": "Casa Lume & Cia — Decoração <oi@casalume.example>", "region": "sa-east-1",
        "access_key": "AKIDEXAMPLE", "secret_key": SECRET, "sns_topics": [TOPIC], **settings,
    }  # fmt: skip
    return build_adapter("email_ses", Channel.EMAIL, given)


def delivery(**changes):
    rendered = Rendered(
        message="order_shipped",
        channel=Channel.EMAIL,
        locale="pt-BR",
        text="Olá!",
        subject="Amanhã",
        html="<p>Olá!</p>",
    )
    return Delivery(
        **{
            "reference": REFERENCE, "customer_id": "cus_1", "object_id": "order_1", "channel": Channel.EMAIL,
            "address": Address(id="adr_1", kind=AddressKind.EMAIL, value="joana@example.com"),
            "purpose": Purpose.TRANSACTIONAL, "topic": "order_updates", "rendered": rendered, **changes,
        }
    )  # fmt: skip


def asked(adapter, **changes):
    call = adapter.call(delivery(**changes), NOW, bytes)
    return call, json.loads(call.body)


# --- what is sent ---------------------------------------------------------------------------------------------------


def test_the_letter_is_the_one_that_smtp_would_carry():
    """Byte by byte: both write it with the same hand."""
    marketing = {"purpose": Purpose.MARKETING, "unsubscribe_url": "https://loja.example/u/k1.AA"}
    _, said = asked(account(), **marketing)
    smtp = build_adapter("email_smtp", Channel.EMAIL, {"host": "smtp.example", "sender": account().sender})
    carried = smtp.call(delivery(**marketing), NOW, bytes)

    assert isinstance(carried, SmtpCall)
    assert base64.b64decode(said["Content"]["Raw"]["Data"]) == carried.message
    assert message_from_bytes(carried.message)["List-Unsubscribe"] == "<https://loja.example/u/k1.AA>"


def test_the_request_says_to_whom_and_brings_our_reference():
    """SES gives the message an id of its own, so that the tag is what comes back."""
    call, said = asked(account(configuration_set="jogral", bounce_to="volta+{reference}@casalume.example"))

    assert (call.method, call.url) == ("POST", "https://email.sa-east-1.amazonaws.com/v2/email/outbound-emails")
    assert not call.guarded
    assert said["Destination"] == {"ToAddresses": ["joana@example.com"]}
    assert said["EmailTags"] == [{"Name": "jogral", "Value": REFERENCE}]
    assert said["ConfigurationSetName"] == "jogral"
    assert said["FeedbackForwardingEmailAddress"] == f"volta+{REFERENCE}@casalume.example"
    sender = message_from_bytes(f"From: {said['FromEmailAddress']}\n\n".encode(), policy=policy.default)["From"]
    assert sender.addresses[0].addr_spec == "oi@casalume.example"
    assert sender.addresses[0].display_name == "Casa Lume & Cia — Decoração"


def test_a_request_is_signed_as_amazon_documents_it():
    """Amazon's own example: the signature that its documentation ends with."""
    credentials = Credentials(access_key="AKIDEXAMPLE", secret_key=SECRET, region="us-east-1", service="iam")
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"
    signed = credentials.signed("GET", url, headers, b"", 1_440_938_160_000)  # 2015-08-30T12:36:00Z

    assert signed["X-Amz-Date"] == "20150830T123600Z"
    assert signed["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


def test_keys_that_run_out_bring_their_token():
    """It is signed, too; no secret is in what is shown."""
    adapter = account(session_token="FwoGZXIvYXdzE", base_url="http://127.0.0.1:9090/ses/")
    call, _ = asked(adapter)

    assert call.url == "http://127.0.0.1:9090/ses/v2/email/outbound-emails"
    assert call.headers["X-Amz-Security-Token"] == "FwoGZXIvYXdzE"
    assert "x-amz-security-token" in call.headers["Authorization"]
    assert not [one for one in (repr(adapter), repr(call)) if SECRET in one or "FwoG" in one]


def test_what_changes_changes_the_signature():
    """The hour and the letter; nothing is left to chance."""
    calls = [asked(account())[0], asked(account(), reference="msg_2")[0], account().call(delivery(), NOW + 1000, bytes)]

    assert len({call.headers["Authorization"] for call in calls}) == 3
    assert asked(account())[0] == calls[0]


@pytest.mark.parametrize("changes", [{"region": "são paulo"}, {"region": ""}, {"sender": "Casa Lume"}])
def test_an_account_is_checked_when_it_is_made(changes):
    with pytest.raises(ConfigurationError):
        account(**changes)


# --- what answers mean ----------------------------------------------------------------------------------------------


def answered(status, word="", message="", **headers):
    given = {"x-amzn-errortype": f"{word}:http://internal.amazon.com/", **headers} if word else headers
    return account().outcome(HttpAnswer(status, given, json.dumps({"message": message}).encode()))


def test_an_accepted_message_has_the_providers_id():
    outcome = account().outcome(HttpAnswer(200, {}, b'{"MessageId": "0100018f-aaaa"}'))
    assert (outcome.kind, outcome.provider_id) == (OutcomeKind.SENT, "0100018f-aaaa")


@pytest.mark.parametrize(
    ("status", "word", "message", "kind", "reason", "stopped"),
    [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", "not_sent", "rate_limit", False),
        (400, "LimitExceededException", "Daily message quota exceeded.", "not_sent", "rate_limit", False),
        (400, "ThrottlingException", "Rate exceeded", "not_sent", "rate_limit", False),
        (400, "AccountSuspendedException", "", "not_sent", "provider_unavailable", True),
        (400, "SendingPausedException", "", "not_sent", "provider_unavailable", True),
        (400, "MailFromDomainNotVerifiedException", "", "not_sent", "provider_unavailable", True),
        (404, "NotFoundException", "Configuration set does not exist", "not_sent", "provider_unavailable", True),
        (404, "", "", "not_sent", "provider_unavailable", True),
        (403, "AccessDeniedException", "not authorized", "not_sent", "provider_unavailable", True),
        (403, "InvalidSignatureException", "Signature expired", "not_sent", "provider_unavailable", True),
        (400, "ExpiredTokenException", "", "not_sent", "provider_unavailable", True),
        (400, "MessageRejected", f"{NOT_VERIFIED}: x@example.com", "not_sent", "provider_unavailable", True),
        (400, "MessageRejected", "Email contains a virus", "refused", "provider_rejected:message", False),
        (400, "BadRequestException", "Bad MIME", "refused", "provider_rejected:message", False),
        (400, "BadRequestException", "Missing final '@domain'", "refused", "provider_rejected:address", False),
        (400, "", "?", "refused", "provider_rejected:message", False),
        (413, "", "", "refused", "provider_rejected:message", False),
        (302, "", "", "not_sent", "provider_unavailable", True),
        (408, "", "", "unknown", "timeout", False),
        (409, "ConflictException", "", "unknown", "unreadable_answer", False),
        (500, "InternalServiceErrorException", "", "unknown", "unreadable_answer", False),
        (503, "ServiceUnavailableException", "", "unknown", "unreadable_answer", False),
        (504, "", "", "unknown", "timeout", False),
        (200, "", "no id", "unknown", "unreadable_answer", False),
        (204, "", "", "unknown", "unreadable_answer", False),
    ],
)  # fmt: skip
def test_an_exception_says_what_is_the_matter(status, word, message, kind, reason, stopped):
    """The message, the account, or the moment; of what SES may have taken, nobody knows."""
    outcome = answered(status, word, message)

    assert (outcome.kind.value, outcome.reason, outcome.stopped) == (kind, reason, stopped)
    assert "@" not in str(outcome.detail).replace("'@domain'", "")


def test_the_exception_may_stand_in_the_body():
    """As some of Amazon's front doors write it."""
    body = b'{"__type": "com.amazonaws.sesv2#SendingPausedException", "message": "paused"}'
    assert account().outcome(HttpAnswer(400, {}, body)).stopped
    assert answered(429, "TooManyRequestsException", **{"retry-after": "7"}).retry_after_seconds == 7
    assert account().outcome(InboxAnswer("x")).kind is OutcomeKind.UNKNOWN


# --- what it tells --------------------------------------------------------------------------------------------------


@cache
def amazon():
    """A key of our own, and its certificate: what stands at the address that the notice names."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(begin).not_valid_after(begin + timedelta(days=365)).sign(key, SHA256())
    )  # fmt: skip
    return key, certificate.public_bytes(Encoding.PEM)


def heard(event, kind="Notification", **settings):
    key, certificate = amazon()
    message = event if isinstance(event, str) else json.dumps(event)
    said = {
        "Message": message,
        "MessageId": "m-1",
        "Timestamp": "2026-11-25T09:59:59.000Z",
        "TopicArn": TOPIC,
        "Type": kind,
    }
    if kind != "Notification":
        said |= {"Token": "t", "SubscribeURL": f"{PEM.rpartition('/')[0]}/?Action=ConfirmSubscription&Token=t"}
    canonical = "".join(f"{name}\n{said[name]}\n" for name in sorted(said))
    signature = base64.b64encode(key.sign(canonical.encode(), padding.PKCS1v15(), SHA256())).decode()
    body = {**said, "SignatureVersion": "2", "Signature": signature, "SigningCertURL": PEM}
    headers = {"x-amz-sns-message-type": kind}
    notice = Notice(method="POST", headers=headers, body=json.dumps(body).encode(), documents={PEM: certificate})
    return account(**settings).receive(notice, NOW)


def event(kind, **part):
    name = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}.get(kind, kind.lower())
    mail = {
        "timestamp": "2026-11-25T09:59:00.000Z", "messageId": "0100018f-aaaa", "destination": ["joana@example.com"],
        "tags": {"jogral": [REFERENCE], "ses:configuration-set": ["jogral"]},
    }  # fmt: skip
    return {"eventType": kind, "mail": mail, name: {"timestamp": "2026-11-25T09:59:30.000Z", **part}}


def bounce(type_, sub_type="General", status="", said="", feedback="f-1"):
    recipient = {"emailAddress": "joana@example.com"}
    recipient |= {"action": "failed", "status": status, "diagnosticCode": said} if status else {}
    return event("Bounce", bounceType=type_, bounceSubType=sub_type, feedbackId=feedback, bouncedRecipients=[recipient])


@pytest.mark.parametrize(
    ("told", "permanent", "rejection"),
    [
        (bounce("Permanent", status="5.1.1", said="smtp; 550 5.1.1 user unknown"), True, Rejection.ADDRESS),
        (bounce("Permanent", "NoEmail"), True, Rejection.ADDRESS),
        (bounce("Permanent", "OnAccountSuppressionList"), True, Rejection.ADDRESS),
        (bounce("Permanent", "UnsubscribedRecipient"), False, Rejection.OPTED_OUT),
        (bounce("Permanent", status="5.7.1", said="smtp; 550 5.7.1 spam"), False, Rejection.POLICY),
        (bounce("Permanent", status="5.3.4"), False, Rejection.MESSAGE),
        (bounce("Transient", "MailboxFull", status="5.2.2"), False, Rejection.ADDRESS),
        (bounce("Transient", "MessageTooLarge"), False, Rejection.MESSAGE),
        (bounce("Transient", "AttachmentRejected"), False, Rejection.MESSAGE),
        (bounce("Transient", "ContentRejected"), False, Rejection.POLICY),
        (bounce("Transient", "General", status="4.4.7"), False, Rejection.ADDRESS),
        (bounce("Transient", "General"), False, Rejection.CHANNEL),
        (bounce("Undetermined", "Undetermined"), False, Rejection.ADDRESS),
        (bounce("Novelty", "?"), False, Rejection.ADDRESS),
    ],
)
def test_a_bounce_is_hard_soft_or_about_us(told, permanent, rejection):
    """Only a permanent one that is about the address ends writing to it."""
    (receipt,) = heard(told).receipts

    assert (receipt.kind, receipt.permanent, receipt.rejection) == (ReceiptKind.BOUNCED, permanent, rejection)
    assert (receipt.reference, receipt.provider_id) == (REFERENCE, "0100018f-aaaa")
    suppressed = suppression(receipt.kind, permanent=receipt.permanent, rejection=receipt.rejection)
    assert suppressed == ("bounce" if permanent else "")
    assert receipt.at == NOW - 30_000


@pytest.mark.parametrize(
    ("told", "kind", "permanent"),
    [
        (event("Send"), ReceiptKind.SENT, False),
        (event("Delivery", smtpResponse="250 ok"), ReceiptKind.DELIVERED, False),
        (event("Open", userAgent="Mozilla"), ReceiptKind.READ, False),
        (event("Click", link="https://loja.example/"), ReceiptKind.CLICKED, False),
        (event("Complaint", feedbackId="c-1", complaintFeedbackType="abuse"), ReceiptKind.COMPLAINED, False),
        (event("Complaint", feedbackId="c-1"), ReceiptKind.COMPLAINED, False),
        (event("Reject", reason="Bad content"), ReceiptKind.FAILED, True),
        (event("Rendering Failure", errorMessage="Attribute 'x' is not present"), ReceiptKind.FAILED, True),
    ],
)
def test_an_event_is_news_of_our_message(told, kind, permanent):
    """By our reference and by SES's id: one of them is known, whichever comes first."""
    (receipt,) = heard(told).receipts
    assert (receipt.kind, receipt.permanent, receipt.reference) == (kind, permanent, REFERENCE)


@pytest.mark.parametrize(
    "told",
    [
        event("DeliveryDelay", delayType="MailboxFull"),
        "Successfully validated SNS topic for Amazon SES event publishing.",
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "…"},
    ],
)
def test_where_nothing_is_lost_nothing_is_told(told):
    received = heard(told)
    assert (received.receipts, received.passed_over) == ((), 0)


@pytest.mark.parametrize(
    "told",
    [
        event("Complaint", complaintFeedbackType="not-spam"),
        event("Novelty"),
        event("Subscription", newTopicPreferences={"unsubscribeAll": False}),
    ],
)
def test_what_is_not_understood_is_counted(told):
    """With Amazon's own word for it."""
    received = heard(told)
    assert (received.receipts, received.preferences, received.passed_over) == ((), (), 1)
    assert received.unknown == (told["eventType"],)


@pytest.mark.parametrize(
    "told", ["", "hello", "[]", "{}", {"eventType": "Bounce"}, {"eventType": "Bounce", "mail": {}, "bounce": 1}]
)
def test_what_is_no_news_of_ses_is_said_to_be_none(told):
    """It is genuine, and another service publishes there."""
    with pytest.raises(InputError):
        heard(told)


def test_a_notice_of_an_identity_is_read_too():
    """It brings no tags: SES's id names the message."""
    old = event("Bounce", bounceType="Permanent", bounceSubType="General", feedbackId="f-9", bouncedRecipients=[])
    del old["mail"]["tags"]
    old["notificationType"] = old.pop("eventType")
    (receipt,) = heard(old).receipts
    assert (receipt.reference, receipt.provider_id, receipt.permanent) == ("", "0100018f-aaaa", True)


def test_the_same_news_is_the_same_and_other_news_is_other():
    """Two clicks in one second are two; a bounce that is told twice is one."""
    clicks = [heard(event("Click", link=link)).receipts[0].event_key for link in ("a", "b", "a")]
    assert clicks[0] == clicks[2] != clicks[1]
    hard = bounce("Permanent")
    again = {**hard, "notificationType": "Bounce"}
    again.pop("eventType")
    assert heard(hard).receipts[0].event_key == heard(again).receipts[0].event_key
    assert heard(bounce("Permanent", feedback="f-2")).receipts[0].event_key != heard(hard).receipts[0].event_key


def test_who_leaves_by_sess_own_page_has_left():
    """As their word against marketing here. Who comes back there has not asked us."""
    told = event("Subscription", contactList="c", newTopicPreferences={"unsubscribeAll": True})
    (said,) = heard(told).preferences
    assert isinstance(said, Preference)
    assert (said.wanted, said.sender, said.at) == (False, "joana@example.com", NOW - 30_000)


@pytest.mark.parametrize("encoding", ["UTF8", "BASE64"])
def test_a_letter_that_ses_received_is_read(encoding):
    """A receipt rule with an SNS action brings what customers answer."""
    content = base64.b64encode(ANSWER).decode() if encoding == "BASE64" else ANSWER.decode()
    told = {
        "notificationType": "Received", "mail": {"messageId": "x"}, "content": content,
        "receipt": {"action": {"type": "SNS", "encoding": encoding}},
    }  # fmt: skip
    (said,) = heard(told).inbound

    assert (said.sender, said.about) == ("joana@example.com", "0100018f-aaaa")
    assert read_text(said.text).kind is Meaning.OPT_OUT


def test_the_end_of_a_subscription_is_an_alarm():
    """Nobody would notice otherwise that no bounce is told any more."""
    (alarm,) = heard("You have chosen to deactivate", kind="UnsubscribeConfirmation").alarms
    assert TOPIC in alarm
