"""What the timer does about requests: carries out the proven, reminds of those due, ends those nobody proved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.privacy.completing import finish, overwrite
from orchestrator.dispatch.privacy.desk import DAY_MS
from orchestrator.dispatch.privacy.ending import closed, moved
from orchestrator.dispatch.record import record
from orchestrator.domain.errors import Conflict
from orchestrator.domain.privacy import PrivacyRequest, RequestState, WaitsFor
from orchestrator.stop_words.meaning import ENDING

if TYPE_CHECKING:
    from orchestrator.dispatch.privacy.desk import PrivacyDesk
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Store

log = structlog.get_logger()

# How often somebody looks.
LOOK_SECONDS = 5.0

# A link that proves an address lives for a day; whoever has not opened it in three will ask again.
PROVEN_WITHIN_MS = 3 * DAY_MS

# How long before a request is due somebody is reminded of it, and how often.
REMINDED_BEFORE_MS = DAY_MS
REMINDED_EVERY_MS = DAY_MS

# A request that nobody proved says nothing of anybody, and goes after this.
EXPIRED_KEPT_MS = 30 * DAY_MS

# What strangers wrote is answered by then, and they are nobody's customers: as long as events that nobody understood.
STRANGERS_KEPT_DAYS = 30

# A ledger up to this size is written anew within the second that others wait for its lock anyway.
OVERWRITTEN_BYTES_MAX = 256 * 1024 * 1024

BY = "timer"

_LOOKED_AT = 200
_FORGOTTEN_AT_ONCE = 500


def attend(store: Store, desk: PrivacyDesk) -> int:
    """Look at every request that has not ended, and do what its time has come for; how many were carried out."""
    now = desk.clock.now()
    with store.read() as transaction:
        # Apart from each other: forms that anybody fills in a thousand times keep nobody's request waiting.
        proven = transaction.privacy_requests.proven(_LOOKED_AT)
        unproven = transaction.privacy_requests.unproven(now - PROVEN_WITHIN_MS, _LOOKED_AT)
    for request in unproven:
        _expire(store, desk, request)
    done = 0
    for request in proven:
        if request.waits_for is WaitsFor.TIMER:
            done += _carry_out(store, desk, request)
        elif _is_due(request, now):
            _remind(store, request, now)
    return done


def tidy(store: Store, now: Instant) -> int:
    """Delete requests that nobody proved a month ago, how many; what strangers wrote then, and what erasures left."""
    forget_strangers(store, now)
    with store.write() as transaction:
        forgotten = transaction.privacy_requests.forget_expired(now - EXPIRED_KEPT_MS)
    if not overwrite(store, bytes_max=OVERWRITTEN_BYTES_MAX):
        log.warning("erased_rows_not_overwritten", remedy="In a quiet hour, run: jogral privacy overwrite")
    return forgotten


def forget_strangers(store: Store, now: Instant) -> int:
    """Delete what people wrote who are no customers, once it is a month old; how many texts. A STOP of theirs holds."""
    before, ending, forgotten = now - STRANGERS_KEPT_DAYS * DAY_MS, [one.value for one in ENDING], 0
    while True:
        with store.read() as transaction:
            found = transaction.personal_data.strangers_due(before, ending, _FORGOTTEN_AT_ONCE)
        if found is None:
            return forgotten
        with store.write() as transaction:
            texts = transaction.personal_data.forget_strangers(found)
        forgotten += texts
        if len(found.texts) < _FORGOTTEN_AT_ONCE or not texts:
            log.info("strangers_forgotten", texts=forgotten, after_days=STRANGERS_KEPT_DAYS)
            return forgotten


def _carry_out(store: Store, desk: PrivacyDesk, request: PrivacyRequest) -> int:
    try:
        finished = finish(store, desk, request.id, by=BY)
    except Conflict as error:
        # Somebody was quicker, between the look and the lock.
        log.info("privacy_request_passed_over", request=request.id, reason=error.code)
        return 0
    return int(finished.ended)


def _is_due(request: PrivacyRequest, now: Instant) -> bool:
    near = request.due_at - now <= REMINDED_BEFORE_MS
    return near and (request.reminded_at is None or now - request.reminded_at >= REMINDED_EVERY_MS)


def _remind(store: Store, request: PrivacyRequest, now: Instant) -> None:
    say = log.error if now >= request.legal_due_at else log.warning
    say(
        "privacy_request_due",
        request=request.id,
        kind=request.kind.value,
        hours_left=(request.due_at - now) // 3_600_000,
        legal_days_left=(request.legal_due_at - now) // DAY_MS,
        remedy="jogral privacy requests",
    )
    with store.write() as transaction:
        found = transaction.privacy_requests.get(request.id, lock=True)
        if found is not None and not found.ended:
            transaction.privacy_requests.put(replace(found, reminded_at=now))


def _expire(store: Store, desk: PrivacyDesk, request: PrivacyRequest) -> None:
    with store.write() as transaction:
        found = transaction.privacy_requests.get(request.id, lock=True)
        if found is None or found.state is not RequestState.OPENED:
            return
        # What is kept of it is that it was made.
        ended = closed(moved(found, RequestState.EXPIRED), desk.clock.now(), {})
        transaction.privacy_requests.put(replace(ended, customer_ids=()))
        if found.customer_ids:
            record(transaction, desk.clock, "privacy.expired", by=BY, request=request.id)
