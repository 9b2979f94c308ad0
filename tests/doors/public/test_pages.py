"""Public pages are for everybody: both languages, small screens, dark rooms, no script, screen readers (WCAG 2.2)."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator import public
from orchestrator.dispatch import privacy
from orchestrator.dispatch.privacy import WantedRequest
from orchestrator.domain.privacy import RequestKind
from orchestrator.privacy_desk import open_privacy_desk
from orchestrator.public.reader import language_of
from orchestrator.tokens import TokenPurpose
from tests.doors.console import chromium
from tests.doors.console.test_everybody import FAULTS, contrast
from tests.doors.console.test_preview_browser import serious
from tests.doors.public.visiting import ORDER

# Where pictures are kept for a person's eye; without it none are taken.
PICTURES = os.environ.get("JOGRAL_TEST_PICTURES")


@pytest.fixture
def links(visitor):
    """A link to every page, each with something to show, and one that does not work."""
    visitor.agreed("offers", "email", "sms")
    visitor.agreed("cart_reminders", "push")
    with visitor.app.store.write() as transaction:
        transaction.consents.suppress([visitor.address("push_token")], "push", "bounce", visitor.app.clock.now())
    marketing = visitor.send("preference_checkin", "email")
    visitor.post(visitor.link(TokenPurpose.PREFERENCES), ("on", "offers.whatsapp"), ("do", "save"),
                 ("wording.offers", "optin_ofertas@4"))  # fmt: skip
    return {
        "unsubscribe": visitor.link(TokenPurpose.UNSUBSCRIBE, delivery=marketing),
        "preferences": visitor.link(TokenPurpose.PREFERENCES),
        "left": visitor.link(TokenPurpose.PREFERENCES, address="adr_gone"),
        "why": visitor.link(TokenPurpose.WHY, delivery=marketing),
        "why_bought": visitor.link(TokenPurpose.WHY, delivery=visitor.send("order_confirmed", "email", order=ORDER)),
        "confirm": visitor.link(TokenPurpose.CONFIRM, address=visitor.address("phone")),
        "nobody": visitor.link(TokenPurpose.UNSUBSCRIBE, customer="cus_gone"),
        "trouble": "/u/none",
        "privacy": "/privacy",
        "privacy_form": "/privacy/rectify",
        **_of_a_request(visitor),
    }


def _of_a_request(visitor):
    """The pages of a request about personal data: to be proven, and what came of it."""
    desk = open_privacy_desk(visitor.app, visitor.release)
    with visitor.app.store.write() as transaction:
        wanted = WantedRequest(kind=RequestKind.EXPORT, customer_id=visitor.customer)
        opened = privacy.ask(transaction, desk, wanted, by="person")
        vouched = privacy.ask(transaction, desk, replace(wanted, vouched="call"), by="cli:bia")
    done = privacy.finish(visitor.app.store, desk, vouched.id, by="cli:bia")
    pages = {"privacy_proof": desk.proof_link(opened), "privacy_proven": desk.proof_link(done)}
    pages |= {"privacy_result": desk.result_link(done), "privacy_waits": desk.result_link(opened)}
    return {name: url.removeprefix(desk.public_url) for name, url in pages.items()}


def proof_of(visitor, kind):
    """The link that was sent for a request of theirs."""
    with visitor.app.store.read() as transaction:
        every = transaction.privacy_requests.page("", 1_000)
    (asked,) = [one for one in every if one.kind is kind and visitor.customer in one.customer_ids]
    desk = open_privacy_desk(visitor.app, visitor.release)
    return desk.proof_link(asked).removeprefix(desk.public_url)


# --- languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "locale", "accepted", "spoken"),
    [
        ("en", "pt-BR", "pt-BR", "en"),
        (None, "pt-BR", "en", "pt-BR"),
        (None, "en-GB", "pt-BR", "en"),
        (None, "es-AR", "en;q=0.8, pt;q=0.9", "pt-BR"),
        (None, None, "en", "en"),
        (None, None, "fr", "pt-BR"),
        ("klingon", None, "", "pt-BR"),
    ],
)
def test_the_language_is_the_links_the_customers_the_browsers_or_the_shops(asked, locale, accepted, spoken):
    """In that order."""
    assert language_of(asked, locale, accepted, "pt-BR") == spoken


def test_the_language_of_a_link_stays_on_the_way(visitor, links):
    """The switch is a link of every page, and what a page leads to keeps it."""
    for path in links.values():
        (switch,) = [one["href"] for one in visitor.get(path).page.all("a") if one.get("hreflang") == "en"]
        english = visitor.get(path + switch)

        assert english.page.all("html")[0]["lang"] == english.headers["Content-Language"] == "en"
        onwards = [one["href"] for one in english.page.all("a") if one["href"].startswith("../")]
        onwards += [one["action"] for one in english.page.all("form") if "action" in one]
        assert all(one.endswith("?lang=en") for one in onwards)


# --- structure --------------------------------------------------------------------------------------------------------


def test_pages_have_landmarks_headings_in_order_and_names_for_everything(visitor, links):
    """One h1, no level left out, one main, no id twice, a label for every box, a name for every part."""
    for path in links.values():
        page = visitor.get(path).page
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
        ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
        refers = [
            attrs[name]
            for _, attrs in page.elements
            for name in ("aria-labelledby", "aria-describedby")
            if name in attrs
        ]

        assert levels[:1] == [1]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        assert len(page.all("main")) == 1
        assert len(set(ids)) == len(ids)
        assert set(" ".join(refers).split()) <= set(ids)
        assert len(page.all("fieldset")) == len(page.all("legend"))


# Background → what is read on it, by the names that the style sheet gives to colours.
READ = {
    "paper": ("ink", "faint", "accent", "accent-strong"),
    "card": ("ink", "faint", "accent", "accent-strong", "wrong"),
    "accent-wash": ("ink", "faint"),
    "accent": ("on-accent",),
    "accent-strong": ("on-accent",),
    "good-wash": ("ink", "good"),
    "wrong-wash": ("ink", "wrong"),
    "waiting-wash": ("ink", "waiting"),
}
SEEN = {"card": ("edge", "accent"), "paper": ("edge", "accent")}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_have_enough_contrast(dark):
    """WCAG 2.2: 4.5 for what is read (1.4.3), 3 for edges and marks (1.4.11)."""
    css = (Path(public.__file__).parent / "static/public.css").read_text()
    colours = {name: pair[dark] for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)}

    for pairs, least in ((READ, 4.5), (SEEN, 3.0)):
        ratios = {
            (name, ground): contrast(colours[name], colours[ground])
            for ground, names in pairs.items()
            for name in names
        }
        assert {pair: ratio for pair, ratio in ratios.items() if ratio < least} == {}


def test_what_a_customer_is_called_is_text(visitor):
    """An address, a topic, a reason: nothing of it becomes an element."""
    hostile = "<img src=x onerror=alert(1)>{{7*7}}"
    visitor.registered(attributes={"first_name": hostile}, push_tokens=("<img/src=x/onerror=alert(1)>{{7*7}}",))
    address = visitor.address("push_token")

    for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES):
        shown = visitor.get(visitor.link(purpose, address=address))
        assert shown.status == 200
        assert "<img" not in shown.body
        assert "49" not in shown.text


# --- in a real browser ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tab():
    """One browser for all, and the loop in which it lives."""
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium on the PATH: apt-get install chromium, or set JOGRAL_TEST_CHROMIUM")
    with asyncio.Runner() as runner:
        opening = chromium.tab(found)
        tab = runner.run(opening.__aenter__())
        yield Driven(tab, runner.run)
        runner.run(opening.__aexit__(None, None, None))


class Driven:
    """The browser's page, one step at a time."""

    def __init__(self, tab, run):
        self._tab, self._run = tab, run

    def open(self, url, **look):
        self._tab.complaints.clear()
        self._run(self._tab.open(url, **look))

    def faults(self, *, axe=True):
        """What is wrong with the page that is open: overflow, small targets, complaints, what axe-core finds."""
        found = json.loads(self._run(self._tab.evaluate(FAULTS)))
        return [*found, *self._tab.complaints, *self._tab.dialogs, *(self._run(serious(self._tab)) if axe else ())]

    def without_script(self, *, disabled):
        self._run(self._tab.ask("Emulation.setScriptExecutionDisabled", value=disabled))

    def press(self, selector):
        """Click on something, with the browser's own mouse, and wait for the page that follows."""
        self._run(self._pressed(selector))

    def fill(self, selector, text):
        """Write into a field, as a keyboard does."""
        self._run(self._tab.evaluate(f"document.querySelector({selector!r}).focus()"))
        self._run(self._tab.ask("Input.insertText", text=text))

    def text(self):
        return self._run(self._tab.evaluate("document.querySelector('main').innerText"))

    def keep(self, name):
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            (Path(PICTURES) / f"public.{name}.png").write_bytes(self._run(self._tab.picture()))

    async def _pressed(self, selector):
        wanted = f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])(document.querySelector({selector!r})"
        await self._tab.evaluate(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        x, y = await self._tab.evaluate(f"{wanted}.getBoundingClientRect())")
        leaves = await self._tab.evaluate(f"document.querySelector({selector!r}).matches('button, a')")
        if leaves:
            self._tab._loaded.clear()
        for kind in ("mousePressed", "mouseReleased"):
            await self._tab.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        if leaves:
            await asyncio.wait_for(self._tab._loaded.wait(), chromium.ANSWER_SECONDS)


NARROWEST = 320  # WCAG 2.2, 1.4.10


@pytest.mark.parametrize(
    ("width", "dark", "language"), [(390, False, "pt-BR"), (1280, True, "en"), (NARROWEST, False, "en")]
)
def test_a_real_browser_finds_no_fault_with_any_page(visitor, links, tab, width, dark, language):
    """On a phone and a wide screen, light and dark, in both languages; axe-core finds nothing serious."""
    faults = []
    for name, path in links.items():
        tab.open(f"{visitor.caller.url}{path}?lang={language}", width=width, dark=dark)
        tab.keep(f"{name}.{width}.{'dark' if dark else 'light'}.{language}")
        # The trouble page answers 404, and the browser says so.
        # What axe-core looks at is told by no width: light and dark, in both languages, are enough for it.
        faults += [(name, fault) for fault in tab.faults(axe=width > NARROWEST) if "404" not in str(fault)]

    assert faults == []


@pytest.mark.parametrize("disabled", [False, True], ids=["with_script", "without_script"])
def test_everything_can_be_done_with_and_without_script(visitor, links, tab, disabled):
    """Unsubscribe, choose, take a break, confirm, ask about one's data and prove it: with a mouse, in a browser."""
    url = visitor.caller.url
    tab.without_script(disabled=disabled)
    try:
        tab.open(url + links["unsubscribe"])
        tab.press("form button")
        assert "Você não recebe mais" in tab.text()
        assert disabled or tab.faults() == []  # what looks for faults is a script itself
        tab.keep("unsubscribed.1280.light.pt-BR")

        tab.open(url + links["preferences"])
        tab.press("input[value='cart_reminders.email']")
        tab.press("button[value=save]")
        assert "Suas escolhas estão salvas" in tab.text()
        tab.keep("saved.1280.light.pt-BR")
        tab.press("button[value=break]")
        assert "Você está em uma pausa" in tab.text()
        tab.keep("break.1280.light.pt-BR")

        tab.open(url + links["confirm"])
        tab.press("form button")
        assert "A partir de agora você recebe" in tab.text()
        tab.keep("confirmed.1280.light.pt-BR")

        tab.open(url + "/privacy?lang=pt-BR")
        tab.press("a[href*='privacy/unsubscribe']")
        tab.fill("#contact", f"{visitor.customer.removeprefix('cus_')}@example.com")
        tab.press("form button")
        assert "Agora veja suas mensagens" in tab.text()
        tab.keep("asked.1280.light.pt-BR")
        tab.open(url + proof_of(visitor, RequestKind.UNSUBSCRIBE))
        tab.press("form button")
        assert "recebemos sua confirmação" in tab.text()
        tab.keep("proven.1280.light.pt-BR")
        privacy.attend(visitor.app.store, open_privacy_desk(visitor.app, visitor.release))
        tab.press("main a.button")
        assert "Seu pedido foi concluído" in tab.text()
        tab.keep("done.1280.light.pt-BR")
    finally:
        tab.without_script(disabled=False)

    assert visitor.consents["offers", "email"] == "withdrawn"
    chosen = [(one.topic, one.channel, one.state) for one in visitor.history]
    assert ("cart_reminders", "email", "granted") in chosen
    assert ("offers", "whatsapp", "granted") in chosen
    assert visitor.consents["cart_reminders", "email"] == "withdrawn"
