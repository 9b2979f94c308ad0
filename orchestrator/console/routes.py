"""The console's routes: parse the request, read the ledger once, show a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog
from aiohttp import web

from orchestrator.app.threads import DatabaseThread
from orchestrator.console import journeys
from orchestrator.console.assets import console_assets
from orchestrator.console.guard import require_local
from orchestrator.console.inbox import open_entry, read_entry, read_page, read_wanted
from orchestrator.console.pages import Pages
from orchestrator.console.preview import Previews
from orchestrator.console.preview_project import Source
from orchestrator.console.preview_watch import Watch
from orchestrator.console.reader import Links
from orchestrator.console.shop import Shop, Shops
from orchestrator.dispatch.reads import Reader, record_reads
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import JogralError, NotFound
from orchestrator.domain.time import rfc3339
from orchestrator.journeys.words import STEPS, way_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.app import App
    from orchestrator.assets import Assets
    from orchestrator.store.port import Transaction

log = structlog.get_logger()

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# How a letter can be looked at.
_VIEWS = ("html", "text", "source")

_SERVER_ERROR = 500

_WEEK_MS = 7 * 24 * 3_600_000


class Run(Protocol):
    """Do blocking work on the thread that owns the database connection."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


def add_console(web_app: web.Application, app: App, *, run: Run | None = None) -> None:
    """Mount the console's pages on a web application.

    Args:
        web_app: the server's; paths used are `/`, `/inbox…`, `/journeys…`, `/preview…` and `/static/…`.
        app: the project's ledger and settings.
        run: the server's database thread. Without it the console has one of its own, which ends with the server.
    """
    if run is None:
        run = _own_thread(web_app)
    assets = console_assets()
    pages = Pages(assets, app.settings.lang)
    console = _Console(app, run, pages)
    web_app.router.add_get("/", console.guarded(console.landing))
    web_app.router.add_get("/inbox", console.guarded(console.inbox))
    web_app.router.add_get("/inbox/{id}", console.guarded(console.message))
    web_app.router.add_get("/inbox/{id}/body", console.guarded(console.letter))
    web_app.router.add_get("/journeys", console.guarded(console.journeys))
    web_app.router.add_get("/journeys/{id}", console.guarded(console.journey))
    _add_previews(web_app, console, assets)
    web_app.router.add_get("/static/{name}", assets.serve)


def _add_previews(web_app: web.Application, console: _Console, assets: Assets) -> None:
    source = Source(console.app.root)
    watch = Watch(source.state)
    previews = Previews(console.app, console.pages, assets, source, watch)

    async def stop(_: web.Application) -> None:
        await watch.end()

    web_app.on_shutdown.append(stop)  # before open connections are waited for
    web_app.router.add_get("/preview", console.guarded(previews.listed))
    web_app.router.add_get("/preview/{message}", console.guarded(previews.page))
    web_app.router.add_get("/preview/{message}/changes", console.guarded(previews.changes))
    web_app.router.add_get("/preview/{message}/frames/{channel}", console.guarded(previews.frame))


def _own_thread(web_app: web.Application) -> Run:
    thread = DatabaseThread()

    async def close(_: web.Application) -> None:
        thread.close()

    web_app.on_cleanup.append(close)
    return thread


@dataclass(frozen=True, slots=True)
class _Console:
    app: App
    run: Run
    pages: Pages
    shops: Shops = field(default_factory=Shops)

    def guarded(self, handler: Handler) -> Handler:
        """A handler for local eyes only, whose errors are pages too."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                require_local(request.get_extra_info("sockname"), request.host, request.headers)
                return await handler(request)
            except JogralError as error:
                if error.http_status >= _SERVER_ERROR:
                    log.error("page_failed", path=request.path, reason=str(error))  # noqa: TRY400  # a sentence, not a stack
                return self.pages.trouble(request, error, Shop())

        return answer

    async def landing(self, request: web.Request) -> web.Response:
        """The first page is the inbox, until there is a page about today."""
        return web.Response(status=302, headers={"Location": Links(request.rel_url).to("/inbox")})

    async def inbox(self, request: web.Request) -> web.Response:
        wanted = read_wanted(request.query)
        shop, page = await self._read(lambda transaction: read_page(transaction, wanted))
        await self._put_on_record([entry.customer_id for entry in page.entries])
        return self.pages.show(
            request,
            "inbox",
            shop,
            wanted=wanted,
            page=page,
            channels=Channel,
            origin=request.url.origin(),
            next_week=rfc3339(self.app.clock.now() + _WEEK_MS, shop.zone)[: len("2026-12-01")],
        )

    async def message(self, request: web.Request) -> web.Response:
        wanted = read_wanted(request.query)
        shop, opened = await self._read(lambda transaction: open_entry(transaction, request.match_info["id"], wanted))
        await self._put_on_record([opened.entry.customer_id])
        view = request.query.get("view")
        return self.pages.show(
            request, "message", shop, wanted=wanted, opened=opened, view=view if view in _VIEWS else _VIEWS[0]
        )

    async def letter(self, request: web.Request) -> web.Response:
        _, entry = await self._read(lambda transaction: read_entry(transaction, request.match_info["id"]))
        if not entry.said.html:
            raise NotFound("This message has no HTML.", remedy="It was said in plain text.")
        if request.headers.get("Sec-Fetch-Dest") != "iframe":  # the page around it is on record already
            await self._put_on_record([entry.customer_id])
        return self.pages.letter(entry.said.html)

    async def journeys(self, request: web.Request) -> web.Response:
        shop, (listed, waiting) = await self._read(
            lambda transaction: (
                journeys.read_journeys(transaction, self.shops.release(transaction.ledger)),
                transaction.quarantine.waiting(),
            )
        )
        return self.pages.show(request, "journeys", shop, listed=listed, waiting=waiting)

    async def journey(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        shop, opened = await self._read(
            lambda transaction: journeys.open_journey(transaction, self.shops.release(transaction.ledger), wanted)
        )
        return self.pages.show(
            request, "journey", shop, opened=opened, now=self.app.clock.now(), path_of=journeys.path_of,
            fitted=journeys.fitted, sizes=journeys.SIZES, step_words=STEPS, way_words=way_words,
        )  # fmt: skip

    async def _put_on_record(self, customer_ids: Sequence[str]) -> None:
        """Whoever sits at this machine is not known by name here. Where a shop wants reasons, these reads have none."""

        def write() -> None:
            with self.app.store.write(durable=False) as transaction:
                record_reads(transaction, self.app.clock, Reader(by="console"), "inbox", customer_ids)

        if customer_ids:
            await self.run(write)

    async def _read(self, work: Callable[[Transaction], T]) -> tuple[Shop, T]:
        """One consistent look at the ledger."""

        def look() -> tuple[Shop, T]:
            with self.app.store.read() as transaction:
                return self.shops.current(transaction.ledger), work(transaction)

        return await self.run(look)
