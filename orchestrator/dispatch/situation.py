"""What one transaction reads for a slice, so that it can be decided and said: once for its draft, once at the gate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.decide import UNDISTURBED, Circumstances
from orchestrator.decide.conversing import WINDOW_MS
from orchestrator.dispatch.scripts import NO_SCRIPTS, scripts_of
from orchestrator.dispatch.spoken import is_reply
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.decide import Closure
    from orchestrator.dispatch.current import Current
    from orchestrator.domain.customer import Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.fact import LiveFact
    from orchestrator.domain.time import Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, slots=True)
class Situation:
    """What one transaction read for a slice: the customers, the objects that requests are about, live facts, stops.

    `formers` are the earlier releases that say some of it (see `scripts`), by id.
    """

    standings: Mapping[str, Standing]
    objects: Mapping[tuple[str, str], Mapping[str, Any]]
    live: Mapping[str, LiveFact]
    circumstances: Circumstances
    formers: Mapping[str, Release] = field(default_factory=dict)


def look(
    transaction: Transaction,
    current: Current,
    requests: Sequence[Request],
    now: Instant,
    closed: Mapping[str, Closure],
) -> Situation:
    """Read what deciding and rendering need, one query each. `now` is the earliest hour that any is decided for."""
    paths = current.live_paths(requests)
    standings = _standings(transaction, current, requests, now)
    circumstances, formers = _circumstances(transaction, current, requests, standings, now, closed)
    return Situation(
        standings=standings,
        objects=transaction.events.data_of({pair for request in requests for pair in request.objects.items()}),
        live=transaction.facts.current(paths) if paths else {},
        circumstances=circumstances,
        formers=formers,
    )


def look_again(
    transaction: Transaction,
    current: Current,
    requests: Sequence[Request],
    now: Instant,
    closed: Mapping[str, Closure],
) -> Situation:
    """The same under lock, where only what claims are read from is of interest.

    Live facts are locked too: a value that comes while a request is being held for want of it would wake nobody.
    """
    paths = current.live_paths(requests)
    if paths:
        transaction.facts.lock(paths)
    standings = _standings(transaction, current, requests, now)
    circumstances, formers = _circumstances(transaction, current, requests, standings, now, closed)
    references = {
        pair
        for request in requests
        if is_reply(current.release, request) or current.claimed(request).paths
        for pair in request.objects.items()
    }
    return Situation(
        standings=standings,
        objects=transaction.events.data_of(references) if references else {},
        live=transaction.facts.current(paths) if paths else {},
        circumstances=circumstances,
        formers=formers,
    )


def _standings(
    transaction: Transaction, current: Current, requests: Sequence[Request], now: Instant
) -> dict[str, Standing]:
    """The customers of these requests, as the gate needs them."""
    reach_ms = current.counts_since_ms
    return transaction.customers.standings(
        {request.customer_id for request in requests},
        {request.topic for request in requests},
        uses_since=None if reach_ms is None else now - reach_ms,
        kinds=current.watched(requests),
    )


def _circumstances(
    transaction: Transaction,
    current: Current,
    requests: Sequence[Request],
    standings: Mapping[str, Standing],
    now: Instant,
    closed: Mapping[str, Closure],
) -> tuple[Circumstances, Mapping[str, Release]]:
    """And the earlier releases by which some of the requests are said."""
    pauses = transaction.pauses.active(now, {request.customer_id for request in requests})
    runs = {request.run_id for request in requests if request.journey in current.exits and request.run_id}
    exits = transaction.events.exits(runs) if runs else {}
    found = Circumstances(pauses, exits, closed) if pauses or exits or closed else UNDISTURBED
    if current.rules.rivals:
        found = replace(found, shares=transaction.shares.current())
    if not current.far_away:
        return found, NO_SCRIPTS.formers
    return _with_providers(transaction, current, requests, standings, now, found)


def _with_providers(  # as `_circumstances`
    transaction: Transaction,
    current: Current,
    requests: Sequence[Request],
    standings: Mapping[str, Standing],
    now: Instant,
    found: Circumstances,
) -> tuple[Circumstances, Mapping[str, Release]]:
    """The same with what providers count themselves: conversations, templates, and marketing that is enough."""
    scripted = bool(current.rules.scripted) and any(Channel.WHATSAPP in one.candidates for one in requests)
    promotes = any(one.purpose is Purpose.MARKETING for one in requests)
    if not scripted and not promotes:
        return found, NO_SCRIPTS.formers
    # Kept in machine time; a clock that stands still is one of a rehearsal, where nothing leaves.
    ahead = transaction.ledger.clock().offset_ms
    addresses = {one.id for standing in standings.values() for one in standing.customer.addresses}
    scripts = NO_SCRIPTS
    if scripted:
        heard = transaction.conversations.open(addresses, now - ahead - WINDOW_MS)
        scripts = scripts_of(transaction, current, requests, standings)
        found = replace(found, heard={place: at + ahead for place, at in heard.items()}, scripts=scripts.found)
    capped = transaction.conversations.capped(addresses, now - ahead) if promotes else {}
    if capped:
        found = replace(found, capped={place: at + ahead for place, at in capped.items()})
    return found, scripts.formers
