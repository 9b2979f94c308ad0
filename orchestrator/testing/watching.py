"""What an adapter may not do: reach for the network, a file, another process, the clock, chance or the environment.

Sockets and processes are refused where Python itself announces them (audit events), so nothing leaves this machine
even if a broken adapter tries. Clock, chance and environment are only seen, not refused.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.", "http.client.")
# What importing does, which happens once and belongs to no delivery.
_OF_IMPORTING = (".py", ".pyc", ".so", ".pyd", ".dylib")
_INSTALLED = tuple({os.path.realpath(folder) for folder in (sys.prefix, sys.base_prefix)} | {sys.prefix})

_CLOCKS = frozenset({
    time.time, time.time_ns, time.monotonic, time.monotonic_ns, time.perf_counter, time.perf_counter_ns,
})  # fmt: skip
_OF_DATES = frozenset({"now", "utcnow", "today"})
_CHANCES = frozenset({"urandom", "getrandbits", "randbytes"})


class ReachedOutError(RuntimeError):
    """An adapter tried to do what only the transport does."""


class Watch:
    """What was seen while adapters were asked, in words, each once."""

    def __init__(self) -> None:
        self.reached: dict[str, None] = {}
        self.read: dict[str, None] = {}


@contextlib.contextmanager
def nothing_leaves(watch: Watch) -> Iterator[None]:
    """Refuse sockets, files and processes in this thread, and write down who tried."""
    _install()
    before = getattr(_watched, "watch", None)
    _watched.watch = watch
    try:
        yield
    finally:
        _watched.watch = before


@contextlib.contextmanager
def nothing_is_read(watch: Watch) -> Iterator[None]:
    """See who reads the clock, chance or the environment in this thread."""

    def see(frame: FrameType, event: str, argument: Any) -> None:
        told = _read(frame, event, argument)
        if told:
            watch.read[told] = None

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(before)


# --- what Python announces ------------------------------------------------------------------------------------------

_watched = threading.local()
_installed: list[bool] = []


def _install() -> None:
    """Once: Python has no way to take one off again, so it looks whether anybody watches."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    watch: Watch | None = getattr(_watched, "watch", None)
    if watch is None:
        return
    if event == "open":
        told = _opened(arguments)
    elif event.startswith(_REFUSED) and event not in {"socket.__new__", "socket.gethostname"}:
        told = event
    else:
        return
    if told:
        watch.reached[told] = None
        raise ReachedOutError(told)


def _opened(arguments: tuple[Any, ...]) -> str:
    path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else ""
    return f"open {path}" if path and not path.endswith(_OF_IMPORTING) and not path.startswith(_INSTALLED) else ""


# --- what Python calls ----------------------------------------------------------------------------------------------


def _read(frame: FrameType, event: str, argument: Any) -> str:
    match event:
        case "call":
            return _called(frame)
        case "c_call":
            return _called_in_c(frame, argument)
        case _:
            return ""


def _called(frame: FrameType) -> str:
    if frame.f_code.co_name == "__getitem__" and isinstance(frame.f_locals.get("self"), type(os.environ)):
        return f"the environment ({frame.f_locals.get('key')})"
    return ""


def _called_in_c(frame: FrameType, argument: Any) -> str:
    name = getattr(argument, "__name__", "")
    if getattr(argument, "__module__", None) == "time" and argument in _CLOCKS:
        return f"the clock (time.{name}) in {_place(frame)}"
    if name in _OF_DATES and getattr(getattr(argument, "__self__", None), "__module__", "") == "datetime":
        return f"the clock (datetime.{name}) in {_place(frame)}"
    if name in _CHANCES or (name == "random" and isinstance(getattr(argument, "__self__", None), random.Random)):
        return f"chance ({name}) in {_place(frame)}"
    return ""


def _place(frame: FrameType) -> str:
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"  # noqa: PTH119  # a name, not a place
