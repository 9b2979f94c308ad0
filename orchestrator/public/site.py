"""What the handlers of public pages work with: the ledger, the release that runs, the keys of links, and the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from aiohttp import web

from orchestrator.public.reader import language_of, reader_of

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.dispatch.current_release import CurrentRelease
    from orchestrator.domain.customer import Customer
    from orchestrator.public.pages import Pages
    from orchestrator.public.reader import Reader
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction
    from orchestrator.tokens import TokenPurpose

T = TypeVar("T")


class Run(Protocol):
    """Do blocking work on a thread that may use the ledger."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The public pages of one project. `ring` wakes workers for lanes that have something new to send."""

    app: App
    run: Run
    releases: CurrentRelease
    pages: Pages
    ring: Callable[[Collection[str]], None]

    def subject(self, request: web.Request, purpose: TokenPurpose) -> Mapping[str, str]:
        """What the link's token is about. Raises InvalidToken: it was issued for something else, or ended."""
        return self.app.keyring.read(purpose, request.match_info["token"], self.app.clock.now())

    async def look(self, work: Callable[[Transaction, Release], T]) -> T:
        """One consistent look at the ledger."""

        def looked() -> T:
            with self.app.store.read() as transaction:
                return work(transaction, self.releases.read(transaction))

        return await self.run(looked)

    async def act(self, work: Callable[[Transaction, Release], T]) -> T:
        """One change of the ledger: it is on the disk when this returns."""

        def acted() -> T:
            with self.app.store.write() as transaction:
                return work(transaction, self.releases.read(transaction))

        return await self.run(acted)

    def reader(self, request: web.Request, release: Release, customer: Customer | None = None) -> Reader:
        """Who reads the answer to a request: the customer whose link it is, where there is one."""
        language = language_of(
            request.query.get("lang"),
            customer.locale if customer else None,
            request.headers.get("Accept-Language", ""),
            release.project.locale,
        )
        return reader_of(release, language, customer.time_zone if customer else None)


Handler = Callable[[Site, web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicRoute:
    """One method of one path that needs no key. `why`: what keeps it from harm, or what its link proves."""

    method: str
    path: str
    handler: Handler
    why: str
