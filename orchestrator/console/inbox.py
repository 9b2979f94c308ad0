"""The inbox as pages show it: what the outbox delivered, read from the ledger into values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from orchestrator.domain.claim import ClaimKind, StatedClaim
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Mode, State
from orchestrator.domain.errors import InputError, NotFound, did_you_mean
from orchestrator.domain.message import Button, Purpose, Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Transaction

PAGE_SIZE = 50

# What a list shows of a message: a line or two, cut again by their width.
_GIST_LENGTH_MAX = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which entries a page is about. `before` and `after` are places in the list."""

    channel: Channel | None = None
    message: str | None = None
    customer: str | None = None
    before: int | None = None
    after: int | None = None

    @property
    def filters(self) -> dict[str, str | None]:
        """What links between its pages carry on."""
        return {"channel": self.channel, "message": self.message, "customer": self.customer}

    @property
    def narrowed(self) -> bool:
        """Whether some entries may be left out on purpose."""
        return any(self.filters.values())


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """The query of a link or of the form, whose empty fields mean nothing. Raises InputError."""
    return Wanted(
        channel=_channel(query.get("channel", "")),
        message=query.get("message", "").strip() or None,
        customer=query.get("customer", "").strip() or None,
        before=_place(query, "before"),
        after=_place(query, "after"),
    )


def _channel(name: str) -> Channel | None:
    if name and name not in tuple(Channel):
        raise InputError('There is no channel "{name}"{hint}', name=name, hint=did_you_mean(name, Channel))
    return Channel(name) if name else None


def _place(query: Mapping[str, str], name: str) -> int | None:
    found = query.get(name)
    if found is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", found):
        raise InputError('"{name}" is a place in the list, a number.', name=name)
    return int(found)


# --- the list -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One message as the outbox kept it. `at` is business time; `tested`: a test key asked for it."""

    seq: int
    id: str
    reference: str
    customer_id: str
    object_id: str
    address: str
    at: Instant
    said: Rendered
    tested: bool

    @property
    def headline(self) -> str:
        """The subject or the title, on channels that have one."""
        return self.said.subject or self.said.title

    @property
    def gist(self) -> str:
        """How it goes on, or begins."""
        return (self.said.preheader or " ".join(self.said.text.split()))[:_GIST_LENGTH_MAX]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Entries, newest first, and the places where the next pages begin."""

    entries: tuple[Entry, ...]
    newer: int | None
    older: int | None


def read_page(transaction: Transaction, wanted: Wanted, size: int = PAGE_SIZE) -> Page:
    """A page of entries; one more than fits is read, to know whether there is a next page."""
    found = _entries(transaction, wanted, wanted.before, wanted.after, size + 1)
    if wanted.after is not None:
        shown, newer, older = found[-size:], len(found) > size, True
    else:
        shown, newer, older = found[:size], wanted.before is not None, len(found) > size
    return Page(
        entries=tuple(shown),
        newer=shown[0].seq if newer and shown else None,
        older=shown[-1].seq if older and shown else None,
    )


def _entries(
    transaction: Transaction, wanted: Wanted, before: int | None, after: int | None, limit: int
) -> list[Entry]:
    found = transaction.inbox.page(
        before=before,
        after=after,
        limit=limit,
        channel=wanted.channel,
        customer_id=wanted.customer,
        message=wanted.message,
    )
    return [_entry(document) for document in found]


def _entry(document: Mapping[str, Any]) -> Entry:
    content = document["content"]
    said = Rendered(
        **content
        | {
            "channel": Channel(content["channel"]),
            "buttons": tuple(Button(**button) for button in content["buttons"]),
            "claims": tuple(StatedClaim(**claim | {"kind": ClaimKind(claim["kind"])}) for claim in content["claims"]),
        }
    )
    names = ("seq", "id", "reference", "customer_id", "object_id", "address", "at")
    return Entry(said=said, tested=document["mode"] == Mode.TEST, **{name: document[name] for name in names})


# --- one message ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """What one gate said. `result` is pass, next or stop."""

    gate: str
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The gates that were asked about one channel, or about the whole request."""

    channel: Channel | None
    answers: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """One time that the gate was asked, in business time."""

    at: Instant
    asked: tuple[Asked, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What the ledger knows of the delivery behind an entry."""

    state: State
    reason: str
    topic: str
    purpose: Purpose
    account: str
    release_id: str
    decisions: tuple[Decided, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """An entry with its delivery, and its neighbours in the list. The delivery of a rehearsal is in no ledger."""

    entry: Entry
    record: Record | None
    newer: str | None
    older: str | None


def read_entry(transaction: Transaction, entry_id: str) -> Entry:
    """One entry. Raises NotFound."""
    found = transaction.inbox.get(entry_id)
    if found is None:
        raise NotFound(
            "The inbox does not hold this message.",
            remedy="Perhaps the ledger was started afresh since the link was made. The list shows what is there.",
        )
    return _entry(found)


def open_entry(transaction: Transaction, entry_id: str, wanted: Wanted) -> Opened:
    """One entry with all that a page says about it. Raises NotFound."""
    entry = read_entry(transaction, entry_id)
    newer = _entries(transaction, wanted, None, entry.seq, 1)
    older = _entries(transaction, wanted, entry.seq, None, 1)
    delivery = transaction.deliveries.get(entry.reference)
    return Opened(
        entry=entry,
        record=None if delivery is None else _record(delivery),
        newer=newer[0].id if newer else None,
        older=older[0].id if older else None,
    )


def _record(delivery: Mapping[str, Any]) -> Record:
    return Record(
        state=State(delivery["state"]),
        reason=delivery["reason"],
        topic=delivery["topic"],
        purpose=Purpose(delivery["purpose"]),
        account=delivery["account"] or "",
        release_id=delivery["release_id"] or "",
        decisions=tuple(Decided(one["business_at"], _asked(one["trace"])) for one in delivery["decisions"]),
    )


def _asked(trace: list[dict[str, str]]) -> tuple[Asked, ...]:
    """The steps of a trace, by channel. Their order is kept: it is the order in which gates were asked."""
    return tuple(
        Asked(
            Channel(channel) if channel else None,
            tuple(Answered(step["gate"], step["result"], step.get("detail", "")) for step in steps),
        )
        for channel, steps in groupby(trace, key=lambda step: step.get("channel", ""))
    )
