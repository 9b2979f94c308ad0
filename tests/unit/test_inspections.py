"""What the doctor asks providers, and what it makes of their answers. Nothing here needs a network."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orchestrator.channels import Capabilities, HttpAnswer, HttpCall, NoAnswer, Token
from orchestrator.contract.calls import Grant
from orchestrator.contract.inspections import Verdict, inspections_of
from orchestrator.contract.inspections.grants import of_grant
from orchestrator.contract.inspections.look_up import of_look_up
from orchestrator.contract.inspections.sender_domain import Sender, Unanswered, aligned, dkim, dmarc, registered, spf
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind

SETTINGS = {
    "email_ses": {
        "region": "sa-east-1", "access_key": "AKIA1", "secret_key": "s3cret", "sender": "Casa <oi@casalume.example>",
    },
    "sms_twilio": {"account_sid": "AC1", "auth_token": "t0ken", "api_key": "SK1", "api_secret": "s3cret"},
    "sms_zenvia": {"token": "t0ken"},
    "whatsapp_cloud": {
        "phone_number_id": "123", "business_account_id": "456", "token": "t0ken", "app_secret": "s3cret",
    },
}  # fmt: skip

GOOD, NOTE, BAD, UNREACHABLE = Verdict.GOOD, Verdict.NOTE, Verdict.BAD, Verdict.UNREACHABLE


def answered(status, document=None, body=b""):
    """An answer with this document."""
    return HttpAnswer(status, {}, json.dumps(document).encode() if document is not None else body)


def inspection(adapter, name="credentials"):
    """One of an adapter's."""
    return next(one for one in inspections_of(adapter, SETTINGS[adapter]) if one.name == name)


# --- calls ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", SETTINGS)
def test_every_question_only_reads(adapter):
    """GET, with nothing to store; and to another host where a base URL stands in for the provider's."""
    settings = {**SETTINGS[adapter], "base_url": "http://127.0.0.1:9/"}
    for one in inspections_of(adapter, settings):
        call = one.ask(1_764_000_000_000)
        assert (call.method, call.body) == ("GET", b"")
        assert call.url.startswith("http://127.0.0.1:9/")
        assert any(name in call.headers for name in ("Authorization", "X-API-TOKEN"))


@pytest.mark.parametrize("adapter", SETTINGS)
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (NoAnswer("timeout", in_doubt=True, detail="no answer within 3 s"), UNREACHABLE),
        (NoAnswer("dns", in_doubt=False), UNREACHABLE),
        (answered(401, {"message": "no"}), BAD),
        (answered(403, {"message": "no"}), BAD),
        (answered(429), NOTE),
        (answered(500), UNREACHABLE),
        (answered(503), UNREACHABLE),
        (answered(404, {}), BAD),
        (answered(302), BAD),
        (answered(200, body=b"<html>Welcome to your router</html>"), BAD),
    ],
)
def test_an_answer_that_is_no_yes_is_never_good(adapter, answer, verdict):
    """Wrong credentials are bad, silence and 5xx are unreachable, and each says what to do."""
    for one in inspections_of(adapter, SETTINGS[adapter]):
        seen = one.read(answer)
        assert seen.verdict is verdict, one.name
        assert seen.remedy or verdict is NOTE


@pytest.mark.parametrize(
    ("adapter", "name", "said", "verdict"),
    [
        ("sms_twilio", "credentials", {"status": "active", "type": "Full"}, GOOD),
        ("sms_twilio", "credentials", {"status": "active", "type": "Trial"}, NOTE),
        ("sms_twilio", "credentials", {"status": "suspended"}, BAD),
        ("sms_twilio", "credentials", {}, BAD),
        ("email_ses", "credentials", {"SendingEnabled": True, "ProductionAccessEnabled": True}, GOOD),
        ("email_ses", "credentials", {"SendingEnabled": True, "ProductionAccessEnabled": False}, NOTE),
        ("email_ses", "credentials", {"SendingEnabled": False}, BAD),
        ("email_ses", "credentials", {"SendingEnabled": True, "EnforcementStatus": "PROBATION"}, NOTE),
        ("email_ses", "credentials", {"SendingEnabled": True, "EnforcementStatus": "SHUTDOWN"}, BAD),
        ("email_ses", "identity", {"VerifiedForSendingStatus": True, "DkimAttributes": {"Status": "SUCCESS"}}, GOOD),
        ("email_ses", "identity", {"VerifiedForSendingStatus": True, "DkimAttributes": {"Status": "PENDING"}}, BAD),
        ("email_ses", "identity", {"VerifiedForSendingStatus": False}, BAD),
        ("whatsapp_cloud", "credentials", {"data": {"is_valid": False, "error": {"message": "expired"}}}, BAD),
        ("whatsapp_cloud", "credentials", {"data": {"is_valid": True, "scopes": ["whatsapp_business_messaging"]}}, BAD),
        ("whatsapp_cloud", "number", {"display_phone_number": "+55 11 9", "quality_rating": "GREEN"}, GOOD),
        ("whatsapp_cloud", "number", {"quality_rating": "RED"}, NOTE),
        ("whatsapp_cloud", "number", {"code_verification_status": "NOT_VERIFIED"}, BAD),
        ("whatsapp_cloud", "business account", {"name": "Casa Lume", "account_review_status": "APPROVED"}, GOOD),
        ("whatsapp_cloud", "business account", {"account_review_status": "REJECTED"}, BAD),
        ("whatsapp_cloud", "subscription", {"data": []}, BAD),
        ("whatsapp_cloud", "subscription", {"data": [{"whatsapp_business_api_data": {}}]}, GOOD),
    ],
)
def test_what_a_provider_says_of_an_account_is_told(adapter, name, said, verdict):
    assert inspection(adapter, name).read(answered(200, said)).verdict is verdict


def test_zenvia_says_what_is_subscribed_to():
    """Its yes is a list; a subscription of another channel is none of ours."""
    both = [{"eventType": kind, "criteria": {"channel": "sms"}} for kind in ("MESSAGE", "MESSAGE_STATUS")]
    other = [{**one, "criteria": {"channel": "whatsapp"}} for one in both]
    read = inspection("sms_zenvia").read

    assert read(answered(200, both)).verdict is GOOD
    assert read(answered(200, both[:1])).verdict is NOTE
    assert read(answered(200, other)).verdict is NOTE
    assert read(answered(200, [])).verdict is NOTE


def test_whatsapp_looks_at_the_fields_of_the_app_once_it_knows_the_app():
    """Without user_preferences nobody hears that a person ended marketing in WhatsApp."""
    scopes = ["whatsapp_business_messaging", "whatsapp_business_management"]
    token = {"data": {"is_valid": True, "app_id": "789", "scopes": scopes, "expires_at": 0}}
    seen = inspection("whatsapp_cloud").read(answered(200, token))
    (fields,) = seen.further

    assert seen.verdict is GOOD
    assert fields.ask(0).headers["Authorization"] == "Bearer 789|s3cret"
    subscribed = {"object": "whatsapp_business_account", "callback_url": "https://x.example", "fields": [
        {"name": name} for name in (
            "messages", "message_template_status_update", "message_template_quality_update",
            "template_category_update", "user_preferences", "account_update",
        )
    ]}  # fmt: skip
    assert fields.read(answered(200, {"data": [subscribed]})).verdict is GOOD
    missing = fields.read(answered(200, {"data": [{**subscribed, "fields": [{"name": "messages"}]}]}))
    assert missing.verdict is BAD
    assert "user_preferences" in missing.told


def test_a_grant_is_asked_for_and_then_tried_without_sending():
    """FCM: a token, and a message that is only validated; the device is made up, so a no about it is a yes."""
    asking = HttpCall("POST", "https://oauth.example/token", {}, b"")
    grant = Grant("key", lambda _seconds: asking, lambda answer: Token("tok", 3600) if b"tok" in answer.body else None)
    call = HttpCall("POST", "https://fcm.example/send", {"Content-Type": "application/json"},
                    b'{"message":{"token":"doctor"}}', grant=grant)  # fmt: skip
    credentials = of_grant(grant, call)

    assert credentials.read(answered(400, {"error": "invalid_grant"})).verdict is BAD
    seen = credentials.read(answered(200, {"access_token": "tok"}))
    (project,) = seen.further
    tried = project.ask(0)
    assert seen.verdict is GOOD
    assert json.loads(tried.body) == {"message": {"token": "doctor"}, "validate_only": True}
    assert tried.headers["Authorization"] == "Bearer tok"
    assert tried.grant is None
    assert project.read(answered(400, {"error": {"status": "INVALID_ARGUMENT"}})).verdict is GOOD
    assert project.read(answered(403, {"error": {"status": "PERMISSION_DENIED"}})).verdict is BAD
    assert project.read(answered(404, {"error": {"status": "NOT_FOUND"}})).verdict is BAD


@dataclass
class Asked:
    """An adapter that can be asked, and makes this of the answer."""

    ended: Outcome
    can = Capabilities(channels=frozenset({Channel.SMS}), looks_up=True)

    def look_up(self, reference):
        return HttpCall("GET", f"https://x.example/{reference}", {}, b"")

    def found(self, _answer):
        return self.ended


@pytest.mark.parametrize(
    ("kind", "verdict"), [(OutcomeKind.NOT_SENT, GOOD), (OutcomeKind.UNKNOWN, BAD), (OutcomeKind.SENT, BAD)]
)
def test_a_look_up_must_say_no_to_what_never_was(kind, verdict):
    """A typo in look_up.url leaves every doubt a doubt: it is found before there is one."""
    (one,) = of_look_up(Asked(Outcome(kind)))

    assert one.read(answered(200, {})).verdict is verdict


# --- the DNS --------------------------------------------------------------------------------------------------------

SENDER = Sender(domain="casalume.example", bounce_domain="bounces.casalume.example", selector="s1")


def judge(ask, records, sender=SENDER):
    """What is seen of a domain with these TXT records."""

    async def look(name):
        found = records.get(name, [])
        if found is None:
            raise Unanswered(name)
        return [found] if isinstance(found, str) else found

    return asyncio.run(ask(look, sender))


def key(bits):
    """A DKIM record with a key of so many bits."""
    public = rsa.generate_private_key(65537, bits).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


AT = "bounces.casalume.example"


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ({AT: "v=spf1 ip4:192.0.2.1 -all"}, GOOD),
        ({AT: ["google-site-verification=1", "v=spf1 ip4:192.0.2.1 ~all"]}, GOOD),
        ({}, BAD),
        ({AT: "v=spf10 -all"}, BAD),
        ({AT: ["v=spf1 -all", "v=spf1 ~all"]}, BAD),
        ({AT: "v=spf1 +all"}, BAD),
        ({AT: "v=spf1 all"}, BAD),
        ({AT: "v=spf1 ip4:192.0.2.1"}, BAD),
        ({AT: "v=spf1 include:none.example -all"}, BAD),
        ({AT: "v=spf1 include:a.example -all", "a.example": "v=spf1 a mx ptr include:b.example -all",
          "b.example": "v=spf1 exists:%{i}.x.example -all"}, GOOD),
        ({AT: "v=spf1 " + "a:h.example " * 10 + "-all"}, GOOD),
        ({AT: "v=spf1 " + "a:h.example " * 11 + "-all"}, BAD),
        ({AT: "v=spf1 " + " ".join(f"include:i{n}.example" for n in range(6)) + " -all",
          **{f"i{n}.example": "v=spf1 mx -all" for n in range(6)}}, BAD),
        ({AT: "v=spf1 redirect=r.example", "r.example": "v=spf1 ip4:192.0.2.1 -all"}, GOOD),
        ({AT: f"v=spf1 include:{AT} -all"}, GOOD),
    ],
)  # fmt: skip
def test_spf_is_read_as_receivers_do(records, verdict):
    """One record, an end, includes that exist, and at most ten further questions, those of includes counted."""
    assert judge(spf, records).verdict is verdict


def test_spf_of_another_domain_says_nothing_for_the_sender():
    """It passes, and DMARC does not count it."""
    sender = Sender(domain="casalume.example", bounce_domain="amazonses.com")

    assert judge(spf, {"amazonses.com": "v=spf1 ip4:192.0.2.1 -all"}, sender).verdict is NOTE


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (key(2048), GOOD),
        (key(1024), NOTE),
        ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", GOOD),
        ("v=DKIM1; p=", BAD),
        ("v=DKIM1; k=rsa; p=MIGfMA0GCSq", BAD),
        ([], BAD),
    ],
)
def test_dkim_is_a_key_that_can_be_read(record, verdict):
    assert judge(dkim, {"s1._domainkey.casalume.example": record}).verdict is verdict


def test_a_selector_that_nobody_named_is_asked_for():
    assert judge(dkim, {}, Sender(domain="a.example", bounce_domain="a.example")).verdict is NOTE


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ({"_dmarc.mail.shop.example": "v=DMARC1; p=reject"}, GOOD),
        ({"_dmarc.shop.example": "v=DMARC1; p=quarantine"}, GOOD),
        ({"_dmarc.shop.example": "v=DMARC1; p=reject; sp=none"}, NOTE),
        ({"_dmarc.mail.shop.example": "v=DMARC1; p=none; rua=mailto:x@shop.example"}, NOTE),
        ({"_dmarc.mail.shop.example": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, BAD),
        ({"_dmarc.mail.shop.example": "v=DMARC1"}, BAD),
        ({}, BAD),
    ],
)
def test_dmarc_is_found_where_receivers_find_it(records, verdict):
    """At the domain itself, else at the one that was registered, whose `sp` counts then."""
    sender = Sender(domain="mail.shop.example", bounce_domain="mail.shop.example")

    assert judge(dmarc, records, sender).verdict is verdict


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("mail.casalume.com.br", "casalume.com.br"),
        ("casalume.com.br", "casalume.com.br"),
        ("a.b.shop.example", "shop.example"),
        ("x.loja.co.uk", "loja.co.uk"),
        ("nic.br", "nic.br"),
    ],
)
def test_the_registered_part_of_a_domain(domain, expected):
    assert registered(domain) == expected
    assert aligned(domain, f"bounces.{expected}")
    assert not aligned(domain, "another.example")
