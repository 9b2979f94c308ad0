"""What every played provider has: what it took, its moods, its calls to us, and a server that listens here only.

A provider is served under a path of its own name (`http://127.0.0.1:9090/twilio`), and beside its own routes answers
to whoever tests with it:

    GET  /twilio/_told    what it took, and how its calls to us ended
    PUT  /twilio/_mood    {"mood": "429", "count": 3, "taken": false}: how it treats the next calls
    POST /twilio/_say     {…}: a person writes to us, or something becomes of a message; it signs and posts it
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import ipaddress
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp import web
from yarl import URL

from orchestrator.domain.errors import ConfigurationError, InputError, Unavailable, did_you_mean
from orchestrator.simulators import PROVIDERS
from orchestrator.simulators.control import BODY_BYTES_MAX, application
from orchestrator.simulators.moods import Mood

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

HOST: Final = "127.0.0.1"
"""The only place where it listens: whoever reaches it could make any answer up."""

DEFAULT_HOOKS: Final = "http://127.0.0.1:8080"

# What one provider remembers; the oldest goes first.
KEPT_MAX: Final = 10_000

# Providers try again; these are seconds, far shorter than theirs, so that a test need not wait.
RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 4.0)
HOOK_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that a provider took. `body` is what was asked, as JSON can say it."""

    kind: str
    reference: str
    to: str
    body: Any


class Told:
    """What a provider was told, in order."""

    def __init__(self) -> None:
        self._taken: deque[Taken] = deque(maxlen=KEPT_MAX)

    def add(self, kind: str, reference: str, to: str, body: Any) -> None:
        """Remember what was taken: `reference` is ours where the provider echoes it, else the provider's own id."""
        self._taken.append(Taken(kind, reference, to, body))

    def all(self) -> list[Taken]:
        """Everything, the oldest first."""
        return list(self._taken)


@dataclass(slots=True)
class HookCall:
    """One call to us: `status` is our last answer to it, 0 while there was none."""

    url: str
    status: int = 0
    attempts: int = 0
    done: bool = False


@dataclass
class Hooks:
    """A provider's calls to us, in the background, tried again until they are answered with a 2xx.

    `base` is where Jogral listens. Nothing leaves this machine: another host than this one is refused.
    """

    base: str = DEFAULT_HOOKS
    retry_seconds: Sequence[float] = RETRY_SECONDS
    calls: deque[HookCall] = field(default_factory=lambda: deque(maxlen=KEPT_MAX), init=False)
    _session: aiohttp.ClientSession | None = field(default=None, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.base = self.base.rstrip("/")
        require_this_machine(self.base)

    def url(self, account: str, query: str = "") -> str:
        """The address of an account's callbacks: `http://127.0.0.1:8080/hooks/sms?reference=…`."""
        return f"{self.base}/hooks/{account}" + (f"?{query}" if query else "")

    def here(self, url: str) -> str:
        """The same address on this machine: what it was given may be the shop's public one."""
        given = URL(url, encoded=True)
        return f"{self.base}{given.raw_path_qs}"

    def call(self, account_or_url: str, method: str, headers: Mapping[str, str], body: bytes) -> None:
        """Call us, signed already; an account's id, or a whole address (of which host and port become ours)."""
        target = self.here(account_or_url) if "://" in account_or_url else self.url(account_or_url)
        made = HookCall(target)
        self.calls.append(made)
        task = asyncio.get_running_loop().create_task(self._carry(made, method, headers, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ask(self, account: str, query: str) -> tuple[int, str]:
        """Call us with a GET and read the answer, as a handshake is made: status and text."""
        async with self._client().get(URL(self.url(account, query), encoded=True), allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def close(self) -> None:
        """Give up what is not done."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _carry(self, made: HookCall, method: str, headers: Mapping[str, str], body: bytes) -> None:
        url = URL(made.url, encoded=True)  # letter by letter: some providers sign it
        for wait in (*self.retry_seconds, None):
            made.attempts += 1
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with self._client().request(
                    method, url, headers=headers, data=body, allow_redirects=False
                ) as answer:
                    made.status = answer.status
                    await answer.read()
            if made.status // 100 == 2 or wait is None:  # noqa: PLR2004  # 2xx
                break
            await asyncio.sleep(wait)
        made.done = True

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=HOOK_SECONDS), skip_auto_headers=["User-Agent"]
            )
        return self._session


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What makes a project use a played provider: an account of `project.yaml`, and its secrets by setting.

    `environment` are further variables, by their whole names.
    """

    channel: str
    id: str
    adapter: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


class Simulator:
    """One played provider. A module's `make(told, hooks, options)` returns one; what is not said here it leaves out.

    `options` holds `account`, the id of the project's account, where it was named.
    """

    name: str = ""

    def routes(self) -> list[web.RouteDef]:
        """What it answers, with paths as the provider documents them."""
        raise NotImplementedError

    def account(self, base: str) -> Account | None:
        """What makes a project use it; `base` is its address, without a slash at its end."""
        del base
        return None

    def device(self, base: str) -> str:
        """The address of a device that it reaches, where nobody could make one up; else nothing."""
        del base
        return ""

    async def say(self, said: Mapping[str, Any]) -> Any:
        """A person writes, taps, or something becomes of a message: what was posted to us, as JSON can say it.

        Raises ValueError or KeyError where it cannot be said.
        """
        raise ValueError(f"{self.name} has nothing to say of {said}")

    async def open(self) -> None:
        """Before it serves: for what does not speak HTTP."""

    async def close(self) -> None:
        """Once it serves no more."""


@dataclass(frozen=True, slots=True)
class Played:
    """One provider that is being played; `base` is its address."""

    name: str
    base: str
    simulator: Simulator
    told: Told
    hooks: Hooks
    mood: Mood


@contextlib.asynccontextmanager
async def playing(
    names: Sequence[str],
    *,
    port: int = 0,
    hooks: str = DEFAULT_HOOKS,
    options: Mapping[str, Mapping[str, str]] | None = None,
) -> AsyncIterator[list[Played]]:
    """Play providers while the block runs, all of them on one port of this machine.

    Args:
        names: whom, of `PROVIDERS`.
        port: where to listen; 0 takes a free one.
        hooks: where Jogral listens.
        options: of a provider, by name; `account` is the id of the project's account.

    Raises:
        InputError: there is no such provider. ConfigurationError: `hooks` is not on this machine.
        Unavailable: the port is taken.
    """
    modules = {name: importlib.import_module(_module(name)) for name in names}
    require_this_machine(hooks)
    root = web.Application(client_max_size=BODY_BYTES_MAX)
    runner = web.AppRunner(root, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    made: list[Played] = []
    async with contextlib.AsyncExitStack() as ending:
        ending.push_async_callback(runner.cleanup)
        for name, module in modules.items():
            told, mood, caller = Told(), Mood(), Hooks(hooks)
            ending.push_async_callback(caller.close)
            simulator = module.make(told, caller, (options or {}).get(name, {}))
            played = Played(name, "", simulator, told, caller, mood)
            root.add_subapp(f"/{name}", application(played))
            made.append(played)
        await runner.setup()
        site = web.TCPSite(runner, HOST, port)
        try:
            await site.start()
        except OSError as error:
            raise Unavailable(
                "Nobody can listen on {host}:{port}: {error}.",
                remedy="Name another port with --port; 0 takes a free one.",
                host=HOST, port=port, error=error.strerror or str(error),
            ) from error  # fmt: skip
        bound = runner.addresses[0][1]
        for one in made:
            await one.simulator.open()
            ending.push_async_callback(one.simulator.close)
        yield [
            Played(one.name, f"http://{HOST}:{bound}/{one.name}", one.simulator, one.told, one.hooks, one.mood)
            for one in made
        ]


def require_this_machine(url: str) -> None:
    """Raises ConfigurationError where an address is not of this machine: what is played must not reach anybody."""
    host = URL(url).host or ""
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    raise ConfigurationError(
        "{url} is not on this machine.",
        remedy="Played providers only call 127.0.0.1: name where Jogral listens here.",
        url=url,
    )


def _module(name: str) -> str:
    if name not in PROVIDERS:
        raise InputError(
            'There is no provider "{name}" to play{hint}',
            remedy="Providers are: {known}.",
            name=name,
            hint=did_you_mean(name, PROVIDERS),
            known=", ".join(sorted(PROVIDERS)),
        )
    return PROVIDERS[name]
