"""Which of our languages a caller would rather read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.api.services import API
from orchestrator.translations import preferred, translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from orchestrator.translations import Language


def translate_for(request: web.Request) -> Callable[[str], str]:
    """What turns our sentences into the caller's language."""
    return translator(language_for(request))


def language_for(request: web.Request) -> Language:
    """The best of Accept-Language, else JOGRAL_LANG, else English."""
    default: Language = request.app[API].app.settings.lang or "en"
    return preferred(request.headers.get("Accept-Language", "")) or default
