"""The preview pages: a message in four frames side by side, as its files say it now, and again whenever they change."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aiohttp import web

from orchestrator.console.preview_frames import THEMES, Frame, Framing, Theme, marks_around
from orchestrator.console.preview_measures import measured
from orchestrator.console.preview_policy import frame_policy
from orchestrator.console.reader import Calendar
from orchestrator.console.shop import Shop, shop_of
from orchestrator.dispatch.promised import book_of
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, NotFound, did_you_mean
from orchestrator.domain.time import moment
from orchestrator.previews import Preview, preview_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.app import App
    from orchestrator.assets import Assets
    from orchestrator.console.pages import Pages
    from orchestrator.console.preview_project import Read, Source
    from orchestrator.console.preview_watch import Watch
    from orchestrator.mapping import Persona
    from orchestrator.release import Release
    from orchestrator.translations import Language

# How wide the frames are: as a phone, or the letter as on a computer.
SIZES = ("phone", "computer")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the link asks for; what it does not say is chosen by the page. `quick`: without the whole check."""

    persona: str = ""
    locale: str = ""
    theme: Theme = "auto"
    size: str = "phone"
    claim: str = ""
    quick: bool = False

    @property
    def query(self) -> dict[str, str]:
        """What links to frames carry on."""
        return {"persona": self.persona, "locale": self.locale, "theme": "" if self.theme == "auto" else self.theme}


def read_asked(query: Mapping[str, str]) -> Asked:
    """The query of a link or of the form. Raises InputError."""
    return Asked(
        persona=query.get("persona", ""),
        locale=query.get("locale", ""),
        theme=cast("Theme", _one_of(query, "theme", THEMES)),
        size=_one_of(query, "size", SIZES),
        claim=query.get("claim", ""),
        quick="quick" in query,
    )


def _one_of(query: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    found = query.get(name) or known[0]
    if found not in known:
        raise InputError('"{name}" cannot be "{found}"; it is one of: {known}.', name=name, found=found,
                         known=", ".join(known))  # fmt: skip
    return found


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page is made of. Without `preview` nothing could ever be said, and `read.wrong` tells why."""

    read: Read
    shop: Shop
    asked: Asked
    preview: Preview | None
    frames: list[Frame]

    @property
    def release(self) -> Release:
        """What the preview was made from; ask only where there is one."""
        assert self.read.release is not None
        return self.read.release

    @property
    def locales(self) -> list[str]:
        """The languages that the message is written in."""
        assert self.preview is not None
        return [self.release.voice.locale, *self.release.messages[self.preview.message.id].translations]

    def version(self, frame: Frame) -> str:
        """A name for the document of a frame: it is loaded again when this changes."""
        return hashlib.sha256(frame.document.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Previews:
    """The handlers. Files are read on threads: nobody else waits for a disk."""

    app: App
    pages: Pages
    assets: Assets
    source: Source
    watch: Watch

    async def listed(self, request: web.Request) -> web.Response:
        """Every message of the project."""
        titles = await asyncio.to_thread(self.source.titles)
        return self.pages.show(request, "preview_list", Shop(), titles=titles)

    async def page(self, request: web.Request) -> web.Response:
        """A message on every channel."""
        asked, message = read_asked(request.query), request.match_info["message"]
        language = self.pages.language(request)
        shown = await asyncio.to_thread(self._shown, message, asked, language)
        now = moment(self.app.clock.now())
        checked = () if asked.quick else await asyncio.to_thread(self.source.findings, message, now)
        return self.pages.show(
            request,
            "preview",
            shown.shop,
            message=message,
            shown=shown,
            findings=list(dict.fromkeys((*shown.read.wrong, *checked))),
            line=self.source.line,
            measured=lambda said: measured(said, shown.release.project, language),
            marks=marks_around,
            themes=THEMES,
            sizes=SIZES,
        )

    async def frame(self, request: web.Request) -> web.Response:
        """The document of one frame."""
        shown = await asyncio.to_thread(
            self._shown, request.match_info["message"], read_asked(request.query), self.pages.language(request)
        )
        wanted = request.match_info["channel"]
        document = next((frame.document for frame in shown.frames if frame.channel == wanted), "")
        if not document:
            raise NotFound("There is no frame of this message on {channel}.", channel=wanted)
        return self.pages.letter(document, frame_policy(document))

    async def changes(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: one for each change of the files, until the reader or the server goes."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):
            await response.write(b"retry: 1000\n\n")
            async with contextlib.aclosing(self.watch.changes(request.query.get("seen", ""))) as changes:
                async for state in changes:
                    await response.write(f"event: files\ndata: {state}\n\n".encode() if state else b":\n\n")
        return response

    def _shown(self, message: str, asked: Asked, language: Language) -> Shown:
        now = self.app.clock.now()
        read = self.source.read(message, moment(now))
        if read.release is None or not read.personas:
            return Shown(read=read, shop=Shop(), asked=asked, preview=None, frames=[])
        release, shop = read.release, shop_of(read.release)
        persona = _persona(read, asked.persona)
        book = book_of(release, {})
        preview = preview_of(release, message, persona, list(Channel), book, now, locale=asked.locale)
        framing = Framing(
            pages=self.pages, assets=self.assets, shop=shop, calendar=Calendar(language, shop.zone), now=now,
            theme=asked.theme,
        )  # fmt: skip
        return Shown(read=read, shop=shop, asked=asked, preview=preview, frames=framing.frames(preview))


def _persona(read: Read, name: str) -> Persona:
    if name and name not in read.personas:
        raise NotFound(
            'There is no persona "{name}"{hint}', remedy="There are: {known}.",
            name=name, hint=did_you_mean(name, read.personas), known=", ".join(read.personas),
        )  # fmt: skip
    return read.personas[name or next(iter(read.personas))]
