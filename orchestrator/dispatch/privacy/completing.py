"""A request is carried out: by the timer once it is proven, or by a person who approves it or chooses whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.consents import Proof, stop, withdraw
from orchestrator.dispatch.privacy.asking import existing
from orchestrator.dispatch.privacy.correcting import CHANGES, rectify
from orchestrator.dispatch.privacy.ending import closed, moved
from orchestrator.dispatch.privacy.erasing import erase, stop_everything
from orchestrator.dispatch.privacy.quarantine import take_out
from orchestrator.dispatch.privacy.telling import send_result
from orchestrator.dispatch.privacy.whose import person_of, resolved
from orchestrator.dispatch.record import record
from orchestrator.domain.customer import ADDRESS_KINDS
from orchestrator.domain.errors import Conflict
from orchestrator.domain.privacy import PrivacyRequest, RequestKind, RequestState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.dispatch.privacy.desk import PrivacyDesk
    from orchestrator.store.port import Person, Store, Transaction

STOPPING = "stopping"
"""In the details of an erasure that waits for a message which is being sent right now."""

HANDED_OVER = "handed_over"
"""In the details of an export that somebody here gives to the person themselves: no link is sent."""

CERTIFICATE = "certificate"
OVERWRITTEN = "overwritten"
"""In the result of an erasure: whether what was deleted is gone from the ledger's file as well."""


def finish(
    store: Store,
    desk: PrivacyDesk,
    request_id: str,
    *,
    by: str,
    customer_id: str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> PrivacyRequest:
    """Carry out a request that is proven. An erasure may come back still `verified`: then it is done a little later.

    Args:
        store: the ledger.
        desk: where it is dealt with.
        request_id: which.
        by: who does it, as in the audit log; `timer` by itself.
        customer_id: whose it is, where several have the address that asked.
        changes: what a correction puts into the profile, in place of what was proposed.

    Raises:
        NotFound: there is no such request.
        Conflict: it is not proven, or has ended; several have the address, and none of them was chosen.
        InputError: a correction says nothing, or something that is no field of a profile.
    """
    _take_out_of_files(store, desk, request_id, customer_id)
    with store.write() as transaction:
        return _finished(transaction, desk, request_id, by=by, customer_id=customer_id, changes=changes)


def overwrite(store: Store, *, bytes_max: int | None = None) -> bool:
    """Take what erasures deleted out of the ledger's file as well; False where that has to be tried again, or by hand.

    Args:
        store: the ledger.
        bytes_max: a larger file is left alone, because nobody else can write while it is written anew.
    """
    with store.read() as transaction:
        unclean = transaction.privacy_requests.unclean()
    if not unclean:
        return True
    if not store.overwrite_deleted(bytes_max=bytes_max):
        return False
    with store.write() as transaction:
        for request in unclean:
            transaction.privacy_requests.put(replace(request, result={**request.result, OVERWRITTEN: True}))
    return True


def _take_out_of_files(store: Store, desk: PrivacyDesk, request_id: str, customer_id: str | None) -> None:
    """Before the ledger forgets by which names the person is to be found in them."""
    with store.read() as transaction:
        request = existing(transaction, request_id)
        if request.kind is not RequestKind.ERASE or request.state is not RequestState.VERIFIED:
            return
        person = person_of(transaction, _chosen(transaction, request, customer_id))
    take_out(desk.quarantine, person)


def _finished(
    transaction: Transaction,
    desk: PrivacyDesk,
    request_id: str,
    *,
    by: str,
    customer_id: str | None,
    changes: Mapping[str, Any] | None,
) -> PrivacyRequest:
    found = resolved(transaction, existing(transaction, request_id))
    # Customers before requests, as every door locks both.
    transaction.customers.lock(found.customer_ids)
    request = existing(transaction, request_id, lock=True)
    chosen = _chosen(transaction, request, customer_id)
    person = person_of(transaction, chosen)
    transaction.customers.lock(person.customer_ids)
    ended = moved(chosen, RequestState.DONE)  # or refused, before anything is done
    if request.kind is RequestKind.RECTIFY and changes is not None:
        ended = replace(ended, details={**ended.details, CHANGES: changes})
    result = _STEPS[request.kind](transaction, desk, ended, person, by)
    if result is None:
        waiting = replace(request, details={**request.details, STOPPING: True})
        transaction.privacy_requests.put(waiting)
        return waiting
    ended = closed(ended, desk.clock.now(), result)
    if request.kind is RequestKind.ERASE:
        ended = replace(ended, customer_ids=(), digest="")
    transaction.privacy_requests.put(ended)
    owner = ended.customer_ids[0] if ended.customer_ids else None
    record(
        transaction, desk.clock, "privacy.completed", by=by, customer_id=owner, request=request.id,
        request_kind=request.kind.value,
    )  # fmt: skip
    return ended


def _chosen(transaction: Transaction, request: PrivacyRequest, customer_id: str | None) -> PrivacyRequest:
    """The request as one person's."""
    known = resolved(transaction, request)
    return replace(known, customer_ids=_whose(known, customer_id))


def _whose(request: PrivacyRequest, customer_id: str | None) -> tuple[str, ...]:
    """The one customer whom it is about: an address of a family proves that somebody has it, and not who asks."""
    if customer_id is not None and customer_id in request.customer_ids:
        return (customer_id,)
    if customer_id is None and (len(request.customer_ids) <= 1 or request.kind is RequestKind.UNSUBSCRIBE):
        return request.customer_ids
    raise Conflict(
        "{count} customers have the address that asked.",
        remedy="Find out which of them it is, and name them: {known}.",
        code="ambiguous_person",
        count=len(request.customer_ids),
        known=", ".join(request.customer_ids),
    )


# --- kind by kind -----------------------------------------------------------------------------------------------------


def _export(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, person: Person, by: str
) -> Mapping[str, Any]:
    """Nothing is made yet: the link makes the file when it is opened, with what is true then."""
    del person, by
    handed_over = bool(request.details.get(HANDED_OVER))
    return {"told": not handed_over and send_result(transaction, desk, request)}


def _erase(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, person: Person, by: str
) -> Mapping[str, Any] | None:
    if stop_everything(transaction, desk, person):
        return None
    return {CERTIFICATE: erase(transaction, desk, request, person, by=by), OVERWRITTEN: False}


def _rectify(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, person: Person, by: str
) -> Mapping[str, Any]:
    del by
    result = rectify(transaction, desk, request, person, request.details.get(CHANGES) or {})
    return result | {"told": send_result(transaction, desk, request)}


def _unsubscribe(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, person: Person, by: str
) -> Mapping[str, Any]:
    """The address that was proven is left alone; the person too, where it is one person's."""
    proof = Proof(method="privacy_request", source="privacy", actor=by, evidence={"request": request.id})
    found = transaction.customers.addresses((*person.own, *person.shared))
    proven = [one.id for one in found.values() if (one.kind, one.value) == (request.contact_kind, request.contact)]
    channels = [channel for channel, kind in ADDRESS_KINDS.items() if kind is request.contact_kind]
    if proven:
        stop(transaction, desk.clock, proven, channels, proof)
    if len(request.customer_ids) == 1:
        withdraw(transaction, desk.clock, request.customer_ids, None, None, proof)
    return {"told": False}


_STEPS: Mapping[
    RequestKind,
    Callable[[Transaction, PrivacyDesk, PrivacyRequest, Person, str], Mapping[str, Any] | None],
] = {
    RequestKind.EXPORT: _export,
    RequestKind.ERASE: _erase,
    RequestKind.RECTIFY: _rectify,
    RequestKind.UNSUBSCRIBE: _unsubscribe,
}
