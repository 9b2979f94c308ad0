"""The public pages on a web application: every route of the table, and errors that are pages too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from orchestrator.app.threads import DatabaseThread
from orchestrator.dispatch.current_release import CurrentRelease
from orchestrator.domain.errors import JogralError
from orchestrator.public.pages import PREFIX, SERVER_ERROR, Pages
from orchestrator.public.reader import Reader, language_of
from orchestrator.public.routes import PUBLIC_ROUTES
from orchestrator.public.site import Site
from orchestrator.redaction import kinds_of, places_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from orchestrator.app import App
    from orchestrator.public.site import Handler, PublicRoute

log = structlog.get_logger()


def add_public_pages(web_app: web.Application, app: App, *, ring: Callable[[Collection[str]], None]) -> None:
    """Mount the pages that customers open.

    Args:
        web_app: the server's; its paths are those of PUBLIC_ROUTES, and `/assets/…`.
        app: the project's ledger, settings and keys.
        ring: wakes workers for lanes, beside the request.
    """
    thread = DatabaseThread()

    async def close(_: web.Application) -> None:
        thread.close()

    web_app.on_cleanup.append(close)
    site = Site(app=app, run=thread, releases=CurrentRelease(), pages=Pages(), ring=ring)
    for route in PUBLIC_ROUTES:
        # A GET answers HEAD as well, and does no more then.
        add = web_app.router.add_get if route.method == "GET" else web_app.router.add_post
        add(route.path, _answering(site, route))
    web_app.router.add_get(f"{PREFIX}{{name}}", site.pages.assets.serve)


def _answering(site: Site, route: PublicRoute) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    handler: Handler = route.handler

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(site, request)
        except JogralError as error:
            if error.http_status < SERVER_ERROR:
                return site.pages.trouble(request, error, await _whoever(site, request))
            # The route and not the path: that holds the token.
            log.error("page_failed", route=route.path, reason=str(error))  # noqa: TRY400  # a sentence, not a stack
            return site.pages.trouble(request, error, _anybody(site, request))
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001  # a person waits for a page, not for a problem document
            # The places, not the words: words of databases and parsers repeat what people sent.
            log.error("page_crashed", route=route.path, error=kinds_of(error), at=places_of(error))  # noqa: TRY400
            return site.pages.trouble(request, JogralError(_CRASHED), _anybody(site, request))

    return answer


# The page itself says it in the reader's words.
_CRASHED = "Something went wrong on our side."


async def _whoever(site: Site, request: web.Request) -> Reader:
    """The reader of a page about a link that names nobody; it still names the shop, and the way to its forms."""
    try:
        return await site.look(lambda _, release: site.reader(request, release))
    except JogralError:
        return _anybody(site, request)


def _anybody(site: Site, request: web.Request) -> Reader:
    """The same, where the ledger cannot be asked."""
    configured = site.app.settings.lang or ""
    language = language_of(request.query.get("lang"), None, request.headers.get("Accept-Language", ""), configured)
    return Reader(language=language)
