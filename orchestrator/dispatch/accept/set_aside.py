"""What was not understood is set aside whole, so that nothing that a source told us once is lost.

An event in quarantine has not taken its id yet: what its source sends under it next takes its place, and leaves the
quarantine with it once that is understood.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import normalise
from orchestrator.dispatch.accept.event import IncomingEvent, Quarantined, reused
from orchestrator.dispatch.accept.understood import NOT_UNDERSTOOD
from orchestrator.dispatch.accept.who import CustomerReference, find_customers, unfit_address
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import InputError
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.store.port import QuarantinedEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.dispatch.accept.event import Result
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


def set_aside(
    transaction: Transaction,
    release: Release,
    clock: Clock,
    incoming: Sequence[IncomingEvent],
    results: Mapping[int, Result],
) -> dict[int, Result]:
    """Keep those of a batch that were not understood; what becomes of each, by its place.

    The others are stored by then: under an id that is taken nothing is kept.
    """
    errors = {
        place: one for place, one in results.items() if isinstance(one, InputError) and one.code in NOT_UNDERSTOOD
    }
    if not errors:
        return {}
    pairs = {_pair(incoming[place]) for place in errors}
    taken, known = transaction.events.known(pairs), transaction.quarantine.known(pairs)
    owners = _owners(transaction, release, {place: incoming[place] for place in errors})
    # Of one moment, so that ids rise as the events stand in their batch.
    chance = iter(sorted(clock.entropy(ENTROPY_SIZE) for _ in errors))
    kept: dict[tuple[str, str], QuarantinedEvent] = {}
    found: dict[int, Result] = {}
    for place, error in sorted(errors.items()):
        event, pair = incoming[place], _pair(incoming[place])
        before = kept.get(pair) or known.get(pair)
        row = _row(event, error, owners.get(place), clock.now(), next(chance), before)
        again = before is not None and _same(before, row)
        if pair in taken or (pair in kept and not again):
            found[place] = reused(pair)
        else:
            kept[pair] = row
            found[place] = Quarantined(row.id, error, repeated=again)
    # In one order, so that two who keep the same at once wait for each other, and not in a circle.
    transaction.quarantine.add([row for pair, row in sorted(kept.items()) if pair not in known])
    transaction.quarantine.put([row for pair, row in sorted(kept.items()) if pair in known])
    return found


def event_of(row: QuarantinedEvent) -> IncomingEvent:
    """An event of the quarantine as its source sent it."""
    named = row.content["customer"]
    return IncomingEvent(
        source=row.source,
        id=row.source_id,
        type=row.type,
        occurred_at=row.occurred_at,
        data=row.content["data"],
        customer=_reference(named) if named is not None else None,
        timeless=row.timeless,
    )


def _row(  # what came, and what is known of it
    event: IncomingEvent,
    error: InputError,
    owner: str | None,
    now: Instant,
    chance: bytes,
    before: QuarantinedEvent | None,
) -> QuarantinedEvent:
    # The same event again waits since it came first; another body under its id is another wait.
    row = QuarantinedEvent(
        id=before.id if before is not None else new_id("qev", now, chance),
        source=event.source,
        source_id=event.id,
        type=event.type,
        content={"customer": _named(event.customer), "data": dict(event.data)},
        timeless=event.timeless,
        occurred_at=event.occurred_at,
        received_at=now,
        tried_at=now,
        reason=error.code,
        customer_id=owner,
        named=_word(event.customer),
    )
    if before is None or not _same(before, row):
        return row
    return replace(row, occurred_at=before.occurred_at, received_at=before.received_at)


def _same(one: QuarantinedEvent, other: QuarantinedEvent) -> bool:
    """Whether two say the same; where no time is said, the hour at which it is repeated is no difference."""
    at_once = (one.timeless and other.timeless) or one.occurred_at == other.occurred_at
    return at_once and (one.type, one.content) == (other.type, other.content)


def _pair(event: IncomingEvent) -> tuple[str, str]:
    return event.source, event.id


# --- whom it is about -------------------------------------------------------------------------------------------------


def _owners(transaction: Transaction, release: Release, events: Mapping[int, IncomingEvent]) -> dict[int, str]:
    """Whose those are that name a customer or an object whom we know: an erasure looks for them."""
    fit = {place: one.customer for place, one in events.items() if one.customer and not unfit_address(one.customer)}
    named = find_customers(transaction, list(fit.values()))
    touched = {
        place: set(release.events[one.type].objects(one.data).items())
        for place, one in events.items()
        if one.type in release.events
    }
    objects = transaction.events.objects(set[tuple[str, str]]().union(*touched.values()))
    found = {place: named[reference] for place, reference in fit.items() if reference in named}
    for place, references in touched.items():
        owner = next((one.customer_id for pair in sorted(references) if (one := objects.get(pair))), None)
        if owner is not None:
            found.setdefault(place, owner)
    return found


def _named(reference: CustomerReference | None) -> dict[str, Any] | None:
    """How an event names its customer, as `POST /v1/events` reads it."""
    if reference is None:
        return None
    if reference.external is not None:
        source, external_id = reference.external
        return {"external_id": external_id, "source": source}
    given = {"id": reference.id, "email": reference.email, "phone": reference.phone}
    return {name: value for name, value in given.items() if value is not None}


def _reference(named: Mapping[str, Any]) -> CustomerReference:
    if "external_id" in named:
        return CustomerReference(external=(named["source"], named["external_id"]))
    return CustomerReference(**named)


def _word(reference: CustomerReference | None) -> str | None:
    """The same in one word, in the form in which addresses are stored: `cus_ana`, `ana@example.com`, `shop:4711`."""
    if reference is None:
        return None
    if reference.external is not None:
        return ":".join(reference.external)
    fit = unfit_address(reference) is None
    if reference.phone is not None and fit:
        return normalise(AddressKind.PHONE, reference.phone)
    if reference.email is not None and fit:
        return normalise(AddressKind.EMAIL, reference.email)
    return reference.id or reference.email or reference.phone
