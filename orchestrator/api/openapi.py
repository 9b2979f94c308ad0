"""`/openapi.json`: the table of routes and its models, as OpenAPI 3.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from orchestrator import __version__
from orchestrator.api.models.parts import Problem
from orchestrator.api.problems import MEDIA_TYPE
from orchestrator.api.reading import BODY_BYTES_MAX
from orchestrator.api.routes import ROUTES
from orchestrator.dispatch.keys import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode

    from orchestrator.api.routes.route import Reply, Route

    # Only models are asked for, and pydantic's word for what it gives back is wider.
    Schemas = Mapping[Any, dict[str, Any]]

_ABOUT = f"""\
Say what happened, ask for messages, and see what became of them and why.

Bodies are JSON in UTF-8, at most {BODY_BYTES_MAX // 1024} KiB. Times are RFC 3339 with an offset. Errors are
`application/problem+json` in the language of `Accept-Language` (pt-BR or en). `X-Request-Id` is given back as it came.
"""

# What every route may answer besides its own.
_ALWAYS = (500, 503)
_WITH_A_KEY = (401, 403)

_HEADERS = {
    "Location": "Where to read what was made.",
    "Idempotency-Replayed": "true: this is the first answer again.",
    "Link": 'The next page, rel="next".',
    "ETag": 'The version of a live value, for If-Match: "v17".',
}

# An answer is described as we write it, a body as it is read.
_READ: JsonSchemaMode = "validation"
_WRITTEN: JsonSchemaMode = "serialization"

# Where a model stands that others name.
_REFERENCE = "#/components/schemas/{model}"


def describe(routes: Sequence[Route] = ROUTES) -> dict[str, Any]:
    """The document."""
    wanted = dict.fromkeys(pair for route in routes for pair in _models(route))
    wanted[Problem, _WRITTEN] = None
    schemas, shared = models_json_schema(list(wanted), ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jogral", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": shared.get("$defs", {}),
            "responses": {"Problem": _problem(schemas)},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": _scopes()}},
        },
    }


def _models(route: Route) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    for model in route.body.values():
        yield model, _READ
    if route.query is not None:
        yield route.query, _READ
    for reply in route.replies.values():
        for shown in reply.content.values():
            if shown is not None:
                yield shown, _WRITTEN


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    summary, _, description = route.says.partition(". ")
    found: dict[str, Any] = {
        "operationId": route.name,
        "summary": summary.rstrip("."),
        "parameters": list(_parameters(route)),
        "responses": {str(status): _reply(reply, schemas) for status, reply in route.replies.items()},
        "security": [{"key": [scope]} for scope in route.scopes],
    }
    if description:
        found["description"] = description
    if route.body:
        found["requestBody"] = {
            "required": True,
            "content": {media_type: {"schema": schemas[model, _READ]} for media_type, model in route.body.items()},
        }
    refusals = sorted({*route.refuses, *_ALWAYS, *(_WITH_A_KEY if route.scopes else ())} - set(route.replies))
    found["responses"] |= {str(status): {"$ref": "#/components/responses/Problem"} for status in refusals}
    return found


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for part in route.path.split("/"):
        if part.startswith("{"):
            yield {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
    if route.query is not None:
        schema = route.query.model_json_schema(ref_template=_REFERENCE)
        for name, one in schema["properties"].items():
            yield {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "description": one.get("description", ""),
                "schema": {key: value for key, value in one.items() if key != "description"},
            }
    for name, says in route.headers.items():
        yield {"name": name, "in": "header", "required": False, "description": says, "schema": {"type": "string"}}
    if route.idempotency:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": route.idempotency.startswith("Required."),
            "description": f"{route.idempotency} The same key and body give the first answer again, for 7 days; "
            "another body under it is refused.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }


def _reply(reply: Reply, schemas: Schemas) -> dict[str, Any]:
    return {
        "description": reply.says,
        "headers": {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in reply.headers},
        "content": {
            media_type: {"schema": schemas[model, _WRITTEN] if model is not None else {}}
            for media_type, model in reply.content.items()
        },
    }


def _problem(schemas: Schemas) -> dict[str, Any]:
    return {
        "description": "What went wrong, and what to do: see `code`.",
        "content": {MEDIA_TYPE: {"schema": schemas[Problem, _WRITTEN]}},
    }


def _scopes() -> str:
    listed = "\n".join(f"- `{scope}`: {allows}" for scope, allows in SCOPES.items())
    return f"A key made by `jogral keys create`. Its scopes:\n\n{listed}"
