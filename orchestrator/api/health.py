"""What machines ask: does it live, is it ready, how much does it do. All of it without a key.

None of it names a person or a place of ours. Whoever exposes the API to the internet keeps /metrics to themselves at
the reverse proxy, as with every Prometheus target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from orchestrator.api.language import translate_for
from orchestrator.api.models.health import Alive, Check, Readiness
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, DESCRIPTION
from orchestrator.domain.errors import JogralError
from orchestrator.store.sql import SCHEMA
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.api.services import Api

log = structlog.get_logger()

UNAVAILABLE = 503
OK = 200

# Prometheus' text format.
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def healthz(_request: web.Request) -> web.Response:
    """The process lives; nothing else is asked."""
    return respond(shown(Alive()))


async def readyz(request: web.Request) -> web.Response:
    """Whether requests can be served: the ledger answers, has our tables, and holds a release."""
    api, translate = request.app[API], translate_for(request)
    checks = await api.run(lambda: tuple(_checks(api, translate)))
    ready = Readiness(ok=all(check.ok for check in checks if check.required), items=checks)
    return respond(shown(ready), status=OK if ready.ok else UNAVAILABLE)


async def metrics(request: web.Request) -> web.Response:
    """Numbers for Prometheus."""
    api = request.app[API]
    text = await api.run(lambda: api.metrics.text(api.app.store, api.app.clock))
    return web.Response(body=text, headers={"Content-Type": METRICS_TYPE})


async def openapi(request: web.Request) -> web.Response:
    """What this API can do."""
    return web.Response(body=request.app[DESCRIPTION], content_type="application/json")


def _checks(api: Api, translate: Callable[[str], str]) -> Iterator[Check]:
    yield from _ledger(api, translate)
    answers = api.ringer.bell.answers()
    detail = _REDIS[answers]
    yield Check(name="redis", ok=answers is not False, required=False, detail=translate(detail) if detail else "")


_REDIS = {
    True: "",
    False: mark("Redis does not answer: messages are found by polling, a little later."),
    None: mark("There is no Redis: messages are found by polling."),
}


def _ledger(api: Api, translate: Callable[[str], str]) -> Iterator[Check]:
    try:
        found = api.app.store.schema_version()
        has_release = found == SCHEMA and _has_release(api)
    except JogralError as error:
        # The log says where it is and what is wrong; strangers learn that it is.
        log.warning("not_ready", reason=str(error))
        yield _needed("ledger", translate(mark("The ledger cannot be read.")))
        return
    yield _needed("ledger")
    fits = found == SCHEMA
    yield _needed("schema", "" if fits else translate(mark("The ledger is of another version. Run: jogral db upgrade")))
    if fits:
        yield _needed("release", "" if has_release else translate(mark("The ledger holds no release yet.")))


def _has_release(api: Api) -> bool:
    with api.app.store.read() as transaction:
        return transaction.ledger.release_id() is not None


def _needed(name: str, trouble: str = "") -> Check:
    return Check(name=name, ok=not trouble, required=True, detail=trouble)
