"""Static files under names that hold a hash of their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from pathlib import Path

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Assets:
    """All files of a folder, read once, and served below a prefix such as `/static/`."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._prefix = prefix
        self._urls: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        for path in sorted(folder.iterdir()):
            body = path.read_bytes()
            name = f"{path.stem}.{hashlib.sha256(body).hexdigest()[:12]}{path.suffix}"
            self._urls[path.name] = prefix + name
            self._files[name] = (body, _TYPES[path.suffix])

    def url(self, name: str) -> str:
        """Where a page finds `console.css`."""
        return self._urls[name]

    def text(self, name: str) -> str:
        """What `console.css` says, for a document that must hold all of it."""
        body, _ = self._files[self._urls[name].removeprefix(self._prefix)]
        return body.decode()

    async def serve(self, request: web.Request) -> web.Response:
        """One file. Names are looked up, never opened, so there is no path to climb."""
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        body, content_type = found
        return web.Response(
            body=body,
            content_type=content_type,
            charset="utf-8",
            headers={
                "Cache-Control": "public, max-age=31536000, immutable",
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                # An SVG opened by itself is a document: nothing may run in it either.
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            },
        )
