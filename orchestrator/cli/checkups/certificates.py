"""The certificates of our own pages and of the servers that are called: only what is wrong, or soon will be."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orchestrator.cli.checkups.check import Check, Verdict
from orchestrator.domain.time import moment
from orchestrator.transport.certificate import runs_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.cli.terminal import Terminal
    from orchestrator.domain.time import Instant

SECONDS = 3.0
"""How long one server may take. All are asked at once."""

DAY_MS = 86_400_000
DAYS_MIN = 14


async def certificates(terminal: Terminal, own_url: str, urls: Iterable[str], now: Instant) -> list[Check]:
    """Those of the https addresses among `own_url` and `urls`, each server once."""
    parts = [urlsplit(url) for url in (own_url, *urls)]
    places = {(one.hostname, one.port or 443) for one in parts if one.scheme == "https" and one.hostname}
    ours = urlsplit(own_url).hostname
    found = await asyncio.gather(*(_look(terminal, *place, now, ours=place[0] == ours) for place in sorted(places)))
    return [check for check in found if check is not None]


async def _look(terminal: Terminal, host: str, port: int, now: Instant, *, ours: bool) -> Check | None:
    remedy = terminal.words("Renew it, and see why that did not happen by itself.") if ours else ""
    try:
        async with asyncio.timeout(SECONDS):
            ends = await runs_out(host, port)
    except ssl.SSLCertVerificationError as error:  # one that has ended too: the handshake goes no further
        told = terminal.words("The certificate of {host} is not valid: {why}.", host=host, why=error.verify_message)
        return Check(name="certificate", verdict=Verdict.BAD, told=told, remedy=remedy)
    except (OSError, TimeoutError):  # that it cannot be reached is told elsewhere
        return None
    if (ends - now) // DAY_MS >= DAYS_MIN:
        return None
    day = f"{moment(ends):%Y-%m-%d}"
    told = terminal.words("The certificate of {host} ends on {day}.", host=host, day=day)
    return Check(name="certificate", verdict=Verdict.BAD if ours else Verdict.NOTE, told=told, remedy=remedy)
