"""/v1/events/quarantine: events that nobody understood; see them, have them accepted after all, or throw them away."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.api import problems
from orchestrator.api.access import put_on_record, reader_of
from orchestrator.api.language import translate_for
from orchestrator.api.models.parts import Problem
from orchestrator.api.models.quarantine import (
    Chosen,
    Discarded,
    QuarantinedShown,
    QuarantinedWhole,
    QuarantinePage,
    QuarantineQuery,
    RetriedEvent,
    RetriedEvents,
    Retry,
)
from orchestrator.api.pages import after, cursor_of, respond_found
from orchestrator.api.reading import idempotency_key, read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.dispatch.accept import Accepted, Answer, EventDesk, mending, once
from orchestrator.dispatch.keys import actor
from orchestrator.domain.time import rfc3339
from orchestrator.store import port

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aiohttp import web

    from orchestrator.api.services import Api
    from orchestrator.domain.errors import InputError
    from orchestrator.store.port import QuarantinedEvent, Transaction

    Told = Callable[[InputError], Problem]

OK = 200

_ID = re.compile(r"qev_[0-9A-Z]{26}")
_PLACE = re.compile(r"-?\d{1,18}/qev_[0-9A-Z]{26}", re.ASCII)


async def list_quarantined(request: web.Request) -> web.Response:
    """A page of what waits."""
    api, query, told = request.app[API], read_query(request, QuarantineQuery), _told(request)
    last = after(query.cursor, _ID)

    def read() -> list[QuarantinedShown]:
        with api.app.store.read() as transaction:
            desk = _desk(api, transaction)
            # One more than asked for tells whether there is a next page.
            rows = transaction.quarantine.page(last, query.limit + 1, of_type=query.type)
            found = mending.problems(transaction, desk, rows)
        return [QuarantinedShown(**_said(row, desk, found.get(row.id), told)) for row in rows]

    found = await api.run(read)
    return respond_found(request, QuarantinePage, found, limit=query.limit, last=lambda one: one.id)


async def get_quarantined(request: web.Request) -> web.Response:
    """One of them, with all that it says."""
    api, event_id, told, who = request.app[API], request.match_info["id"], _told(request), reader_of(request)

    def read() -> dict[str, Any]:
        with api.app.store.read() as transaction:
            desk = _desk(api, transaction)
            row = mending.held(transaction, event_id)
            error = mending.problems(transaction, desk, [row]).get(row.id)
        put_on_record(api, who, "event", [row.customer_id] if row.customer_id else [])
        return shown(QuarantinedWhole(**_said(row, desk, error, told), **row.content))

    return respond(await api.run(read))


async def post_retry(request: web.Request) -> web.Response:
    """Accept a round of what can be understood by now."""
    api, by, told = request.app[API], actor(request[CALLER]), _told(request)
    body, content = await read_model(request, Retry)
    place = _place(body.cursor)
    key = idempotency_key(request, "POST /v1/events/quarantine/retry", content)
    lanes: Counter[str] = Counter()

    def work(transaction: Transaction) -> Answer:
        done = mending.retry(transaction, _desk(api, transaction), _chosen(body), by=by, after=place)
        lanes.clear()
        lanes.update(request.purpose.value for one in done.accepted for request in one.requests)
        cursor = cursor_of(f"{done.after[0]}/{done.after[1]}") if done.after is not None else None
        items = tuple(_retried(row, result, told) for row, result in done.results)
        return Answer(OK, shown(RetriedEvents(items=items, next_cursor=cursor)) | {"next_cursor": cursor})

    answer = await api.run(lambda: once(api.app.store, api.app.clock, key, work))
    api.ringer.ring(lanes)
    return respond(answer.document, replayed=answer.replayed)


async def post_discard(request: web.Request) -> web.Response:
    """Throw events away."""
    api, by = request.app[API], actor(request[CALLER])
    body, content = await read_model(request, Chosen)
    key = idempotency_key(request, "POST /v1/events/quarantine/discard", content)

    def work(transaction: Transaction) -> Answer:
        done = mending.discard(transaction, api.app.clock, _chosen(body), by=by)
        return Answer(OK, shown(Discarded(discarded=done)))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, key, work))
    return respond(answer.document, replayed=answer.replayed)


def _desk(api: Api, transaction: Transaction) -> EventDesk:
    return EventDesk(release=api.releases.read(transaction), clock=api.app.clock)


def _chosen(body: Chosen) -> port.Chosen:
    return port.Chosen(ids=body.ids, type=body.type)


def _place(cursor: str | None) -> mending.Place | None:
    last = after(cursor, _PLACE)
    instant, _, event_id = last.partition("/")
    return (int(instant), event_id) if last else None


def _told(request: web.Request) -> Told:
    translate = translate_for(request)
    return lambda error: Problem.model_validate(problems.document(error, request.path, translate))


def _said(row: QuarantinedEvent, desk: EventDesk, error: InputError | None, told: Told) -> dict[str, Any]:
    zone = desk.release.project.timezone
    return {
        "id": row.id,
        "source": row.source,
        "source_id": row.source_id,
        "type": row.type,
        "occurred_at": rfc3339(row.occurred_at, zone),
        "received_at": rfc3339(row.received_at, zone),
        "tried_at": rfc3339(row.tried_at, zone),
        "problem": told(error) if error is not None else None,
    }


def _retried(row: QuarantinedEvent, result: Accepted | InputError, told: Told) -> RetriedEvent:
    if isinstance(result, Accepted):
        return RetriedEvent(id=row.id, accepted=True, event_id=result.event_id, customer_id=result.customer_id)
    return RetriedEvent(id=row.id, accepted=False, problem=told(result))
