"""Time, links and keys: whether business time is the wall clock's, and whether people can open what is sent to them."""

from __future__ import annotations

import stat
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orchestrator import signing_keys
from orchestrator.channels import HttpCall, SmtpCall
from orchestrator.cli.checkups.check import Check, Verdict, trouble
from orchestrator.domain.errors import JogralError
from orchestrator.timeline import require_local

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.app import App
    from orchestrator.channels import Call
    from orchestrator.cli.terminal import Terminal
    from orchestrator.release import Release


def clock(terminal: Terminal, app: App, release: Release) -> Check:
    with app.store.read() as transaction:
        moved = transaction.ledger.clock().moved
    if not moved:
        return Check(name="clock", verdict=Verdict.GOOD, told=terminal.words("Business time is the wall clock's."))
    told = terminal.words("Business time was moved.")
    try:
        require_local(app, release)
    except JogralError as error:
        return Check(name="clock", verdict=Verdict.BAD, told=told, remedy=error.remedy(terminal.translate))
    return Check(name="clock", verdict=Verdict.NOTE, told=told)


def links(terminal: Terminal, app: App, mails: Iterable[Call]) -> Check:
    """Whether customers can open the links of what is sent to them: a way out that leads nowhere is none."""
    url = app.public_url
    # What runs may have been given another port: of that only its own settings know.
    told = (
        terminal.words("Public pages are at {url}", url=url)
        if app.settings.public_url is not None
        else terminal.words("Public pages are at {url}, or where `up --port` says", url=url)
    )
    if leads_nowhere(url, mails):
        return Check(
            name="links", verdict=Verdict.BAD,
            told=terminal.words("Links in e-mails lead to {url}, which no customer can open.", url=url),
            remedy=terminal.words("Set JOGRAL_PUBLIC_URL to where customers reach this server: https://…"),
        )  # fmt: skip
    return Check(name="links", verdict=Verdict.GOOD, told=told)


def leads_nowhere(public_url: str, mails: Iterable[Call]) -> bool:
    """Whether mail goes to other machines, and its links to this one. A mail server of one's own is for trying out."""
    hosts = {
        call.host if isinstance(call, SmtpCall) else urlsplit(call.url).hostname or ""
        for call in mails
        if isinstance(call, SmtpCall | HttpCall)
    }
    here = is_of_this_machine(urlsplit(public_url).hostname or "")
    return here and not all(map(is_of_this_machine, hosts))


def is_of_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.rpartition(".")[2] == "localhost"


def keys(terminal: Terminal, app: App) -> Check:
    if app.settings.signing_keys is not None:
        told = terminal.words("From JOGRAL_SIGNING_KEYS; {id} signs.", id=app.keyring.newest.id)
        return Check(name="keys", verdict=Verdict.GOOD, told=told)
    file = app.state / signing_keys.FILE
    if not file.is_file():
        return Check(
            name="keys", verdict=Verdict.NOTE, told=terminal.words("The project has no {file}.", file=file.name),
            remedy=terminal.words("`jogral up` makes them: links in messages are signed with them."),
        )  # fmt: skip
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Check(
            name="keys", verdict=Verdict.BAD, told=terminal.words("Others can read {file}.", file=file),
            remedy=terminal.words("Run: chmod 600 {file}", file=file),
        )  # fmt: skip
    try:
        signing_keys.read(file)
    except JogralError as error:
        return trouble(terminal, "keys", error)
    if app.store.engine.url.get_backend_name() != "sqlite":
        return Check(
            name="keys", verdict=Verdict.NOTE, told=terminal.words("This machine has signing keys of its own."),
            remedy=terminal.words("Where several machines share the ledger, set JOGRAL_SIGNING_KEYS, alike on each."),
        )  # fmt: skip
    return Check(name="keys", verdict=Verdict.GOOD, told=terminal.words("For this user only."))
