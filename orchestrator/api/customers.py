"""/v1/customers: whom we write to, where they are reached, and what they agreed to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import masked
from orchestrator.api.errors import MissingScope
from orchestrator.api.faults import refused
from orchestrator.api.models.customers import (
    ConsentShown,
    CustomerChanged,
    CustomerListed,
    CustomerShown,
    CustomersPage,
    CustomersQuery,
    NewCustomer,
)
from orchestrator.api.pages import after, cursor_of, respond_page
from orchestrator.api.reading import JSON, idempotency_key, read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.dispatch.accept import Answer, once
from orchestrator.dispatch.keys import allows
from orchestrator.dispatch.register import Profile, Said, register, revise
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import AlreadyExists, FieldError, InputError, NotFound, did_you_mean
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import ApiKey, Transaction

    # How an address is shown to this caller.
    Show = Callable[[AddressKind, str], str]

CREATED = 201
# How far another system's clock may be ahead of ours.
AHEAD_MS_MAX = 5 * 60_000

MERGE_PATCH = "application/merge-patch+json"

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


async def post_customer(request: web.Request) -> web.Response:
    """Create a customer."""
    api, show = request.app[API], _show(request[CALLER])
    body, content = await read_model(request, NewCustomer)
    _require_consents_scope(request[CALLER], body)
    key = idempotency_key(request, "POST /v1/customers", content)

    def work(transaction: Transaction) -> Answer:
        profile = _profile(body, api.releases.read(transaction))
        _require_said(body, _now(transaction, api.app.clock))
        if body.id is not None and transaction.customers.known([body.id]):
            raise AlreadyExists(
                'There is a customer "{id}" already.', remedy="Change them: PATCH /v1/customers/{id}",
                code="customer_exists", id=body.id,
            )  # fmt: skip
        customer_id = register(transaction, [profile], api.app.clock)[0]
        return Answer(CREATED, _document(transaction, customer_id, show))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, key, work))
    location = f"/v1/customers/{answer.document['id']}"
    return respond(answer.document, status=answer.status, location=location, replayed=answer.replayed)


async def patch_customer(request: web.Request) -> web.Response:
    """Change what the body says of a customer, and leave the rest."""
    api, show, customer_id = request.app[API], _show(request[CALLER]), request.match_info["id"]
    body, _ = await read_model(request, CustomerChanged, media_types=(JSON, MERGE_PATCH))
    _require_consents_scope(request[CALLER], body)

    def work(transaction: Transaction) -> Answer:
        profile = _profile(body, api.releases.read(transaction))
        _require_said(body, _now(transaction, api.app.clock))
        revise(transaction, customer_id, profile, api.app.clock)
        return Answer(200, _document(transaction, customer_id, show))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, None, work))
    return respond(answer.document)


async def get_customer(request: web.Request) -> web.Response:
    """One customer, with what is in force."""
    api, show, customer_id = request.app[API], _show(request[CALLER]), request.match_info["id"]

    def read() -> dict[str, Any]:
        with api.app.store.read() as transaction:
            return _document(transaction, customer_id, show)

    return respond(await api.run(read))


async def list_customers(request: web.Request) -> web.Response:
    """A page of customers, in id order."""
    api, show = request.app[API], _show(request[CALLER])
    query = read_query(request, CustomersQuery)
    last = after(query.cursor, _ID)

    def read() -> list[Customer]:
        with api.app.store.read() as transaction:
            # One more than asked for tells whether there is a next page.
            return transaction.customers.page(last, query.limit + 1)

    found = await api.run(read)
    data = tuple(CustomerListed(**_listed(customer, show)) for customer in found[: query.limit])
    cursor = cursor_of(data[-1].id) if len(found) > query.limit else None
    return respond_page(request, CustomersPage(data=data, next_cursor=cursor), limit=query.limit, cursor=cursor)


# --- what comes in ----------------------------------------------------------------------------------------------------


def _require_consents_scope(caller: ApiKey, body: CustomerChanged) -> None:
    if body.consents and not allows(caller, "consents:write"):
        raise MissingScope(("consents:write",))


def _profile(body: CustomerChanged, release: Release) -> Profile:
    _require_known_topics(body, release)
    return Profile(
        id=body.id if isinstance(body, NewCustomer) else None,
        external_ids=body.external_ids,
        locale=body.locale,
        time_zone=body.time_zone,
        attributes=body.attributes,
        emails=body.addresses("email", "emails"),
        phones=body.addresses("phone", "phones"),
        push_tokens=body.addresses("push_token", "push_tokens"),
        consents=tuple(
            Said(
                topic=one.topic,
                channel=one.channel.value,
                state=one.state,
                legal_basis=one.legal_basis,
                method=one.method,
                source=one.source,
                wording=one.wording,
                evidence=one.evidence,
                at=one.at,
            )
            for one in body.consents
        ),
    )


def _require_known_topics(body: CustomerChanged, release: Release) -> None:
    topics = release.project.topics
    for place, one in enumerate(body.consents):
        if one.topic not in topics:
            params = {"topic": one.topic, "hint": did_you_mean(one.topic, topics)}
            template = mark('There is no topic "{topic}"{hint}')
            wrong = FieldError(
                pointer=f"#/consents/{place}/topic", code="unknown_topic", template=template, params=params
            )
            raise InputError(
                template, remedy="Topics are declared in templates/project.yaml.", code="unknown_topic",
                fields=[wrong], **params,
            )  # fmt: skip


def _now(transaction: Transaction, clock: Clock) -> Instant:
    """The later of the two clocks: where a demo has moved business time ahead, its customers speak then."""
    return max(clock.now(), transaction.ledger.clock().now(clock.now()))


def _require_said(body: CustomerChanged, now: Instant) -> None:
    """What is to be said next year would win over everything that is said until then."""
    for place, one in enumerate(body.consents):
        if one.at is not None and one.at > now + AHEAD_MS_MAX:
            template = mark("Nobody can have said this yet: the time is in the future")
            wrong = FieldError(pointer=f"#/consents/{place}/at", code="future_time", template=template)
            raise refused([wrong])


# --- what goes out ----------------------------------------------------------------------------------------------------


def _show(caller: ApiKey) -> Show:
    """Addresses in full for those who may read them, else masked."""
    return (lambda _, value: value) if allows(caller, "customers:read_addresses") else masked


def _document(transaction: Transaction, customer_id: str, show: Show) -> dict[str, Any]:
    customer = transaction.customers.get(customer_id)
    if customer is None:
        raise NotFound('There is no customer "{customer}".', code="unknown_customer", customer=customer_id)
    consents = sorted(transaction.consents.of(customer_id).items())
    return shown(
        CustomerShown(
            **_listed(customer, show),
            external_ids=transaction.customers.external_ids(customer_id),
            consents=tuple(
                ConsentShown(topic=topic, channel=channel, state=state) for (topic, channel), state in consents
            ),
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
