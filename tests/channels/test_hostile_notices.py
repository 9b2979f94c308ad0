"""What strangers write into notices, signed or not: nobody is kept waiting by it, and nothing of it breaks a reader."""

from __future__ import annotations

import json
import time

import pytest

from orchestrator.channels import HttpAnswer, Notice, SmtpAnswer, build_adapter
from orchestrator.contract.ses_events import news
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, Refused
from tests.channels.genuine import GENUINE, NOW, SECRET

HALF = "\ud800"
"""Half a character: JSON can say it, and nothing can keep it."""

# A second for the slowest machine; what grows with the square of a letter takes minutes.
SOON_SECONDS = 2.0


def letter(body: bytes, kind: bytes = b"text/plain", subject: bytes = b"") -> bytes:
    return (
        b"From: ana@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: " + subject + b"\r\nContent-Type: " + kind
        + b"\r\n\r\n" + body
    )  # fmt: skip


def heard(raw: bytes) -> str:
    """What a person wrote in a letter, and that it was read soon."""
    began = time.perf_counter()
    notice = Notice(method="POST", headers={"x-jogral-secret": SECRET}, body=raw)
    (said,) = GENUINE["email_smtp"]().adapter.receive(notice, NOW).inbound
    assert time.perf_counter() - began < SOON_SECONDS
    return said.text


# --- letters: anybody can write one -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "many",
    [
        b"<a ",
        b"<!--",
        b"<",
        b"</a",
        b"<a href='",
        b"<![CDATA[",
        b"<style></",
        b"<blockquote>",
        b"<a '\"",
        b"&#",
        b"&#9",
        b"<p>\n",
    ],
)
def test_html_that_never_ends_takes_no_longer_than_any_other(many):
    """One letter of such tags kept everybody else waiting for a minute, their STOPs too."""
    assert heard(letter(b"<p>SAIR</p>" + many * (300_000 // len(many)), b"text/html")).startswith("SAIR")


def test_letters_inside_letters_end_somewhere():
    """Each line is compared with every border that is still open."""
    parts = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (at, at + 1) for at in range(900)
    )
    body = b"--b0\r\nContent-Type: text/plain\r\n\r\nSAIR\r\n" + parts + b"\n" * 400_000
    assert heard(letter(body, b"multipart/mixed; boundary=b0")).strip() == "SAIR"


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        (b"utf-7", b"SAIR +2AA-"),
        (b"unicode_escape", b"SAIR \\ud800\\x00"),
        (b"raw-unicode-escape", b"SAIR \\ud800"),
        (b"punycode", b"SAIR -" + b"ba" * 200_000),
        (b"idna", b"SAIR"),
        (b"no-such-thing", b"SAIR \xff"),
    ],
)
def test_no_charset_makes_text_that_cannot_be_kept(charset, body):
    """Some that Python knows are none of mail's: they make half characters, or take their time."""
    for raw in (letter(body, b"text/plain; charset=" + charset), letter(b"", subject=b"=?%b?q?SAIR_+2AA-?=" % charset)):
        text = heard(raw)
        assert text.startswith("SAIR")
        assert "\0" not in text
        text.encode()


# --- signatures that are no text --------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", sorted(GENUINE))
def test_a_signature_of_half_a_character_is_a_wrong_one(provider):
    genuine = GENUINE[provider]()
    for part in genuine.covers:
        if part not in ("body", "url"):
            notice = genuine.notices[0]
            with pytest.raises(Refused):
                genuine.adapter.receive(
                    Notice(method="POST", headers={**notice.headers, part: HALF}, body=notice.body, url=notice.url), NOW
                )


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        ("mailgun", {"signature": {"timestamp": str(NOW // 1000), "token": "t", "signature": HALF}}),
        ("mailgun", {"signature": {"timestamp": HALF, "token": HALF, "signature": "ab"}}),
        ("vonage", {"sig": HALF, "status": HALF}),
    ],
)
def test_nor_does_one_in_a_body(signature, body):
    receipts = {"signature": signature, "provider_id_at": "id", "status_at": "status", "words": {"ok": "delivered"}}
    settings = {"url": "https://api.provider.example/v1", "receipts": receipts, "receipts_secret": SECRET}
    adapter = build_adapter("webhook", Channel.SMS, settings)
    with pytest.raises(Refused):
        adapter.receive(Notice(method="POST", headers={}, body=json.dumps(body).encode()), NOW)


def test_news_of_ses_whose_kind_is_no_word_is_told_to_be_unreadable():
    with pytest.raises(InputError):
        news('{"eventType": ["Bounce"], "mail": {}}', GENUINE["email_ses"]().adapter.mailroom, NOW)


# --- pages that are none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<!-- Responda SAIR --><!--[if mso]>SAIR<![endif]-->Oi", "Oi"),
        (
            "<!DOCTYPE html><HTML><Head><Title>SAIR</Title></Head><BODY title='a > b'>Oi<br/>Ana<p don't></BODY>",
            "Oi\nAna",
        ),
        ("<STYLE>p > a { content: '<b>SAIR' }</STYLE >Oi", "Oi"),
        ("<blockquote>a<blockquote>b</blockquote>Responda SAIR</blockquote>Oi", "Oi"),
        ("Oi </blockquote> 1 < 2 &amp; 3 &gt; 2 &#x1F600;", "Oi  1 < 2 & 3 > 2 😀"),
        ("Oi <!-- SAIR", "Oi"),
        ("Oi &#" + "9" * 5_000, "Oi &#" + "9" * 5_000),
    ],
)
def test_what_a_page_shows_is_what_was_written(page, said):
    """What is quoted is ours, and our own letters say SAIR: a quote within a quote ends nothing but itself."""
    assert heard(letter(page.encode(), b"text/html; charset=utf-8")) == said


# --- whom an answer repeats -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 404, 422, 429, 500])
@pytest.mark.parametrize("provider", ["email_ses", "sms_twilio", "sms_zenvia", "webhook", "whatsapp_cloud"])
def test_what_a_provider_says_is_kept_without_whom_it_says_it_of(provider, status):
    """It is read in explanations, by people who must not see addresses."""
    email = "" if provider == "whatsapp_cloud" else "ana@example.com"
    body = json.dumps({"problem": f"{email} +5511987654321 and 5511987654321 are no good"}).encode()
    outcome = GENUINE[provider]().adapter.outcome(HttpAnswer(status, {}, body))
    assert "ana@" not in outcome.detail
    assert "98765" not in outcome.detail


def test_a_word_without_end_is_read_to_its_end():
    """By whoever refuses a letter, and says it to SES or to us."""
    began = time.perf_counter()
    GENUINE["email_smtp"]().adapter.outcome(SmtpAnswer(550, "a" * 300_000))
    assert time.perf_counter() - began < SOON_SECONDS


def test_a_mail_server_repeats_nobodys_address():
    said = "5.1.1 <ana@example.com>: Recipient address rejected: ana@example.com is unknown"
    outcome = GENUINE["email_smtp"]().adapter.outcome(SmtpAnswer(550, said))
    assert outcome.detail == "550 5.1.1 <***>: Recipient address rejected: *** is unknown"
