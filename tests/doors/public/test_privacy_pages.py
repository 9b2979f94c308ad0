"""The four forms about one's own data, the link that proves an address, and the one to what came of it."""

from __future__ import annotations

import json
import re

import pytest

from orchestrator.dispatch import privacy
from orchestrator.domain.privacy import RequestKind
from orchestrator.privacy_desk import open_privacy_desk
from orchestrator.store.people_tables import privacy_requests
from orchestrator.tokens import TokenPurpose
from tests.doors.conftest import drained
from tests.doors.public.choosing import link_in_newest

KINDS = [kind.value for kind in RequestKind]


def asked(visitor, kind="export", contact=None, **fields):
    contact = contact or f"{visitor.customer.removeprefix('cus_')}@example.com"
    return visitor.post(f"/privacy/{kind}", ("contact", contact), *fields.items())


def requests_of(visitor):
    with visitor.app.store.read() as transaction:
        return [one for one in transaction.privacy_requests.page("", 1_000) if visitor.customer in one.customer_ids]


def attend(visitor):
    privacy.attend(visitor.app.store, open_privacy_desk(visitor.app, visitor.release))


@pytest.mark.parametrize("kind", KINDS)
def test_the_four_forms_are_there_in_both_languages(visitor, kind):
    """Linked from one page, with who is responsible."""
    assert f"/privacy/{kind}" in visitor.get("/privacy").body
    for language in ("pt-BR", "en"):
        shown = visitor.get(f"/privacy/{kind}?lang={language}")
        assert shown.status == 200
        assert f'lang="{language}"' in shown.body
        assert "privacidade@casalume.example" in shown.text
    assert visitor.get("/privacy/everything").status == 404


def test_nobody_learns_who_is_known(visitor):
    """The same page for a customer and for a stranger, but for the address that they typed."""
    name = visitor.customer.removeprefix("cus_")
    known = asked(visitor)
    unknown = asked(visitor, contact="stranger@example.org")
    assert known.status == unknown.status == 200
    assert known.body.replace(f"{name}@example.com", "x") == unknown.body.replace("stranger@example.org", "x")


def test_the_link_that_proves_an_address_is_on_its_way_at_once(visitor, rung):
    """A stranger's rings alike: nobody learns by the hour who is known."""
    for contact in (None, "stranger@example.org"):
        asked(visitor, contact=contact)
        assert rung.heard() == "transactional"


def test_what_is_no_address_is_said_beside_the_field(visitor):
    """And what was typed is still there."""
    shown = asked(visitor, contact="nobody at example")
    assert shown.status == 422
    assert 'aria-invalid="true"' in shown.body
    assert "nobody at example" in shown.body


def test_an_address_that_nobody_wrote_is_asked_for(visitor):
    """It is no phone number that is written wrongly."""
    shown = asked(visitor, contact=" ")
    assert shown.status == 422
    assert "phone number." in visitor.post("/privacy/export?lang=en", ("contact", "")).text
    assert "+55" not in visitor.post("/privacy/export?lang=en", ("contact", "")).text


def test_a_request_is_proven_by_a_button_and_not_by_a_look(visitor):
    """Programs open every link; only the confirmation counts."""
    asked(visitor)
    proof = link_in_newest(visitor, "v")
    for method in ("GET", "HEAD", "OPTIONS"):
        visitor.get(proof, method=method)
    assert [one.state for one in requests_of(visitor)] == ["opened"]
    assert visitor.post(proof).status == visitor.post(proof).status == 200
    assert [one.state for one in requests_of(visitor)] == ["verified"]


def test_an_export_is_saved_from_the_link_that_was_sent(visitor):
    """As a page and as JSON, and only by a button."""
    asked(visitor)
    visitor.post(link_in_newest(visitor, "v"))
    attend(visitor)
    result = link_in_newest(visitor, "d")
    assert "@example.com" not in visitor.get(result).body
    saved = visitor.post(result, ("format", "json"))
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    assert json.loads(saved.body)["customers"] == [visitor.customer]
    page = visitor.post(result, ("format", "html"))
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert visitor.post(result, ("format", "exe")).headers["Content-Type"].startswith("text/html")


def test_an_export_of_somebody_who_was_erased_since_says_so(visitor):
    """There is nothing left to save, and no button for it."""
    asked(visitor)
    visitor.post(link_in_newest(visitor, "v"))
    attend(visitor)
    result = link_in_newest(visitor, "d")
    assert "<button" in visitor.get(result).body
    asked(visitor, "erase")
    visitor.post(link_in_newest(visitor, "v"))
    attend(visitor)
    shown = visitor.get(f"{result}?lang=en")
    assert "nothing left to save" in shown.text
    assert 'name="format"' not in shown.body
    assert visitor.post(result, ("format", "json")).headers["Content-Type"].startswith("text/html")


def test_an_erasure_ends_with_a_certificate(visitor):
    """Saved from the page that confirmed it: there is no address any more to send it to."""
    asked(visitor, "erase")
    proof = link_in_newest(visitor, "v")
    result = re.search(r"/d/[A-Za-z0-9._-]+", visitor.post(proof).body)[0]
    assert visitor.post(result, ("format", "json")).headers["Content-Type"].startswith("text/html")
    attend(visitor)
    assert json.loads(visitor.post(result, ("format", "json")).body)["addresses_erased"] == 3
    with visitor.app.store.read() as transaction:
        assert transaction.customers.get(visitor.customer) is None
    assert visitor.get(proof).status == 200


def test_a_correction_brings_its_words_and_waits(visitor):
    """For somebody who reads them."""
    asked(visitor, "rectify", text="Meu nome é Bento")
    proven = visitor.post(link_in_newest(visitor, "v") + "?lang=en")
    result = re.search(r"/d/[A-Za-z0-9._-]+", proven.body)[0]
    for shown in (proven, visitor.get(result + "?lang=en")):
        assert "Somebody here looks at it first" in shown.text
        assert "minutes" not in shown.text
    attend(visitor)
    (request,) = requests_of(visitor)
    assert (request.state, request.details) == ("verified", {"text": "Meu nome é Bento"})


def test_an_address_gets_three_links_a_day(visitor):
    """However often the form is sent."""
    for _ in range(5):
        asked(visitor)
    drained(visitor.app)
    ours = [one for one in visitor.inbox() if one["customer_id"] == visitor.customer]
    assert len(ours) == 3


@pytest.mark.parametrize("path", ["/v/", "/d/"])
def test_only_its_own_token_opens_a_page(visitor, path):
    """Every other purpose is a 404, and no token of another request is guessed from one."""
    asked(visitor)
    (request,) = requests_of(visitor)
    opened = {}
    for purpose in TokenPurpose:
        token = visitor.app.keyring.issue(purpose, {"request": request.id}, now=visitor.app.clock.now())
        opened[purpose] = {visitor.get(path + token).status, visitor.post(path + token).status}
    own = {"/v/": TokenPurpose.VERIFY, "/d/": TokenPurpose.DOWNLOAD}[path]
    assert opened.pop(own) == {200}
    assert set.union(*opened.values()) == {404}


def test_the_ledger_keeps_no_address_of_strangers(visitor):
    """A form that anybody can fill in must not become a list of people."""
    asked(visitor, contact="somebody.else@example.org")
    with visitor.app.store.engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(privacy_requests.select())]
    assert "somebody.else" not in str(rows)
