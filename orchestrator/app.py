"""The only place that wires concrete classes: clock, ledger, doorbell, transport, adapters.

It is imported by workers too, so nothing here may bring in what only doors need (YAML, Alembic, the web server).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TextIO, TypeVar, cast

import structlog

from orchestrator import channels, embedded_redis, signing_keys
from orchestrator.dispatch.began import BeganFiles
from orchestrator.dispatch.drain import Drain
from orchestrator.dispatch.links import Links
from orchestrator.dispatch.tick import NoBell
from orchestrator.domain.errors import ConfigurationError, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.system import system_words
from orchestrator.faultpoints import fault_points, nowhere
from orchestrator.folder import STATE
from orchestrator.queue import Doorbell, connect
from orchestrator.redaction import LibraryLines, redacted
from orchestrator.store.sql import SCHEMA, SqlStore
from orchestrator.tokens import Keyring, keys_of
from orchestrator.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from orchestrator.channels import Adapter, InboxCall
    from orchestrator.dispatch.tick import Bell
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.time import Instant
    from orchestrator.release import Account, ChannelSettings, Release
    from orchestrator.settings import Settings

T = TypeVar("T")


class SystemClock:
    """Time and chance as they are. See `domain.time.Clock`."""

    def now(self) -> Instant:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def entropy(self, size: int) -> bytes:
        return os.urandom(size)

    async def sleep(self, seconds: float) -> None:
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

    @cached_property
    def keyring(self) -> Keyring:
        """What links are signed with. Raises ConfigurationError."""
        configured = self.settings.signing_keys
        if configured is not None:
            return Keyring(keys=keys_of(configured.get_secret_value()))
        return signing_keys.keyring(signing_keys.ensure(self.state, self.clock))

    @property
    def public_url(self) -> str:
        """Where customers reach the public pages, without a slash at its end."""
        return self.settings.public_url or _own_url(self.settings.host, self.settings.port)

    def close(self) -> None:
        """Give everything back."""
        self.store.close()


def _own_url(host: str, port: int) -> str:
    """A server that listens everywhere is reached as this machine."""
    name = "localhost" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104  # compared
    return f"http://{name}:{port}"


def open_app(root: Path, settings: Settings) -> App:
    """The app of a project folder. The ledger is not opened before it is used."""
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
    found = store.schema_version()
    if found != SCHEMA:
        raise ConfigurationError(
            "The ledger {place} is at version {found}, this Jogral needs {wanted}.",
            remedy="Run: jogral db upgrade",
            place=store.place,
            found=found or "none",
            wanted=SCHEMA,
        )


# --- the doorbell -----------------------------------------------------------------------------------------------------

NO_REDIS = "none"


@dataclass(frozen=True)
class Redis:
    """The doorbell's server: somebody's, or our own (`embedded`)."""

    url: str
    embedded: embedded_redis.EmbeddedRedis | None = None

    def stop(self) -> None:
        """End the server if it is ours."""
        if self.embedded is not None:
            self.embedded.stop()


def open_redis(app: App) -> Redis | None:
    """Redis by the environment, else our own, else None: then workers poll the ledger, and the log says so."""
    configured = configured_redis(app.settings)
    if configured:
        connect(configured).close()  # refuses what is no URL, before anything runs
        return Redis(configured)
    if app.settings.redis_url:
        return None
    own = embedded_redis.start(app.state)
    return Redis(own.url, own) if own is not None else None


def configured_redis(settings: Settings) -> str:
    """Somebody's Redis; empty where none is named, or none is wanted. It goes on no command line: `ps` shows those."""
    configured = settings.redis_url.get_secret_value() if settings.redis_url else ""
    return "" if configured == NO_REDIS else configured


def open_bell(redis: Redis | None) -> Bell:
    """What wakes workers."""
    return Doorbell(connect(redis.url)) if redis is not None else NoBell()


# --- adapters ---------------------------------------------------------------------------------------------------------


def wire(settings: Settings) -> Callable[[Release], Mapping[str, Adapter]]:
    """Every account of a release as an adapter: the file's settings, the channel's, and the environment's secrets."""

    def adapters(release: Release) -> Mapping[str, Adapter]:
        found = {
            account.id: _adapter(account, channel, shared, settings)
            for channel, shared in release.project.channels.items()
            for account in shared.accounts
        }
        _refuse_strangers(settings, found)
        return found

    return adapters


def wire_account(settings: Settings, release: Release, account_id: str) -> Adapter | None:
    """One account of a release as an adapter, so that nobody needs the secrets of the others; None: there is none."""
    for channel, shared in release.project.channels.items():
        for account in shared.accounts:
            if account.id == account_id:
                return _adapter(account, channel, shared, settings)
    return None


def _adapter(account: Account, channel: Channel, shared: ChannelSettings, settings: Settings) -> Adapter:
    """The channel's sender and reply address reach only adapters that take them."""
    where = f"templates/project.yaml, account {account.id}"
    taken = channels.settings_of(account.adapter, where=where)
    of_channel = {"sender": shared.from_, "reply_to": shared.reply_to}
    secrets = {
        name.lower(): secret.get_secret_value() for name, secret in settings.accounts.get(account.id, {}).items()
    }
    given = {name: value for name, value in of_channel.items() if value and name in taken} | account.settings | secrets
    return channels.build_adapter(account.adapter, channel, given, where=where)


def _refuse_strangers(settings: Settings, accounts: Mapping[str, Adapter]) -> None:
    """A password for an account that does not exist is a password that somebody misses."""
    for account_id in settings.accounts:
        if account_id not in accounts:
            raise ConfigurationError(
                "JOGRAL_ACCOUNTS__{name}__… names no account{hint}",
                remedy="The accounts of templates/project.yaml are: {known}.",
                name=account_id.upper(),
                hint=did_you_mean(account_id, accounts),
                known=", ".join(accounts),
            )


# --- a worker's parts -------------------------------------------------------------------------------------------------


class DatabaseThread:
    """A thread that touches the database in a process that also runs an event loop."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def __call__(self, work: Callable[[], T], /) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """Wait for what is running."""
        self._executor.shutdown()


@dataclass(frozen=True)
class StoreInbox:
    """The local inbox in the ledger. See `transport.InboxSink`."""

    app: App

    def put(self, calls: Sequence[InboxCall]) -> list[str]:
        # Every call becomes an entry, a repeated reference too: what came twice must be seen twice.
        now = self.app.clock.now()
        ids = [new_id("inb", now, self.app.clock.entropy(ENTROPY_SIZE)) for _ in calls]
        with self.app.store.write() as transaction:
            transaction.inbox.put(calls, ids)
        return ids

    def find(self, references: Sequence[str]) -> Mapping[str, str]:
        with self.app.store.read() as transaction:
            return transaction.inbox.find(references)


class DatabaseThreads:
    """A worker's: `run`, and one of its own for claims where the database serves two writers at a time."""

    def __init__(self, store: SqlStore) -> None:
        self.run = DatabaseThread()
        self.claiming = DatabaseThread() if store.serves_writers_together else None

    def close(self) -> None:
        """Wait for what is running."""
        self.run.close()
        if self.claiming is not None:
            self.claiming.close()


def open_drain(app: App, threads: DatabaseThreads, worker: str) -> tuple[Drain, Transport]:
    """A worker's drain, on the event loop that is running."""
    run = threads.run
    transport = Transport(inbox=StoreInbox(app), run=run, clock=app.clock)
    drain = Drain(
        store=app.store,
        carrier=transport,
        clock=app.clock,
        run=run,
        wire=wire(app.settings),
        worker=worker,
        began=BeganFiles(app.state / "began"),
        links=Links(app.keyring, app.public_url),
        claiming=threads.claiming,
        passing=app.passing,
    )
    return drain, transport


# --- the log ----------------------------------------------------------------------------------------------------------


def open_log(settings: Settings) -> None:
    """Structured lines on stderr, so that stdout stays for what was asked; those of libraries look the same.

    No line leaves without `redacted`: what people and providers wrote stays out of logs.
    """
    level = getattr(logging, settings.log_level.upper())
    ending = (structlog.processors.TimeStamper(fmt="iso", utc=True), redacted)
    render = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(LibraryLines(ending, render))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[libraries])
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _LossyStderr())),
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, *ending, render],
        cache_logger_on_first_use=True,
    )


class _LossyStderr:
    """Where it goes to may be a file on a full disk: a line that cannot be written fails nobody's work."""

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(line)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
