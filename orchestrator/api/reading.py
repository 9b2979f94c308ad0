"""Bodies and headers as they come in: bytes to JSON, JSON to what can be stored."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from orchestrator.api.errors import Malformed, UnsupportedMediaType
from orchestrator.api.faults import FAULTS, QUERY, as_model, pointer, refused
from orchestrator.api.services import CALLER
from orchestrator.dispatch.accept import IdempotencyKey, body_hash
from orchestrator.domain.errors import FieldError
from orchestrator.domain.system import json_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from aiohttp import web

    from orchestrator.api.faults import M

BODY_BYTES_MAX = 1024 * 1024
DEPTH_MAX = 40

JSON = "application/json"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


async def read_model(request: web.Request, model: type[M], *, media_types: Collection[str] = (JSON,)) -> tuple[M, Any]:
    """A JSON body as a model, and as it came."""
    require_media_type(request, media_types)
    document = storable(parse(await read_text(request)))
    return as_model(model, document), document


def read_query(request: web.Request, model: type[M]) -> M:
    """The query as a model. Wrong parameters are named as `?limit`."""
    return as_model(model, dict(request.query), at=QUERY)


def require_media_type(request: web.Request, known: Collection[str]) -> str:
    """The body's media type. Raises UnsupportedMediaType."""
    if request.content_type not in known or "Content-Type" not in request.headers:
        raise UnsupportedMediaType(
            "This path does not read {type}.",
            remedy="Send Content-Type: {known}",
            type=request.headers.get("Content-Type") or "a body without Content-Type",
            known=", ".join(known),
        )
    return request.content_type


async def read_text(request: web.Request) -> str:
    """The body as text; aiohttp stops reading at BODY_BYTES_MAX."""
    try:
        return (await request.read()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("The body is not UTF-8 text (byte {place}).", code="invalid_json", place=error.start) from None


def parse(text: str) -> Any:  # any JSON value
    """A JSON document. Raises Malformed with line and column."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_without_doubles)
    except json.JSONDecodeError as error:
        raise Malformed(
            "The body is not JSON: {why} at line {line}, column {column}.",
            code="invalid_json",
            why=json_words(error),
            line=error.lineno,
            column=error.colno,
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        # Digits without end: Python refuses to read them.
        raise Malformed("The body is not JSON: {why}.", code="invalid_json", why=str(error)) from None


def storable(document: Any) -> Any:  # any JSON value
    """The same document, once nothing in it would fail later on the way into the ledger. Raises InputError."""
    fields = list(_unstorable(document, "#", DEPTH_MAX))
    if fields:
        raise refused(fields)
    return document


def idempotency_key(request: web.Request, what: str, content: object) -> IdempotencyKey | None:
    """The promise of the Idempotency-Key header, if it was given. `what` names the route: keys of two never meet."""
    key = header_key(request)
    if key is None:
        return None
    return IdempotencyKey(scope=f"{request[CALLER].id} {what}", key=key, body_hash=body_hash(content))


def header_key(request: web.Request) -> str | None:
    """The Idempotency-Key header. Raises Malformed."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise Malformed("An Idempotency-Key is 1 to 255 visible ASCII characters.", code="idempotency_key_malformed")
    return key


def key_required(remedy: str) -> Malformed:
    """What says that there must be one."""
    return Malformed("This request needs an Idempotency-Key header.", remedy=remedy, code="idempotency_key_required")


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed("The body is not JSON: {name} is not a number of JSON.", code="invalid_json", name=name)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed('The body is not clear: "{name}" stands twice in one object.', code="invalid_json", name=twice)
    return found


def _unstorable(value: object, at: str, depth: int) -> Iterator[FieldError]:
    if depth == 0:
        raise _too_deep()
    if isinstance(value, str) and _UNSTORABLE.search(value):
        yield _fault(at, "storable_text")
    elif isinstance(value, float) and not math.isfinite(value):
        yield _fault(at, "storable_number")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _unstorable(one, pointer(at, place), depth - 1)
    elif isinstance(value, dict):
        yield from (_fault(at, "storable_text") for name in value if _UNSTORABLE.search(name))
        for name, one in value.items():
            yield from _unstorable(one, pointer(at, name), depth - 1)


def _fault(at: str, kind: str) -> FieldError:
    code, template = FAULTS[kind]
    return FieldError(pointer=at, code=code, template=template)


def _too_deep() -> Malformed:
    return Malformed("The body is nested more than {depth} levels deep.", code="invalid_json", depth=DEPTH_MAX)
