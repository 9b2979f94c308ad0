"""One click ends exactly what was meant, and nothing but a click does (RFC 8058; reliability, S3)."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import replace

import pytest

from orchestrator.dispatch.identity import merge
from orchestrator.tokens import TokenPurpose
from tests.doors.public.visiting import ORDER, PATHS

# What opens links before people do.
PROGRAMS = [
    {},
    {"User_Agent": "Mozilla/5.0 (compatible; MailScanner/5.4)"},
    {"User_Agent": "GoogleImageProxy", "Via": "1.1 mailproxy"},
    {"Sec_Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch", "X_Moz": "prefetch"},
]


def test_a_hundred_programs_that_open_every_link_change_nothing(live):
    """GET, HEAD and OPTIONS of every page, as scanners and prefetching browsers send them."""
    live.agreed("offers", "email", "sms")
    before = live.history
    links = [live.link(purpose) for purpose in PATHS]
    asked = [
        (method, link, None, dict(program))
        for _, program, method, link in itertools.product(range(2), PROGRAMS, ("GET", "HEAD", "OPTIONS"), links)
    ]

    replies = live.caller.calls(asked)

    assert len(replies) >= 100
    assert {reply.status for reply in replies} == {200, 405}
    assert {reply.status for reply, one in zip(replies, asked, strict=True) if one[0] == "GET"} == {200}
    assert live.history == before
    assert live.sent("preference_checkin", "email")[0] == "sent"


def test_one_click_is_obeyed_at_once_by_the_next_gate(live):
    """Within a second, for that topic on e-mail; another channel and what was bought go on."""
    live.agreed("offers", "email", "push")
    link = live.link(TokenPurpose.UNSUBSCRIBE)
    live.get(link)

    began = time.monotonic()
    answer = live.click(link)

    assert time.monotonic() - began < 1
    assert answer.status == 200
    assert live.consents == {("offers", "email"): "withdrawn", ("offers", "push"): "granted"}
    assert live.sent("preference_checkin", "email") == ("blocked", "consent_withdrawn")
    assert live.sent("order_confirmed", "email", order=ORDER)[0] == "sent"


def test_a_click_says_how_we_know(visitor):
    """Proof for whoever asks later: method, actor, and the message that carried the link."""
    visitor.click(visitor.link(TokenPurpose.UNSUBSCRIBE, delivery="msg_1"))

    (event,) = visitor.history
    assert (event.method, event.source, event.actor) == ("one_click", "unsubscribe", "person")
    assert event.evidence["delivery"] == "msg_1"


def test_a_second_click_is_answered_the_same_and_records_nothing(visitor):
    """Mail programs try again; no redirect, ever."""
    link = visitor.link(TokenPurpose.UNSUBSCRIBE)

    first, second = visitor.click(link), visitor.click(link)

    assert first.status == second.status == 200
    assert "Location" not in first.headers
    assert "Você não recebe mais" in second.text
    assert len(visitor.history) == 1


MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    "multipart/form-data; boundary=b",
)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        MULTIPART,
        (b"List-Unsubscribe=One-Click\r\n", None),
        (b"", "application/x-www-form-urlencoded"),
        (None, None),
        (b'{"List-Unsubscribe": "One-Click"}', "application/json"),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
        (b"no boundary", "multipart/form-data"),
        (b"\xff" * 70_000, "application/x-www-form-urlencoded"),
    ],
)
def test_whatever_is_posted_is_a_click(visitor, body, media_type):
    """Mail programs send the words of the standard as a form of either kind, or nothing: a person has pressed."""
    reply = visitor.caller.call("POST", visitor.link(TokenPurpose.UNSUBSCRIBE), body, Content_Type=media_type)

    assert reply.status == 200
    assert visitor.consents == {("offers", "email"): "withdrawn"}


def test_the_page_says_what_the_button_does_and_offers_more(visitor):
    """Before: topic, channel and enough of the address. After: the way to choose, and to end everything."""
    visitor.agreed("offers", "email")
    visitor.agreed("cart_reminders", "email")
    link = visitor.link(TokenPurpose.UNSUBSCRIBE)

    before = visitor.get(link)
    assert "Parar de receber “Ofertas e novidades” por e-mail?" in before.text
    assert "@example.com" in before.body
    assert f"{visitor.customer[4:]}@example.com" not in before.body
    (button,) = before.page.all("button")

    after = visitor.click(link)
    (form,) = after.page.all("form")
    (button,) = after.page.all("button")
    visitor.post("/u/" + form["action"], (button["name"], button["value"]))

    assert visitor.consents["cart_reminders", "email"] == "withdrawn"
    assert visitor.consents["cart_reminders", "sms"] == "withdrawn"


def test_the_links_of_a_real_message_lead_to_these_pages(visitor):
    """From a letter, as it was delivered: end it, choose, ask why."""
    visitor.agreed("offers", "email")
    visitor.send("preference_checkin", "email")
    (letter,) = [one["content"]["html"] for one in visitor.inbox() if one["customer_id"] == visitor.customer]
    links = {page: re.search(rf"/{page}/[\w.-]+", letter)[0] for page in "upw"}

    assert {visitor.get(link).status for link in links.values()} == {200}
    assert "e confirmou pelo link que enviamos" in visitor.get(links["w"]).text
    visitor.click(links["u"])
    assert visitor.consents["offers", "email"] == "withdrawn"


def test_who_became_somebody_else_is_that_person_now(visitor):
    """A letter to a customer who was merged since: the click counts for whoever they are."""
    kept = replace(visitor, customer=f"{visitor.customer}_kept").registered()
    kept.agreed("offers", "email")
    link = visitor.link(TokenPurpose.UNSUBSCRIBE)
    with visitor.app.store.write() as transaction:
        merge(transaction, visitor.release, visitor.app.clock, kept.customer, visitor.customer, by="test")

    visitor.click(link)

    assert kept.consents["offers", "email"] == "withdrawn"


def test_whoever_was_erased_is_told_that_nothing_is_left(visitor):
    """The link outlives the data; a click on it is no error."""
    link = visitor.link(TokenPurpose.UNSUBSCRIBE, customer="cus_gone")

    for answer in (visitor.get(link), visitor.click(link)):
        assert answer.status == 200
        assert "Não escrevemos mais para você" in answer.text
