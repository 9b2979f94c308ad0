"""/v1/facts: what holds, as everybody states it; and new values of the live ones."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from orchestrator.api.errors import Malformed
from orchestrator.api.models.facts import (
    Effects,
    FactHistory,
    FactQuery,
    FactShown,
    FactsPage,
    FactsQuery,
    FactVersion,
    NewValue,
    PutFact,
)
from orchestrator.api.pages import after, respond_found
from orchestrator.api.reading import read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.dispatch.accept import Answer, once
from orchestrator.dispatch.facts import Asked, history_path, read_fact, read_facts
from orchestrator.dispatch.facts import put_fact as put
from orchestrator.domain.time import rfc3339

if TYPE_CHECKING:
    from aiohttp import web

    from orchestrator.dispatch.facts import KnownFact
    from orchestrator.domain.fact import LiveFact
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Transaction

OK = 200

_PATH = re.compile(r"[\x21-\x7e]{1,200}")
_VERSION = re.compile(r"v[1-9][0-9]{0,8}")
_ETAG = re.compile(rf'"({_VERSION.pattern})"')


async def get_fact(request: web.Request) -> web.Response:
    """One fact. Of a delivery promise: the date that an order placed `at` gets."""
    api, path = request.app[API], request.match_info["path"]
    query = read_query(request, FactQuery)

    def read() -> FactShown:
        with api.app.store.read() as transaction:
            release = api.releases.read(transaction)
            asked = Asked(at=query.at, region=query.region)
            found = read_fact(transaction, release, api.app.clock, path, asked)
        return _shown(found, release.project.timezone, api.app.clock.now())

    return _tagged(await api.run(read))


async def list_facts(request: web.Request) -> web.Response:
    """A page of facts, by path."""
    api, query = request.app[API], read_query(request, FactsQuery)
    last = after(query.cursor, _PATH)

    def read() -> list[FactShown]:
        with api.app.store.read() as transaction:
            release = api.releases.read(transaction)
            found = read_facts(transaction, release, api.app.clock)
        zone, now = release.project.timezone, api.app.clock.now()
        # One more than asked for tells whether there is a next page.
        following = [one for one in found if one.path > last][: query.limit + 1]
        return [_shown(one, zone, now) for one in following]

    found = await api.run(read)
    return respond_found(request, FactsPage, found, limit=query.limit, last=lambda one: one.path)


async def put_fact(request: web.Request) -> web.Response:
    """A new value of a live fact, and what it does to messages that wait."""
    api, path = request.app[API], request.match_info["path"]
    body, _ = await read_model(request, NewValue)
    expected, source = _expected(request), body.source or request[CALLER].name
    lanes: Counter[str] = Counter()

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        fact, effects = put(
            transaction, release, api.app.clock, path, body.value, source=source, as_of=body.as_of, expected=expected
        )
        lanes.clear()
        lanes.update(effects.released)
        told = Effects(held_messages=effects.held, released_messages=lanes.total(), reason=effects.reason)
        zone = release.project.timezone
        return Answer(OK, shown(PutFact(**_version(fact, zone), path=path, effects=told)))

    answer = await api.run(lambda: once(api.app.store, api.app.clock, None, work))
    api.ringer.ring(lanes)
    response = respond(answer.document)
    response.headers["ETag"] = f'"{answer.document["version"]}"'
    return response


async def get_history(request: web.Request) -> web.Response:
    """A page of the versions of a live fact, newest first."""
    api, path = request.app[API], request.match_info["path"]
    query = read_query(request, FactsQuery)
    last = after(query.cursor, _VERSION)

    def read() -> list[FactVersion]:
        with api.app.store.read() as transaction:
            release = api.releases.read(transaction)
            before = int(last[1:]) if last else None
            found = transaction.facts.history(history_path(release, path), before=before, limit=query.limit + 1)
        zone = release.project.timezone
        return [FactVersion(**_version(one, zone), recorded_at=rfc3339(one.recorded_at, zone)) for one in found]

    found = await api.run(read)
    return respond_found(request, FactHistory, found, limit=query.limit, last=lambda one: one.version)


def _expected(request: web.Request) -> int | None:
    """The version that the caller decided on; 0 when there must be none yet, None when it does not matter."""
    match, none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if match is not None and none_match is not None:
        raise Malformed("Send If-Match or If-None-Match, not both.", code="etag_malformed")
    if none_match is not None and none_match.strip() != "*":
        raise Malformed("If-None-Match can only be *: for the first value of all.", code="etag_malformed")
    if match is None:
        return None if none_match is None else 0
    found = _ETAG.fullmatch(match.strip())
    if found is None:
        raise Malformed('If-Match is the ETag that the fact was read with, such as "v17".', code="etag_malformed")
    return int(found[1][1:])


def _shown(known: KnownFact, zone: str, now: Instant) -> FactShown:
    live = known.live
    return FactShown(
        path=known.path,
        value=known.value,
        kind=known.kind,
        owner=known.owner,
        live=known.is_live,
        declared=known.written_at,
        source=live.source if live is not None else None if known.is_live else known.written_at,
        version=f"v{live.version}" if live is not None else None,
        as_of=rfc3339(live.as_of, zone) if live is not None else None,
        age_seconds=(now - live.as_of) / 1000 if live is not None else None,
    )


def _version(fact: LiveFact, zone: str) -> dict[str, Any]:
    return {
        "value": fact.value,
        "version": f"v{fact.version}",
        "source": fact.source,
        "as_of": rfc3339(fact.as_of, zone),
    }


def _tagged(found: FactShown) -> web.Response:
    response = respond(shown(found))
    if found.version is not None:
        response.headers["ETag"] = f'"{found.version}"'
    return response
