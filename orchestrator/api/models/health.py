"""How the service stands."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.api.models.parts import Document


class Alive(Document):
    """The process lives."""

    ok: Literal[True] = True


class Check(Document):
    """One thing that is needed, or good to have."""

    name: Annotated[str, Field(description="ledger, schema, release or redis.")]
    ok: bool
    required: Annotated[bool, Field(description="Whether the service is not ready without it.")]
    detail: Annotated[str, Field(description="What is the matter, in the caller's language.")] = ""


class Readiness(Document):
    """Whether requests can be served."""

    ok: bool
    items: tuple[Check, ...]
