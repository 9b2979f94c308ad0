"""The project and its ledger: what everything else stands on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from babel.numbers import format_decimal

from orchestrator.app import require_schema
from orchestrator.cli.checkups.check import Check, Verdict, trouble
from orchestrator.cli.workplace import read_admitted
from orchestrator.dispatch.audit import Auditor
from orchestrator.domain.errors import DocumentError, JogralError
from orchestrator.domain.time import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.app import App
    from orchestrator.cli.terminal import Terminal
    from orchestrator.project import Project
    from orchestrator.release import Release

FREE_BYTES_MIN = 500_000_000


def project(terminal: Terminal, folder: Project) -> tuple[Release | None, Check]:
    """What the project's files say, and whether it may come into force: accounts are looked at all the same."""
    try:
        release = read_admitted(folder)
    except DocumentError as error:
        first = terminal.words("The first: {finding}", finding=error.findings[0])
        refused = Check(name="project", verdict=Verdict.BAD, told=error.told(terminal.translate), remedy=first)
        return _as_it_is(folder), refused
    except JogralError as error:
        return None, trouble(terminal, "project", error)
    told = terminal.words(
        "{name}: {messages} messages, {journeys} journeys, {events} event types", name=release.project.name,
        messages=len(release.messages), journeys=len(release.journeys), events=len(release.events),
    )  # fmt: skip
    return release, Check(name="project", verdict=Verdict.GOOD, told=told)


def _as_it_is(folder: Project) -> Release | None:
    try:
        return folder.read()
    except JogralError:
        return None  # it was told what is wrong


def ledger(terminal: Terminal, app: App) -> Iterator[Check]:
    try:
        require_schema(app.store)
        with app.store.write() as transaction:  # an empty one: it takes the lock, and changes nothing
            transaction.ledger.clock()
    except JogralError as error:
        yield trouble(terminal, "ledger", error)
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


def audit(terminal: Terminal, app: App) -> Check:
    broken = Auditor(app.store).look(app.clock.now())
    if not broken:
        return Check(name="audit", verdict=Verdict.GOOD, told=terminal.words("Nothing is there that must never be."))
    told = terminal.words("These do not hold: {names}", names=", ".join(one.invariant for one in broken))
    return Check(name="audit", verdict=Verdict.BAD, told=told, remedy=terminal.words("See: jogral audit"))


def quarantine(terminal: Terminal, app: App, release: Release | None) -> Check:
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
