"""The project's ledger: opened, and brought into being where nobody else has to decide that.

Every command that touches the ledger comes here, and half of a start-up is what a ledger needs. It is imported in the
functions: whoever reads a help page, or has written an option wrong, opens none.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from orchestrator.cli.workplace import read_admitted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from orchestrator.app import App
    from orchestrator.dispatch.plans.changing import Changed
    from orchestrator.plans.model import Plan
    from orchestrator.project import Project
    from orchestrator.release import Release


@contextlib.contextmanager
def open_ledger(project: Project, *, talkative: bool = False, ready: bool = True) -> Iterator[App]:
    """The project's app, with a ledger of this version's schema; `ready` False leaves that to the caller.

    A command that answers at once logs warnings only; one that stays (`talkative`) logs what the settings say.
    """
    from orchestrator.app import open_app, require_schema
    from orchestrator.app.log import open_log
    from orchestrator.redaction import tell_crashes
    from orchestrator.settings import read_settings

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
    from orchestrator.app import require_schema
    from orchestrator.store.migrate import upgrade

    if app.settings.database_url is None or _is_empty(app):
        upgrade(app.store)
    else:
        require_schema(app.store)


def _is_empty(app: App) -> bool:
    from sqlalchemy import inspect

    from orchestrator.store.engine import transaction

    with transaction(app.store.engine, read_only=True) as connection:
        return not inspect(connection).get_table_names()


def bring_into_force(app: App, release: Release) -> None:
    """Publish a release, unless it is in force already.

    Raises:
        Refused: somebody stands at a step that is gone; `jogral plan` says what becomes of them.
        ConfigurationError: its accounts cannot be used. Better here than where a worker stumbles over them.
    """
    change_over(app, release)


def change_over(app: App, release: Release, plan: Plan | None = None, *, rolled_back: bool = False) -> Changed | None:
    """The same as a plan says: what was done, None where it is in force already."""
    from orchestrator.app.accounts import wire
    from orchestrator.cli.actor import actor
    from orchestrator.dispatch.plans.changing import PUBLISHED, ROLLED_BACK, ChangeOver
    from orchestrator.project.places import place_of_wording

    wire(app.settings)(release)
    changing = ChangeOver(
        clock=app.clock,
        by=actor(),
        kind=ROLLED_BACK if rolled_back else PUBLISHED,
        place=lambda wording: place_of_wording(app.root, wording),
        passing=app.passing,
    )
    done = changing.carry_out(app.store, release, plan)
    if done is not None and done.lanes:
        ring(app, done.lanes)
    return done


def running_release(app: App, project: Project) -> Release:
    """The release that runs, for commands that ask for messages; where none does yet, the project's own is published.

    What they accept must fit what workers send: files that were changed since come into force with the next `up`.
    """
    from orchestrator.release import read_release

    with app.store.read() as reading:
        release_id = reading.ledger.release_id()
        content = reading.ledger.release(release_id) if release_id else None
    if content is not None:
        return read_release(content)
    release = read_admitted(project)
    bring_into_force(app, release)
    return release


def files_differ(project: Project, release: Release) -> bool:
    """Whether the files say something else than the release that runs; what cannot be read says something else, too."""
    from orchestrator.domain.errors import JogralError

    try:
        return project.read().id != release.id
    except JogralError:
        return True


def ring(app: App, lanes: Collection[str]) -> None:
    """Wake the workers that run now, if any. Those that do not hear it find the work by themselves, a little later."""
    from orchestrator.app.doorbell import ring_running

    ring_running(app, lanes)
