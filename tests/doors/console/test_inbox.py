"""The inbox, asked by real requests about messages that went the real way."""

import asyncio
import re
from urllib.parse import urlsplit

import pytest

from orchestrator.console.bubble import as_on_the_phone
from orchestrator.console.inbox import PAGE_SIZE
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import register
from orchestrator.domain.delivery import Mode
from tests.doors.console.browsing import Server
from tests.doors.console.talk import CUSTOMERS, RAW, WANTED, entry_of, fill, send

# --- the list -------------------------------------------------------------------------------------------------------


def test_the_first_page_leads_to_the_inbox(site):
    """Until there is a landing page; the language that was chosen comes along."""
    answer = site.get("/?lang=en")

    assert (answer.status, answer.headers["Location"]) == (302, "/inbox?lang=en")


def test_the_inbox_lists_what_was_delivered_newest_first(site, entries):
    """By id, which is what each row links to."""
    listed = [urlsplit(link).path for link in site.get("/inbox").page.links("/inbox/inb_")]

    assert [f"/inbox/{entry['id']}" for entry in reversed(entries)] == listed


def test_a_row_says_where_it_went_what_it_said_and_when(site):
    """Time is the project's wall time: 12:00 UTC is 9:00 in São Paulo."""
    page = site.get("/inbox?customer=cus_ana&lang=pt-BR").page

    row = "E-mail ana@example.com cus_ana Pedido 10234 confirmado"
    assert row in page.text
    assert "order_confirmed 09:00" in page.text
    assert {"datetime": "2026-11-25T09:00:00-03:00", "class": "entry-time"} in page.all("time")
    assert "quarta-feira, 25 de novembro de 2026" in page.text


def test_what_a_test_key_asked_for_is_marked(make_app, release):
    """Else a row of the inbox reads as if a customer had been written to."""
    app = make_app()
    publish(app.store, release, app.clock.now())
    with app.store.write() as transaction:
        register(transaction, CUSTOMERS, app.clock)
    asyncio.run(send(app, release, WANTED[:1]))
    asyncio.run(send(app, release, WANTED[2:3], mode=Mode.TEST))
    with Server(app) as server:
        tested, live = server.get("/inbox?lang=en").page.links("/inbox/inb_")
        marked = [
            sum(attrs.get("class") == "test-mark" for attrs in server.get(path).page.all("span"))
            for path in ("/inbox", tested, live)
        ]

    assert marked == [1, 1, 0]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("channel=sms", 3),
        ("customer=cus_carla", 2),
        ("customer=cus_carla&channel=sms", 1),
        ("message=order_confirmed", len(WANTED)),
        ("message=order_late", 0),
        ("channel=&message=&customer=", len(WANTED) + len(RAW)),
    ],
)
def test_the_list_is_narrowed_by_a_form(site, query, count):
    """Its empty fields mean nothing; what is wanted stays chosen in it."""
    page = site.get(f"/inbox?{query}").page

    assert count == len(page.links("/inbox/inb_"))
    chosen = [attrs["value"] for attrs in page.all("option") if "selected" in attrs]
    assert re.findall(r"(?:channel|message)=(\w+)", query) == chosen


def test_filters_that_nothing_fits_offer_the_way_back(site):
    """An empty page is not a dead end."""
    page = site.get("/inbox?message=order_late&lang=en").page

    assert "No message in the inbox fits these filters." in page.text
    assert "/inbox?lang=en" in page.links("/inbox?")


def test_a_long_inbox_is_turned_over_by_links(make_app):
    """Older and newer lead to each other, and no message is shown twice or lost."""
    app = make_app()
    fill(app, 2 * PAGE_SIZE + 5)
    with Server(app) as server:
        seen, paths, path = [], [], "/inbox?customer=cus_ana"
        while path:
            paths.append(path)
            page = server.get(path).page
            seen += re.findall(r"Number (\d+)", page.text)
            path = next((attrs["href"] for attrs in page.all("a") if attrs.get("rel") == "next"), None)
        newer = next(attrs["href"] for attrs in page.all("a") if attrs.get("rel") == "prev")
        back = re.findall(r"Number (\d+)", server.get(newer).page.text)

    assert [str(number) for number in reversed(range(2 * PAGE_SIZE + 5))] == seen
    assert len(paths) == 3
    assert seen[PAGE_SIZE : 2 * PAGE_SIZE] == back
    assert all("customer=cus_ana" in path for path in paths)


def test_an_empty_inbox_says_how_to_get_a_first_message(make_app, release):
    """With commands that name this very server, and a date that is still to come."""
    app = make_app()
    publish(app.store, release, app.clock.now())
    with Server(app) as server:
        page = server.get("/inbox?lang=en").page

        assert "No messages yet" in page.text
        assert f"curl -s {server.url}/v1/events" in page.text
        assert '"promised_date": "2026-12-02"' in page.text
    assert "form" not in [tag for tag, _ in page.elements]


def test_an_inbox_without_any_release_is_readable(make_app):
    """A ledger that nobody published to has no shop's name and no time zone; its pages work all the same."""
    app = make_app()
    fill(app, 1)
    with Server(app) as server:
        answers = [server.get("/inbox"), server.get("/inbox/inb_0")]

    assert [answer.status for answer in answers] == [200, 200]
    assert "2026-11-25T12:00:00+00:00" in answers[0].text


# --- one message ----------------------------------------------------------------------------------------------------


def test_an_email_is_shown_in_a_mail_frame(site, entries):
    """Sender, subject, preheader, and its HTML in a frame that may do nothing."""
    entry = entry_of(entries, "cus_ana", "email")
    page = site.get(f"/inbox/{entry['id']}?lang=en").page

    assert "Casa Lume <oi@casalume.example>" in page.text
    assert "Pedido 10234 confirmado" in page.text
    assert "Preview line O prazo de entrega vai até terça-feira, 1 de dezembro" in page.text
    (frame,) = page.all("iframe")
    assert ("", f"/inbox/{entry['id']}/body?lang=en") == (frame["sandbox"] or "", frame["src"])


def test_the_frame_holds_the_very_bytes_that_were_delivered(site, entries):
    """In a policy of their own: no script, nothing loaded, in no other site's frame, boxed also when opened alone."""
    entry = entry_of(entries, "cus_ana", "email")
    answer = site.get(f"/inbox/{entry['id']}/body")

    assert entry["content"]["html"] == answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = set(answer.headers["Content-Security-Policy"].split("; "))
    assert {
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "sandbox",
        "frame-ancestors 'self'",
    } <= policy


@pytest.mark.parametrize("view", ["text", "source"])
def test_the_parts_of_an_email_are_links(site, entries, view):
    """Plain text and source need no frame and no JavaScript."""
    entry = entry_of(entries, "cus_ana", "email")
    page = site.get(f"/inbox/{entry['id']}?view={view}").page

    assert page.all("iframe") == []
    shown = entry["content"]["text" if view == "text" else "html"]
    assert " ".join(shown.split()) in page.text


def test_a_whatsapp_message_is_shown_in_a_phone(site, entries):
    """With its buttons, which lead nowhere here."""
    entry = entry_of(entries, "cus_carla", "whatsapp")
    page = site.get(f"/inbox/{entry['id']}?lang=en").page

    assert " ".join(entry["content"]["text"].split()) in page.text
    assert "Ver meu pedido" in page.text
    assert page.links("https:") == []
    assert "https://casalume.example/p/10234" in page.text
    assert {"class": "phone phone-whatsapp", "lang": "pt-BR"} in page.all("div")


def test_an_sms_is_shown_with_what_it_costs(site, entries):
    """Segments, encoding and units, next to the words."""
    entry = entry_of(entries, "cus_carla", "sms")
    page = site.get(f"/inbox/{entry['id']}?lang=en").page

    assert entry["content"]["text"] in page.text
    assert f"1 segment · GSM-7 · {entry['content']['units']} units" in page.text


def test_a_push_notification_is_shown_on_a_lock_screen(site, entries):
    """At the hour at which it came, in the customer's language."""
    entry = entry_of(entries, "cus_diego", "push")
    page = site.get(f"/inbox/{entry['id']}?lang=en").page

    assert "09:03 quarta-feira, 25 de novembro C Casa Lume Seu pedido está confirmado" in page.text
    assert "Opens https://casalume.example/p/10234" in page.text


def test_beside_the_message_stands_what_it_promises_and_why_it_was_sent(site, entries):
    """Diego has no address on three channels; the fourth took it."""
    entry = entry_of(entries, "cus_diego", "push")
    text = site.get(f"/inbox/{entry['id']}?lang=pt-BR").page.text

    assert "Data de entrega 01/12 de order.promised_date = 2026-12-01" in text
    refused = "O cliente não tem endereço aqui , por isso o próximo canal foi consultado"
    assert f"E-mail {refused} WhatsApp {refused} SMS {refused} Push Há um endereço" in text
    assert "Levada pela conta push" in text
    assert f"Envio {entry['reference']} Estado Enviada Assunto Andamento do pedido (transacional)" in text


def test_neighbours_keep_to_the_filter(site, entries):
    """The next e-mail of the list that one came from, not the next message of any kind."""
    emails = [entry["id"] for entry in entries if entry["channel"] == "email"]
    around = []
    for entry_id in emails:
        page = site.get(f"/inbox/{entry_id}?channel=email").page
        around.append({attrs["rel"]: attrs["href"] for attrs in page.all("a") if "rel" in attrs})

    oldest, middle, newest = (f"/inbox/{entry_id}?channel=email" for entry_id in emails)
    assert around == [{"prev": middle}, {"prev": newest, "next": oldest}, {"next": middle}]


def test_a_message_without_a_delivery_is_shown_all_the_same(make_app):
    """A rehearsal's message is in the inbox and in no queue."""
    app = make_app()
    fill(app, 1)
    with Server(app) as server:
        answer = server.get("/inbox/inb_0?lang=en")
        body = server.get("/inbox/inb_0/body?lang=en")

    assert "The ledger knows no delivery behind it." in answer.page.text
    assert (body.status, "This message has no HTML." in body.page.text) == (404, True)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("*oi* _tudo_ ~bem~", "<strong>oi</strong> <em>tudo</em> <s>bem</s>"),
        ("3*4*5, snake_case_name, a * b * c", "3*4*5, snake_case_name, a * b * c"),
        ("*<b>*", "<strong>&lt;b&gt;</strong>"),
        ("https://casalume.example/p/_a_b_", "https://casalume.example/p/_a_b_"),
    ],
)
def test_whatsapp_marks_become_type_and_nothing_else_does(written, shown):
    """As on the phone: only around words."""
    assert shown == as_on_the_phone(written)


# --- trouble --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "words_"),
    [
        ("/inbox/inb_none", 404, "The inbox does not hold this message."),
        ("/inbox/inb_none/body", 404, "The inbox does not hold this message."),
        ("/inbox?channel=smss", 422, 'There is no channel "smss"; did you mean "sms"?'),
        ("/inbox?before=yesterday", 422, '"before" is a place in the list, a number.'),
        ("/inbox?after=" + 19 * "9", 422, '"after" is a place in the list, a number.'),
    ],
)
def test_what_cannot_be_shown_is_said_on_a_page(site, path, status, words_):
    """With the way back to the inbox."""
    answer = site.get(path, Accept_Language="en")

    assert status == answer.status
    assert words_ in answer.page.text
    assert "/inbox" in answer.page.links("/inbox")


def test_a_ledger_that_cannot_be_read_is_said_on_a_page(make_app):
    """With what to do about it."""
    with Server(make_app(tables=False)) as server:
        answer = server.get("/inbox?lang=en")

    assert answer.status == 503
    assert "jogral db upgrade" in answer.page.text
