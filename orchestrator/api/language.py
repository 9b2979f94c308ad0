"""Which of our languages a caller would rather read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.api.services import API
from orchestrator.translations import LANGUAGES, translator

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from orchestrator.translations import Language

_BY_PREFIX = {language.partition("-")[0]: language for language in LANGUAGES}


def translate_for(request: web.Request) -> Callable[[str], str]:
    """What turns our sentences into the caller's language."""
    return translator(language_for(request))


def language_for(request: web.Request) -> Language:
    """The best of Accept-Language, else JOGRAL_LANG, else English."""
    default: Language = request.app[API].app.settings.lang or "en"
    return preferred(request.headers.get("Accept-Language", "")) or default


def preferred(header: str) -> Language | None:
    """The first of our languages by quality (RFC 9110, section 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        name, _, quality = part.replace(" ", "").partition(";q=")
        try:
            wanted.append((float(quality or 1), name.lower()))
        except ValueError:
            continue
    for weight, name in sorted(wanted, key=lambda one: -one[0]):
        match = _BY_PREFIX.get(name.partition("-")[0])
        if match is not None and weight > 0:
            return match
    return None
