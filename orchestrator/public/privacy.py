"""`/privacy`: the four forms by which people ask about their own data (LGPD art. 18).

There is no login, and nobody is asked who they are: the link that goes to the address proves that. Whoever fills a form
in is told the same, whether we know the address or not: the forms are no way to find out who buys here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.addresses import InvalidAddress
from orchestrator.dispatch import privacy
from orchestrator.dispatch.consents import PERSON
from orchestrator.dispatch.privacy import WantedRequest
from orchestrator.domain.errors import NotFound
from orchestrator.domain.message import Purpose
from orchestrator.domain.privacy import RequestKind
from orchestrator.privacy_desk import open_privacy_desk
from orchestrator.public.forms import read_form
from orchestrator.public.site import PublicRoute
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from orchestrator.domain.errors import InputError
    from orchestrator.public.reader import Reader
    from orchestrator.public.site import Site
    from orchestrator.release import PrivacyRules, Release
    from orchestrator.store.port import Transaction

TEXT_LENGTH_MAX: Final = 2_000
CONTACT_LENGTH_MAX: Final = 254

UNPROCESSABLE: Final = 422


@dataclass(frozen=True, slots=True)
class Form:
    """One of the four: what it is called, what it does, and what its button says."""

    kind: RequestKind
    title: str
    says: str
    button: str


FORMS: Final[Mapping[str, Form]] = {
    form.kind.value: form
    for form in (
        Form(
            RequestKind.EXPORT,
            mark("Get a copy of your data"),
            mark("You receive everything that we hold about you, as a page to read and as a file for programs."),
            mark("Ask for my data"),
        ),
        Form(
            RequestKind.RECTIFY,
            mark("Correct your data"),
            mark("Tell us what is wrong and what it should be. Somebody here looks at it and corrects it."),
            mark("Ask for the correction"),
        ),
        Form(
            RequestKind.ERASE,
            mark("Delete your data"),
            mark(
                "We delete what we hold about you, and write to you no more, not even about orders that are on their "
                "way. It cannot be undone. What the law makes us keep elsewhere, such as invoices, is not touched."
            ),
            mark("Ask for the deletion"),
        ),
        Form(
            RequestKind.UNSUBSCRIBE,
            mark("Stop all marketing messages"),
            mark("We send you no more marketing on any channel. Messages about what you buy still reach you."),
            mark("Stop marketing messages"),
        ),
    )
}


async def index(site: Site, request: web.Request) -> web.Response:
    """The four, to choose from."""
    reader, rules = await site.look(lambda _, release: _reader(site, request, release))
    return site.pages.show(request, "privacy", reader, forms=FORMS, rules=rules)


async def show(site: Site, request: web.Request) -> web.Response:
    """One form, empty."""
    form = _form(request)
    reader, rules = await site.look(lambda _, release: _reader(site, request, release))
    return site.pages.show(
        request, "privacy_form", reader, form=form, rules=rules, contact="", text="", wrong=None
    )  # fmt: skip


async def send(site: Site, request: web.Request) -> web.Response:
    """Open the request, and send the link that proves the address, where we know it."""
    form, fields = _form(request), await read_form(request)
    contact, text = fields.one("contact").strip(), fields.one("text").strip()[:TEXT_LENGTH_MAX]

    def act(transaction: Transaction, release: Release) -> tuple[Reader, PrivacyRules | None]:
        reader, rules = _reader(site, request, release)
        if rules is not None:
            wanted = WantedRequest(
                kind=form.kind,
                contact=privacy.read_contact(contact[:CONTACT_LENGTH_MAX]),
                locale=reader.language,
                details={"text": text} if text and form.kind is RequestKind.RECTIFY else {},
            )
            privacy.ask(transaction, open_privacy_desk(site.app, release), wanted, by=PERSON)
        return reader, rules

    try:
        reader, rules = await site.act(act)
    except InvalidAddress as wrong:
        return await _again(site, request, form, wrong, contact=contact, text=text)
    # For everybody alike: nobody learns by the doorbell who is known.
    site.ring([Purpose.TRANSACTIONAL.value])
    return site.pages.show(request, "privacy_asked", reader, form=form, rules=rules, contact=contact)


PRIVACY_FORMS = (
    PublicRoute(method="GET", path="/privacy", handler=index, why="four links to forms"),
    PublicRoute(method="GET", path="/privacy/{kind}", handler=show, why="an empty form"),
    PublicRoute(
        method="POST",
        path="/privacy/{kind}",
        handler=send,
        why="it writes to the address that it names, three times a day at most, and says nothing about it",
    ),
)


def _form(request: web.Request) -> Form:
    kind = request.match_info["kind"]
    if kind not in FORMS:
        raise NotFound("There is no such form.", remedy="They are listed at /privacy.", code="unknown_form")
    return FORMS[kind]


def _reader(site: Site, request: web.Request, release: Release) -> tuple[Reader, PrivacyRules | None]:
    return site.reader(request, release), release.project.privacy


async def _again(
    site: Site, request: web.Request, form: Form, wrong: InputError, *, contact: str, text: str
) -> web.Response:
    """The form as it was filled in, with what is wrong."""
    reader, rules = await site.look(lambda _, release: _reader(site, request, release))
    return site.pages.show(
        request, "privacy_form", reader, status=UNPROCESSABLE, form=form, rules=rules, contact=contact, text=text,
        wrong=wrong,
    )  # fmt: skip
