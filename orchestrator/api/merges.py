"""/v1/customers/merges: customers who are one, or may be; and whose word stands in their profiles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import masked
from orchestrator.api.access import put_on_record, reader_of
from orchestrator.api.models.merges import (
    MergeShown,
    MergesPage,
    MergesQuery,
    NewMerge,
    Values,
    ValueShown,
)
from orchestrator.api.pages import after, respond_found
from orchestrator.api.reading import idempotency_key, read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.dispatch import identity
from orchestrator.dispatch.accept import Answer, once
from orchestrator.dispatch.keys import actor, allows
from orchestrator.domain.errors import NotFound
from orchestrator.domain.time import rfc3339
from orchestrator.identity import ADDRESS_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from orchestrator.release import Release
    from orchestrator.store.port import FieldValue, Merge, Transaction

    Change = Callable[[Transaction, Release], Merge]

CREATED, OK = 201, 200

_ID = re.compile(r"mrg_[0-9A-Z]{26}")
_KINDS = {field: kind for kind, field in ADDRESS_FIELDS.items()}


async def list_merges(request: web.Request) -> web.Response:
    """A page of merges and suggestions."""
    api, query = request.app[API], read_query(request, MergesQuery)
    last = after(query.cursor, _ID)

    def read() -> list[MergeShown]:
        with api.app.store.read() as transaction:
            zone = api.releases.read(transaction).project.timezone
            # One more than asked for tells whether there is a next page.
            found = transaction.identity.page(query.state, last, query.limit + 1, query.customer)
        return [_shown(one, zone) for one in found]

    found = await api.run(read)
    return respond_found(request, MergesPage, found, limit=query.limit, last=lambda one: one.id)


async def post_merge(request: web.Request) -> web.Response:
    """Make two customers one."""
    api, by = request.app[API], actor(request[CALLER])
    body, content = await read_model(request, NewMerge)
    key = idempotency_key(request, "POST /v1/customers/merges", content)

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        done = identity.merge(transaction, release, api.app.clock, body.kept, body.merged, by=by)
        return Answer(CREATED, shown(_shown(done, release.project.timezone)))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, key, work))
    return respond(answer.document, status=answer.status, replayed=answer.replayed)


async def apply_merge(request: web.Request) -> web.Response:
    """Do what was suggested."""
    clock, by = request.app[API].app.clock, actor(request[CALLER])
    merge_id = request.match_info["id"]
    return await _changed(
        request, lambda transaction, release: identity.apply(transaction, release, clock, merge_id, by=by)
    )


async def undo_merge(request: web.Request) -> web.Response:
    """Make two of one again."""
    clock, by = request.app[API].app.clock, actor(request[CALLER])
    merge_id = request.match_info["id"]
    return await _changed(request, lambda transaction, _: identity.undo(transaction, clock, merge_id, by=by))


async def dismiss_merge(request: web.Request) -> web.Response:
    """They are two: it is not suggested again."""
    clock, by = request.app[API].app.clock, actor(request[CALLER])
    merge_id = request.match_info["id"]
    return await _changed(request, lambda transaction, _: identity.dismiss(transaction, clock, merge_id, by=by))


async def list_values(request: web.Request) -> web.Response:
    """Everything that was said of a customer's profile."""
    api, customer_id, who = request.app[API], request.match_info["id"], reader_of(request)
    in_full = allows(request[CALLER], "customers:read_addresses")

    def read() -> dict[str, Any]:
        with api.app.store.read() as transaction:
            customer = transaction.customers.get(customer_id)
            if customer is None:
                raise NotFound('There is no customer "{customer}".', code="unknown_customer", customer=customer_id)
            zone = api.releases.read(transaction).project.timezone
            found = transaction.identity.values(customer.id)
        put_on_record(api, who, "profile", [customer.id])
        values = tuple(_value(one, zone, in_full=in_full) for one in found)
        return shown(Values(customer_id=customer.id, data=values))

    return respond(await api.run(read))


async def _changed(request: web.Request, change: Change) -> web.Response:
    api = request.app[API]

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        return Answer(OK, shown(_shown(change(transaction, release), release.project.timezone)))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, None, work))
    return respond(answer.document)


def _shown(one: Merge, zone: str) -> MergeShown:
    return MergeShown(
        id=one.id,
        state=one.state,
        kept=one.kept_id,
        merged=one.merged_id,
        reasons=tuple(one.reason.split()),
        by=one.by,
        at=rfc3339(one.at, zone),
        ended_at=rfc3339(one.ended_at, zone) if one.ended_at is not None else None,
    )


def _value(one: FieldValue, zone: str, *, in_full: bool) -> ValueShown:
    kind = _KINDS.get(one.field)
    value = one.value if kind is None or in_full else [masked(kind, address) for address in one.value or ()]
    at = rfc3339(one.at, zone) if one.at else None
    return ValueShown(field=one.field, source=one.source or None, value=value, won=one.won, at=at)
