"""Who may do what: every route of the router with every scope. docs/reference/scopes.md is the same table.

A route that is in no list here, or that asks for no scope without being public on purpose, fails the build.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.api.routes import ROUTES
from orchestrator.api.server import build_api
from orchestrator.cli.init import FIRST_SCOPES
from orchestrator.console.routes import add_console
from orchestrator.dispatch.keys import ADMIN, SCOPES
from orchestrator.public import add_public_pages
from orchestrator.public.pages import PREFIX
from orchestrator.public.routes import PUBLIC_ROUTES
from tests.doors.conftest import new_key, serving

PAGE = Path(__file__).parents[2] / "docs/reference/scopes.md"

# Nobody's key is asked for here, and why. Whoever adds a line has thought about it.
PUBLIC = {
    "GET /healthz": "load balancers have none; it says only that the process lives",
    "GET /readyz": "load balancers have none; it names no person, place or version",
    "GET /metrics": "scrapers have none; no label names a person",
    "GET /openapi.json": "the description is in the repository as well",
    "GET /hooks/{account}": "providers try the address before they use it, and some tell by it; all of it is signed",
    "POST /hooks/{account}": "providers have none; each notice is signed",
}

# The console shows addresses, so it opens for a browser on this machine alone (console/guard.py).
LOCAL = {
    "GET /",
    "GET /inbox",
    "GET /inbox/{id}",
    "GET /inbox/{id}/body",
    "GET /preview",
    "GET /preview/{message}",
    "GET /preview/{message}/changes",
    "GET /preview/{message}/frames/{channel}",
    "GET /journeys",
    "GET /journeys/{id}",
    "GET /static/{name}",
}

# Opened by customers, who have no key: the link itself is one, or the form does no more than a letter could.
OPENED = {f"{route.method} {route.path}": route.why for route in PUBLIC_ROUTES} | {
    f"GET {PREFIX}{{name}}": "the pages' style sheet"
}

UNAUTHORIZED, FORBIDDEN = 401, 403

# What a scope allows inside of routes that another one opens.
WITHIN = {
    "customers:read_addresses": "addresses in full, where customers are shown",
    "consents:write": "`consents` in the body of `POST /v1/customers` and `PATCH /v1/customers/{id}`",
}

INTRODUCTION = """# Scopes

Who may do what. A key has scopes (`jogral keys create --name shop --scope events:write --expires 90d`), and a route
needs any one of those that name it here; `admin` is all of them. A key without one is answered 403; no key, or one that
is unknown, revoked or expired, 401. `tests/doors/test_scopes.py` calls every route with every scope, and writes this
page.
"""


def named(route):
    return f"{route.method} {route.path}"


def test_every_route_of_the_router_is_guarded_or_public_on_purpose(app, bell):
    """The router is asked, not the table: what is mounted past it would have no guard."""
    web_app = build_api(app, bell)
    add_console(web_app, app)
    add_public_pages(web_app, app, ring=list)
    routed = {
        f"{route.method} {route.resource.canonical}" for route in web_app.router.routes() if route.method != "HEAD"
    }

    guarded = {named(route) for route in ROUTES if route.scopes}
    assert routed == guarded | PUBLIC.keys() | LOCAL | OPENED.keys()
    assert {named(route) for route in ROUTES if not route.scopes} == PUBLIC.keys()


@pytest.fixture
def keys(casa_lume):
    """Each scope → a key that has no other."""
    return {scope: new_key(casa_lume, scope) for scope in SCOPES}


def test_every_scope_opens_what_the_table_says_and_nothing_else(casa_lume, bell, keys):
    """No key 401, a key without the scope 403, any other answer with it; public routes never ask."""
    wanted, calls = [], []
    for route in ROUTES:
        for scope, secret in [(None, None), ("unknown", "jgl_live_nobody"), *keys.items()]:
            wanted.append((named(route), scope, expected(route, scope)))
            calls.append(emptiest(route, secret))
    with serving(casa_lume, bell) as caller:
        found = [verdict(reply, route) for reply, (route, _, _) in zip(caller.calls(calls), wanted, strict=True)]

    assert [(*one, answer) for one, answer in zip(wanted, found, strict=True) if one[2] != answer] == []


def expected(route, scope):
    if not route.scopes:
        return "open"
    if scope not in SCOPES:
        return UNAUTHORIZED
    return "open" if scope in (*route.scopes, ADMIN) else FORBIDDEN


def emptiest(route, secret):
    """A request that does nothing wherever it gets through."""
    path = route.path.replace("{id}", "x").replace("{path}", "x").replace("{account}", "nobody")
    headers = {"Idempotency_Key": "k1"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    return route.method, path, {} if route.body else None, headers


def verdict(reply, route):
    """401 and 403 of the door; a provider's notice is refused with them as well, for its signature."""
    closed = reply.status in (UNAUTHORIZED, FORBIDDEN) and route not in PUBLIC
    return reply.status if closed else "open"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_no_other_method_gets_past_a_guard(casa_lume, bell, method):
    """What the table does not name is not known, whoever asks."""
    paths = sorted({route.path.replace("{id}", "x").replace("{path}", "x") for route in ROUTES if route.scopes})
    with serving(casa_lume, bell) as caller:
        assert {caller.call(method, path).status for path in paths} <= {400, 405, 501}


def test_the_page_is_the_table(request):
    """Refresh it with pytest --refresh-golden, and read it."""
    text = INTRODUCTION + scopes_table() + "\n## What no key is asked for\n\n" + public_table()
    if request.config.getoption("--refresh-golden"):
        PAGE.write_text(text, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == text, "run pytest --refresh-golden, and read the page"


def scopes_table():
    lines = ["| Scope | Allows | Routes |", "|---|---|---|"]
    for scope, words in SCOPES.items():
        opened = [f"`{named(route)}`" for route in ROUTES if scope in route.scopes]
        routes = "all" if scope == ADMIN else "<br>".join(opened) or WITHIN.get(scope, "none yet")
        lines.append(f"| `{scope}` | {words} | {routes} |")
    return "\n".join([*lines, ""])


def public_table():
    lines = ["| Route | Why |", "|---|---|", *(f"| `{route}` | {why} |" for route, why in (PUBLIC | OPENED).items())]
    console = ", ".join(f"`{route}`" for route in sorted(LOCAL))
    return "\n".join([*lines, "", f"The console ({console}) opens in a browser on the server's own machine alone.", ""])


def test_the_first_key_may_do_what_the_how_tos_call():
    """Whoever has just made a shop tries consents and texts with it; it reads no address and erases nobody."""
    assert {"consents:write", "inbound:write", "pauses:write"} <= set(FIRST_SCOPES) <= set(SCOPES)
    assert not {"admin", "customers:read_addresses", "privacy:write"} & set(FIRST_SCOPES)
