"""Values into pages: the templates, the headers that every page has, and what a page says when there is trouble."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestrator.console import words
from orchestrator.console.bubble import as_on_the_phone
from orchestrator.console.reader import NAMES, Calendar, Links, language
from orchestrator.reasons import reason
from orchestrator.translations import translator

if TYPE_CHECKING:
    from orchestrator.assets import Assets
    from orchestrator.console.shop import Shop
    from orchestrator.domain.errors import JogralError
    from orchestrator.translations import Language

_HEADERS = {
    # Pages hold addresses, and their language depends on who asks.
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# The HTML of a message is somebody else's document: it may look as it likes and do nothing, also when opened alone.
_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)


class Pages:
    """Answers to browsers. `configured` is the language of JOGRAL_LANG."""

    def __init__(self, assets: Assets, configured: Language | None) -> None:
        self._configured = configured
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals |= {
            "asset": assets.url,
            "words": words,
            "languages": NAMES,
            "as_on_the_phone": as_on_the_phone,
            "reason": reason,
        }

    def show(
        self, request: web.Request, template: str, shop: Shop, *, status: int = 200, **values: Any
    ) -> web.Response:
        """A page in the reader's language and the shop's hours."""
        chosen = self.language(request)
        text = self.render(
            template, chosen, links=Links(request.rel_url), calendar=Calendar(chosen, shop.zone), shop=shop, **values
        )
        headers = _HEADERS | {"Content-Security-Policy": _PAGE_POLICY, "Content-Language": chosen}
        return web.Response(text=text, content_type="text/html", status=status, headers=headers)

    def language(self, request: web.Request) -> Language:
        """The language that a page answers in."""
        return language(request.query.get("lang"), self._configured, request.headers.get("Accept-Language", ""))

    def render(self, template: str, language: Language, **values: Any) -> str:
        """A template in a language, as text."""
        return self._templates.get_template(f"{template}.html.jinja").render(
            values, _=translator(language), language=language
        )

    def trouble(self, request: web.Request, error: JogralError, shop: Shop) -> web.Response:
        """What happened, and what to do."""
        return self.show(request, "trouble", shop, status=error.http_status, error=error)

    def letter(self, html: str, policy: str = _LETTER_POLICY) -> web.Response:
        """The HTML of a message, byte for byte as it was delivered, in a box."""
        headers = _HEADERS | {"Content-Security-Policy": policy}
        return web.Response(text=html, content_type="text/html", headers=headers)
