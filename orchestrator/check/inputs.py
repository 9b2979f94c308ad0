"""The files that a check looks at, by content: two checks of the same bytes on the same day find the same.

This module and `cache` are all that an unchanged project needs, so they import neither YAML nor models.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.folder import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

_PACKAGE = Path(__file__).parents[1]

VOICE, TEMPLATES, LAYOUTS = "brand_voice.yaml", "templates", "templates/layouts"


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """`files` are the project's own, by the name that findings carry, with the SHA-256 of each."""

    files: Mapping[str, str]
    digest: str


def read_inputs(root: Path, today: date) -> Inputs:
    """Every file that a check of a project depends on, ours too: an upgrade finds other things."""
    files = {path.relative_to(root).as_posix(): _content(path) for path in _own(root)}
    shipped = {str(path): _content(path) for path in _shared(SHIPPED)}
    whole = hashlib.sha256()
    for part in (today.isoformat(), package_digest(), *_flat(files), *_flat(shipped)):
        whole.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return Inputs(files=files, digest=whole.hexdigest())


def stamps(root: Path) -> Mapping[str, tuple[int, int]]:
    """When each file was last written and how long it is: cheap enough to ask every second."""
    found: dict[str, tuple[int, int]] = {}
    for path in _own(root):
        try:
            status = path.stat()
        except OSError:
            continue  # it went away between listing and asking; the next look will say so
        found[str(path)] = status.st_mtime_ns, status.st_size
    return found


def content_digest(content: bytes) -> str:
    """The name of a content."""
    return hashlib.sha256(content).hexdigest()


def _own(root: Path) -> Iterator[Path]:
    voice = root / VOICE
    if voice.is_file():
        yield voice
    for folder, folders, names in os.walk(root / TEMPLATES):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names))


def _shared(shipped: Path) -> Iterator[Path]:
    yield shipped / VOICE
    yield from sorted(path for path in (shipped / LAYOUTS).iterdir() if path.suffix in {".mjml", ".txt"})


def _content(path: Path) -> str:
    try:
        return content_digest(path.read_bytes())
    except OSError as error:
        return f"unreadable: {error.strerror}"  # part of the digest; the check itself says it to the reader


def _flat(files: Mapping[str, str]) -> Iterator[str]:
    for name, content in files.items():
        yield from (name, content)


@lru_cache(maxsize=1)
def package_digest() -> str:
    """What tells one state of our own code from another, in a checkout too, where the version stays."""
    whole = hashlib.sha256()
    for path in sorted([*_PACKAGE.rglob("*.py"), *(SHIPPED / "channels").glob("*.py")]):
        status = path.stat()
        whole.update(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\0".encode())
    return whole.hexdigest()
