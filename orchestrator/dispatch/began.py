"""Which calls of a slice began: what is known of them when their worker is found dead.

Before a slice passes the gate, a file takes down its deliveries; a mark is set beside each one before its call sends a
byte. The kernel keeps the marks when the process is killed. So of a dead worker's slice only those with a mark may have
arrived, and all others certainly did not. Where there is no file (another machine, or this one was restarted since),
nothing is known, and every one may have.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from orchestrator.domain.errors import Unavailable
from orchestrator.domain.system import system_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.domain.time import Instant

# A page cache lives as long as the machine runs: marks of an earlier boot may be missing.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_MARK = ord("x")
_NO_MARK = "-"


class Marks(Protocol):
    """Marks for one slice."""

    def set(self, place: int) -> None:
        """The call at this place of the slice is about to begin."""
        ...

    def forget(self) -> None:
        """How every call ended is in the ledger."""
        ...


class Began(Protocol):
    """Where marks are kept."""

    def expect(self, lease: str, delivery_ids: Sequence[str]) -> Marks:
        """Make room for the marks of a slice, before its intents are committed. Raises Unavailable."""
        ...

    def of(self, lease: str) -> frozenset[str] | None:
        """The deliveries of a lease whose calls began; None where nobody knows."""
        ...

    def forget_before(self, at: Instant) -> None:
        """Nobody will ask for leases that are older."""
        ...


class BeganFiles:
    """Files in a folder of this machine and boot."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _boot()

    def expect(self, lease: str, delivery_ids: Sequence[str]) -> Marks:
        path = self._path(lease)
        lines = "".join(f"{_NO_MARK} {one}\n" for one in delivery_ids).encode()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                if os.write(descriptor, lines) < len(lines):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                marks = mmap.mmap(descriptor, len(lines))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Unavailable(
                "{path} cannot be written: {why}.",
                remedy="Make the folder writable, and free some space on its disk.",
                path=path,
                why=system_words(error),
            ) from error
        return _Marks(path, marks, _places(delivery_ids))

    def of(self, lease: str) -> frozenset[str] | None:
        try:
            lines = self._path(lease).read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return None
        return frozenset(line[2:] for line in lines if not line.startswith(_NO_MARK))

    def forget_before(self, at: Instant) -> None:
        # Those of earlier boots too, which nobody trusts.
        for path in self._folder.parent.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):  # another worker tidies as well
                if path.stat().st_mtime_ns < at * 1_000_000:
                    path.unlink()

    def _path(self, lease: str) -> Path:
        return self._folder / lease.rpartition("/")[2]


class _Marks:
    def __init__(self, path: Path, marks: mmap.mmap, places: Sequence[int]) -> None:
        self._path = path
        self._marks = marks
        self._places = places

    def set(self, place: int) -> None:
        # A store into shared memory: no system call, and nothing that could fail.
        self._marks[self._places[place]] = _MARK

    def forget(self) -> None:
        self._marks.close()
        self._path.unlink(missing_ok=True)


def _places(delivery_ids: Sequence[str]) -> list[int]:
    """Where each line begins."""
    places, at = [], 0
    for one in delivery_ids:
        places.append(at)
        at += len(one) + len(f"{_NO_MARK} \n")
    return places


def _boot() -> str:
    """Where the machine does not tell its boots apart, a process trusts nobody's marks but its own."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return os.urandom(16).hex()
