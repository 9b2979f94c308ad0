"""The audit chain: every entry is sealed onto the one before, so that one that is changed, taken out or moved is found.

An entry's *digest* is HMAC(salt, payload), made when it is written. Its *mac* is HMAC(key, previous mac, place, at,
kind, digest), put on later, in order, by the one process that seals. An erasure takes payload and salt: what the entry
said is gone, and the chain still holds. A *head* that was carried away (`place:mac`) shows a chain that was cut short.
"""

from __future__ import annotations

import hmac
import json
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from orchestrator.domain.time import Instant

SALT_SIZE = 16

# The entry that says how many others an erasure emptied: more than were told of is somebody hiding something.
ERASED = "audit.erased"
ENTRIES = "entries"

BY, CUSTOMER = "by", "customer"

# Of what is wrong so many are named, and all are counted.
FINDINGS_SHOWN = 20


class ChainKey(NamedTuple):
    """What an entry is sealed with. `id` is written beside the seal: keys are changed, and old seals stay."""

    id: str
    secret: bytes


class Written(NamedTuple):
    """An entry as it is written, before anybody sealed it."""

    kind: str
    customer_id: str | None
    at: Instant
    payload: str
    salt: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainEntry:
    """An entry as it is read. An erasure takes `payload` and `salt`; the seal brings `key_id`, `place` and `mac`."""

    seq: int
    kind: str
    customer_id: str | None
    at: Instant
    payload: str | None
    salt: str | None
    digest: str
    key_id: str | None = None
    place: int | None = None
    mac: str | None = None

    @property
    def erased(self) -> bool:
        """Whether an erasure took what it said."""
        return self.payload is None and self.salt is None

    def said(self) -> dict[str, Any]:
        """What it says: `by`, `customer` and whatever its kind tells; nothing after an erasure."""
        return json.loads(self.payload) if self.payload is not None else {}


class Head(NamedTuple):
    """Where a chain ended at a time. Written down elsewhere, it proves that nothing before it went away since."""

    place: int
    mac: str

    def __str__(self) -> str:
        return f"{self.place}:{self.mac}"


START = Head(0, "")
"""The head of a chain without entries."""


class Seal(NamedTuple):
    """What the sealer puts onto an entry."""

    seq: int
    key_id: str
    place: int
    mac: str


class ChainFinding(NamedTuple):
    """Something that must not be: see FINDINGS for what each kind means."""

    kind: str
    place: int


FINDINGS = (
    "edited",  # it does not say any more what was written
    "out_of_place",  # its seal does not fit: changed, moved, or put in afterwards
    "missing",  # entries before it are gone
    "truncated",  # a head that was carried away lies after the end
    "rewritten",  # another entry stands where a head was carried away
    "unknown_key",  # it was sealed with a key that is not here
    "emptied",  # more entries were emptied than erasures say
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What a whole chain was found to be. Of `findings` the first are named; `count` is all of them."""

    sealed: int
    erased: int
    head: Head
    findings: tuple[ChainFinding, ...]
    count: int

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.count == 0


def write(  # everything that an entry says, by name
    kind: str, *, by: str, customer_id: str | None, at: Instant, said: Mapping[str, Any], salt: bytes
) -> Written:
    """An entry. Whom it is about is among what it says, so that both go together. `salt` is SALT_SIZE random bytes."""
    about = {} if customer_id is None else {CUSTOMER: customer_id}
    payload = json.dumps({BY: by, **about, **said}, ensure_ascii=False, separators=(",", ":"))
    return Written(kind, customer_id, at, payload, salt.hex(), _digest(salt, payload))


def seal(entries: Iterable[ChainEntry], after: Head, key: ChainKey) -> Iterator[Seal]:
    """Seals for entries that have none, in their order, behind a head."""
    place, previous = after
    for entry in entries:
        place += 1
        previous = _mac(key.secret, previous, place, entry)
        yield Seal(entry.seq, key.id, place, previous)


def verify(
    entries: Iterable[ChainEntry],
    keys: Mapping[str, bytes],
    heads: Sequence[Head] = (),
    waiting: Iterable[ChainEntry] = (),
) -> Verification:
    """Read a whole chain, sealed entries in the order of their places, and tell what is wrong with it.

    Args:
        entries: one after the other; none is held.
        keys: every key that seals are still accepted from, by id.
        heads: those that were carried away, in any order.
        waiting: what erasures say that have no seal yet: what they emptied has one.
    """
    found = _Found()
    carried = deque(sorted(heads))
    end, sealed, erased, told = START, 0, 0, sum(map(_told_of, waiting))
    for entry in entries:
        sealed += 1
        place, mac = entry.place or 0, entry.mac or ""
        if place != end.place + 1:
            found.add("missing", place)
        for kind in _wrong(entry, end, keys):
            found.add(kind, place)
        erased += entry.erased
        told += _told_of(entry)
        end = Head(place, mac)
        while carried and carried[0].place <= place:
            head = carried.popleft()
            # One that lies in a gap is among the missing already.
            if head.place == place and not hmac.compare_digest(head.mac, mac):
                found.add("rewritten", place)
    if carried:
        found.add("truncated", end.place)
    if erased > told:
        found.add("emptied", end.place)
    return Verification(sealed=sealed, erased=erased, head=end, findings=tuple(found.first), count=found.count)


_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def read_head(text: str) -> Head | None:
    """A head as it was written down, `1204:9f3c…`; None: it is none."""
    found = _HEAD.fullmatch(text.strip())
    return None if found is None else Head(int(found[1]), found[2])


class _Found:
    """The first findings, and how many there are."""

    def __init__(self) -> None:
        self.first: list[ChainFinding] = []
        self.count = 0

    def add(self, kind: str, place: int) -> None:
        self.count += 1
        if len(self.first) < FINDINGS_SHOWN:
            self.first.append(ChainFinding(kind, place))


def _wrong(entry: ChainEntry, before: Head, keys: Mapping[str, bytes]) -> Iterator[str]:
    if not entry.erased and not _says_what_was_written(entry):
        yield "edited"
    secret = keys.get(entry.key_id or "")
    if secret is None:
        yield "unknown_key"
    elif entry.place == before.place + 1:  # behind a gap nobody knows what it was sealed onto
        sealed = _mac(secret, before.mac, entry.place, entry)
        if not hmac.compare_digest(sealed, entry.mac or ""):
            yield "out_of_place"


def _says_what_was_written(entry: ChainEntry) -> bool:
    if entry.payload is None or entry.salt is None:
        return False
    try:
        salt, about = bytes.fromhex(entry.salt), entry.said().get(CUSTOMER)
    except (ValueError, AttributeError):  # no salt of ours, no JSON, no object: somebody else wrote it
        return False
    return hmac.compare_digest(_digest(salt, entry.payload), entry.digest) and about == entry.customer_id


def _told_of(entry: ChainEntry) -> int:
    """How many entries it says that an erasure emptied."""
    if entry.kind != ERASED or not _says_what_was_written(entry):
        return 0
    return int(entry.said().get(ENTRIES, 0))


def _digest(salt: bytes, payload: str) -> str:
    return hmac.digest(salt, payload.encode(), "sha256").hex()


def _mac(secret: bytes, previous: str, place: int, entry: ChainEntry) -> str:
    sealed = "\n".join((previous, str(place), str(entry.at), entry.kind, entry.digest))
    return hmac.digest(secret, sealed.encode(), "sha256").hex()
