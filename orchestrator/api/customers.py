"""/v1/customers: whom we write to, where they are reached, and what they agreed to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import masked
from orchestrator.api.access import put_on_record, reader_of
from orchestrator.api.errors import MissingScope
from orchestrator.api.models.customers import (
    ConsentShown,
    CustomerChanged,
    CustomerListed,
    CustomerShown,
    CustomersPage,
    CustomersQuery,
    NewCustomer,
)
from orchestrator.api.pages import after, respond_found
from orchestrator.api.reading import JSON, idempotency_key, read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.saying import left_out_shown, record_said
from orchestrator.api.services import API, CALLER
from orchestrator.dispatch.accept import Answer, once
from orchestrator.dispatch.held_back import held_back
from orchestrator.dispatch.keys import actor, allows
from orchestrator.dispatch.record import record
from orchestrator.dispatch.register import Profile, register, revise
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import AlreadyExists, NotFound
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from orchestrator.api.models.customers import ConsentLeftOut
    from orchestrator.api.models.parts import Body
    from orchestrator.api.services import Api
    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import ApiKey, Transaction

    # How an address is shown to this caller.
    Show = Callable[[AddressKind, str], str]

CREATED = 201

MERGE_PATCH = "application/merge-patch+json"

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


async def post_customer(request: web.Request) -> web.Response:
    """Create a customer."""
    api, show = request.app[API], _show(request[CALLER])
    body, content = await read_model(request, NewCustomer)
    _require_consents_scope(request[CALLER], body)
    key = idempotency_key(request, "POST /v1/customers", content)

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        if body.id is not None and transaction.customers.known([body.id]):
            raise AlreadyExists(
                'There is a customer "{id}" already.', remedy="Change them: PATCH /v1/customers/{id}",
                code="customer_exists", id=body.id,
            )  # fmt: skip
        customer_id = register(transaction, [_profile(body)], api.app.clock)[0]
        said = record_said(transaction, release, api.app.clock, request[CALLER], customer_id, body.consents)
        _record(transaction, api.app.clock, request[CALLER], "customer.created", customer_id, body)
        zone = release.project.timezone
        return Answer(CREATED, _document(transaction, customer_id, show, left_out_shown(said, zone)))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, key, work))
    _wake(api, body)
    location = f"/v1/customers/{answer.document['id']}"
    return respond(answer.document, status=answer.status, location=location, replayed=answer.replayed)


async def patch_customer(request: web.Request) -> web.Response:
    """Change what the body says of a customer, and leave the rest."""
    api, show, customer_id = request.app[API], _show(request[CALLER]), request.match_info["id"]
    body, _ = await read_model(request, CustomerChanged, media_types=(JSON, MERGE_PATCH))
    _require_consents_scope(request[CALLER], body)

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        sources = release.project.known_by.sources
        owner = revise(transaction, customer_id, _profile(body), api.app.clock, sources=sources).id
        said = record_said(transaction, release, api.app.clock, request[CALLER], owner, body.consents)
        _record(transaction, api.app.clock, request[CALLER], "customer.changed", owner, body)
        return Answer(200, _document(transaction, owner, show, left_out_shown(said, release.project.timezone)))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, None, work))
    _wake(api, body)
    return respond(answer.document)


async def get_customer(request: web.Request) -> web.Response:
    """One customer, with what is in force."""
    api, show, customer_id = request.app[API], _show(request[CALLER]), request.match_info["id"]
    who = reader_of(request)

    def read() -> dict[str, Any]:
        with api.app.store.read() as transaction:
            document = _document(transaction, customer_id, show)
        put_on_record(api, who, "profile", [document["id"]])
        return document

    return respond(await api.run(read))


async def list_customers(request: web.Request) -> web.Response:
    """A page of customers, in id order."""
    api, show = request.app[API], _show(request[CALLER])
    query, who = read_query(request, CustomersQuery), reader_of(request)
    last = after(query.cursor, _ID)

    def read() -> list[Customer]:
        with api.app.store.read() as transaction:
            # One more than asked for tells whether there is a next page.
            found = transaction.customers.page(last, query.limit + 1)
        put_on_record(api, who, "profile", [customer.id for customer in found[: query.limit]])
        return found

    found = await api.run(read)
    listed = [CustomerListed(**_listed(customer, show)) for customer in found]
    return respond_found(request, CustomersPage, listed, limit=query.limit, last=lambda one: one.id)


# --- what comes in ----------------------------------------------------------------------------------------------------


def _require_consents_scope(caller: ApiKey, body: CustomerChanged) -> None:
    if body.consents and not allows(caller, "consents:write"):
        raise MissingScope(("consents:write",))


def _wake(api: Api, body: CustomerChanged) -> None:
    """Whoever agreed to a topic with double opt-in is asked to confirm it."""
    if body.consents:
        api.ringer.ring([Purpose.TRANSACTIONAL.value])


def _profile(body: CustomerChanged) -> Profile:
    return Profile(
        id=body.id if isinstance(body, NewCustomer) else None,
        external_ids=body.external_ids,
        locale=body.locale,
        time_zone=body.time_zone,
        attributes=body.attributes,
        emails=body.addresses("email", "emails"),
        phones=body.addresses("phone", "phones"),
        push_tokens=body.addresses("push_token", "push_tokens"),
        source=body.source,
    )


def _record(transaction: Transaction, clock: Clock, caller: ApiKey, kind: str, customer_id: str, body: Body) -> None:
    """The names of what was said, and none of its values."""
    fields = sorted(body.model_fields_set - {"id"})
    record(transaction, clock, kind, by=actor(caller), customer_id=customer_id, fields=fields)


# --- what goes out ----------------------------------------------------------------------------------------------------


def _show(caller: ApiKey) -> Show:
    """Addresses in full for those who may read them, else masked."""
    return (lambda _, value: value) if allows(caller, "customers:read_addresses") else masked


def _document(
    transaction: Transaction, customer_id: str, show: Show, left_out: tuple[ConsentLeftOut, ...] = ()
) -> dict[str, Any]:
    customer = transaction.customers.get(customer_id)
    if customer is None:
        raise NotFound('There is no customer "{customer}".', code="unknown_customer", customer=customer_id)
    consents = sorted(transaction.consents.of(customer.id).items())
    silent = held_back(transaction, customer.id, [(*consent, state) for consent, state in consents])
    return shown(
        CustomerShown(
            **_listed(customer, show),
            external_ids=transaction.customers.external_ids(customer.id),
            consents=tuple(
                ConsentShown(topic=topic, channel=channel, state=state, not_sent=silent.get((topic, channel)))
                for (topic, channel), state in consents
            ),
            left_out=left_out or None,
        )
    )


def _listed(customer: Customer, show: Show) -> dict[str, Any]:
    def addresses(kind: AddressKind) -> tuple[str, ...]:
        return tuple(show(kind, one.value) for one in customer.addresses if one.kind is kind)

    return {
        "id": customer.id,
        "locale": customer.locale,
        "time_zone": customer.time_zone,
        "attributes": dict(customer.attributes),
        "emails": addresses(AddressKind.EMAIL),
        "phones": addresses(AddressKind.PHONE),
        "push_tokens": addresses(AddressKind.PUSH_TOKEN),
    }
