"""A link to an address that its customer has left ends things and begins nothing: somebody else may read it by now."""

from __future__ import annotations

import pytest

from orchestrator.tokens import TokenPurpose
from tests.doors.conftest import drained
from tests.doors.public.choosing import links_to
from tests.doors.public.visiting import ORDER


@pytest.fixture
def left(centre):
    """Their profile has another e-mail address by now; somebody reads the old mailbox."""
    visitor = centre.visitor
    centre.save(on=["offers.sms"])
    drained(visitor.app)
    centre.question = links_to("c", visitor)[0]
    centre.old_link = visitor.link(TokenPurpose.UNSUBSCRIBE)
    centre.press("break")
    visitor.registered(emails=(f"new-{visitor.customer}@example.com",))
    centre.shown = visitor.get(centre.link)
    return centre


def test_a_link_to_an_address_they_left_shows_what_can_be_ended(left):
    """Boxes that are empty are closed, and the break is not to be ended from there."""
    boxes = [one for one in left.shown.page.all("input") if one.get("type") == "checkbox"]
    assert {"disabled" in one for one in boxes if "checked" in one} == {False}
    assert {"disabled" in one for one in boxes if "checked" not in one} == {True}
    assert "Encerrar a pausa" not in left.shown.text
    assert "Este link foi enviado a um endereço que não está mais neste perfil" in left.shown.text


def test_a_link_to_an_address_they_left_begins_nothing(left):
    """Whatever the form says: no yes, no end of a break."""
    before = left.visitor.history

    left.save(on=["cart_reminders.email", "reviews.sms"])
    assert "A pausa terminou" not in left.press("go_on").text

    assert left.visitor.history == before
    assert left.visitor.send("preference_checkin", "email")
    with left.visitor.app.store.read() as transaction:
        assert transaction.pauses.active(left.visitor.app.clock.now(), [left.visitor.customer])


def test_a_link_to_an_address_they_left_ends_what_it_says(left):
    """One topic, everything, or the topic of a letter: nobody is harmed by less."""
    left.save(off=["cart_reminders.push"])
    assert left.visitor.consents["cart_reminders", "push"] == "withdrawn"
    left.visitor.click(left.old_link)
    assert left.visitor.consents["offers", "email"] == "withdrawn"
    left.press("all_off")
    assert left.visitor.consents["reviews", "sms"] == "withdrawn"


def test_the_page_about_a_letter_to_an_address_they_left_opens_no_more_than_that(left):
    """Its link to the choices is about the same address."""
    visitor = left.visitor
    visitor.registered(emails=(f"{visitor.customer.removeprefix('cus_')}@example.com",))
    why = visitor.link(TokenPurpose.WHY, delivery=visitor.send("order_confirmed", "email", order=ORDER))
    visitor.registered(emails=("newer@example.com",))
    ways = [one["href"] for one in visitor.get(why).page.all("a") if "p/" in one["href"]]

    assert "Este link foi enviado a um endereço que não está mais neste perfil" in visitor.get("/w/" + ways[0]).text


def test_what_was_asked_of_an_address_they_left_is_not_confirmed_there(centre):
    """The mailbox may have another owner."""
    visitor = centre.visitor
    centre.save(on=["offers.sms"])
    drained(visitor.app)
    (link,) = links_to("c", visitor)
    visitor.registered(phones=("+5511900000001",))

    for shown in (visitor.get(link), visitor.post(link)):
        assert shown.status == 200
        assert "não está mais no seu perfil" in shown.text
        assert not shown.page.all("form")
    assert visitor.consents["offers", "sms"] == "pending"
