"""Seal the audit chain, a few seconds behind what is written into it, and carry its head away once a day.

One process seals at a time: the timer. Where there are two, one of them finds the seal taken, and comes again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from orchestrator.audit_chain import ChainKey, Head, read_head, seal, verify
from orchestrator.dispatch.consent_record import check_consents
from orchestrator.dispatch.wording_record import edited_wordings
from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.system import system_words
from orchestrator.domain.time import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from orchestrator.audit_chain import Verification
    from orchestrator.dispatch.consent_record import ConsentsChecked
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Store
    from orchestrator.tokens import Keyring

log = structlog.get_logger()

# How often somebody looks: an entry is sealed five seconds after it was written at the latest.
SEAL_SECONDS = 2.0

# Sealed in one transaction: a tenth of a second in which nobody else writes, on SQLite.
BATCH = 2_000

USE = "audit"

HEADS_FILE = "audit_heads.jsonl"

_DAY_MS = 86_400_000


def chain_keys(keyring: Keyring) -> list[ChainKey]:
    """The keys of the chain, newest first: derived, so that a seal is no link and a link no seal."""
    found = ((key.id, keyring.derived(key.id, USE)) for key in keyring.keys)
    return [ChainKey(key_id, secret) for key_id, secret in found if secret is not None]


def seal_chain(store: Store, key: ChainKey, *, rest: Callable[[float], bool] = lambda _seconds: False) -> int:
    """Seal everything that waits; how many entries that were.

    Args:
        store: the ledger.
        key: the newest of the chain's.
        rest: waits for seconds between two batches, so that others can write; True when there is to be no other.
    """
    with store.read() as transaction:
        # Nearly always nothing waits, and then nobody's lock is needed to know it.
        if not transaction.chain.unsealed(1):
            return 0
    sealed = 0
    while True:
        with store.write() as transaction:
            if not transaction.chain.take_the_seal():
                return sealed
            waiting = transaction.chain.unsealed(BATCH)
            transaction.chain.put_seals(list(seal(waiting, transaction.chain.head(), key)))
        sealed += len(waiting)
        if len(waiting) < BATCH or rest(_REST_SECONDS):
            return sealed


# SQLite lets whoever waits for its lock look every 25 ms at first.
_REST_SECONDS = 0.03


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A chain that was read from its beginning, how many entries wait for their seal, and what is compared beside it.

    `wordings` are the ids of those that do not say any more what was published.
    """

    found: Verification
    waiting: int
    consents: ConsentsChecked
    wordings: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with any of them."""
        return self.found.holds and not self.consents.count and not self.wordings


def check_chain(store: Store, keys: Sequence[ChainKey], heads: Sequence[Head]) -> Checked:
    """Read the whole chain against its keys and the heads that were carried away, and every consent against it."""
    with store.read() as transaction:
        return Checked(
            found=verify(transaction.chain.sealed(), dict(keys), heads, transaction.chain.erasures_waiting()),
            waiting=transaction.chain.waiting(),
            consents=check_consents(transaction),
            wordings=edited_wordings(transaction),
        )


# --- heads ------------------------------------------------------------------------------------------------------------


def carry_head(store: Store, file: Path, now: Instant) -> Head | None:
    """Write the chain's head into a file and the log, once a day: whoever cuts the chain later cannot cut those.

    Raises:
        ConfigurationError: the file cannot be written or read.
    """
    carried = carried_heads(file)
    if carried and carried[-1].at // _DAY_MS >= now // _DAY_MS:
        return None
    with store.read() as transaction:
        head = transaction.chain.head()
    if not head.place or (carried and carried[-1].head == head):
        return None
    _append(file, json.dumps({"at": now, "head": str(head)}))
    log.info("audit_head", head=str(head), day=rfc3339(now)[: len("2026-11-25")])
    return head


@dataclass(frozen=True, slots=True)
class CarriedHead:
    """A head, and when it was written down."""

    head: Head
    at: Instant


def carried_heads(file: Path) -> list[CarriedHead]:
    """The heads of a file, oldest first; none where there is no file. Raises ConfigurationError."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigurationError("{file} cannot be read: {why}.", file=file, why=system_words(error)) from error
    return [_carried(file, number, line) for number, line in enumerate(lines, start=1) if line]


def _carried(file: Path, number: int, line: str) -> CarriedHead:
    try:
        said = json.loads(line)
        head, at = read_head(said["head"]), int(said["at"])
    except (ValueError, LookupError, TypeError, AttributeError):
        head, at = None, 0
    if head is None:
        raise ConfigurationError(
            "Line {line} of {file} is no head of the audit chain.",
            remedy="Take the head of that day from the log, and mend the line.",
            line=number,
            file=file,
        )
    return CarriedHead(head, at)


def _append(file: Path, line: str) -> None:
    """One write at the end of the file, on the disk when it returns."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ConfigurationError("{file} cannot be written: {why}.", file=file, why=system_words(error)) from error
