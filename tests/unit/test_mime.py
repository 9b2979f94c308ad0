"""The hand-made MIME message, read back by the standard library's parser."""

from __future__ import annotations

from email import policy
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.channels import SmtpCall, build_adapter
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.domain.message import Purpose, Rendered

NOW = 1_795_600_800_000  # 2026-11-25T10:00:00Z
HEADERS = {"Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted"}

# Whole characters only: half a surrogate pair is refused, and has its own test.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
# Line breaks are refused in headers; the other controls are nothing that a renderer lets through, and the parser
# itself would normalise them.
header_texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200)
hostile = st.sampled_from(
    [
        "=?UTF-8?B?b2k=?=",
        '"Casa" <intruso@example.net>,',
        "Bcc: alguem@example.net",
        "a" * 200,
        "ção " * 40,
        "👩\u200d🚀" * 30,
        "  dois  espaços  ",
        "=?x?",
        "?=",
        "\u00a0",
        "\\",
        "(comentário)",
        "--=_jogral_=--",
    ]
)
subjects = st.one_of(hostile, st.builds(str.__add__, header_texts, st.one_of(st.just(""), hostile)))


def mail(
    *,
    subject="Seu pedido chega amanhã",
    text="Olá!",
    html="<p>Olá!</p>",
    to="joana@example.com",
    reference="msg_01JC9ZK3XQ",
    purpose=Purpose.TRANSACTIONAL,
    unsubscribe_url="",
    **settings,
) -> SmtpCall:
    given_settings = {"host": "smtp.example.com", "sender": "Casa Lume <oi@casalume.example>", **settings}
    adapter = build_adapter("email_smtp", Channel.EMAIL, given_settings)
    rendered = Rendered(
        message="order_shipped", channel=Channel.EMAIL, locale="pt-BR", text=text, subject=subject, html=html
    )
    delivery = Delivery(
        reference=reference,
        customer_id="cus_1",
        object_id="order_1",
        channel=Channel.EMAIL,
        address=Address(id="adr_1", kind=AddressKind.EMAIL, value=to),
        purpose=purpose,
        topic="order_updates",
        rendered=rendered,
        unsubscribe_url=unsubscribe_url,
    )
    call = adapter.call(delivery, NOW, bytes)
    assert isinstance(call, SmtpCall)
    return call


def read(call: SmtpCall):
    return BytesParser(policy=policy.default).parsebytes(call.message)


def lines_of(text: str) -> str:
    """As any mail reader shows it: all line breaks alike, and none that matters at the end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def content_of(part) -> str:
    return lines_of(part.get_payload(decode=True).decode())


@given(subject=subjects, text=texts, html=texts.filter(bool))
def test_reading_back_gives_what_was_written(subject, text, html):
    """Subject, text and HTML survive; there is one To, no Bcc, and no header that we did not write."""
    call = mail(subject=subject, text=text, html=html)
    message = read(call)
    plain, rich = message.iter_parts()

    assert message["Subject"] == subject.strip(" ") or message["Subject"] == subject
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    assert content_of(plain) == lines_of(text)
    assert content_of(rich) == lines_of(html)
    assert set(message.keys()) == HEADERS
    assert len(message.keys()) == len(HEADERS)
    assert message["To"] == "joana@example.com"


@given(subject=subjects, text=texts, html=texts)
def test_every_line_is_short_and_ends_in_crlf(subject, text, html):
    """Lines have at most 76 characters, nothing is 8-bit, and no CR or LF stands alone."""
    message = mail(subject=subject, text=text, html=html).message

    assert message.isascii()
    assert message.endswith(b"\r\n")
    lines = message.split(b"\r\n")
    assert not [line for line in lines if b"\r" in line or b"\n" in line]
    assert max(len(line) for line in lines) <= 76


@given(subject=subjects)
def test_encoded_words_are_whole(subject):
    """Each encoded word has at most 75 characters and decodes alone: no character is split over two."""
    header = mail(subject=subject).message.partition(b"Subject: ")[2].partition(b"\r\nMessage-ID")[0].decode()
    for word in header.split("\r\n "):
        if word.startswith("=?UTF-8?B?"):
            assert len(word) <= 75
            assert read_subject(word)


def read_subject(word: str) -> str:
    import base64  # noqa: PLC0415  # only this test looks inside a word

    return base64.b64decode(word.removeprefix("=?UTF-8?B?").removesuffix("?=")).decode()


@given(name=st.one_of(hostile, header_texts))
def test_the_sender_keeps_its_name_and_address(name):
    """A display name cannot become a second mailbox."""
    message = read(mail(sender=f"{name} <oi@casalume.example>"))

    (mailbox,) = message["From"].addresses
    assert mailbox.addr_spec == "oi@casalume.example"
    # Python 3.11 reads a space between the encoded words of a name (not of a subject): spaces are not compared.
    assert "".join(mailbox.display_name.split()) == "".join(name.strip().strip('"').split())


def test_marketing_says_where_one_click_ends_it():
    """Both headers of RFC 8058, each on one line however long: a server that folds one may break the signature."""
    url = f"https://loja.example/u/k1.{'A' * 240}"
    call = mail(purpose=Purpose.MARKETING, unsubscribe_url=url)
    message = read(call)

    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in call.message
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in call.message
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_body(("plain",)) is not None
    assert not [name for name in read(mail()) if name.startswith("List-")]


@pytest.mark.parametrize("control", ["\r", "\n", "\r\n", "\x00", "\r\nBcc: alguem@example.net"])
def test_line_breaks_in_headers_are_refused(control):
    """CR, LF and NUL never reach a header."""
    with pytest.raises(InputError, match="line break"):
        mail(subject=f"Oi{control}")
    with pytest.raises(InputError):
        mail(unsubscribe_url=f"https://loja.example/u/k1.A{control}")
    with pytest.raises(InputError):
        mail(to=f"joana@example.com{control}")
    with pytest.raises(InputError):
        mail(reference=f"msg_1{control}")
    with pytest.raises(ConfigurationError):
        mail(sender=f"Casa{control}Lume <oi@casalume.example>")
    with pytest.raises(ConfigurationError):
        mail(reply_to=f"oi@casalume.example{control}")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "joana",
        "@example.com",
        "joana@",
        "a@example.com,b@example.com",
        "a@example.com> <b@example.com",
        "a b@example.com",
        '"a b"@example.com',
        "a@@example.com",
        "joão@example.com",
        "a@exam ple.com",
        "a@-example.com",
        "a@[127.0.0.1]",
        f"{'a' * 65}@example.com",
    ],
)
def test_only_one_plain_address_is_written_to(address):
    """What could be read as two addresses, or cannot be delivered, is refused."""
    with pytest.raises(InputError, match=r"cannot be written to|not a domain"):
        mail(to=address)


def test_domains_travel_as_punycode():
    """An IDN domain is written in ASCII, in the envelope and in the header."""
    call = mail(to="joana@são-josé.example")

    assert call.recipient == "joana@xn--so-jos-3ta7c.example"
    assert read(call)["To"] == call.recipient


@pytest.mark.parametrize("domain", ["straße.example", "βόλος.example", "a\u200db.example"])
def test_domains_that_idna_2003_would_change_are_refused(domain):
    """`straße` must not become `strasse`, which is somebody else's domain."""
    with pytest.raises(InputError, match="not a domain"):
        mail(to=f"joana@{domain}")


def test_half_characters_are_refused():
    """A lone surrogate is broken data, in a subject and in a text."""
    for where in ("subject", "text", "html"):
        with pytest.raises(InputError, match="half a character"):
            mail(**{where: "Oi \ud83d"})


def test_headers_say_who_when_and_which():
    """Date is the hour of the call, Message-ID the reference at the sender's domain, Reply-To what was set."""
    message = read(mail(reply_to="Atendimento Casa Lume <atendimento@casalume.example>"))

    assert parsedate_to_datetime(message["Date"]).timestamp() * 1000 == NOW
    assert message["Message-ID"] == "<msg_01JC9ZK3XQ@casalume.example>"
    assert message["Reply-To"] == "Atendimento Casa Lume <atendimento@casalume.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["MIME-Version"] == "1.0"


def test_marketing_is_not_called_automatic():
    """`Auto-Submitted` is for transactional mail."""
    assert "Auto-Submitted" not in read(mail(purpose=Purpose.MARKETING))


def test_the_envelope_sender_takes_bounces():
    """It is the address in `sender` unless `bounce_to` says otherwise."""
    assert mail().sender == "oi@casalume.example"
    assert mail(bounce_to="volta@bounces.casalume.example").sender == "volta@bounces.casalume.example"


def test_a_message_without_html_is_plain():
    """Then there is one part, not a multipart of one."""
    message = read(mail(html=""))

    assert message.get_content_type() == "text/plain"
    assert content_of(message) == "Olá!"
