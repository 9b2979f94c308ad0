"""The project's ledger: opened, and brought into being where nobody else has to decide that."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import inspect

from orchestrator import embedded_redis
from orchestrator.app import NO_REDIS, open_app, open_log, require_schema, wire
from orchestrator.cli.workplace import read_admitted
from orchestrator.dispatch.publish import publish
from orchestrator.domain.errors import ConfigurationError
from orchestrator.queue import Doorbell, connect
from orchestrator.redaction import tell_crashes
from orchestrator.release import read_release
from orchestrator.settings import read_settings
from orchestrator.store.engine import transaction
from orchestrator.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from orchestrator.app import App
    from orchestrator.project import Project
    from orchestrator.release import Release

log = structlog.get_logger()


@contextlib.contextmanager
def open_ledger(project: Project, *, talkative: bool = False, ready: bool = True) -> Iterator[App]:
    """The project's app, with a ledger of this version's schema; `ready` False leaves that to the caller.

    A command that answers at once logs warnings only; one that stays (`talkative`) logs what the settings say.
    """
    settings = read_settings()
    if not talkative and "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "warning"})
    open_log(settings)
    tell_crashes()
    app = open_app(project.root, settings)
    try:
        if ready:
            require_schema(app.store)
        yield app
    finally:
        app.close()


def make_ready(app: App) -> None:
    """Migrate the project's own SQLite; of somebody's database, an empty one only.

    Raises:
        ConfigurationError: a database that JOGRAL_DATABASE_URL names stands at another version. Whoever shares it
            decides when it changes: `jogral db upgrade`.
    """
    if app.settings.database_url is None or _is_empty(app):
        upgrade(app.store)
    else:
        require_schema(app.store)


def _is_empty(app: App) -> bool:
    with transaction(app.store.engine, read_only=True) as connection:
        return not inspect(connection).get_table_names()


def bring_into_force(app: App, release: Release) -> None:
    """Publish a release whose accounts can be used. Raises ConfigurationError before a worker stumbles over them."""
    wire(app.settings)(release)
    publish(app.store, release, app.clock.now())


def running_release(app: App, project: Project) -> Release:
    """The release that runs, for commands that ask for messages; where none does yet, the project's own is published.

    What they accept must fit what workers send: files that were changed since come into force with the next `up`.
    """
    with app.store.read() as reading:
        release_id = reading.ledger.release_id()
        content = reading.ledger.release(release_id) if release_id else None
    if content is not None:
        return read_release(content)
    release = read_admitted(project)
    bring_into_force(app, release)
    return release


def ring(app: App, lanes: Collection[str]) -> None:
    """Wake the workers that run now, if any. Those that do not hear it find the work by themselves, a little later."""
    configured = app.settings.redis_url.get_secret_value() if app.settings.redis_url else ""
    url = configured or embedded_redis.find(app.state)
    if not url or url == NO_REDIS:
        return
    try:
        bell = Doorbell(connect(url))
    except ConfigurationError as error:
        # What was accepted stays accepted: to fail here would make somebody send it again.
        log.warning("bell_failed", reason=error.template)
        return
    for lane in sorted(lanes):
        bell.ring(lane)
