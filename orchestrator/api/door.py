"""What every request passes: its id and its line in the log, its key, and its errors on the way out."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from orchestrator.api import problems
from orchestrator.api.errors import (
    Crashed,
    LiveKeyNeeded,
    Malformed,
    MethodNotAllowed,
    MissingScope,
    RouteNotFound,
    TooLarge,
    Unauthorized,
)
from orchestrator.api.reading import BODY_BYTES_MAX
from orchestrator.api.routes import ROUTES
from orchestrator.api.services import API, CALLER, REQUEST_ID
from orchestrator.dispatch.keys import allows
from orchestrator.domain.delivery import Mode
from orchestrator.domain.errors import JogralError, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.redaction import kinds_of, places_of

if TYPE_CHECKING:
    from orchestrator.api.routes.route import Handler, Route
    from orchestrator.store.port import ApiKey

log = structlog.get_logger()

NOT_MATCHED = "(none)"
"""The route of requests that met none: their paths are anybody's words, and stay out of log and numbers."""

BAD_REQUEST = 400
SERVER_ERROR = 500

_PATHS = frozenset(route.path for route in ROUTES)

# Asked every few seconds by machines: their lines would bury the others.
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:/+=-]{1,128}")
_SECRET = re.compile(r"[\x21-\x7e]{1,200}")


@web.middleware
async def recorded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id, and write down how it ended: route, status and time, nothing of what it carried."""
    api = request.app[API]
    request_id = request[REQUEST_ID] = _request_id(request)
    route, began = _route(request), time.perf_counter()
    method = request.method if route != NOT_MATCHED else NOT_MATCHED
    status = SERVER_ERROR
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            seconds = time.perf_counter() - began
            api.metrics.requests.labels(method, route, status).inc()
            api.metrics.seconds.labels(method, route).observe(seconds)
            say = log.debug if route in _QUIET and status < SERVER_ERROR else log.info
            say("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))
    return response


async def labelled(request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every response, of streams too."""
    response.headers["X-Request-Id"] = request.get(REQUEST_ID) or ""
    response.headers["X-Content-Type-Options"] = "nosniff"
    # aiohttp would name its version, and Python's.
    response.headers["Server"] = "jogral"


@web.middleware
async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error becomes a problem document."""
    try:
        return await handler(request)
    except JogralError as error:
        if error.http_status >= SERVER_ERROR:
            log.error("request_failed", code=error.code, reason=str(error))  # noqa: TRY400  # a sentence, not a stack
        return problems.answer(error, request)
    except (web.RequestPayloadError, ConnectionResetError):  # the second: whoever asked hung up, and hears none of it
        return problems.answer(Malformed("The body broke off, or is not compressed as it says."), request)
    except web.HTTPException as error:
        ours = _ours(error, request)
        if ours is None:
            raise
        response = problems.answer(ours, request)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception as error:  # noqa: BLE001  # the last door: nobody behind it would turn it into a sentence
        # The places, not the words: words of databases and parsers repeat what people sent.
        log.error("request_crashed", error=kinds_of(error), at=places_of(error))  # noqa: TRY400
        request_id = request[REQUEST_ID]
        crash = Crashed(
            "Something went wrong on our side.", remedy="Report it with the request id {id}.", id=request_id
        )
        return problems.answer(crash, request, request_id=request_id)


def guarded(route: Route) -> Handler:
    """A route's handler for those whose key has one of its scopes and modes. Without scopes it is anybody's."""
    handler, scopes = route.handler, route.scopes
    if not scopes:
        return handler

    async def guard(request: web.Request) -> web.StreamResponse:
        caller = request[CALLER] = await _caller(request)
        if not any(allows(caller, scope) for scope in scopes):
            raise MissingScope(scopes)
        if caller.mode not in route.modes and not (
            caller.mode is Mode.TEAM and request.app[API].app.settings.environment == "staging"
        ):
            raise LiveKeyNeeded(
                "A {mode} key may not do this: what it writes would be real.",
                remedy="Use a live key; to rehearse journeys, use a ledger of its own with JOGRAL_ENVIRONMENT=staging.",
                mode=caller.mode.value,
            )
        return await handler(request)

    return guard


async def _caller(request: web.Request) -> ApiKey:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized(
            "This needs an API key.", remedy="Send Authorization: Bearer <key>; make one with: jogral keys create"
        )
    api = request.app[API]
    found = None
    if _SECRET.fullmatch(secret):
        found = api.keyring.remembered(secret) or await api.run(lambda: api.keyring.look_up(secret))
    if found is None:
        raise Unauthorized(
            "This API key is not known, was revoked, or has expired.", remedy="List them with: jogral keys list"
        )
    return found


def _request_id(request: web.Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    if _REQUEST_ID.fullmatch(given):
        return given
    clock = request.app[API].app.clock
    return new_id("req", clock.now(), clock.entropy(ENTROPY_SIZE))


def _route(request: web.Request) -> str:
    """The template of the route, without what stands in its places."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else NOT_MATCHED


def _ours(error: web.HTTPException, request: web.Request) -> JogralError | None:
    """What aiohttp refuses by itself, in our words. None: an answer of somebody else's handler."""
    route = _route(request)
    if error.status < BAD_REQUEST or route not in {*_PATHS, NOT_MATCHED}:
        return None
    if error.status == TooLarge.http_status:
        return TooLarge(
            "The body is larger than {most} KiB.",
            remedy="Send it in several requests.",
            most=BODY_BYTES_MAX // 1024,
        )
    if error.status == MethodNotAllowed.http_status:
        return MethodNotAllowed(
            "{path} does not know the method {method}.",
            remedy="It knows {allowed}.",
            path=request.path,
            method=request.method,
            allowed=error.headers.get("Allow", ""),
        )
    if error.status == RouteNotFound.http_status:
        return RouteNotFound(
            "There is nothing at {path}{hint}",
            remedy="See /openapi.json.",
            path=request.path,
            hint=did_you_mean(request.path, _PATHS),
        )
    return Malformed("The request cannot be read: {why}.", why=error.reason)
