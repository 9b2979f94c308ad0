"""`/v/{token}` proves that somebody reads the address that asked; `/d/{token}` holds what came of the request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from orchestrator.dispatch import privacy
from orchestrator.dispatch.consents import PERSON
from orchestrator.dispatch.record import record
from orchestrator.domain.privacy import PrivacyRequest, RequestKind, RequestState
from orchestrator.privacy_desk import open_privacy_desk
from orchestrator.public.forms import read_form
from orchestrator.public.privacy import FORMS
from orchestrator.public.reader import language_of, reader_of
from orchestrator.public.site import PublicRoute
from orchestrator.tokens import TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.privacy import PrivacyDesk
    from orchestrator.public.reader import Reader
    from orchestrator.public.site import Site
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

# A file is saved and not shown; should a browser show it after all, it runs nothing.
_SAVED: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}

_TYPES: Final = {"json": "application/json", "html": "text/html"}


# --- proof ------------------------------------------------------------------------------------------------------------


async def show_proof(site: Site, request: web.Request) -> web.Response:
    """Ask. Whoever opens the link has confirmed nothing yet: programs open it, too."""
    found, desk = await site.look(
        lambda transaction, release: _found(site, request, transaction, release, TokenPurpose.VERIFY)
    )
    return _proof_page(site, request, found, desk)


async def prove(site: Site, request: web.Request) -> web.Response:
    """Somebody reads the address. Whoever confirms again is told the same."""

    def act(transaction: Transaction, release: Release) -> tuple[PrivacyRequest, PrivacyDesk]:
        found, desk = _found(site, request, transaction, release, TokenPurpose.VERIFY, lock=True)
        if found.state is RequestState.OPENED:
            found = privacy.prove(transaction, desk, found, by=PERSON, method="link")
        return found, desk

    found, desk = await site.act(act)
    return _proof_page(site, request, found, desk)


def _proof_page(site: Site, request: web.Request, found: PrivacyRequest, desk: PrivacyDesk) -> web.Response:
    reader = _reader(request, found, desk)
    path = desk.result_link(found).removeprefix(desk.public_url)
    return site.pages.show(
        request, "privacy_proof", reader, form=FORMS[found.kind.value], found=found, due=reader.day(found.due_at),
        result=path,
    )  # fmt: skip


# --- result -----------------------------------------------------------------------------------------------------------


async def show_result(site: Site, request: web.Request) -> web.Response:
    """What came of it. Nothing is given out before somebody asks for it with a button: programs open links, too."""
    found, desk = await site.look(
        lambda transaction, release: _found(site, request, transaction, release, TokenPurpose.DOWNLOAD)
    )
    return _result_page(site, request, found, desk)


async def give(site: Site, request: web.Request) -> web.Response:
    """The file: a person's data, made in this moment, or the certificate of an erasure."""
    form = (await read_form(request)).one("format")

    def act(transaction: Transaction, release: Release) -> tuple[PrivacyRequest, PrivacyDesk, Mapping[str, Any] | None]:
        found, desk = _found(site, request, transaction, release, TokenPurpose.DOWNLOAD)
        return found, desk, _document(transaction, desk, found)

    found, desk, document = await site.act(act)
    if document is None or form not in _TYPES:
        return _result_page(site, request, found, desk)
    language = _reader(request, found, desk).language
    text = privacy.export_page(document, language) if form == "html" else _as_json(document)
    disposition = f'attachment; filename="{found.id}.{form}"'
    return web.Response(
        text=text, content_type=_TYPES[form], charset="utf-8", headers=_SAVED | {"Content-Disposition": disposition}
    )


def _document(transaction: Transaction, desk: PrivacyDesk, found: PrivacyRequest) -> Mapping[str, Any] | None:
    if found.state is not RequestState.DONE:
        return None
    if found.kind is RequestKind.ERASE:
        certificate: Mapping[str, Any] | None = found.result.get(privacy.CERTIFICATE)
        return certificate
    if found.kind is not RequestKind.EXPORT or not found.customer_ids:
        return None
    owner = found.customer_ids[0]
    record(transaction, desk.clock, "export.made", by=PERSON, customer_id=owner, request=found.id)
    return privacy.export(transaction, desk, transaction.personal_data.person(found.customer_ids))


def _as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _result_page(site: Site, request: web.Request, found: PrivacyRequest, desk: PrivacyDesk) -> web.Response:
    reader = _reader(request, found, desk)
    return site.pages.show(
        request, "privacy_result", reader, form=FORMS[found.kind.value], found=found, due=reader.day(found.due_at)
    )


PRIVACY_LINKS = (
    PublicRoute(
        method="GET", path="/v/{token}", handler=show_proof, why="a signed link; it shows a page, and does nothing"
    ),
    PublicRoute(
        method="POST", path="/v/{token}", handler=prove, why="a signed link; who has it reads the address that asked"
    ),
    PublicRoute(
        method="GET", path="/d/{token}", handler=show_result, why="a signed link; it shows a page, and no data"
    ),
    PublicRoute(
        method="POST", path="/d/{token}", handler=give, why="a signed link, sent to the address that proved the request"
    ),
)


# --- both -------------------------------------------------------------------------------------------------------------


def _found(
    site: Site,
    request: web.Request,
    transaction: Transaction,
    release: Release,
    purpose: TokenPurpose,
    *,
    lock: bool = False,
) -> tuple[PrivacyRequest, PrivacyDesk]:
    desk = open_privacy_desk(site.app, release)
    return privacy.requested(transaction, desk, purpose, request.match_info["token"], lock=lock), desk


def _reader(request: web.Request, found: PrivacyRequest, desk: PrivacyDesk) -> Reader:
    """In the language in which they asked."""
    accepted, project = request.headers.get("Accept-Language", ""), desk.release.project
    return reader_of(
        desk.release, language_of(request.query.get("lang"), found.locale, accepted, project.locale)
    )  # fmt: skip
