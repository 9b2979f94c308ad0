"""Lists, page by page. A cursor is what the page before ended with, so what is added meanwhile skips nothing."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, TypeVar

from orchestrator.api.faults import FAULTS, refused
from orchestrator.api.responses import respond, shown
from orchestrator.domain.errors import FieldError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    from aiohttp import web
    from pydantic import BaseModel

Found = TypeVar("Found")


def cursor_of(last: str) -> str:
    """The cursor of the page that follows an entry."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def after(cursor: str | None, form: re.Pattern[str]) -> str:
    """The entry that the page before ended with; nothing before the first page. Raises InputError."""
    if cursor is None:
        return ""
    try:
        last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        last = ""
    if not form.fullmatch(last):
        code, template = FAULTS["cursor_format"]
        raise refused([FieldError(pointer="?cursor", code=code, template=template)])
    return last


def respond_found(
    request: web.Request, page: type[BaseModel], found: Sequence[Found], *, limit: int, last: Callable[[Found], str]
) -> web.Response:
    """The first `limit` of what was found, and a link to the rest: who asks for one more knows whether there is any.

    Args:
        request: what is answered.
        page: the model of the page, of `data` and `next_cursor`.
        found: at most one more than `limit`.
        limit: how many a page has.
        last: by what the next page knows an entry.
    """
    cursor = cursor_of(last(found[limit - 1])) if len(found) > limit else None
    return respond_page(request, page(data=tuple(found[:limit]), next_cursor=cursor), limit=limit, cursor=cursor)


def respond_page(request: web.Request, page: BaseModel, *, limit: int, cursor: str | None) -> web.Response:
    """A page, with a link to the next one where there is one."""
    response = respond(shown(page) | {"next_cursor": cursor})
    if cursor is not None:
        following = request.rel_url.update_query({"limit": str(limit), "cursor": cursor})
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response
