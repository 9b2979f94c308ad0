"""The only place that wires concrete classes: clock and ledger here, doorbell, accounts, drain and log beside it.

It is imported by workers too, so nothing here may bring in what only doors need (YAML, Alembic, the web server). And by
every command, whose help is read more often than it runs: what opens the ledger is imported when one is opened.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator import channels
from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.system import system_words
from orchestrator.faultpoints import fault_points, nowhere
from orchestrator.folder import STATE
from orchestrator.tokens import Keyring, keys_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.domain.time import Instant
    from orchestrator.settings import Settings
    from orchestrator.store.sql import SqlStore


class SystemClock:
    """Time and chance as they are. See `domain.time.Clock`."""

    def now(self) -> Instant:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def entropy(self, size: int) -> bytes:
        return os.urandom(size)

    async def sleep(self, seconds: float) -> None:
        import asyncio  # noqa: PLC0415  # whoever waits has it; help does not

        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class App:
    """What every process of one project has: its folder, its settings, its ledger. `passing`: see `faultpoints`."""

    root: Path
    settings: Settings
    store: SqlStore
    clock: SystemClock
    passing: Callable[[str], None] = nowhere

    @property
    def state(self) -> Path:
        """The project's private folder."""
        return state_folder(self.root)

    @property
    def keyring(self) -> Keyring:
        """What links are signed with now: of the file, a rotation counts at once. Raises ConfigurationError."""
        return self._keys()

    @cached_property
    def _keys(self) -> Callable[[], Keyring]:
        configured = self.settings.signing_keys
        if configured is None:
            from orchestrator import signing_keys  # noqa: PLC0415  # see open_app

            return signing_keys.KeyFile(self.state, self.clock)
        given = Keyring(keys=keys_of(configured.get_secret_value()))
        return lambda: given

    @property
    def public_url(self) -> str:
        """Where customers reach the public pages, without a slash at its end."""
        return self.settings.public_url or self.settings.own_url

    def close(self) -> None:
        """Give everything back."""
        self.store.close()


def open_app(root: Path, settings: Settings) -> App:
    """The app of a project folder. The ledger is not opened before it is used."""
    from orchestrator.store.sql import SqlStore  # noqa: PLC0415  # half the start of a command, which help does not need

    channels.look_in(root / "channels")
    return App(
        root=root,
        settings=settings,
        store=SqlStore(database_url(root, settings)),
        clock=SystemClock(),
        passing=fault_points(os.environ),
    )


def state_folder(root: Path) -> Path:
    """Ledger, keys and sockets: never in Git, readable by this user alone."""
    folder = root / STATE
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            "{folder} cannot be made: {why}.",
            remedy="Make the project's folder writable, or use another.",
            folder=folder,
            why=system_words(error),
        ) from error
    return folder


def database_url(root: Path, settings: Settings) -> str:
    """The ledger's URL: the environment's, or SQLite beside the project."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{state_folder(root) / 'ledger.db'}"


def require_schema(store: SqlStore) -> None:
    """Refuse a database of another version before anything is read from it. Raises ConfigurationError, Unavailable."""
    from orchestrator.store.sql import SCHEMA  # noqa: PLC0415  # see open_app

    found = store.schema_version()
    if found != SCHEMA:
        raise ConfigurationError(
            "The ledger {place} is at version {found}, this Jogral needs {wanted}.",
            remedy="Run: jogral db upgrade",
            place=store.place,
            found=found or "none",
            wanted=SCHEMA,
        )
