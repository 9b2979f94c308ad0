"""`.jogral/keys.json`: what links are signed with where the environment names no keys. In no database, never in Git.

Losing it breaks the links of sent messages and the seals of the audit chain, and not a single opt-out. It is made once;
a new key goes before the others.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog

from orchestrator.domain.errors import ConfigurationError, Unfit
from orchestrator.domain.system import system_words
from orchestrator.tokens import Keyring, SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from orchestrator.domain.time import Clock, Instant

log = structlog.get_logger()

FILE: Final = "keys.json"
SCHEMA: Final = "jogral.keys/1"
SECRET_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptKey:
    """A key of the file, and when it was made; of old ones that is not known."""

    id: str
    secret: str = field(repr=False)
    made_at: Instant | None = None


def keyring(kept: Sequence[KeptKey]) -> Keyring:
    """The keys as they sign and verify."""
    return Keyring(keys=tuple(SigningKey(id=key.id, secret=key.secret.encode()) for key in kept))


class KeyFile:
    """The keys of a project's private folder as they stand there now: another process may have rotated them.

    Calling it asks the file system for a change and no more than that, a microsecond or two, so a link is signed with
    the newest key, and the server knows that key from the first link on. Raises ConfigurationError at its making; a
    file that is spoilt later leaves what runs with the keys that it has: people must still get out by their links.
    """

    def __init__(self, state: Path, clock: Clock) -> None:
        self._file = state / FILE
        self._seen = self._mark(), keyring(ensure(state, clock))

    def __call__(self) -> Keyring:
        """The keys of now."""
        seen, known = self._seen
        found = self._mark()
        if found != seen:
            known = self._read(known)
            self._seen = found, known
        return known

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _read(self, known: Keyring) -> Keyring:
        try:
            return keyring(read(self._file))
        except ConfigurationError as error:
            log.warning("signing_keys_stay", reason=str(error))
            return known


def ensure(state: Path, clock: Clock) -> tuple[KeptKey, ...]:
    """The keys of a project's private folder, newest first; the first call makes one. Raises ConfigurationError."""
    file = state / FILE
    if not file.exists():
        with suppress(FileExistsError):  # another process was first: its key is everybody's
            _put(file, (_new(clock),), os.link)
    return read(file)


def rotate(state: Path, clock: Clock) -> KeptKey:
    """Put a new key before the others, which go on verifying: links of sent messages stay good."""
    kept = ensure(state, clock)
    added = _new(clock)
    _put(state / FILE, (added, *kept), os.replace)
    return added


def read(file: Path) -> tuple[KeptKey, ...]:
    """The keys of a file. Raises ConfigurationError that says what is wrong, and no secret."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        kept = tuple(_kept(item) for item in document["items"] if item.get("purpose", _LINKS) == _LINKS)
        keyring(kept)
    except OSError as error:
        raise ConfigurationError("{file} cannot be read: {why}.", file=file, why=system_words(error)) from error
    except Unfit as error:
        raise ConfigurationError("{file} cannot be used: {why}.", remedy=_RESTORE, file=file, why=error.said) from error
    except (ValueError, LookupError, TypeError, AttributeError):
        # Without its cause, which may quote what stands there.
        raise ConfigurationError("{file} is not a file of keys.", remedy=_RESTORE, file=file) from None
    return kept


# Files of before had keys for three purposes; now one key is enough, and others are derived from it.
_LINKS = "links"

_RESTORE = "Put a copy of it back. Without one, remove it: a new key is made, and links of sent messages stop working."


def _kept(item: dict[str, Any]) -> KeptKey:
    return KeptKey(id=item["id"], secret=item["secret"], made_at=item.get("made_at"))


def _new(clock: Clock) -> KeptKey:
    secret = urlsafe_b64encode(clock.entropy(SECRET_BYTES)).decode()
    return KeptKey(id=f"k{clock.entropy(4).hex()}", secret=secret, made_at=clock.now())


def _put(file: Path, kept: Sequence[KeptKey], place: Callable[[Path, Path], None]) -> None:
    """Write beside the file, then put it there at once: nobody reads half of it."""
    items = [{"id": key.id, "made_at": key.made_at, "secret": key.secret} for key in kept]
    draft = file.with_name(f"{file.name}.{kept[0].id}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            json.dump({"schema": SCHEMA, "items": items}, opened, indent=2)
            opened.flush()
            os.fsync(opened.fileno())
        place(draft, file)
    except FileExistsError:
        raise
    except OSError as error:
        raise ConfigurationError("{file} cannot be written: {why}.", file=file, why=system_words(error)) from error
    finally:
        draft.unlink(missing_ok=True)
