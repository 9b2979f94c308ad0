"""What a route is: one method of one path, what it reads, what it answers, and which keys it lets in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from orchestrator.domain.delivery import Mode

if TYPE_CHECKING:
    from pydantic import BaseModel

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Reply:
    """One status that a route answers with. `content` is media type → model; None: not JSON of ours."""

    says: str
    content: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One method of one path. Of `scopes` a key needs any one; a route without scopes needs no key.

    `headers` are those of requests that mean something here, beside what every route reads. `any_mode`: keys that are
    not live may come here as well. They may read everything; what they would write is everybody's, unless it carries
    their mode.
    """

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...]
    name: str
    says: str
    body: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    query: type[BaseModel] | None = None
    idempotency: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    replies: Mapping[int, Reply]
    refuses: tuple[int, ...] = ()
    any_mode: bool = False

    @property
    def modes(self) -> frozenset[Mode]:
        """The modes of keys that are let in."""
        return frozenset(Mode) if self.any_mode or self.method == "GET" else frozenset({Mode.LIVE})
