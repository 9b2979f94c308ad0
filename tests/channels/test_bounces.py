"""What comes back by e-mail, through an account's public functions: bounces, complaints, and words of people."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.channels import InboundKind, Notice, Received, build_adapter
from orchestrator.contract.mail.reports import Fate, fate
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Rejection
from orchestrator.domain.errors import InputError
from orchestrator.domain.receipt import ReceiptKind, suppression
from orchestrator.stop_words import read_text

FOLDER = Path(__file__).parents[1] / "vectors" / "email_bounces"
CASES = json.loads((FOLDER / "expected.json").read_text("utf-8"))["cases"]
NOW = 1_795_600_800_000
SECRET = "volta-4711"
REFERENCE = "msg_01JC9ZK3XQ0123456789ABCDEF"
VERP = f"bounce+{REFERENCE}@bounces.loja.example.com.br"
OURS = f"<{REFERENCE}@loja.example.com.br>"

BOUNCED = ReceiptKind.BOUNCED
# What a class of the vectors means in our words: the news, whether for good, and what it is about.
CLASSES = {
    "hard": (BOUNCED, True, Rejection.ADDRESS),
    "soft": (BOUNCED, False, Rejection.ADDRESS),
    "block": (BOUNCED, False, Rejection.POLICY),
    "content": (BOUNCED, False, Rejection.MESSAGE),
    "delivered": (ReceiptKind.DELIVERED, False, None),
    "complaint": (ReceiptKind.COMPLAINED, False, None),
}


def account(**settings):
    given = {
        "host": "smtp.example", "sender": "Loja Azul <oi@loja.example.com.br>", "inbound_secret": SECRET,
        "bounce_to": "bounce+{reference}@bounces.loja.example.com.br", **settings,
    }  # fmt: skip
    return build_adapter("email_smtp", Channel.EMAIL, given)


ACCOUNT = account()


def heard(raw: bytes | str, adapter=ACCOUNT):
    body = raw if isinstance(raw, bytes) else raw.encode()
    headers = {"x-jogral-secret": SECRET, "content-type": "message/rfc822"}
    return adapter.receive(Notice(method="POST", headers=headers, body=body), NOW)


def letter(text="Oi", **headers):
    given = {"From": "Ana <ana@example.com.br>", "To": "oi@loja.example.com.br", "Message-ID": "<a1@example.com.br>"}
    named = {name.replace("_", "-"): value for name, value in {**given, **headers}.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in named.items()) + f"\r\n{text}\r\n"


def report(*blocks, to="oi@loja.example.com.br", message_id=OURS, sender="MAILER-DAEMON@mx.example"):
    groups = "\r\n\r\n".join("\r\n".join(block) for block in blocks)
    return (
        f"Return-Path: <>\r\nFrom: {sender}\r\nTo: {to}\r\nMessage-ID: <d1@mx.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        f"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{groups}\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--B--\r\n"
    )


def failed(status="5.1.1", to="ana@example.com.br", said="smtp; 550 no", action="failed"):
    return (f"Final-Recipient: rfc822; {to}", f"Action: {action}", f"Status: {status}", f"Diagnostic-Code: {said}")


# --- the vectors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_letter_means_what_the_vectors_say(case):
    """Hard, soft, block, content, nothing lost yet, delivered, a complaint, or an opt-out."""
    received = heard((FOLDER / case["file"]).read_bytes())

    assert received.passed_over == 0
    if case["classification"] == "opt_out":
        (said,) = received.inbound
        assert (said.sender, said.about) == ("ana@example.com.br", "01J9Z3")
        assert read_text(said.text).kind.value == "opt_out"
    elif case["classification"] == "transient":
        assert received == Received()
    else:
        (receipt,) = received.receipts
        assert (receipt.kind, receipt.permanent, receipt.rejection) == CLASSES[case["classification"]]
        assert receipt.reference == "01J9Z3"
        assert "@" not in receipt.detail


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_only_a_dead_address_and_a_complaint_are_suppressed(case):
    """Never a person for our reputation, a full mailbox, or a letter that was too large."""
    receipts = heard((FOLDER / case["file"]).read_bytes()).receipts
    reasons = {suppression(one.kind, permanent=one.permanent, rejection=one.rejection) for one in receipts} - {""}
    assert reasons == {"hard": {"bounce"}, "complaint": {"complaint"}}.get(case["classification"], set())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_what_is_read_twice_is_the_same_news(case):
    """And no two letters of the vectors are the same."""
    first, again = (heard((FOLDER / case["file"]).read_bytes()) for _ in range(2))
    assert first == again


def test_no_two_letters_are_the_same_news():
    received = [heard((FOLDER / case["file"]).read_bytes()) for case in CASES]
    keys = [one.event_key for each in received for one in (*each.receipts, *each.inbound)]
    assert len(set(keys)) == len(keys) == len(CASES) - 2


# --- which message --------------------------------------------------------------------------------------------------


def test_the_envelope_sender_names_the_message():
    """In the case that some servers leave of it, and behind whatever else stands in the head."""
    for to in (VERP, f"<{VERP.lower()}>", f'"Loja" <{VERP}>, other@example.com'):
        (receipt,) = heard(report(failed(), to=to, message_id="<x@y.example>")).receipts
        assert receipt.reference == REFERENCE


@pytest.mark.parametrize(
    "raw",
    [
        report(failed(), message_id="<x@y.example>"),
        report(failed(), message_id=f"<{REFERENCE}@another.example>"),
        report(failed(), to=f"bounce+{REFERENCE}@another.example", message_id="<x@y.example>"),
        report(failed(), message_id=""),
        (FOLDER / "22_arf_complaint.eml").read_text().replace("01J9Z3@", "x@another."),
        letter("550 no such user", From="postmaster@example.net"),
    ],
)
def test_backscatter_is_passed_over(raw):
    """Somebody forged our name, and servers tell us of it: that is nothing of ours."""
    received = heard(raw)
    by_hand = [one for one in received.inbound if one.by_hand]
    assert (received.receipts, by_hand, received.passed_over) == ((), [], 1)


def test_without_an_address_of_its_own_the_message_id_names_it():
    (receipt,) = heard(report(failed()), account(bounce_to="")).receipts
    assert (receipt.reference, receipt.permanent) == (REFERENCE, True)


def test_one_dead_member_does_not_kill_a_list():
    """The address that we wrote to took it, and handed it on to several."""
    receipts = heard(report(failed(to="dead@x.example"), failed("2.0.0", "b@x.example", action="delivered"))).receipts
    assert [(one.kind, one.permanent) for one in receipts] == [(BOUNCED, False), (ReceiptKind.DELIVERED, False)]


def test_a_report_of_many_is_read_to_its_end():
    """What came back stands behind all of them, and names the message."""
    received = heard(report(*[failed(to=f"{number}@x.example") for number in range(150)], to="x@y.example"))
    assert {one.reference for one in received.receipts} == {REFERENCE}


def test_nothing_of_a_letter_reaches_the_log(caplog):
    """A library that reads odd bounces would tell of every one that it stumbles over."""
    heard("From: \udcff <postmaster@x.example>\r\nSubject: \udcff\r\n\r\nJo\udce3o".encode(errors="surrogateescape"))
    heard(b"Return-Path: <>\r\nX-From: ana@example.com\r\n\r\nOi")
    assert not caplog.text


def test_a_report_in_two_languages_of_the_standard_is_read():
    """RFC 6533 has a type of its own, which parsers take for a letter."""
    raw = report(failed(to="josé@exemplo.com.br")).replace("message/delivery-status", "message/global-delivery-status")
    (receipt,) = heard(raw).receipts
    assert receipt.permanent


# --- what a status says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        *((status, "550 no", Fate.HARD) for status in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")),
        *((status, "552 no", Fate.SOFT) for status in ("5.2.2", "4.2.2", "4.4.1", "4.4.7", "5.4.4", "5.1.0")),
        *((status, "550 no", Fate.BLOCK) for status in ("5.7.1", "5.7.26", "5.7.515", "4.7.0", "5.1.8")),
        *((status, "552 no", Fate.CONTENT) for status in ("5.3.4", "5.6.0", "5.6.1", "5.2.3")),
        ("5.0.0", "550 User unknown", Fate.HARD),
        ("", "550 5.1.1 <a@b.example>: no such user", Fate.HARD),
        ("", "550 usuário inexistente", Fate.HARD),
        ("5.0.0", "550 5.7.1 Message rejected as spam", Fate.BLOCK),
        ("5.0.0", "550 blocked by our blacklist", Fate.BLOCK),
        ("5.0.0", "552 message size exceeds limit", Fate.CONTENT),
        ("5.0.0", "551 user not local", Fate.HARD),
        ("5.0.0", "554 transaction failed", Fate.SOFT),
        ("", "", Fate.SOFT),
        ("4.0.0", "450 user unknown for now", Fate.SOFT),
        ("gibberish", "", Fate.SOFT),
    ],
)
def test_a_status_is_about_the_person_the_letter_or_us(status, said, expected):
    assert fate("failed", status, said) is expected
    assert fate("delayed", status, said) is Fate.DELAYED
    assert fate("delivered", status, said) is Fate.DELIVERED


# --- people ---------------------------------------------------------------------------------------------------------


def test_what_a_person_writes_is_their_word():
    (said,) = heard(letter("SAIR", In_Reply_To=OURS)).inbound
    assert (said.kind, said.sender, said.text.strip(), said.about) == (
        InboundKind.TEXT, "ana@example.com.br", "SAIR", REFERENCE,
    )  # fmt: skip


def test_a_person_who_writes_to_where_bounces_come_is_heard():
    """Their program answered to the wrong address; their STOP is a STOP."""
    (said,) = heard(letter("Quero sair da lista", To=VERP)).inbound
    assert read_text(said.text).ends


@pytest.mark.parametrize("headers", [{"To": VERP}, {"From": "postmaster@padaria.example"}])
def test_a_stop_that_looks_like_a_bounce_is_both(headers):
    """A number that servers use stands in many a letter: whoever is right, nothing is lost."""
    received = heard(letter("Quero sair da lista. Pedido: 550 ainda aberto", In_Reply_To=OURS, **headers))
    (said,) = received.inbound
    assert (read_text(said.text).ends, said.by_hand) == (True, False)
    assert [one.kind for one in received.receipts] == [BOUNCED]


def test_words_stand_in_html_too():
    """Without what was quoted: our own "responda SAIR" is in there."""
    raw = letter(
        "<style>p{}</style><p>Cad&ecirc; meu pedido?</p><blockquote>Responda SAIR</blockquote>",
        Content_Type="text/html",
    )
    (said,) = heard(raw).inbound
    assert said.text == "Cadê meu pedido?"


def test_an_empty_letter_says_what_its_subject_says():
    """As a link to write to us leaves it."""
    (said,) = heard(letter("", Subject="=?utf-8?q?N=C3=A3o_quero_mais_receber?=")).inbound
    assert said.text == "Não quero mais receber"


def test_a_subject_is_told_where_it_is_the_writers_own():
    """That of an answer is ours, and says nothing of theirs."""
    (said,) = heard(letter("Enviado do meu iPhone", Subject="SAIR")).inbound
    assert (said.subject, said.text.strip()) == ("SAIR", "Enviado do meu iPhone")
    for ours in ({"Subject": "Re: Como sair da lista"}, {"Subject": "Para sair da lista", "In_Reply_To": OURS}):
        (said,) = heard(letter("Adorei o kit!", **ours)).inbound
        assert said.subject == ""


def test_the_same_message_id_under_other_words_is_other_news():
    """Its writer makes it: whoever uses one again still says something new."""
    first, second = (heard(letter(text)).inbound[0].event_key for text in ("Oi", "SAIR"))
    assert first != second


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"Content_Type": "multipart/report; report-type=disposition-notification"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@mx.example"},
        {"From": "Loja Azul <OI@loja.example.com.br>"},
        {"From": "nobody"},
        {"To": VERP, "Auto_Submitted": "auto-replied"},
    ],
)
def test_a_machine_says_nothing_for_anybody(headers):
    """Somebody is away, a newsletter came, or our own letter came back: nobody has said SAIR."""
    assert heard(letter("Estou de férias. SAIR", **headers)) == Received()


@pytest.mark.parametrize(
    "headers",
    [
        {"List_Id": "<familia.example.com>"},
        {"List_Unsubscribe": "<https://x.example/>"},
        {"Precedence": "list"},
        {"From": "postmaster@padaria.example"},
        {"From": "maildelivery-joao@padaria.example"},
    ],
)
def test_what_may_be_a_persons_is_told_with_that_doubt(headers):
    """A list passes on what its member writes, and who runs a small shop reads its postmaster's letters."""
    (said,) = heard(letter("SAIR", **headers)).inbound
    assert (said.text.strip(), said.by_hand) == ("SAIR", False)


def test_a_complaint_with_all_else_taken_out_names_its_message_by_the_link():
    """Mailbox providers hide whom a complaint is of; the way out of the letter is still in it."""
    raw = (FOLDER / "22_arf_complaint.eml").read_text().replace("01J9Z3@", "x@another.")
    link = "List-Unsubscribe: <https://loja.example/u/k1.AbC_dEf-123>\nSubject: Seu carrinho\nDate"
    received = heard(raw.replace("Subject: Seu carrinho\nDate", link))
    ((token, complaint),) = received.linked
    assert (token, complaint.kind, received.receipts) == ("k1.AbC_dEf-123", ReceiptKind.COMPLAINED, ())


@pytest.mark.parametrize(
    "headers",
    [
        {"Date": "Sat, 21 Mar 2026 15:30:00 -0300"},
        {"Message_ID": "", "Received": "from mx1 by mx2; Sat, 21 Mar 2026 15:30:00 -0300"},
    ],
)
def test_a_second_stop_is_another_one_though_its_id_is_used_or_missing(headers):
    """Between the two they came back: who passes over the second goes on writing to them."""
    later = {name: value.replace("21 Mar", "22 Apr") for name, value in headers.items()}
    first, second = letter("SAIR", **headers), letter("SAIR", **later)
    assert heard(first).inbound[0].event_key == heard(first).inbound[0].event_key
    assert heard(first).inbound[0].event_key != heard(second).inbound[0].event_key


def test_a_date_that_has_not_come_yet_is_now():
    """A clock that is ahead must not make a STOP something of the future."""
    for date in ("Sat, 21 Nov 2099 15:30:00 -0300", "yesterday", ""):
        (said,) = heard(letter("SAIR", Date=date)).inbound
        assert said.at == NOW


def test_a_complaint_that_says_the_contrary_is_none():
    raw = (FOLDER / "22_arf_complaint.eml").read_text().replace("Type: abuse", "Type: not-spam")
    received = heard(raw)
    assert (received.receipts, received.unknown) == ((), ("not-spam",))


# --- strangers ------------------------------------------------------------------------------------------------------

DEEP = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(1_200))


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"no header", b"\xff\xfe\x00", DEEP.encode()])
def test_what_is_no_letter_is_said_to_be_none(raw):
    """Or is read as nothing; nothing else is raised."""
    with contextlib.suppress(InputError):
        assert not heard(raw).receipts


@given(place=st.integers(0, 2_000), byte=st.integers(0, 255), case=st.sampled_from(CASES))
def test_a_broken_letter_breaks_nothing(place, byte, case):
    """One byte is another; what comes out is news, or an error that says so."""
    raw = bytearray((FOLDER / case["file"]).read_bytes())
    raw[place % len(raw)] = byte
    try:
        received = heard(bytes(raw))
    except InputError:
        return
    by_hand = [one for one in received.inbound if one.by_hand]
    assert len(received.receipts) + len(by_hand) + received.passed_over <= 1
