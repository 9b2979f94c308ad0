"""/v1/privacy/requests: data subjects' requests, opened and carried out on behalf of whoever asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import masked
from orchestrator.api.models.privacy import (
    NewPrivacyRequest,
    PrivacyExport,
    PrivacyRequestMoved,
    PrivacyRequestShown,
    PrivacyRequestsPage,
    PrivacyRequestsQuery,
)
from orchestrator.api.pages import after, respond_found
from orchestrator.api.reading import idempotency_key, read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.api.whom import customer_named
from orchestrator.dispatch import privacy
from orchestrator.dispatch.accept import Answer, once
from orchestrator.dispatch.keys import actor
from orchestrator.dispatch.privacy import WantedRequest
from orchestrator.dispatch.record import record
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import Conflict
from orchestrator.domain.message import Purpose
from orchestrator.domain.privacy import RequestKind, RequestState
from orchestrator.domain.time import rfc3339
from orchestrator.privacy_desk import open_privacy_desk

if TYPE_CHECKING:
    from aiohttp import web

    from orchestrator.api.models.privacy import Correction
    from orchestrator.domain.privacy import PrivacyRequest
    from orchestrator.store.port import Transaction

CREATED = 201

_ID = re.compile(r"dsr_[0-9A-Z]{26}")


async def list_requests(request: web.Request) -> web.Response:
    """A page of requests."""
    api, query = request.app[API], read_query(request, PrivacyRequestsQuery)
    last = after(query.cursor, _ID)
    filters = {name: word.value for name, word in (("state", query.state), ("kind", query.kind)) if word is not None}

    def read() -> list[PrivacyRequestShown]:
        with api.app.store.read() as transaction:
            zone = api.releases.read(transaction).project.timezone
            # One more than asked for tells whether there is a next page.
            found = transaction.privacy_requests.page(last, query.limit + 1, filters)
        return [_shown(one, zone) for one in found]

    found = await api.run(read)
    return respond_found(request, PrivacyRequestsPage, found, limit=query.limit, last=lambda one: one.id)


async def post_request(request: web.Request) -> web.Response:
    """Open a request."""
    api, by = request.app[API], actor(request[CALLER])
    body, content = await read_model(request, NewPrivacyRequest)
    key = idempotency_key(request, "POST /v1/privacy/requests", content)

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        wanted = _wanted(transaction, body)
        opened = privacy.ask(transaction, open_privacy_desk(api.app, release), wanted, by=by)
        return Answer(CREATED, shown(_shown(opened, release.project.timezone)))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, key, work))
    api.ringer.ring([Purpose.TRANSACTIONAL.value])
    location = f"/v1/privacy/requests/{answer.document['id']}"
    return respond(answer.document, status=answer.status, location=location, replayed=answer.replayed)


async def get_request(request: web.Request) -> web.Response:
    """One request."""
    api, request_id = request.app[API], request.match_info["id"]

    def read() -> PrivacyRequestShown:
        with api.app.store.read() as transaction:
            zone = api.releases.read(transaction).project.timezone
            return _shown(privacy.existing(transaction, request_id), zone)

    return respond(shown(await api.run(read)))


async def patch_request(request: web.Request) -> web.Response:
    """Carry a request out, or refuse it."""
    api, by, request_id = request.app[API], actor(request[CALLER]), request.match_info["id"]
    body, _ = await read_model(request, PrivacyRequestMoved)

    def work() -> PrivacyRequestShown:
        store = api.app.store
        with store.read() as transaction:
            release = api.releases.read(transaction)
        desk = open_privacy_desk(api.app, release)
        if body.state == "refused":
            with store.write() as transaction:
                ended = privacy.refuse(transaction, desk, request_id, by=by, reason=body.reason or "")
        else:
            changes = _changes(body.changes) if body.changes is not None else None
            ended = privacy.finish(store, desk, request_id, by=by, customer_id=body.customer_id, changes=changes)
        return _shown(ended, release.project.timezone)

    answer = await api.run(work)
    api.ringer.ring([Purpose.TRANSACTIONAL.value])
    return respond(shown(answer))


async def get_export(request: web.Request) -> web.Response:
    """Everything about the person whose request it is, as of now."""
    api, by, request_id = request.app[API], actor(request[CALLER]), request.match_info["id"]

    def work() -> dict[str, Any]:
        with api.app.store.write() as transaction:
            release = api.releases.read(transaction)
            found = privacy.existing(transaction, request_id)
            _require_export(found)
            person = privacy.person_of(transaction, found)
            document = privacy.export(transaction, open_privacy_desk(api.app, release), person)
            owner = found.customer_ids[0] if found.customer_ids else None
            record(transaction, api.app.clock, "export.made", by=by, customer_id=owner, request=found.id)
        return shown(PrivacyExport.model_validate(document))

    return respond(await api.run(work))


def _require_export(found: PrivacyRequest) -> None:
    # Of a stranger's request nothing says whose it was, once it has ended.
    states = {RequestState.VERIFIED, RequestState.DONE} if found.customer_ids else {RequestState.VERIFIED}
    if found.kind is not RequestKind.EXPORT or found.state not in states or len(found.customer_ids) > 1:
        raise Conflict(
            "There is nothing to export for this request.",
            remedy="It must be an export, proven, and of one customer.",
            code="nothing_to_export",
        )


# --- bodies -----------------------------------------------------------------------------------------------------------


def _wanted(transaction: Transaction, body: NewPrivacyRequest) -> WantedRequest:
    """By an address it is asked as in a form: who has it is found out, and may be nobody."""
    named = body.customer
    by_address = {AddressKind.EMAIL: named.email, AddressKind.PHONE: named.phone} if named else {}
    contact = next(((kind, value) for kind, value in by_address.items() if value is not None), None)
    details = {"text": body.text, privacy.CHANGES: _changes(body.changes) if body.changes else None}
    return WantedRequest(
        kind=body.kind,
        contact=contact,
        customer_id=None
        if contact or named is None
        else customer_named(transaction, named.id, named if named.id is None else None),
        user_id=body.user_id or "",
        locale=body.locale or "",
        details={name: value for name, value in details.items() if value},
        vouched=body.vouched or "",
    )


def _changes(correction: Correction) -> dict[str, Any]:
    return {name: value for name, value in correction.model_dump(mode="json").items() if value is not None}


def _shown(one: PrivacyRequest, zone: str) -> PrivacyRequestShown:
    times = {
        name: rfc3339(at, zone) if (at := getattr(one, name)) is not None else None
        for name in ("opened_at", "verified_at", "due_at", "legal_due_at", "completed_at")
    }
    return PrivacyRequestShown(
        id=one.id,
        kind=one.kind,
        state=one.state,
        waits_for=one.waits_for,
        customer_ids=one.customer_ids,
        contact=masked(one.contact_kind, one.contact) if one.contact else None,
        opened_by=one.opened_by,
        details=dict(one.details),
        result=dict(one.result),
        **times,
    )
