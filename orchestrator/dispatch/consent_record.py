"""What people say of consent, as the audit chain holds it: an entry for each row, and whether both still agree.

The seal guards the entries (`audit_chain`). This compares the rows with them, customer by customer, so that a row that
was changed, added or taken out by hand is found as well. Nothing here names a customer: some shops number them by
their address.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator.audit_chain import BY, CUSTOMER, FINDINGS_SHOWN
from orchestrator.dispatch.record import Entry
from orchestrator.domain.customer import ConsentState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.audit_chain import ChainEntry
    from orchestrator.store.port import ConsentEvent, SaidByCustomer, Transaction

KINDS: Mapping[ConsentState, str] = {
    ConsentState.GRANTED: "consent.granted",
    ConsentState.PENDING: "consent.pending",
    ConsentState.WITHDRAWN: "consent.withdrawn",
}

EVENT, PROOF = "event", "proof"
"""Under these names an entry holds the id of its row, and the digest of what shows that it was said."""

CONSENT_FINDINGS = (
    "consent_edited",  # a row does not say what its entry says
    "consent_missing",  # an entry, and no row
    "consent_unrecorded",  # a row, and no entry
    "consent_not_in_force",  # what is in force is not what was said last
)

# Customers in one look at the ledger: a few thousand rows in memory, however many there are.
PAGE = 500

# Whose rows they are whom an erasure left without identity: see `PersonalData.erase`.
_REMAINS = "erased_"

_ENTRY = "entry "


def entry_of(event: ConsentEvent) -> Entry:
    """What the chain holds of something that was said: all of it, free text and evidence as a digest alone."""
    return Entry(
        kind=KINDS[event.state],
        by=event.actor,
        customer_id=event.customer_id,
        said={
            EVENT: event.id,
            "topic": event.topic,
            "channel": event.channel,
            "method": event.method,
            **({"wording": event.wording} if event.wording else {}),
            PROOF: _digest(event),
        },
    )


class ConsentFinding(NamedTuple):
    """A row that is not as it was put on record. `differs` are its columns; `entry` is the number in the log."""

    kind: str
    event: str
    entry: int | None = None
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentsChecked:
    """All consent rows, compared. Of `findings` the first are named; `count` is all of them."""

    rows: int
    findings: tuple[ConsentFinding, ...]
    count: int


def check_consents(transaction: Transaction) -> ConsentsChecked:
    """Compare every consent with its entry; a page of customers is held at a time."""
    rows, count = 0, 0
    first: list[ConsentFinding] = []

    def found(more: Iterator[ConsentFinding]) -> None:
        nonlocal count
        for one in more:
            count += 1
            if len(first) < FINDINGS_SHOWN:
                first.append(one)

    after = ""
    while page := transaction.chain.said_by(after, PAGE):
        for one in page:
            rows += len(one.events)
            found(compare(one))
        after = page[-1].customer_id
    found(_missing(entry, _told(entry)) for entry in transaction.chain.said_by_nobody())
    return ConsentsChecked(rows=rows, findings=tuple(first), count=count)


def compare(said: SaidByCustomer) -> Iterator[ConsentFinding]:
    """What does not agree in all that one customer said."""
    rows = {event.id: event for event in said.events if not _emptied(event)}
    recorded = set()
    for entry in said.entries:
        told = _told(entry)
        row = rows.get(told[EVENT])
        if row is None:
            yield _missing(entry, told)
            continue
        recorded.add(row.id)
        if differs := _differing(_told_of(row), told):
            yield ConsentFinding("consent_edited", row.id, entry.seq, differs)
    for row_id in rows.keys() - recorded:
        yield ConsentFinding("consent_unrecorded", row_id)
    yield from _not_in_force(said, list(rows.values()))


# --- a row and its entry ----------------------------------------------------------------------------------------------


def _emptied(event: ConsentEvent) -> bool:
    """An erasure took who it was and how we know; its entry is empty too."""
    told = event.method or event.source or event.actor or event.evidence
    return event.customer_id.startswith(_REMAINS) and not told


def _missing(entry: ChainEntry, told: Mapping[str, Any]) -> ConsentFinding:
    return ConsentFinding("consent_missing", str(told[EVENT]), entry.seq)


def _told(entry: ChainEntry) -> dict[str, Any]:
    """What an entry says, under the names of a row's columns."""
    try:
        said = dict(entry.said())
    except (ValueError, TypeError):  # somebody else wrote it: the chain says so
        said = {}
    told = {name: value for name, value in said.items() if name not in {BY, CUSTOMER}}
    return {EVENT: f"{_ENTRY}{entry.seq}", **told, "state": entry.kind, "actor": said.get(BY)}


def _told_of(row: ConsentEvent) -> dict[str, Any]:
    wanted = entry_of(row)
    return {**wanted.said, "state": wanted.kind, "actor": wanted.by}


def _differing(wanted: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(name for name in {*wanted, *told} if wanted.get(name) != told.get(name)))


def _digest(event: ConsentEvent) -> str:
    # PostgreSQL keeps 1e2 as 100: numbers are compared by their value.
    evidence = json.loads(json.dumps(dict(event.evidence)), parse_int=float)
    shown = json.dumps([event.legal_basis, event.source, event.at, evidence], sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()


# --- what is in force because of them ---------------------------------------------------------------------------------


def _not_in_force(said: SaidByCustomer, rows: Sequence[ConsentEvent]) -> Iterator[ConsentFinding]:
    """Whatever is in force was said, and nobody withdrew it later; and a withdrawal stands.

    Which of two grants it rests on is not asked: an older form may come in later, and a merge chooses the stricter.
    """
    spoken: dict[tuple[str, str], list[ConsentEvent]] = {}
    for row in rows:
        spoken.setdefault((row.topic, row.channel), []).append(row)
    for key in sorted({*spoken, *said.in_force}):
        stands, events = said.in_force.get(key), spoken.get(key, [])
        if stands is None:
            # A merge leaves out a grant that could be used with no address of either.
            if events[-1].state is ConsentState.WITHDRAWN or not said.merged:
                yield ConsentFinding("consent_not_in_force", events[-1].id)
            continue
        state, event_id = stands
        place = next((place for place, one in enumerate(events) if one.id == event_id), None)
        if place is None or events[place].state is not state or _ended(state, events[place + 1 :]):
            yield ConsentFinding("consent_not_in_force", event_id)


def _ended(state: ConsentState, later: Sequence[ConsentEvent]) -> bool:
    opens = state is not ConsentState.WITHDRAWN
    return opens and any(one.state is ConsentState.WITHDRAWN for one in later)
