"""A request is opened, and somebody proves whose it is: by a link to its address, or because a person here vouches.

Whoever asks is told the same, whether we know the address or not: the forms are no way to find out who buys here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.privacy.desk import DAY_MS, LEGAL_DAYS, digest, user_digest
from orchestrator.dispatch.privacy.ending import closed, moved
from orchestrator.dispatch.privacy.telling import send_proof
from orchestrator.dispatch.privacy.whose import FOR_STRANGERS, USER_ID, address_called, stranger
from orchestrator.dispatch.record import record
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import InputError, NotFound
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.privacy import PrivacyRequest, RequestKind, RequestState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.privacy.desk import PrivacyDesk
    from orchestrator.store.port import Transaction
    from orchestrator.tokens import TokenPurpose

# How often one address is written to because of forms that anybody can fill in, within a day.
PROOFS_A_DAY = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedRequest:
    """What somebody asks for: by an address, as in a form, for a customer whom we know, or by a provider's id of them.

    `details` are what a correction should say, or a word to us. `vouched` says how somebody here made sure whose it
    is: without it the address has to prove it.
    """

    kind: RequestKind
    contact: tuple[AddressKind, str] | None = None
    customer_id: str | None = None
    user_id: str = ""
    locale: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    vouched: str = ""


def ask(transaction: Transaction, desk: PrivacyDesk, wanted: WantedRequest, *, by: str) -> PrivacyRequest:
    """Open a request, and send the proof to its address, or take the word of whoever vouches for it.

    One of somebody whom we do not know has ended as it is made: nobody can prove it, and nothing is due. For a stranger
    who wrote to us somebody here has to vouch: we write to customers alone.

    Raises:
        NotFound: there is no such customer, or nothing is kept of whoever has the address for which somebody vouches.
        InputError: a customer is named, but nothing by which they could prove that it is theirs, and nobody vouches.
    """
    contact, holders = _who(transaction, wanted)
    now = desk.clock.now()
    token = _digest(transaction, desk, contact, wanted.user_id)
    known = bool(holders or wanted.vouched)
    named = {USER_ID: wanted.user_id} if wanted.user_id and not holders else {}
    often = bool(token) and transaction.privacy_requests.count_since(token, now - DAY_MS) >= PROOFS_A_DAY
    request = PrivacyRequest(
        id=new_id("dsr", now, desk.clock.entropy(ENTROPY_SIZE)),
        kind=wanted.kind,
        state=_begins(wanted, holders),
        customer_ids=holders,
        contact_kind=contact[0] if contact else AddressKind.EMAIL,
        # Of somebody whom we do not know nothing is kept but that somebody asked.
        contact=contact[1] if contact and known else None,
        digest=token,
        locale=wanted.locale or desk.release.project.locale,
        opened_by=by,
        opened_at=now,
        due_at=desk.due_at(now),
        legal_due_at=now + LEGAL_DAYS * DAY_MS,
        details=dict(wanted.details) | named if known else {},
        result={"vouched": wanted.vouched} if wanted.vouched else {},
        verified_at=now if wanted.vouched else None,
        completed_at=None if known else now,
    )
    transaction.privacy_requests.add(request)
    if known:
        owner = holders[0] if len(holders) == 1 else None
        record(transaction, desk.clock, "privacy.opened", by=by, customer_id=owner, request=request.id,
               request_kind=request.kind.value)  # fmt: skip
        if wanted.vouched:
            _record_proof(transaction, desk, request, by=by, method=wanted.vouched)
        elif not often:
            send_proof(transaction, desk, request)
    return request


def _who(transaction: Transaction, wanted: WantedRequest) -> tuple[tuple[AddressKind, str] | None, tuple[str, ...]]:
    """The address that asks, and everybody who has it; of a customer who is named, the first that can be answered."""
    if wanted.contact is not None or wanted.user_id:
        contact = wanted.contact or address_called(transaction, wanted.user_id)
        kind, value = contact or (AddressKind.EMAIL, "")
        holders = tuple(transaction.customers.by_address(kind, [value]).get(value, ()))
        if wanted.vouched and not holders and not _is_kept(transaction, wanted, contact):
            raise NotFound(
                "Nobody has this address.",
                remedy="Look for the person by another address of theirs, or by their id.",
                code="unknown_customer",
            )
        return contact, holders
    customer = transaction.customers.get(wanted.customer_id or "")
    if customer is None:
        raise NotFound('There is no customer "{customer}".', code="unknown_customer", customer=wanted.customer_id or "")
    found = next((one for one in customer.addresses if one.kind is not AddressKind.PUSH_TOKEN), None)
    if found is None and not wanted.vouched:
        raise InputError(
            "This customer has no address that could prove that the request is theirs.",
            remedy="Make sure who asks, and say how: vouched.",
            code="nothing_to_prove_with",
        )
    return (found.kind, found.value) if found else None, (customer.id,)


def _digest(
    transaction: Transaction, desk: PrivacyDesk, contact: tuple[AddressKind, str] | None, user_id: str
) -> str:  # fmt: skip
    if contact is not None:
        return digest(transaction, desk.clock, *contact)
    return user_digest(transaction, desk.clock, user_id) if user_id else ""


def _is_kept(transaction: Transaction, wanted: WantedRequest, contact: tuple[AddressKind, str] | None) -> bool:
    found = stranger(transaction, contact, wanted.user_id)
    return wanted.kind in FOR_STRANGERS and bool(found.own or found.users)


def _begins(wanted: WantedRequest, holders: tuple[str, ...]) -> RequestState:
    if wanted.vouched:
        return RequestState.VERIFIED
    return RequestState.OPENED if holders else RequestState.EXPIRED


# --- proof ------------------------------------------------------------------------------------------------------------


def requested(
    transaction: Transaction, desk: PrivacyDesk, purpose: TokenPurpose, token: str, *, lock: bool = False
) -> PrivacyRequest:
    """The request that a link is about. Raises InvalidToken, NotFound."""
    subject = desk.keyring.read(purpose, token, desk.clock.now())
    return existing(transaction, subject.get("request", ""), lock=lock)


def existing(transaction: Transaction, request_id: str, *, lock: bool = False) -> PrivacyRequest:
    """A request by its id. Raises NotFound."""
    found = transaction.privacy_requests.get(request_id, lock=lock)
    if found is None:
        raise NotFound(
            'There is no request "{id}".', remedy="Ids begin with dsr_.", code="unknown_privacy_request", id=request_id
        )
    return found


def prove(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, *, by: str, method: str
) -> PrivacyRequest:
    """Somebody has shown whose request it is; to show it again changes nothing. Raises Conflict for one that ended."""
    if request.state is RequestState.VERIFIED or request.state is RequestState.DONE:
        return request
    proven = replace(moved(request, RequestState.VERIFIED), verified_at=desk.clock.now())
    proven = replace(proven, result={**proven.result, "vouched": method})
    transaction.privacy_requests.put(proven)
    _record_proof(transaction, desk, proven, by=by, method=method)
    return proven


def refuse(transaction: Transaction, desk: PrivacyDesk, request_id: str, *, by: str, reason: str) -> PrivacyRequest:
    """End a request that is not carried out; the reason stays. Raises NotFound, Conflict."""
    request = existing(transaction, request_id, lock=True)
    ended = closed(moved(request, RequestState.REFUSED), desk.clock.now(), {"reason": reason})
    transaction.privacy_requests.put(ended)
    record(transaction, desk.clock, "privacy.refused", by=by, request=request.id, reason=reason)
    return ended


def _record_proof(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, *, by: str, method: str
) -> None:
    record(transaction, desk.clock, "privacy.verified", by=by, request=request.id, method=method)
