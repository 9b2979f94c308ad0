"""POST /v1/consents: what a customer said, with its proof. GET /v1/customers/{id}/consents: all of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.api.access import put_on_record, reader_of
from orchestrator.api.models.consents import (
    ConsentAccepted,
    ConsentRecorded,
    ConsentSaidShown,
    ConsentsPage,
    ConsentsQuery,
    NewConsent,
    WordingShown,
)
from orchestrator.api.models.customers import ConsentShown
from orchestrator.api.pages import after, cursor_of, respond_page
from orchestrator.api.reading import idempotency_key, read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.saying import left_out_shown
from orchestrator.api.services import API, CALLER
from orchestrator.api.whom import customer_named
from orchestrator.dispatch.accept import Answer, once
from orchestrator.dispatch.consents import Agreed, Proof, agree, in_force, require_topic, withdraw
from orchestrator.dispatch.held_back import held_back
from orchestrator.dispatch.keys import actor, allows
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.errors import NotFound
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import rfc3339
from orchestrator.tokens import LIVES_MS, TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiohttp import web

    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import ConsentEvent, KeptConsent, Transaction

    # A topic and a channel.
    Consent = tuple[str, str]

CREATED = 201

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


async def post_consent(request: web.Request) -> web.Response:
    """Record what a customer agreed to or refused."""
    api = request.app[API]
    body, content = await read_model(request, NewConsent)
    key = idempotency_key(request, "POST /v1/consents", content)
    proof = Proof(
        method=body.method, source=body.source, actor=actor(request[CALLER]), wording=body.wording,
        evidence=body.evidence, at=body.at,
    )  # fmt: skip

    def work(transaction: Transaction) -> Answer:
        release, clock = api.releases.read(transaction), api.app.clock
        customer_id = customer_named(transaction, body.customer_id, body.customer)
        agreed = _record(transaction, release, clock, customer_id, body, proof)
        return Answer(CREATED, _accepted(transaction, release, clock, customer_id, agreed))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, key, work))
    if "confirm_by" in answer.document:
        api.ringer.ring([Purpose.TRANSACTIONAL.value])
    return respond(answer.document, status=answer.status, replayed=answer.replayed)


async def list_consents(request: web.Request) -> web.Response:
    """All that a customer said, with its proof, newest record first."""
    api, customer_id = request.app[API], request.match_info["id"]
    query, who = read_query(request, ConsentsQuery), reader_of(request)
    last = after(query.cursor, _NUMBER)
    in_full = allows(request[CALLER], "customers:read_addresses")

    def read() -> tuple[ConsentsPage, str | None]:
        with api.app.store.read() as transaction:
            owner = transaction.customers.whose([customer_id]).get(customer_id)
            if owner is None:
                raise NotFound('There is no customer "{customer}".', code="unknown_customer", customer=customer_id)
            # One more than asked for tells whether there is a next page.
            found = transaction.consents.history(owner, before=int(last) if last else None, limit=query.limit + 1)
            zone = api.releases.read(transaction).project.timezone
            page = _page(transaction, owner, found[: query.limit], zone, in_full=in_full)
        put_on_record(api, who, "consents", [owner])
        return page, cursor_of(str(found[query.limit - 1].seq)) if len(found) > query.limit else None

    page, cursor = await api.run(read)
    return respond_page(request, page, limit=query.limit, cursor=cursor)


def _record(
    transaction: Transaction, release: Release, clock: Clock, customer_id: str, body: NewConsent, proof: Proof
) -> Agreed:
    if body.state is ConsentState.WITHDRAWN:
        if body.topic is not None:
            require_topic(transaction, release, customer_id, body.topic)
        return Agreed(events=withdraw(transaction, clock, [customer_id], body.topic, body.channels, proof))
    # The model has seen to it that a grant names both.
    assert body.topic is not None
    assert body.channels is not None
    return agree(transaction, release, clock, customer_id, body.topic, body.channels, proof, state=body.state)


def _accepted(
    transaction: Transaction, release: Release, clock: Clock, customer_id: str, agreed: Agreed
) -> dict[str, Any]:
    pending = any(one.state is ConsentState.PENDING for one in agreed.events)
    ends = transaction.ledger.clock().now(clock.now()) + LIVES_MS[TokenPurpose.CONFIRM]
    standing, zone = in_force(transaction, customer_id), release.project.timezone
    silent = _silent(transaction, customer_id, standing)
    return shown(
        ConsentAccepted(
            customer_id=customer_id,
            recorded=tuple(ConsentRecorded(id=one.id, **_state(one, silent)) for one in agreed.events),
            left_out=left_out_shown(agreed, zone),
            confirm_by=rfc3339(ends, zone) if pending else None,
            consents=tuple(ConsentShown(**_state(one, silent)) for one in standing),
        )
    )


def _page(
    transaction: Transaction, customer_id: str, found: list[KeptConsent], zone: str, *, in_full: bool
) -> ConsentsPage:
    now = in_force(transaction, customer_id)
    standing, silent = {one.id for one in now}, _silent(transaction, customer_id, now)
    named = {kept.event.wording for kept in found if kept.event.wording is not None}
    wordings = transaction.consents.wordings(named) if named else {}
    return ConsentsPage(
        data=tuple(
            ConsentSaidShown(
                id=one.id,
                **_state(one, silent if one.id in standing else {}),
                in_force=one.id in standing,
                legal_basis=one.legal_basis,
                method=one.method,
                source=one.source,
                actor=one.actor,
                wording=one.wording,
                evidence=dict(one.evidence) if in_full else None,
                at=rfc3339(one.at, zone),
                recorded_at=rfc3339(recorded_at, zone),
            )
            for _, one, recorded_at in found
        ),
        wordings={name: WordingShown(topic=one.topic, texts=dict(one.texts)) for name, one in wordings.items()},
        next_cursor=None,
    )


def _silent(transaction: Transaction, customer_id: str, events: Iterable[ConsentEvent]) -> Mapping[Consent, str]:
    return held_back(transaction, customer_id, [(one.topic, one.channel, one.state) for one in events])


def _state(event: ConsentEvent, silent: Mapping[Consent, str]) -> dict[str, Any]:
    agreed = event.state is ConsentState.GRANTED
    not_sent = silent.get((event.topic, event.channel)) if agreed else None
    return {"topic": event.topic, "channel": event.channel, "state": event.state, "not_sent": not_sent}
