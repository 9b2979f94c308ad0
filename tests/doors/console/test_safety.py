"""Nothing that a customer may be called runs, and nobody else may look."""

import re

import pytest

from orchestrator.console.guard import require_local
from orchestrator.domain.errors import Refused
from tests.doors.console.talk import entry_of


def test_hostile_data_is_inert_on_every_page(site, every_page):
    """No element, no attribute and no expression comes of it; what turns writing around is shut in with it."""
    for path in [*every_page, *[f"{path}?view=text" for path in every_page if "inb_" in path]]:
        page = site.get(path).page

        assert [
            attrs for attrs in page.all("img") if "onerror" in attrs or not attrs["src"].startswith("/static/")
        ] == []
        assert page.all("script") == []
        assert "5332114" not in page.text
        for words_, around in page.words:
            isolated = any(tag == "bdi" or attrs.get("dir") == "auto" or tag == "pre" for tag, attrs in around)
            isolated = isolated or words_.startswith("\u2068")
            assert "\u202e" not in words_ or isolated, (path, around[-2:])


def test_hostile_data_is_shown_as_it_is(site, entries):
    """It is not hidden either: the inbox is where one finds it."""
    page = site.get(f"/inbox/{entry_of(entries, 'cus_mallory', 'whatsapp')['id']}").page

    assert "<img src=x onerror" in page.text
    assert "{{1234*4321}}" in page.text


def test_hostile_data_in_the_html_of_an_email_adds_no_element(site, entries):
    """The letter of a hostile customer has the elements of a harmless one's."""
    harmless, hostile = (
        site.get(f"/inbox/{entry_of(entries, customer, 'email')['id']}/body").text
        for customer in ("cus_ana", "cus_mallory")
    )

    def tags(text):
        return re.findall(r"<([a-z][a-z0-9]*)", text)

    assert tags(harmless) == tags(hostile)


def test_every_answer_forbids_what_it_does_not_need(site, every_page):
    """The policy of reliability S10, on pages and on refusals."""
    for path in [*every_page, "/inbox/inb_none", "/inbox?channel=fax"]:
        headers = site.get(path).headers

        assert headers["Content-Security-Policy"].split("; ") == [
            "default-src 'none'", "style-src 'self'", "img-src 'self' data:", "script-src 'self'", "connect-src 'self'",
            "frame-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
        ]  # fmt: skip
        assert (
            headers["X-Content-Type-Options"], headers["Referrer-Policy"], headers["Cache-Control"],
        ) == ("nosniff", "no-referrer", "no-store")  # fmt: skip


def test_pages_load_nothing_from_elsewhere(site, every_page):
    """Every source, style, form and frame is this server's; no style and no handler stands in the page."""
    for path in every_page:
        page = site.get(path).page

        assert page.all("style") == []
        for tag, attrs in page.elements:
            assert not [name for name in attrs if name == "style" or name.startswith("on")], (path, tag)
            for name in {"src", "href", "action"} & attrs.keys():
                assert re.match(r"[/#]", attrs[name]), (path, tag, attrs)


@pytest.mark.parametrize(
    ("arrived_at", "host", "headers"),
    [
        (("127.0.0.1", 8080), "localhost:8080", {}),
        (("127.0.0.2", 8080), "127.0.0.1", {}),
        (("::1", 8080, 0, 0), "[::1]:8080", {}),
        (("::ffff:127.0.0.1", 8080, 0, 0), "LOCALHOST", {}),
    ],
)
def test_the_machine_itself_may_look(arrived_at, host, headers):
    """By any of its own names and addresses."""
    require_local(arrived_at, host, headers)


@pytest.mark.parametrize(
    ("arrived_at", "host", "headers"),
    [
        (("192.0.2.7", 8080), "localhost:8080", {}),
        (("127.0.0.1", 8080), "site.example", {}),
        (("127.0.0.1", 8080), "localhost.site.example", {}),
        (("127.0.0.1", 8080), "127.0.0.1.site.example", {}),
        (("127.0.0.1", 8080), "192.0.2.7:8080", {}),
        (("127.0.0.1", 8080), "", {}),
        (("127.0.0.1", 8080), "a b[", {}),
        (("127.0.0.1", 8080), "localhost", {"X-Forwarded-For": "192.0.2.7"}),
        (("127.0.0.1", 8080), "localhost", {"Forwarded": "for=192.0.2.7"}),
        ("/run/jogral.sock", "localhost", {}),
        (None, "localhost", {}),
    ],
)
def test_nobody_else_may_look(arrived_at, host, headers):
    """Other machines, names pointed at this one, proxies, and what cannot be told."""
    with pytest.raises(Refused, match="addresses"):
        require_local(arrived_at, host, headers)


@pytest.mark.parametrize("path", ["/", "/inbox", "/inbox/{id}", "/inbox/{id}/body"])
def test_a_strangers_request_gets_a_page_without_any_address(site, entries, path):
    """It says why, and how to look all the same."""
    answer = site.get(path.format(id=entries[0]["id"]), Host="site.example", Accept_Language="en")

    assert answer.status == 403
    assert "it opens only in a browser on the machine that runs Jogral" in answer.page.text
    assert "ssh -L" in answer.page.text
    assert "example.com" not in answer.text
