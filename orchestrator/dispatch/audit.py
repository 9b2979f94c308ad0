"""Audit: what must never be found in the ledger, asked every minute in production and at the end of every test.

Most invariants are one question to the database (`store.audit`). Two are counted here, from what was really sent:
frequency caps, in a way of its own and not with the functions that let the message pass, and quiet hours.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog

from orchestrator.caps import reach_ms
from orchestrator.domain.customer import Address, AddressKind, Channel, Customer
from orchestrator.domain.message import Purpose
from orchestrator.quiet_hours import quiet
from orchestrator.release import read_release
from orchestrator.schema import parse_duration
from orchestrator.store.audit import QUESTIONS
from orchestrator.store.port import Look
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from orchestrator.caps import FrequencyCap
    from orchestrator.domain.time import Instant
    from orchestrator.release import Release
    from orchestrator.store.port import SentMessage, Store, Transaction, Whereabouts

log = structlog.get_logger()

AUDIT_SECONDS = 60.0

# More are not counted: one is too many.
COUNTED_MAX = 1_000
IDS_SHOWN = 10

# Decisions that every look goes back to, beside those since the last: transactions commit out of order, and a new
# process knows nothing of what came before it.
DECISIONS_AGAIN = 5_000

# What was done stays wrong, though no later look goes back to it: it is shown for a day, or until a restart.
SHOWN_MS = 24 * 3_600_000

_DAY_MS = 86_400_000
_HIGH = "high"

OVER_CAP = "over_cap"
IN_QUIET_HOURS = "in_quiet_hours"

# About what stands open now: they end when it is mended. All others are about what was done.
_PASSING = frozenset({
    "overdue_on_the_wire", "overdue_in_the_queue", "sending_without_rendering", "doubt_too_old",
    "receipt_without_delivery", "timer_overdue",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold: how many rows break it (up to a thousand are counted), and some of their ids."""

    invariant: str
    count: int
    ids: tuple[str, ...]


def violations(store: Store, now: Instant) -> list[Violation]:
    """Everything in the whole ledger that breaks an invariant. Reads all of it: for tests, copies and small ledgers."""
    with store.read() as transaction:
        look = Look(now=now, business_now=transaction.ledger.clock().now(now), everything=True)
        return _violations(_ask(transaction, look, _current(transaction)))


class Auditor:
    """One process's audit: each look begins where the last one ended. Nothing is stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._after: int | None = None
        self._release: Release | None = None
        self._done: dict[str, dict[str, Instant]] = defaultdict(dict)
        self._told: dict[str, Violation] = {}

    def look(self, now: Instant) -> list[Violation]:
        """What breaks an invariant now, or did since this process began; each change is logged once."""
        with self._store.read() as transaction:
            newest = transaction.audit.newest_decision()
            after = max(0, min(newest if self._after is None else self._after, newest) - DECISIONS_AGAIN)
            look = Look(now=now, business_now=transaction.ledger.clock().now(now), after=after)
            self._release = _current(transaction, self._release)
            found = _ask(transaction, look, self._release)
        self._after = newest
        standing = _violations(self._remembered(found, now))
        self._tell(standing)
        return standing

    def _remembered(self, found: Mapping[str, Collection[str]], now: Instant) -> Mapping[str, Collection[str]]:
        remembered: dict[str, Collection[str]] = {}
        for invariant, ids in found.items():
            if invariant in _PASSING:
                remembered[invariant] = ids
                continue
            seen = self._done[invariant]
            seen.update(dict.fromkeys(ids, now))
            self._done[invariant] = {key: at for key, at in seen.items() if now - at < SHOWN_MS}
            remembered[invariant] = sorted(self._done[invariant])
        return remembered

    def _tell(self, standing: Iterable[Violation]) -> None:
        now = {one.invariant: one for one in standing}
        for invariant, one in now.items():
            if self._told.get(invariant) != one:
                log.error("invariant_violated", invariant=invariant, count=one.count, deliveries=list(one.ids))
        for invariant in self._told.keys() - now.keys():
            log.info("invariant_holds", invariant=invariant)
        self._told = now


INVARIANTS: tuple[str, ...] = (*QUESTIONS, OVER_CAP, IN_QUIET_HOURS)


def _violations(found: Mapping[str, Collection[str]]) -> list[Violation]:
    return [Violation(invariant, len(ids), tuple(sorted(ids)[:IDS_SHOWN])) for invariant, ids in found.items() if ids]


def _current(transaction: Transaction, known: Release | None = None) -> Release | None:
    release_id = transaction.ledger.release_id()
    if release_id is None or (known is not None and known.id == release_id):
        return known
    content = transaction.ledger.release(release_id)
    return read_release(content) if content is not None else None


def _ask(transaction: Transaction, look: Look, release: Release | None) -> dict[str, Collection[str]]:
    """Every invariant → what breaks it."""
    found: dict[str, Collection[str]] = {
        invariant: transaction.audit.broken(invariant, look, COUNTED_MAX) for invariant in QUESTIONS
    }
    sends = transaction.audit.sends(look) if release is not None else []
    found[OVER_CAP] = _over_caps(transaction, sends, release) if release is not None else []
    found[IN_QUIET_HOURS] = _in_quiet_hours(transaction, sends, release) if release is not None else []
    return found


# --- frequency caps -------------------------------------------------------------------------------------------------


def _over_caps(transaction: Transaction, sends: Sequence[SentMessage], release: Release) -> list[str]:
    """Messages that a cap of their own release should have stopped, counted from what each customer really had."""
    caps = release.project.frequency_caps
    # What was sent under another release may have been sent under other caps.
    judged = [
        one
        for one in sends
        if one.reserved_at is not None
        and one.release_id == release.id
        and not _may_pass(one)
        and any(_concerns(cap, one) for cap in caps)
    ]
    if not judged:
        return []
    since = min(one.at for one in judged) - reach_ms(caps)
    had: dict[str, list[SentMessage]] = defaultdict(list)
    for use in transaction.audit.uses({one.customer_id for one in judged}, since):
        had[use.customer_id].append(use)
    return [one.id for one in judged if any(_is_over(cap, one, had[one.customer_id]) for cap in caps)][:COUNTED_MAX]


def _may_pass(one: SentMessage) -> bool:
    """Transactional messages of high priority pass, and count."""
    return one.purpose == Purpose.TRANSACTIONAL and one.priority == _HIGH


def _is_over(cap: FrequencyCap, one: SentMessage, uses: Sequence[SentMessage]) -> bool:
    if len(uses) <= cap.limit or one.reserved_at is None or one.reserved_day is None or not _concerns(cap, one):
        return False
    if cap.window == "rolling":
        since = one.reserved_at - parse_duration(cap.per).milliseconds

        def within(use: SentMessage) -> bool:
            return use.at > since
    else:
        days = parse_duration(cap.per).milliseconds // _DAY_MS
        first = (date.fromisoformat(one.reserved_day) - timedelta(days=days - 1)).isoformat()

        def within(use: SentMessage) -> bool:
            return (use.reserved_day or "") >= first

    # Itself among them. What passed the gate in the same instant and may exceed the cap may have come after it.
    counted = [
        use
        for use in uses
        if _concerns(cap, use)
        and within(use)
        and (use.at < one.reserved_at or (use.at == one.reserved_at and not _may_pass(use)))
    ]
    return len(counted) > cap.limit


def _concerns(cap: FrequencyCap, one: SentMessage) -> bool:
    return _concerned(cap, one.purpose, one.topic, one.channel)


@lru_cache(maxsize=1_024)
def _concerned(cap: FrequencyCap, purpose: str, topic: str, channel: str) -> bool:
    return cap.concerns(Purpose(purpose), topic, Channel(channel))


# --- quiet hours ----------------------------------------------------------------------------------------------------


def _in_quiet_hours(transaction: Transaction, sends: Sequence[SentMessage], release: Release) -> list[str]:
    """Marketing that left while it was quiet where its customer lives."""
    project = release.project
    marketing = [one for one in sends if one.purpose == Purpose.MARKETING and one.release_id == release.id]
    if not project.quiet_hours or not marketing:
        return []
    lives = _lives(transaction.audit.whereabouts({one.customer_id for one in marketing}))
    is_holiday = project.calendar.is_holiday
    return [one.id for one in marketing if _was_quiet(release, one, lives[one.customer_id], is_holiday)][:COUNTED_MAX]


@dataclass(frozen=True, slots=True)
class _Life:
    """Where a customer lives, and since when we believe it (machine time)."""

    customer: Customer
    known_since: Instant


def _lives(lines: Iterable[Whereabouts]) -> Mapping[str, _Life]:
    found: dict[str, list[Whereabouts]] = defaultdict(list)
    for line in lines:
        found[line.customer_id].append(line)
    return {
        customer_id: _Life(
            Customer(
                id=customer_id,
                time_zone=own[0].time_zone,
                addresses=tuple(
                    Address(id=line.address_id or "", kind=AddressKind.PHONE, value=line.phone)
                    for line in own
                    if line.phone is not None
                ),
            ),
            own[0].updated_at,
        )
        for customer_id, own in found.items()
    }


def _was_quiet(release: Release, one: SentMessage, life: _Life, is_holiday: Callable[[date], bool]) -> bool:
    if life.known_since > one.sending_at:  # they may have moved since
        return False
    project = release.project
    # Where business time stood still or was moved, a message was decided for the instant at which it was due.
    decided_at = {one.at} if one.at == one.sending_at else {one.at, one.due_at}
    return all(
        quiet(
            project.quiet_hours,
            purpose=Purpose(one.purpose),
            topic=one.topic,
            channel=Channel(one.channel),
            now=at,
            zone=zone_of(life.customer, project.timezone),
            project_zone=project.timezone,
            is_holiday=is_holiday,
        )
        for at in decided_at
    )
