"""When the certificate of a server runs out: asked for by a handshake, and nothing else is said."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant


async def runs_out(host: str, port: int, *, tls: ssl.SSLContext | None = None) -> Instant:
    """The end of what the server shows, in milliseconds.

    Raises:
        OSError: it cannot be reached, or shows nothing that this machine trusts (`ssl.SSLError`).
    """
    _, writer = await asyncio.open_connection(host, port, ssl=tls or ssl.create_default_context(), server_hostname=host)
    try:
        shown = writer.get_extra_info("peercert") or {}
        return int(ssl.cert_time_to_seconds(shown["notAfter"]) * 1000)
    finally:
        writer.transport.abort()  # nothing was said: there is nothing to say goodbye to, and nobody to wait for
        await writer.wait_closed()
