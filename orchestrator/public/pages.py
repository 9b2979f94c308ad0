"""Values into public pages: the templates, the headers that every page has, and what a page says when there is trouble.

A page is complete without a script and asks for none. What stands in it is said about one person, so nobody keeps it:
no cache, no search engine, no site that a link leads to.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from orchestrator.assets import Assets
from orchestrator.public.reader import NAMES, Links, Reader

if TYPE_CHECKING:
    from orchestrator.domain.errors import JogralError

PREFIX: Final = "/assets/"
"""Where the pages' style sheet is served."""

_FOLDER = Path(__file__).parent

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # The address of a page is the key to it: it goes nowhere.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}

# What a link that does nothing is to a browser; other errors are what they are everywhere.
_STATUSES: Final = {"invalid_token": 404, "expired_token": 410}

SERVER_ERROR: Final = 500


class Pages:
    """Answers to browsers."""

    def __init__(self) -> None:
        self.assets = Assets(_FOLDER / "static", PREFIX)
        self._style = self.assets.url("public.css").removeprefix("/")
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals |= {"languages": NAMES, "filled": filled}

    def show(
        self, request: web.Request, template: str, reader: Reader, *, status: int = 200, **values: Any
    ) -> web.Response:
        """A page in its reader's language."""
        links = Links(request.rel_url.raw_path, request.query.get("lang"))
        text = self._templates.get_template(f"{template}.html.jinja").render(
            values, _=reader.say, reader=reader, links=links, style=links.root + self._style, status=status
        )
        headers = _HEADERS | {"Content-Language": reader.language}
        return web.Response(text=text, content_type="text/html", status=status, headers=headers)

    def trouble(self, request: web.Request, error: JogralError, reader: Reader) -> web.Response:
        """What happened, and what to do."""
        status = _STATUSES.get(error.code, error.http_status)
        return self.show(request, "trouble", reader, status=status, error=error)


def filled(sentence: str, **values: object) -> Markup:
    """A sentence with its places filled: each value stands by itself, whatever direction it is written in."""
    return Markup(str(escape(sentence))).format(  # noqa: S704  # escaped inside, and so is each value
        **{name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
    )
