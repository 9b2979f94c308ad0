"""Asking whether a call could be made, without making it: nothing is sent to anybody."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from typing import TYPE_CHECKING

import aiosmtplib

from orchestrator.channels import HttpCall, SmtpCall
from orchestrator.transport.guard import Guard, not_public
from orchestrator.transport.http import parsed

if TYPE_CHECKING:
    from orchestrator.channels import Call

PROBE_SECONDS = 3.0


async def probe(call: Call, *, guard: Guard | None = None, tls: ssl.SSLContext | None = None) -> str:
    """Why the place that a call goes to cannot be reached or may not be, or nothing when all is well.

    SMTP goes as far as the login, HTTP as far as the connection. The local inbox is always there.
    """
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            match call:
                case SmtpCall():
                    await _greet(call, tls or ssl.create_default_context())
                case HttpCall():
                    return await _dial(call, guard or Guard())
    except TimeoutError:
        return f"no answer within {PROBE_SECONDS:g} s"
    except (aiosmtplib.SMTPException, OSError) as error:
        return _said(call, error)
    return ""


def _said(call: Call, error: Exception) -> str:
    """The machine's own errors, with the place and in words: 127.0.0.1 on port 25: Connection refused."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if not isinstance(cause, OSError) or isinstance(cause, ssl.SSLError) or not cause.errno:
        return str(error) or type(error).__name__
    # A resolver's numbers are its own.
    told = cause.strerror if isinstance(cause, socket.gaierror) else os.strerror(cause.errno)
    match call:
        case SmtpCall():
            return f"{call.host} on port {call.port}: {told}"
        case HttpCall():
            url = parsed(call.url)
            return f"{url.host} on port {url.port}: {told}"
    return str(told)


async def _greet(call: SmtpCall, tls: ssl.SSLContext) -> None:
    server = aiosmtplib.SMTP(
        hostname=call.host,
        port=call.port,
        username=call.username or None,
        password=call.password if call.username else None,
        local_hostname=call.sender.rpartition("@")[2],
        use_tls=call.security == "tls",
        start_tls=call.security == "starttls",
        tls_context=tls,
        timeout=PROBE_SECONDS,
    )
    try:
        await server.connect()
        if server.is_ehlo_or_helo_needed:
            await server.ehlo()
        await server.quit()
    finally:
        server.close()


async def _dial(call: HttpCall, guard: Guard) -> str:
    try:
        url = parsed(call.url)
    except ValueError as error:
        return str(error)
    objection = guard.objection(url) if call.guarded else ""
    if objection:
        return objection
    found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(destination[0]) for *_, destination in found))
    private = next((address for address in addresses if call.guarded and not_public(address)), None)
    if private is not None:
        return f"{private} is {not_public(private)}"
    # To an address that was just looked at, so that the name cannot mean another one now.
    _, writer = await asyncio.open_connection(addresses[0], url.port)
    writer.close()
    await writer.wait_closed()
    return ""
