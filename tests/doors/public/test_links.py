"""A link opens its own page and no other, for as long as it lives; and nothing of it goes anywhere else."""

from __future__ import annotations

import itertools

import pytest

from orchestrator.public.routes import PUBLIC_ROUTES
from orchestrator.tokens import LIVES_MS, TokenPurpose
from tests.doors.public.visiting import ONE_CLICK, PATHS

EVERY_BUTTON = (*ONE_CLICK.items(), ("do", "all_off"))


SIGNED = sorted({route.path.removesuffix("{token}") for route in PUBLIC_ROUTES if route.path.endswith("{token}")})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_token_opens_its_own_page_alone(visitor, method):
    """Every purpose at every path: only the diagonal works, and nothing else does anything."""
    visitor.agreed("offers", "email")
    before, found = visitor.history, {}
    every = visitor.subject(TokenPurpose.UNSUBSCRIBE) | {"request": "dsr_none"}
    for purpose, path in itertools.product(TokenPurpose, SIGNED):
        if method == "POST" and PATHS.get(purpose) == path:
            continue  # what they do is told elsewhere
        link = path + visitor.app.keyring.issue(purpose, every, now=visitor.app.clock.now())
        shown = visitor.get(link) if method == "GET" else visitor.post(link, *EVERY_BUTTON)
        found[purpose, path] = shown.status

    right = {key for key, status in found.items() if status == 200}
    assert right == (set(PATHS.items()) if method == "GET" else set())
    assert {status for key, status in found.items() if key not in right} <= {404, 405}
    assert visitor.history == before


@pytest.mark.parametrize("purpose", list(PATHS))
def test_a_link_that_has_ended_says_so(visitor, purpose):
    """410, with a word on what to do; one that is no link of ours is a 404."""
    link = visitor.link(purpose, ago_ms=LIVES_MS[purpose])

    assert visitor.get(visitor.link(purpose, ago_ms=LIVES_MS[purpose] - 60_000)).status == 200
    assert visitor.get(link).status == 410
    assert "Este link expirou" in visitor.get(link).text
    assert visitor.get(link[:-1]).status == 404
    assert visitor.get(PATHS[purpose] + "nothing").status == 404


def test_a_link_that_does_not_work_still_shows_a_way(visitor):
    """Whose shop it is, and the forms that need no link: nobody is left without a way out."""
    shown = visitor.get("/u/none")

    assert "Casa Lume" in shown.text
    assert [one["href"] for one in shown.page.all("a")][-1] == "../privacy"


def test_no_page_is_kept_found_or_told_about(visitor):
    """No cache, no search engine, no Referer, no cookie, no script, nothing from elsewhere; errors too."""
    for path in [*(visitor.link(purpose) for purpose in PATHS), "/u/none"]:
        shown = visitor.get(path)

        assert shown.headers["Cache-Control"] == "no-store"
        assert shown.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in shown.headers["X-Robots-Tag"]
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in shown.headers
        policy = dict(part.strip().split(" ", 1) for part in shown.headers["Content-Security-Policy"].split(";"))
        assert policy == {
            "default-src": "'none'", "style-src": "'self'", "form-action": "'self'", "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }  # fmt: skip
        page = shown.page
        assert not page.all("script")
        assert not page.all("style")
        assert not any("style" in attrs or any(name.startswith("on") for name in attrs) for _, attrs in page.elements)
        links = [attrs.get("href", "") for _, attrs in page.elements]
        assert not any("//" in link for link in links)


def test_the_log_never_holds_a_token(live, capfd):
    """Its lines name the route; a fault of ours is told by the route as well."""
    link = live.link(TokenPurpose.UNSUBSCRIBE)
    live.get(link)
    live.click(link)
    live.get("/u/none")
    with live.app.store.write() as transaction:
        transaction.ledger.publish("rel_none", "{}", live.app.clock.now())

    assert live.get(link).status == 500

    lines = "".join(capfd.readouterr())
    assert "/u/{token}" in lines
    assert "page_crashed" in lines
    assert link.removeprefix("/u/") not in lines
