"""The two messages of a request: the link that proves an address, and the one to what came of it.

They go to exactly the address that asked, and name nobody: who reads it may not be who they say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.accept.message import new_request
from orchestrator.domain.customer import ADDRESS_KINDS
from orchestrator.store.port import NewDelivery

if TYPE_CHECKING:
    from orchestrator.dispatch.privacy.desk import PrivacyDesk
    from orchestrator.domain.privacy import PrivacyRequest
    from orchestrator.store.port import Transaction

log = structlog.get_logger()

ORIGIN = "privacy"


def send_proof(transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest) -> bool:
    """Ask for the message with the link that proves the address; False where the project has none."""
    message = desk.rules.verification if desk.rules else None
    return _send(transaction, desk, request, message, desk.proof_link(request))


def send_result(transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest) -> bool:
    """Ask for the message with the link to what came of it; False where the project has none, or nobody to tell."""
    message = desk.rules.completed if desk.rules else None
    return _send(transaction, desk, request, message, desk.result_link(request))


def _send(transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, message: str | None, link: str) -> bool:
    address_id = _address_id(transaction, request)
    said_on = desk.release.said_on.get(message, frozenset()) if message else frozenset()
    channels = tuple(
        channel for channel, kind in ADDRESS_KINDS.items() if kind is request.contact_kind and channel in said_on
    )
    if message is None or not channels or address_id is None:
        log.warning("privacy_message_not_sent", request=request.id, remedy="See privacy: in templates/project.yaml.")
        return False
    wish = new_request(
        desk.release,
        desk.clock,
        message=message,
        customer_id=request.customer_ids[0],
        candidates=channels,
        objects={},
        data={"privacy": {"link": link}},
        locale=request.locale,
    )
    pinned = NewDelivery(
        request=replace(wish, pinned_address_id=address_id), identity=f"{request.id}/{message}", origin=ORIGIN
    )
    transaction.customers.lock([wish.customer_id])
    transaction.deliveries.add([pinned], desk.clock.now())
    return True


def _address_id(transaction: Transaction, request: PrivacyRequest) -> str | None:
    customer = transaction.customers.get(request.customer_ids[0]) if request.customer_ids else None
    addresses = customer.addresses if customer else ()
    return next(
        (one.id for one in addresses if one.kind is request.contact_kind and one.value == request.contact), None
    )
