"""/v1/pauses: stop something, see what is stopped, and go on."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.api.models.pauses import NewPause, PauseNamed, PauseShown, PausesPage, PausesQuery, Resumed
from orchestrator.api.pages import after, respond_found
from orchestrator.api.reading import read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.dispatch.accept import Answer, once
from orchestrator.dispatch.keys import actor
from orchestrator.dispatch.pauses import WantedPause, pause, resume
from orchestrator.domain.time import rfc3339

if TYPE_CHECKING:
    from aiohttp import web

    from orchestrator.domain.pause import Pause
    from orchestrator.store.port import Transaction

CREATED, OK = 201, 200

_ID = re.compile(r"pau_[0-9A-Z]{26}")


async def list_pauses(request: web.Request) -> web.Response:
    """A page of what is paused now."""
    api, query = request.app[API], read_query(request, PausesQuery)
    last = after(query.cursor, _ID)

    def read() -> list[PauseShown]:
        with api.app.store.read() as transaction:
            zone = api.releases.read(transaction).project.timezone
            business_now = transaction.ledger.clock().now(api.app.clock.now())
            # One more than asked for tells whether there is a next page.
            found = transaction.pauses.page(last, query.limit + 1, business_now=business_now)
        return [_shown(one, zone) for one in found]

    found = await api.run(read)
    return respond_found(request, PausesPage, found, limit=query.limit, last=lambda one: one.id)


async def post_pause(request: web.Request) -> web.Response:
    """Stop something. Stopping it again says when and why anew."""
    api, caller = request.app[API], request[CALLER]
    body, _ = await read_model(request, NewPause)
    wanted = WantedPause(scope=body.scope, subject=body.subject or "", reason=body.reason, until=body.until)

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        made = pause(transaction, release, api.app.clock, wanted, by=caller.name, actor=actor(caller))
        return Answer(CREATED, shown(_shown(made, release.project.timezone)))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, None, work))
    return respond(answer.document, status=answer.status)


async def delete_pause(request: web.Request) -> web.Response:
    """Go on. What is not paused says so."""
    api, by, named = request.app[API], actor(request[CALLER]), read_query(request, PauseNamed)
    lanes: Counter[str] = Counter()

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        done = resume(transaction, release, api.app.clock, named.scope, named.subject or "", by=by)
        lanes.clear()
        lanes.update(done.released)
        return Answer(OK, shown(Resumed(was_paused=done.was_paused, released_messages=lanes.total())))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, None, work))
    api.ringer.ring(lanes)
    return respond(answer.document)


def _shown(one: Pause, zone: str) -> PauseShown:
    return PauseShown(
        id=one.id,
        scope=one.scope,
        subject=one.subject or None,
        reason=one.reason,
        by=one.by,
        at=rfc3339(one.at, zone),
        until=rfc3339(one.until, zone) if one.until is not None else None,
    )
