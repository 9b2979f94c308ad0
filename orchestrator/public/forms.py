"""Forms as browsers and mail programs send them."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError


@dataclass(frozen=True, slots=True)
class Form:
    """The text fields of a form, in their order. Files have no place on our pages, and are left out."""

    fields: tuple[tuple[str, str], ...] = ()

    def one(self, name: str) -> str:
        """The value of a field; nothing where it is not there."""
        return next((value for field, value in self.fields if field == name), "")

    def all(self, name: str) -> frozenset[str]:
        """Every value of a field, such as those of ticked boxes."""
        return frozenset(value for field, value in self.fields if field == name)


async def read_form(request: web.Request) -> Form:
    """What a request brings; what is no form brings nothing."""
    try:
        fields = await request.post()
    except (ValueError, HttpProcessingError, web.RequestPayloadError):
        return Form()
    return Form(tuple((name, value) for name, value in fields.items() if isinstance(value, str)))
