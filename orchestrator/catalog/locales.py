"""Which language a customer is written to in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def negotiate(wanted: str, available: Collection[str], default: str) -> str:
    """The available locale (BCP 47) that is wanted, or speaks the same language; otherwise the default.

    `pt-PT` is answered in pt-BR where that is all there is, as a Portuguese reader would prefer.
    """
    if wanted in available:
        return wanted
    language = _language(wanted)
    return next((locale for locale in (default, *sorted(available)) if _language(locale) == language), default)


def _language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()
